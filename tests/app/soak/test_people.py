"""The people of a soak: that they come, cross and go, by the seed, and never the same one twice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.soak.people import HALF_WIDTH, People, reflected
from stgat.skeleton import Skeleton

FPS = 4


def seen(seed: int, seconds: float) -> list[tuple[Skeleton, ...]]:
    people = People(np.random.default_rng(seed), itertools.count(), aspect=4 / 3)
    return [people.at(moment / FPS) for moment in range(round(FPS * seconds))]


@pytest.fixture(scope="module")
def half_an_hour() -> list[tuple[Skeleton, ...]]:
    return seen(1, 1800)


def test_nobody_one_two_and_three_are_there_at_times(half_an_hour: list[tuple[Skeleton, ...]]) -> None:
    counts = [len(people) for people in half_an_hour]
    assert {0, 1, 2, 3} <= set(counts)
    assert 0.1 < np.mean(np.array(counts) == 0) < 0.8


def test_nobody_comes_twice_and_nobody_stays(half_an_hour: list[tuple[Skeleton, ...]]) -> None:
    there: dict[int, list[int]] = {}
    for moment, people in enumerate(half_an_hour):
        for skeleton in people:
            there.setdefault(skeleton.person_id, []).append(moment)
    assert len(there) > 50
    assert all(moments[-1] - moments[0] < 90 * FPS for moments in there.values())


def test_people_come_in_and_leave_at_the_edges_and_cross(half_an_hour: list[tuple[Skeleton, ...]]) -> None:
    ways: dict[int, list[tuple[float, float]]] = {}
    for people in half_an_hour:
        for skeleton in people:
            x, _, z = np.median(skeleton.joints_m, axis=0)
            ways.setdefault(skeleton.person_id, []).append((float(x / (z * HALF_WIDTH)), float(z)))
    ended = [way for way in list(ways.values())[:-3] if len(way) > 4]
    assert all(abs(way[0][0]) > 0.5 and abs(way[-1][0]) > 0.5 for way in ended)
    assert any(way[0][0] * way[-1][0] < 0 for way in ended)
    assert {np.sign(way[0][0]) for way in ended} == {-1.0, 1.0}


def test_everybody_is_in_the_picture_whole_and_human(half_an_hour: list[tuple[Skeleton, ...]]) -> None:
    for people in half_an_hour[::40]:
        for skeleton in people:
            assert skeleton.image_joints is not None
            assert -0.3 < np.nanmedian(skeleton.image_joints[:, 0]) < 1.3
            assert 1.0 < np.ptp(skeleton.joints_m[:, 1]) < 2.6
            assert ((skeleton.confidence >= 0) & (skeleton.confidence <= 1)).all()


def test_the_seed_alone_says_who_comes() -> None:
    first, again, other = seen(5, 60), seen(5, 60), seen(6, 60)
    told = [[len(people) for people in script] for script in (first, again, other)]
    assert told[0] == told[1] != told[2]
    for a, b in zip(itertools.chain(*first), itertools.chain(*again), strict=True):
        np.testing.assert_array_equal(a.joints_m, b.joints_m)


def test_nothing_is_kept_of_those_who_have_gone() -> None:
    people = People(np.random.default_rng(0), itertools.count(), aspect=4 / 3)
    most = 0
    for moment in range(4000):
        people.at(float(moment))
        most = max(most, len(people._parts))
    assert most <= 6


def test_a_track_is_walked_there_and_back() -> None:
    assert [reflected(number, 3) for number in range(9)] == [0, 1, 2, 1, 0, 1, 2, 1, 0]
    assert [reflected(number, 1) for number in range(3)] == [0, 0, 0]
