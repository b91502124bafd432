"""The last seconds of everybody: the same whatever the camera's rate, and whoever comes and goes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from app.decisions import DecisionSettings
from app.window import PersonWindow, SlidingWindow, network_input
from stgat.motion import motion_m_s
from stgat.preprocessing import Preprocessing, window_joints
from stgat.retarget import one_body, unseen_limbs
from stgat.sampling import resample
from stgat.skeleton import Skeleton
from tests.stgat.bodies import STANDING, waving

PREPROCESSING = Preprocessing(num_frames=32, window_s=2.0)


def skeleton(joints: np.ndarray, person_id: int = 0, timestamp_s: float = 0.0) -> Skeleton:
    return Skeleton(joints, np.ones(25), person_id, timestamp_s)


def fed(times: Iterable[float], person_id: int = 0, window: SlidingWindow | None = None) -> SlidingWindow:
    """A window that has seen somebody waving at these moments."""
    window = window or SlidingWindow(PREPROCESSING)
    times = np.asarray(times, dtype=float)
    for time_s, joints in zip(times.tolist(), waving(times), strict=True):
        window.add([skeleton(joints, person_id, time_s)], time_s)
    return window


def only(window: SlidingWindow) -> PersonWindow:
    (person,) = window.people()
    return person


@pytest.mark.parametrize("fps", [10, 25, 30, 60])
def test_the_same_motion_gives_the_same_window_at_any_rate(fps: int) -> None:
    person = only(fed(np.arange(0, 5 + 1e-9, 1 / fps)))
    exact = one_body(waving(np.linspace(3, 5, 32)))
    assert (person.start_s, person.end_s) == pytest.approx((3.0, 5.0))
    assert np.abs(person.joints_m - exact).max() < 0.01


@given(seed=st.integers(0, 10**6))
def test_the_camera_may_stutter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.01, 0.12, 80))
    person = only(fed(times))
    exact = one_body(waving(np.linspace(times[-1] - 2, times[-1], 32)))
    assert np.abs(person.joints_m - exact).max() < 0.02


def test_it_answers_before_it_is_full_with_the_first_pose_held() -> None:
    assert fed(np.arange(0, 0.46, 0.05)).people() == []
    person = only(fed(np.arange(0, 0.56, 0.05)))
    assert (person.start_s, person.end_s) == pytest.approx((-1.45, 0.55))
    first = one_body(waving(np.zeros(1)))[0]
    assert_allclose(person.joints_m[:20], np.repeat(first[None], 20, axis=0), atol=0.02)
    assert np.isfinite(person.joints_m).all()


def test_what_is_older_than_the_window_leaves_no_trace() -> None:
    long, short = fed(np.arange(0, 30, 0.1)), fed(np.arange(27, 30, 0.1))
    assert_allclose(only(long).joints_m, only(short).joints_m, atol=1e-5)


def test_a_short_gap_is_bridged() -> None:
    times = np.arange(0, 3 + 1e-9, 1 / 30)
    gap = (times > 2.0) & (times < 2.3)
    bridged = SlidingWindow(PREPROCESSING)
    for time_s, joints, missing in zip(times.tolist(), waving(times), gap, strict=True):
        bridged.add([] if missing else [skeleton(joints, 0, time_s)], time_s)
    assert np.abs(only(bridged).joints_m - only(fed(times)).joints_m).max() < 0.03


def test_somebody_out_of_sight_is_kept_for_a_while_then_forgotten() -> None:
    window = fed(np.arange(0, 2, 0.1))
    window.add([], 2.8)
    assert len(window.people()) == 1
    window.add([], 3.0)
    assert window.people() == []
    window.add([skeleton(STANDING)], 3.1)
    assert window.people() == []  # a new beginning: half a second has not gone by


def test_a_clock_that_goes_back_empties_the_buffer() -> None:
    window = fed(np.arange(10, 13, 0.1))
    window.add([skeleton(STANDING)], 0.0)
    assert window.people() == []
    person = only(fed(np.arange(0.1, 1.0, 0.1), window=window))
    assert person.end_s == pytest.approx(0.9)


def test_people_are_kept_apart_by_id_whatever_order_they_come_in() -> None:
    window = SlidingWindow(PREPROCESSING)
    for i, time_s in enumerate(np.arange(0, 3, 0.1).tolist()):
        two = [skeleton(STANDING, 7, time_s), skeleton(waving(np.array([time_s]))[0], 3, time_s)]
        window.add(two[:: 1 if i % 2 else -1], time_s)
    first, second = window.people()
    assert (first.person_id, second.person_id) == (3, 7)
    assert_allclose(first.joints_m, only(fed(np.arange(0, 3, 0.1))).joints_m)
    assert np.ptp(second.joints_m, axis=0).max() == 0
    assert second.motion_m_s == 0 < first.motion_m_s


def test_a_skeleton_without_a_root_or_with_unknown_joints_does_no_harm() -> None:
    times = np.arange(0, 3, 0.1)
    window = SlidingWindow(PREPROCESSING)
    for i, (time_s, joints) in enumerate(zip(times.tolist(), waving(times), strict=True)):
        joints = joints.copy()
        if i % 5 == 2:
            joints[0] = np.nan
        joints[[15, 19]] = np.nan  # feet out of the picture, always
        window.add([skeleton(joints, 0, time_s)], time_s)
    assert np.isfinite(only(window).joints_m).all()


def test_promise_somebody_who_was_out_of_sight_for_long_begins_anew() -> None:
    window = SlidingWindow(Preprocessing(num_frames=16, window_s=2.0))
    times = np.arange(0.0, 1.0, 0.1)
    for shift_s, seen in ((0.0, 1), (60.0, 1)):
        for time_s, joints in zip(times + shift_s, waving(times), strict=True):
            window.add([Skeleton(joints, np.ones(25), 0, time_s)], time_s)
            if time_s - shift_s < 0.45:
                assert window.people() == []
        assert len(window.people()) == seen


class FromScratch:
    """What a sliding window shall give, worked out anew from all that was ever seen."""

    def __init__(self, preprocessing: Preprocessing) -> None:
        self.preprocessing = preprocessing
        self.seen: dict[int, dict[float, Skeleton]] = {}
        self.now_s = -np.inf

    def add(self, skeletons: list[Skeleton], now_s: float) -> None:
        if now_s < self.now_s:
            self.seen.clear()
        self.now_s = now_s
        for one in skeletons:
            before = self.seen.get(one.person_id, {})
            self.seen[one.person_id] = {} if before and now_s - max(before) > 1.0 else before
            self.seen[one.person_id][now_s] = one
        self.seen = {number: at for number, at in self.seen.items() if now_s - max(at) <= 1.0}

    def windows(self) -> dict[int, np.ndarray]:
        start_s, found = self.now_s - self.preprocessing.window_s, {}
        for number, at in self.seen.items():
            times = np.array(sorted(at))
            times = times[max(0, np.searchsorted(times, start_s, side="right") - 1) :]
            if times[-1] - times[0] < 0.5:
                continue
            joints = np.stack([at[time_s].joints_m for time_s in times])
            unseen = unseen_limbs(np.stack([at[time_s].confidence for time_s in times]))
            found[number] = window_joints(joints, times, self.preprocessing, start_s, self.now_s, unseen)
        return found


@pytest.mark.parametrize(
    "preprocessing",
    [
        Preprocessing(num_frames=16, window_s=1.0, unseen_limbs="rest-1"),
        Preprocessing(num_frames=16, window_s=1.0, body="as-measured"),
    ],
    ids=["one body", "as measured"],
)
@given(seed=st.integers(0, 10**6))
@example(seed=1)
@settings(max_examples=12)
def test_what_is_kept_from_window_to_window_changes_not_one_bit(
    preprocessing: Preprocessing, seed: int
) -> None:
    """Random streams: uneven steps, gaps, a clock that stands or goes back, people and joints that vanish."""
    rng = np.random.default_rng(seed)
    kept, scratch = SlidingWindow(preprocessing), FromScratch(preprocessing)
    now_s = 0.0
    for _ in range(150):
        step = rng.choice(["on", "gap", "stand", "back"], p=[0.93, 0.04, 0.02, 0.01])
        now_s += {"on": rng.uniform(0.01, 0.1), "gap": rng.uniform(0.2, 1.5), "stand": 0.0, "back": -1.0}[
            step
        ]
        skeletons = []
        for number in range(3):
            if rng.random() < 0.85:
                joints = waving(np.array([now_s + number]))[0] + rng.normal(0, 0.02, (25, 3))
                joints[1:][(rng.random(24) < 0.03) & ~np.isin(np.arange(1, 25), (12, 16))] = np.nan
                joints = joints.astype(rng.choice([np.float32, np.float64]))
                skeletons.append(Skeleton(joints, rng.choice([0.1, 0.9], 25), number, now_s))
        kept.add(skeletons, now_s)
        scratch.add(skeletons, now_s)
        windows = {person.person_id: person.joints_m for person in kept.people()}
        expected = scratch.windows()
        assert windows.keys() == expected.keys()
        for number, joints in expected.items():
            assert_array_equal(windows[number], joints)


LEGS = [13, 14, 15, 17, 18, 19]


def guessed_legs(way: str, unsure: slice) -> PersonWindow:
    """A window of three seconds of waving whose legs kick about; of those moments, the camera is unsure."""
    window = SlidingWindow(Preprocessing(num_frames=32, window_s=2.0, unseen_limbs=way))
    times = np.arange(0, 3 + 1e-9, 0.1)
    joints, confidence = waving(times), np.ones((len(times), 25))
    joints[:, LEGS] += jitter(len(times), 0.1)[:, LEGS]
    confidence[unsure, LEGS] = 0.1
    for time_s, body, sure in zip(times.tolist(), joints, confidence, strict=True):
        window.add([Skeleton(body, sure, 0, time_s)], time_s)
    return only(window)


def test_legs_out_of_the_picture_hang_still_where_the_network_was_trained_so() -> None:
    rested, guessed = (guessed_legs(way, slice(None)) for way in ("rest-1", "as-guessed"))
    seen = guessed_legs("rest-1", slice(0))
    assert_array_equal(guessed.joints_m, seen.joints_m)
    others = [joint for joint in range(25) if joint not in LEGS]
    assert_array_equal(rested.joints_m[:, others], guessed.joints_m[:, others])
    shins = rested.joints_m[:, [14, 18]] - rested.joints_m[:, [13, 17]]
    assert_allclose(shins[..., [0, 2]], 0.0, atol=1e-6)
    # Nor is the estimator's guessing taken for motion.
    assert rested.motion_m_s < guessed.motion_m_s


def test_only_the_frames_of_the_window_say_whether_a_limb_is_seen() -> None:
    """Legs that came into view 1.5 s ago are seen, however long they were out of it before."""
    assert_array_equal(
        guessed_legs("rest-1", slice(0, 15)).joints_m, guessed_legs("rest-1", slice(0)).joints_m
    )


def test_the_same_moment_twice_counts_once() -> None:
    window = fed(np.arange(0, 2.05, 0.1))
    window.add([skeleton(waving(np.array([2.0]))[0], 0, 2.0)], 2.0)
    assert_allclose(only(window).joints_m, only(fed(np.arange(0, 2.05, 0.1))).joints_m, atol=1e-6)


def test_network_input_puts_people_in_order_and_zeros_for_the_missing() -> None:
    person = only(fed(np.arange(0, 3, 0.1)))
    alone = network_input([person], PREPROCESSING, 1)
    with_room = network_input([person], PREPROCESSING, 2)
    both = network_input([person, person], PREPROCESSING, 2)
    assert (alone.shape, with_room.shape) == ((3, 32, 25, 1), (3, 32, 25, 2))
    assert_array_equal(with_room[..., :1], alone)
    assert not with_room[..., 1].any()
    assert_array_equal(both[..., 1], both[..., 0])
    assert network_input([person] * 3, PREPROCESSING, 2).shape == (3, 32, 25, 2)


def speed(joints: np.ndarray, fps: float = 30.0) -> float:
    """The motion of joints (T, 25, 3) as the running application measures it."""
    times = np.arange(len(joints)) / fps
    return motion_m_s(window_joints(joints, times, PREPROCESSING, times[-1] - 2.0, times[-1]), 2.0)


def jitter(T: int, size_m: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, size_m, (T, 25, 3))


def test_somebody_still_is_idle_and_somebody_waving_is_not() -> None:
    settings = DecisionSettings()
    times = np.arange(0, 3, 1 / 30)
    for seed in range(5):
        # What is left of a landmark's noise after the One-Euro filter.
        noise = jitter(90, 0.002, seed)
        assert speed(np.repeat(STANDING[None], 90, axis=0) + noise) < settings.still_m_s
        assert speed(waving(times, hz=1.0, speed_m_s=0.0) + noise) > settings.move_m_s


def test_walking_sideways_is_motion_and_so_is_sitting_down() -> None:
    times = np.arange(0, 3, 1 / 30)
    still = np.repeat(STANDING[None], 90, axis=0)
    shift = np.zeros((90, 1, 3))
    shift[:, 0, 0] = 0.6 * times
    assert speed(still + shift) == pytest.approx(0.6, rel=0.2)
    assert speed(still + shift[..., [1, 0, 2]]) == pytest.approx(0.6, rel=0.2)


def test_depth_of_the_root_which_a_camera_sees_worst_is_no_motion() -> None:
    shift = np.zeros((90, 1, 3))
    shift[:, 0, 2] = 0.5 * np.sin(np.arange(90) / 5)
    assert speed(STANDING + shift) == pytest.approx(0.0, abs=1e-3)


def test_only_the_last_moments_count_as_motion() -> None:
    times = np.arange(0, 3, 1 / 30)
    stopped = waving(np.minimum(times, 1.5), hz=1.0)
    assert speed(waving(times, hz=1.0)) > 0.5
    assert speed(stopped) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("num_frames", [4, 16, 64, 300])
def test_motion_does_not_depend_on_how_many_frames_the_network_takes(num_frames: int) -> None:
    times = np.arange(0, 2.01, 1 / 30)
    shift = np.zeros((len(times), 1, 3))
    shift[:, 0, 0] = 0.4 * times
    joints = resample(STANDING + shift, times, num_frames, 0.0, 2.0)
    assert motion_m_s(joints, 2.0) == pytest.approx(0.4, rel=0.05)
