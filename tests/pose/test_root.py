from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose.ntu_mapping import JOINT_WEIGHTS, WORLD_TO_KINECT, to_ntu
from pose.root import RootTracker, body_scale, focal_length, solve_translation
from stgat.skeleton import NTU25
from tests.pose.bodies import rotation, seen, standing

SIZE = (640, 480)
JOINT = {name: i for i, name in enumerate(NTU25.joints)}


def kinect(place):
    return np.array(place) * (-1.0, -1.0, 1.0)


def body_of_ntu_size() -> np.ndarray:
    """The standing body, scaled so that RootTracker has nothing to scale."""
    joints, confidence, _ = to_ntu(seen(standing()), SIZE)
    return standing() * body_scale(joints, confidence)


def track(world, places, fps=30, fov=60.0, visibility=1.0, rng=None, noise=0.0, size=SIZE):
    """The recovered place of the body's origin (MediaPipe's hips) for each true place."""
    tracker, found = RootTracker(fov), []
    for i, place in enumerate(places):
        pose = seen(world, place, size, fov, visibility)
        if rng is not None:
            pose.image_landmarks[:, :2] += rng.normal(scale=noise, size=(33, 2))
            pose.world_landmarks_m[:] = world + rng.normal(scale=noise, size=(33, 3))
        joints, confidence, image_joints = to_ntu(pose, size)
        body, root = tracker.place(joints, confidence, image_joints, size, i / fps)
        hips = (body + root)[[JOINT["left hip"], JOINT["right hip"]]].mean(axis=0)
        found.append(hips)
    return np.array(found)


def below_hips() -> np.ndarray:
    """From MediaPipe's hips to the mapped hips of body_of_ntu_size, Kinect axes: what track() adds."""
    return (JOINT_WEIGHTS[JOINT["spine base"]] @ body_of_ntu_size()) * WORLD_TO_KINECT


@given(
    st.floats(-0.8, 0.8), st.floats(-0.3, 0.3), st.floats(2.5, 6.0), st.floats(40, 100), st.floats(-3.1, 3.1)
)
def test_a_synthetic_person_is_found_where_they_stand(x, y, z, fov, turn):
    world = body_of_ntu_size() @ rotation(np.array([0.0, 1.0, 0.0]), turn).T
    found = track(world, [(x, y, z)], fov=fov)[0]
    # A joint between landmarks is seen where the landmarks' mean is seen; perspective makes that inexact.
    np.testing.assert_allclose(found, kinect((x, y, z)) + below_hips(), atol=0.02 * z)


@given(st.sampled_from([10, 25, 30, 60]))
def test_walking_towards_the_camera_brings_the_root_nearer_at_the_walkers_pace(fps):
    times = np.arange(0, 2.0, 1 / fps)
    places = [(0.2, 0.0, 4.5 - 1.2 * t) for t in times]
    found = track(body_of_ntu_size(), places, fps=fps)
    truth = np.array([kinect(p) for p in places]) + below_hips()
    assert np.abs(found[:, 2] - truth[:, 2]).max() < 0.25  # the smoothing's lag, in metres
    assert found[0, 2] - found[-1, 2] == pytest.approx(2.4 - 1.2 / fps, rel=0.12)
    assert np.abs(found[:, :2] - truth[:, :2]).max() < 0.06


def test_a_jump_goes_up_and_comes_down_without_delay():
    times = np.arange(0, 1.0, 1 / 30)
    height = 0.4 * np.clip(np.sin(2 * np.pi * times), 0, None)
    found = track(body_of_ntu_size(), [(0.0, -h, 3.0) for h in height])
    np.testing.assert_allclose(found[:, 1] - found[0, 1], height, atol=0.02)


def test_legs_out_of_the_picture_do_not_move_the_root():
    """The same place, once seen whole and once with legs that are a guess."""
    visibility = np.ones(33)
    visibility[25:] = 0.02
    world = body_of_ntu_size()
    bent = world.copy()
    bent[25:] += (0.1, -0.3, -0.4)  # a guess that is wrong in metres
    whole = track(world, [(0.1, 0.0, 2.5)] * 30)[-1]
    assert not np.allclose(bent, world)
    guessed = []
    tracker = RootTracker()
    for i in range(30):
        pose = seen(world, (0.1, 0.0, 2.5), SIZE, visibility=visibility)
        pose.world_landmarks_m[:] = bent
        joints, confidence, image_joints = to_ntu(pose, SIZE)
        body, root = tracker.place(joints, confidence, image_joints, SIZE, i / 30)
        guessed.append((body + root)[[JOINT["left hip"], JOINT["right hip"]]].mean(axis=0))
    np.testing.assert_allclose(guessed[-1], whole, atol=0.05)


@given(st.integers(0, 2**32 - 1))
def test_noise_of_a_hundredth_leaves_the_depth_of_a_resting_person_steady(seed):
    rng = np.random.default_rng(seed)
    found = track(body_of_ntu_size(), [(0.0, 0.0, 3.0)] * 60, rng=rng, noise=0.01)
    assert abs(found[20:, 2].mean() - 3.0) < 0.15
    assert found[20:, 2].std() < 0.05


def test_a_body_of_another_size_is_brought_to_ntus_size_and_stands_farther_or_nearer():
    """A child of half the size fills the picture like an adult twice as far away."""
    world = body_of_ntu_size()
    child = track(world * 0.5, [(0.0, 0.0, 1.5)])[0]
    adult = track(world, [(0.0, 0.0, 3.0)])[0]
    np.testing.assert_allclose(child, adult, atol=1e-6)


def test_a_camera_turned_upright_sees_the_same_depth():
    upright = track(body_of_ntu_size(), [(0.0, 0.0, 3.0)], size=(480, 640))[0]
    lying = track(body_of_ntu_size(), [(0.0, 0.0, 3.0)], size=(640, 480))[0]
    np.testing.assert_allclose(upright, lying, atol=1e-9)
    assert focal_length((480, 640), 90.0) == pytest.approx(320.0)


@given(st.integers(0, 2**32 - 1))
def test_exact_rays_give_the_exact_translation(seed):
    rng = np.random.default_rng(seed)
    points, t = rng.normal(size=(10, 3)), np.array([*rng.normal(size=2), rng.uniform(4, 9)])
    rays = (points + t)[:, :2] / (points + t)[:, 2:]
    weights = rng.uniform(0.1, 1.0, 10)
    np.testing.assert_allclose(solve_translation(points, rays, weights), t, atol=1e-6)
    np.testing.assert_allclose(solve_translation(points, rays, weights, depth_m=t[2]), t, atol=1e-6)


@pytest.mark.parametrize("fov", [0.0, 180.0, -5.0])
def test_an_impossible_field_of_view_is_refused(fov):
    with pytest.raises(ValueError, match="between 0 and 180"):
        RootTracker(fov)
