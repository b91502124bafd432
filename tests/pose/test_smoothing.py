from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pose.smoothing import OneEuroFilter

finite = st.floats(-10, 10, allow_nan=False)


@given(arrays(float, (5, 3), elements=finite), st.floats(0.001, 0.2), st.floats(0.0, 20.0))
def test_what_rests_comes_out_as_it_went_in(joints, dt, beta):
    smooth = OneEuroFilter(min_cutoff_hz=1.0, beta=beta)
    for i in range(5):
        np.testing.assert_allclose(smooth(joints, i * dt), joints, atol=1e-12)


@given(arrays(float, (4, 3), elements=finite), arrays(bool, (6, 4)))
def test_unknown_joints_stay_unknown_and_never_touch_the_others(joints, hidden):
    smooth, alone = OneEuroFilter(beta=1.0), OneEuroFilter(beta=1.0)
    for i, row in enumerate(hidden):
        moving = joints + 0.1 * i
        shown = np.where(row[:, None], np.nan, moving)
        got = smooth(shown, i * 0.04)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(shown))
        if not hidden[:, 0].any():
            np.testing.assert_allclose(got[:1], alone(moving[:1], i * 0.04))


@given(st.integers(0, 2**32 - 1))
def test_the_answer_turns_with_the_axes(seed):
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    path = rng.normal(size=(10, 6, 3)).cumsum(axis=0) * 0.05
    straight, turned = OneEuroFilter(beta=5.0), OneEuroFilter(beta=5.0)
    for i, joints in enumerate(path):
        np.testing.assert_allclose(turned(joints @ turn, i / 30), straight(joints, i / 30) @ turn, atol=1e-9)


@pytest.mark.parametrize("fps", [10, 25, 30, 60])
def test_a_gesture_is_smoothed_alike_at_every_camera_rate(fps):
    """A hand swings 20 cm to and fro once in two seconds; the filter follows within 4 cm at any rate."""
    smooth = OneEuroFilter(min_cutoff_hz=1.5, beta=6.0)
    lag = []
    for i in range(4 * fps):
        t = i / fps
        x = np.array([[0.2 * math.sin(math.pi * t), 0.0, 0.0]])
        lag.append(np.linalg.norm(smooth(x, t) - x))
    assert max(lag) < 0.04


def test_it_takes_most_of_the_tremble_out_of_a_resting_joint():
    rng = np.random.default_rng(0)
    noise = rng.normal(scale=0.01, size=(300, 1, 3))
    smooth = OneEuroFilter(min_cutoff_hz=1.5, beta=6.0)
    out = np.array([smooth(x, i / 30) for i, x in enumerate(noise)])
    assert out[30:].std() < 0.65 * noise[30:].std()


def test_it_is_the_papers_filter_on_one_number():
    """Against the pseudocode of the paper, written out for a scalar."""

    def alpha(cutoff, dt):
        tau = 1 / (2 * math.pi * cutoff)
        return 1 / (1 + tau / dt)

    rng = np.random.default_rng(1)
    xs, dt = rng.normal(size=50).cumsum(), 0.05
    smooth = OneEuroFilter(min_cutoff_hz=0.8, beta=0.7, derivative_cutoff_hz=1.2)
    raw, hat, slope = xs[0], xs[0], 0.0
    assert smooth(np.array([xs[0]]), 0.0)[0] == xs[0]
    for i, x in enumerate(xs[1:], start=1):
        slope += alpha(1.2, dt) * ((x - raw) / dt - slope)
        hat += alpha(0.8 + 0.7 * abs(slope), dt) * (x - hat)
        raw = x
        assert smooth(np.array([x]), i * dt)[0] == pytest.approx(hat)


def test_after_a_long_gap_a_joint_starts_afresh():
    smooth = OneEuroFilter(min_cutoff_hz=0.1, max_gap_s=0.5)
    smooth(np.zeros((1, 3)), 0.0)
    assert smooth(np.ones((1, 3)), 0.4).max() < 0.5
    np.testing.assert_array_equal(smooth(np.full((1, 3), 7.0), 1.0), np.full((1, 3), 7.0))


def test_time_that_runs_backwards_starts_afresh_and_a_time_given_twice_changes_nothing():
    smooth = OneEuroFilter(min_cutoff_hz=0.1)
    smooth(np.zeros((1, 3)), 1.0)
    np.testing.assert_array_equal(smooth(np.ones((1, 3)), 1.0), np.zeros((1, 3)))
    np.testing.assert_array_equal(smooth(np.ones((1, 3)), 0.5), np.ones((1, 3)))


def test_nonsense_settings_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        OneEuroFilter(min_cutoff_hz=0.0)
