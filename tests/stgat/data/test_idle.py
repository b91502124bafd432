"""Rest: the still beginning and end of what people do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stgat.data.idle import IdleConfig, moving, rests, spread, staying
from stgat.motion import walking_speed
from stgat.retarget import one_body
from tests.stgat.bodies import STANDING, waving

TIMES = np.arange(60) / 20  # 3 s
WAVING = one_body(waving(TIMES))
STILL = one_body(np.repeat(STANDING[None], len(TIMES), axis=0))


def places(joints: np.ndarray, **settings: float) -> list[str]:
    return [place for place, _, _ in rests(joints, TIMES, IdleConfig(**settings))]


def test_who_moves_all_the_time_does_not_rest_and_who_never_moves_rests_twice() -> None:
    assert places(WAVING) == []
    assert places(STILL) == ["start", "end"]


def test_each_end_is_judged_by_itself() -> None:
    still_first = np.where(TIMES[:, None, None] < 1.0, WAVING[:1], WAVING)
    assert places(still_first) == ["start"]
    assert places(still_first[::-1]) == ["end"]


def test_a_rest_is_as_long_as_asked_for_and_where_it_says() -> None:
    (_, first, begin), (_, last, end) = rests(STILL, TIMES, IdleConfig(rest_s=0.5))
    assert begin[0] == TIMES[0] and end[-1] == TIMES[-1]
    for joints, times in ((first, begin), (last, end)):
        assert len(joints) == len(times)
        assert times[-1] - times[0] == pytest.approx(0.5)


def test_a_sequence_too_short_for_two_rests_has_none() -> None:
    assert places(STILL, rest_s=2.0) == []


def waves_between(begin_s: float, end_s: float) -> np.ndarray:
    """Still but for that time, in which the body waves."""
    then = np.clip(TIMES, begin_s, end_s)
    return one_body(waving(then))


@pytest.mark.parametrize(("begin_s", "end_s"), [(0.0, 3.0), (1.0, 3.0), (0.0, 2.0), (0.8, 2.4)])
def test_who_stands_still_at_the_ends_moves_in_between(begin_s: float, end_s: float) -> None:
    assert moving(waves_between(begin_s, end_s), TIMES) == pytest.approx(
        (begin_s, min(end_s, 2.95)), abs=0.16
    )


def test_of_hardly_any_motion_or_frames_nothing_is_told() -> None:
    for joints in (STILL, waves_between(1.0, 1.1)):
        assert moving(joints, TIMES) == (TIMES[0], TIMES[-1])
    assert moving(WAVING[:3], TIMES[:3]) == (TIMES[0], TIMES[2])


@given(items=st.lists(st.integers()), at_most=st.integers(0, 20))
def test_items_are_spread_from_the_first_to_the_last(items: list[int], at_most: int) -> None:
    found = spread(items, at_most)
    assert len(found) == min(len(items), at_most)
    if len(found) > 1:
        assert (found[0], found[-1]) == (items[0], items[-1])
    assert is_in_order(found, items)


def is_in_order(found: Sequence[int], items: Sequence[int]) -> bool:
    left = iter(items)
    return all(any(item == other for other in left) for item in found)


def test_who_walks_about_does_not_stay_and_who_stands_in_between_does() -> None:
    walking = np.clip(TIMES - 1.0, 0, 1) * [[1.0], [0.0], [0.0]]  # a metre from 1 s to 2 s
    joints = STILL + walking.T[:, None].astype(np.float32)
    before, after = staying(joints, TIMES, IdleConfig(gap_s=0.5))
    assert TIMES[before][0] == TIMES[0] and TIMES[before][-1] == pytest.approx(1.0, abs=0.3)
    assert TIMES[after][0] == pytest.approx(2.0, abs=0.3) and TIMES[after][-1] == TIMES[-1]
    assert staying(joints, TIMES, IdleConfig(gap_s=1.5)) == []
    assert staying(STILL, TIMES, IdleConfig()) == [slice(0, len(TIMES))]


def test_walking_speed_is_metres_a_second_over_the_floor() -> None:
    joints = STILL + (0.7 * TIMES[:, None] * [0.6, 0.0, 0.8])[:, None].astype(np.float32)
    assert walking_speed(joints, TIMES) == pytest.approx(0.7, abs=1e-4)
    rising = STILL + (0.7 * TIMES[:, None] * [0.0, 1.0, 0.0])[:, None].astype(np.float32)
    assert walking_speed(rising, TIMES) == pytest.approx(0.0, abs=1e-6)
    assert walking_speed(STILL[:1], TIMES[:1]).tolist() == [0.0]
