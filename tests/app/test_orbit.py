from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from app.orbit import FARTHEST_M, NEAREST_M, STEEPEST, OrbitCamera

FRONT = OrbitCamera(yaw=0.0, pitch=0.0, distance_m=4.0, focal=1.0)
TARGET = np.array([0.2, 0.1, 3.0])


def seen(camera, *offset):
    return camera.project(TARGET + np.array(offset, float), TARGET)


def test_the_target_is_in_the_middle_from_everywhere():
    for yaw in (-3.0, 0.0, 1.0):
        for pitch in (-1.0, 0.0, 1.4):
            np.testing.assert_allclose(seen(OrbitCamera(yaw, pitch, 4.0), 0, 0, 0), [0, 0, 4.0], atol=1e-12)


def test_from_the_sensor_it_looks_as_in_the_picture():
    # Kinect's x grows to the left of the picture, y upwards, z away.
    np.testing.assert_allclose(seen(FRONT, 1, 0, 0), [-0.25, 0, 4])
    np.testing.assert_allclose(seen(FRONT, 0, 1, 0), [0, -0.25, 4])
    np.testing.assert_allclose(seen(FRONT, 1, 0, 1), [-0.2, 0, 5])


def test_a_quarter_round_shows_the_side():
    # From the sensor's right, what is away from it is on the right, what is on its right is near.
    right = FRONT.turned(math.pi / 2, 0)
    np.testing.assert_allclose(seen(right, 0, 0, 1), [0.25, 0, 4], atol=1e-12)
    np.testing.assert_allclose(seen(right, -1, 0, 0), [0, 0, 3], atol=1e-12)


def test_from_above_what_is_far_is_high_and_what_is_high_is_near():
    above = FRONT.turned(0, STEEPEST)
    assert seen(above, 0, 0, 1)[1] == pytest.approx(-0.25, abs=0.01)
    assert seen(above, 0, 1, 0)[2] == pytest.approx(3.0, abs=0.01)


def test_turning_keeps_distances_and_never_goes_over_the_top():
    camera = OrbitCamera()
    for yaw, pitch in [(0.3, 0.2), (2.0, 3.0), (-9.0, -7.0)]:
        camera = camera.turned(yaw, pitch)
        assert abs(camera.pitch) <= STEEPEST
        assert abs(camera.yaw) <= math.pi
        right, down, depth = seen(camera, 0.3, -0.4, 0.5)
        x, y = right * depth / camera.focal, down * depth / camera.focal
        away = depth - camera.distance_m
        assert math.hypot(x, y, away) == pytest.approx(math.hypot(0.3, 0.4, 0.5))


def test_nearer_is_larger_within_limits():
    cameras = [FRONT]
    for _ in range(40):
        cameras.append(cameras[-1].zoomed(1.2))
    sizes = [-seen(camera, 0, 0.5, 0)[1] for camera in cameras]
    assert all(a <= b for a, b in pairwise(sizes))
    assert cameras[-1].distance_m == NEAREST_M
    assert FRONT.zoomed(1e-6).distance_m == FARTHEST_M


def test_what_is_behind_the_camera_or_unknown_is_nowhere():
    assert np.isnan(seen(FRONT, 0, 0, -4.5)).all()
    assert np.isnan(seen(FRONT, np.nan, 0, 0)).any()
    assert seen(FRONT, *np.zeros(3)).shape == (3,)
    assert FRONT.project(np.zeros((2, 25, 3)), TARGET).shape == (2, 25, 3)
