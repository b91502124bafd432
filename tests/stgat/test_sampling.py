"""Recordings of any rate become the same frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stgat.sampling import resample


def linear_motion(times_s: np.ndarray, V: int = 4) -> np.ndarray:
    """(T, V, 3) every joint on a straight line of its own."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(V, 3)) + times_s[:, None, None] * rng.normal(size=(V, 3))


@given(
    times=st.lists(st.floats(0.05, 0.95), max_size=20, unique=True),
    num_frames=st.integers(1, 40),
)
def test_linear_motion_is_met_exactly_however_the_frames_fall(times: list[float], num_frames: int) -> None:
    times_s = np.array([0.0, *sorted(times), 1.0])
    found = resample(linear_motion(times_s), times_s, num_frames, 0.0, 1.0)
    assert found.shape == (num_frames, 4, 3)
    assert_allclose(found, linear_motion(np.linspace(0.0, 1.0, num_frames)), atol=1e-5)


@pytest.mark.parametrize("fps", [10, 25, 60])
@given(hz=st.floats(0.1, 0.5), phase=st.floats(0, 6.3))
def test_the_same_motion_gives_the_same_frames_at_any_rate(fps: int, hz: float, phase: float) -> None:
    def motion(times_s: np.ndarray) -> np.ndarray:
        return np.sin(2 * np.pi * hz * times_s + phase)[:, None, None] * np.ones((1, 3, 3))

    times_s = np.arange(0, 2.01, 1 / fps)
    found = resample(motion(times_s), times_s, 64, 0.0, 2.0)
    # Linear interpolation is off by at most (step)^2 / 8 times the largest second derivative.
    bound = (1 / fps) ** 2 / 8 * (2 * np.pi * hz) ** 2
    assert np.abs(found - motion(np.linspace(0, 2, 64))).max() <= bound + 1e-5


def test_the_first_and_last_pose_are_held_beyond_what_is_known() -> None:
    times_s = np.array([1.0, 2.0])
    joints = np.stack([np.full((2, 3), 1.0), np.full((2, 3), 5.0)])
    found = resample(joints, times_s, 5, 0.0, 4.0)
    assert_array_equal(found[:, 0, 0], [1.0, 1.0, 5.0, 5.0, 5.0])


def test_each_joint_is_bridged_over_its_own_gap() -> None:
    times_s = np.linspace(0, 1, 11)
    joints = linear_motion(times_s)
    holes = joints.copy()
    holes[3:6, 1] = np.nan
    holes[7, 2, 1] = np.nan  # one unknown coordinate makes the joint unknown
    assert_allclose(resample(holes, times_s, 21, 0, 1), resample(joints, times_s, 21, 0, 1), atol=1e-6)


def test_a_joint_that_is_never_known_rests_on_the_root() -> None:
    times_s = np.linspace(0, 1, 5)
    joints = linear_motion(times_s)
    joints[:, 3] = np.nan
    found = resample(joints, times_s, 8, 0, 1)
    assert_array_equal(found[:, 3], found[:, 0])
    assert np.isfinite(found).all()


def test_a_single_frame_is_held_all_along() -> None:
    joints = linear_motion(np.array([0.5]))
    found = resample(joints, np.array([0.5]), 6, 0, 1)
    assert_array_equal(found, np.repeat(joints.astype(np.float32), 6, axis=0))


def test_two_frames_of_one_time_do_no_harm() -> None:
    times_s = np.array([0.0, 0.5, 0.5, 1.0])
    assert np.isfinite(resample(linear_motion(times_s), times_s, 9, 0, 1)).all()


def test_a_window_without_a_root_and_shapes_that_do_not_fit_are_refused() -> None:
    times_s = np.linspace(0, 1, 3)
    joints = linear_motion(times_s)
    joints[:, 0] = np.nan
    with pytest.raises(ValueError, match="the root joint is not known"):
        resample(joints, times_s, 4, 0, 1)
    with pytest.raises(ValueError, match=r"got \(3, 4, 3\), 2"):
        resample(linear_motion(times_s), times_s[:2], 4, 0, 1)
