from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import linear_sum_assignment

from pose.tracking import Tracker, cheapest_pairs
from tests.pose.bodies import at


def follow(tracker, script, fps=25):
    """Runs a script of frames, each a list of poses; returns the ids of each frame."""
    return [tracker.update(poses, i / fps) for i, poses in enumerate(script)]


@given(st.floats(0.3, 1.2), st.sampled_from([10, 25, 30, 60]), st.integers(0, 2**32 - 1))
def test_two_people_who_cross_keep_their_ids(speed, fps, seed):
    """Both walk at that many picture heights a second; the poses come in random order."""
    rng = np.random.default_rng(seed)
    tracker = Tracker()
    owner: dict[int, int] = {}
    for i in range(int(1.2 / speed * fps)):
        way = speed * i / fps
        people = [at(-0.1 + way, height=0.5), at(1.1 - way, height=0.44)]
        order = rng.permutation(2)
        for person, person_id in zip(order, tracker.update([people[k] for k in order], i / fps), strict=True):
            assert owner.setdefault(int(person), person_id) == person_id
    assert sorted(owner.values()) == [0, 1]


def test_ids_survive_the_moment_one_hides_the_other():
    tracker = Tracker()
    for i in range(75):
        t = i / 25
        left, right = at(0.1 + 0.3 * t), at(0.9 - 0.3 * t)
        hidden = abs((0.1 + 0.3 * t) - (0.9 - 0.3 * t)) < 0.1
        ids = tracker.update([right] if hidden else [right, left], t)
        assert ids[0] == 0
        if not hidden:
            assert ids[1] == 1


@given(st.permutations([0, 1, 2]), st.integers(0, 2**32 - 1))
def test_the_order_of_the_poses_does_not_matter(order, seed):
    rng = np.random.default_rng(seed)
    centres, heights = rng.uniform(0.1, 0.9, 3), np.array([0.3, 0.5, 0.7])
    steps = rng.normal(scale=0.01, size=(10, 3)).cumsum(axis=0)
    straight, shuffled = Tracker(max_people=3), Tracker(max_people=3)
    for i, step in enumerate(steps):
        people = [at(x, height=h) for x, h in zip(centres + step, heights, strict=True)]
        ids = straight.update(people, i / 30)
        other = shuffled.update([people[k] for k in order], i / 30)
        assert other == [ids[k] for k in order]


def test_a_person_keeps_the_id_through_a_short_gap_and_loses_it_after_a_long_one():
    for fps in (10, 60):
        tracker = Tracker(max_gap_s=1.0)
        assert tracker.update([at(0.5)], 0.0) == [0]
        for i in range(1, int(0.9 * fps)):
            assert tracker.update([], i / fps) == []
        assert tracker.update([at(0.52)], 0.9) == [0]
        assert tracker.update([at(0.52)], 2.0) == [1]


def test_somebody_at_the_other_end_of_the_picture_is_somebody_else():
    tracker = Tracker()
    tracker.update([at(0.1)], 0.0)
    assert tracker.update([at(0.9)], 0.04) == [1]
    assert tracker.person_ids == {0, 1}


def test_a_stranger_gets_no_id_while_all_places_are_taken_and_the_largest_comes_first():
    tracker = Tracker(max_people=2)
    crowd = [at(0.1, height=0.2), at(0.5, height=0.6), at(0.9, height=0.4)]
    assert tracker.update(crowd, 0.0) == [None, 0, 1]
    assert tracker.update(crowd, 0.04) == [None, 0, 1]
    # One leaves: the place is kept for a second, then the stranger gets it.
    assert tracker.update(crowd[:2], 0.5) == [None, 0]
    assert tracker.update(crowd[:2], 1.0) == [None, 0]
    assert tracker.update(crowd[:2], 1.6) == [2, 0]


def test_a_video_played_again_starts_with_new_people():
    tracker = Tracker()
    tracker.update([at(0.5)], 5.0)
    assert tracker.update([at(0.5)], 0.0) == [1]
    tracker.reset()
    assert tracker.update([at(0.5)], 0.0) == [0]


@given(
    cost=arrays.arrays(
        float,
        st.tuples(st.integers(1, 5), st.integers(1, 5)),
        elements=st.floats(0.0, 2.0) | st.just(1e3),
    )
)
def test_pairs_cost_as_little_as_those_of_the_hungarian_algorithm(cost):
    pairs = cheapest_pairs(cost)
    rows, columns = zip(*pairs, strict=True)
    assert len(pairs) == min(cost.shape)
    assert len(set(rows)) == len(set(columns)) == len(pairs)
    assert np.isclose(cost[list(rows), list(columns)].sum(), cost[linear_sum_assignment(cost)].sum())
