from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.overlay import Side
from app.trails import GAP_S, LENGTH_S, HandTrails
from stgat.skeleton import NTU25
from tests.app.ui.fakes import person

LEFT_HAND = NTU25.joints.index("left hand")


def watch(trails, times, **changes):
    for time_s in times:
        trails.add([replace(person(time_s), **changes)], time_s)
    return trails.trails()


def test_each_hand_leaves_a_trail_of_its_last_moments():
    left, right = watch(HandTrails(), np.arange(0, 4, 1 / 30))
    assert (left.side, right.side) == (Side.LEFT, Side.RIGHT)
    assert len(left.points) == len(left.freshness) == pytest.approx(LENGTH_S * 30, abs=1)
    assert left.freshness[-1] == 1.0
    assert 0 <= left.freshness[0] < 0.05
    assert (np.diff(left.freshness) > 0).all()
    np.testing.assert_allclose(left.points[-1], person(119 / 30).image_joints[LEFT_HAND])


def test_a_gap_breaks_the_trail():
    trails = HandTrails()
    watch(trails, [0.0, 0.1, 0.2])
    found = watch(trails, [0.2 + 2 * GAP_S, 0.3 + 2 * GAP_S])
    assert [len(trail.points) for trail in found] == [3, 2, 3, 2]


def test_a_hand_that_is_hardly_seen_or_nowhere_leaves_none():
    confidence = np.ones(25)
    confidence[LEFT_HAND] = 0.3
    nowhere = person(0.0).image_joints.copy()
    nowhere[LEFT_HAND] = np.nan
    for changes in ({"confidence": confidence}, {"image_joints": nowhere}):
        assert [trail.side for trail in watch(HandTrails(), [0, 0.1, 0.2], **changes)] == [Side.RIGHT]
    assert watch(HandTrails(), [0, 0.1], image_joints=None) == []


def test_people_who_leave_and_a_clock_that_goes_back_leave_nothing():
    trails = HandTrails()
    watch(trails, [0.0, 0.1])
    trails.add([], 0.1 + LENGTH_S + 0.1)
    assert trails.trails() == []
    watch(trails, [5.0, 5.1])
    assert watch(trails, [2.0]) == []
    watch(trails, [2.1])
    trails.clear()
    assert trails.trails() == []


def test_a_moment_shown_twice_counts_once():
    assert [len(trail.points) for trail in watch(HandTrails(), [0.0, 0.1, 0.1, 0.1])] == [2, 2]
