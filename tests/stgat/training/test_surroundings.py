"""Clips joined into streams: the clip stays as it is, and its neighbours meet it where it stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stgat.data.labelled import LabelledSequence
from stgat.retarget import one_body
from stgat.training.surroundings import KEPT_S, SHORTEST_S, Surrounded, Surroundings, poses
from tests.stgat.bodies import turned, waving

IDLE = 9


def clip(
    label: int = 0, duration_s: float = 2.0, begin_s: float = 0.0, name: str = "a", dataset: str = "one"
) -> LabelledSequence:
    times = np.linspace(begin_s, begin_s + duration_s, 41)
    return LabelledSequence(name, dataset, one_body(waving(times)), times, label)


def facing(sequence: LabelledSequence, degrees: float) -> LabelledSequence:
    away = turned(sequence.joints_m, degrees) + np.array([0.7, 0.0, -1.2])
    return replace(sequence, joints_m=away.astype(np.float32), name=f"{degrees}")


@given(seed=st.integers(0, 10**6), degrees=st.floats(-180, 180))
def test_the_clip_itself_is_as_it_was(seed: int, degrees: float) -> None:
    mine, other = clip(), facing(clip(1, 4.0), degrees)
    joined = Surroundings([mine, other], IDLE).around(mine, np.random.default_rng(seed))
    inside = (joined.sequence.timestamps_s >= -1e-9) & (joined.sequence.timestamps_s <= 2.0 + 1e-9)
    assert_allclose(joined.sequence.joints_m[inside], mine.joints_m, atol=1e-6)
    assert joined.sequence.span_s == (0.0, 2.0)
    assert (joined.sequence.label, joined.sequence.name) == (0, "a")


@given(seed=st.integers(0, 10**6), degrees=st.floats(-180, 180))
def test_time_goes_on_and_nobody_jumps_or_turns(seed: int, degrees: float) -> None:
    mine, other = clip(), facing(clip(1, 4.0), degrees)
    joined = Surroundings([other, other], IDLE).around(mine, np.random.default_rng(seed))
    times, joints = joined.sequence.timestamps_s, joined.sequence.joints_m
    steps = np.diff(times)
    assert (steps > 0).all()
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(axis=1) / steps
    own = np.linalg.norm(np.diff(mine.joints_m, axis=0), axis=-1).max() / 0.05
    assert speed.max() <= max(2.5, 1.2 * own)
    assert_allclose(poses(joints)[:, [12, 16], 2], 0.0, atol=1e-3)


def test_the_ways_are_where_they_are_said_to_be() -> None:
    mine = clip()
    joined = Surroundings([mine, clip(1, 4.0, 3.0)], IDLE).around(mine, np.random.default_rng(0))
    times = joined.sequence.timestamps_s
    before, after = times[times < 0], times[times > 2]
    assert min(joined.before_s, joined.after_s) >= SHORTEST_S
    # Within a way there are five frames, and beyond it the neighbour's own, twenty or ten a second.
    assert (before > -joined.before_s + 1e-9).sum() == (after < 2 + joined.after_s - 1e-9).sum() == 5
    assert times[0] >= -joined.before_s - KEPT_S - 1e-9
    assert times[-1] <= 2 + joined.after_s + KEPT_S + 1e-9


def test_stillness_at_the_ends_of_a_clip_is_added_to_the_ways() -> None:
    mine = clip()
    trimmed = replace(mine, span_s=(0.5, 1.75))
    whole, less = (
        Surroundings([mine], IDLE).around(one, np.random.default_rng(0)) for one in (mine, trimmed)
    )
    assert less.before_s == pytest.approx(whole.before_s + 0.5)
    assert less.after_s == pytest.approx(whole.after_s + 0.25)
    assert less.sequence.span_s == (0.5, 1.75)


def test_neighbours_are_of_the_same_data_set_and_the_nearest_of_those_drawn() -> None:
    far = replace(clip(1), joints_m=-clip(1).joints_m, dataset="two")
    near, mine = clip(2, begin_s=7.0), clip()
    surroundings = Surroundings([far, mine, near], IDLE)
    for seed in range(5):
        joined = surroundings.around(mine, np.random.default_rng(seed))
        assert joined.before_s + joined.after_s < 1.5
        assert (joined.sequence.joints_m[:, 3, 1] > joined.sequence.joints_m[:, 0, 1]).all()


@pytest.mark.parametrize("alone", [replace(clip(), in_recording=True), clip(IDLE)])
def test_idle_and_what_has_its_own_surroundings_is_left_alone_and_lent_to_nobody(
    alone: LabelledSequence,
) -> None:
    surroundings = Surroundings([alone, clip(1)], IDLE)
    assert surroundings.around(alone, np.random.default_rng(0)) == Surrounded(alone)
    lonely = Surroundings([alone, clip(1, dataset="two")], IDLE)
    joined = lonely.around(clip(1, dataset="two"), np.random.default_rng(0))
    assert joined.sequence.dataset == "two" and len(joined.sequence.joints_m) > 41


def test_poses_face_one_way_about_the_root() -> None:
    body = one_body(waving(np.linspace(0, 1, 5)))
    assert_allclose(poses(turned(body, 70.0) + 3.0), poses(body), atol=1e-5)
    assert_array_equal(poses(body)[:, 0], 0.0)
