from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose.landmarks import Landmark, Pose
from pose.ntu_mapping import JOINT_WEIGHTS, to_ntu
from stgat.skeleton import NTU25
from tests.pose.bodies import mirrored, rotation, seen, standing

JOINT = {name: i for i, name in enumerate(NTU25.joints)}
SIZE = (640, 480)
#: The joint of the other side, for each joint.
OTHER_SIDE = [
    JOINT[
        name.replace("left", "*").replace("right", "left").replace("*", "right")
        if "left" in name or "right" in name
        else name
    ]
    for name in NTU25.joints
]
floats = st.floats(-1, 1)


def bodies(seed: int) -> np.ndarray:
    return standing() + np.random.default_rng(seed).normal(scale=0.1, size=(33, 3))


def test_every_joint_is_a_weighted_mean_so_the_mapping_moves_with_the_body():
    assert JOINT_WEIGHTS.shape == (25, 33)
    np.testing.assert_allclose(JOINT_WEIGHTS.sum(axis=1), 1.0)


def test_a_person_facing_the_camera_has_the_left_shoulder_at_smaller_x_the_head_up_and_the_toes_nearer():
    joints, _, _ = to_ntu(seen(standing()), SIZE)
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
        assert joints[JOINT[f"left {part}"], 0] < joints[JOINT[f"right {part}"], 0]
    column = [joints[JOINT[n], 1] for n in ("head", "neck", "spine shoulder", "spine mid", "spine base")]
    assert column == sorted(column, reverse=True)
    assert joints[JOINT["left knee"], 1] < 0
    assert joints[JOINT["left foot"], 2] < joints[JOINT["left ankle"], 2]
    np.testing.assert_array_equal(joints[JOINT["spine base"]], 0.0)


@given(st.integers(0, 2**32 - 1), st.tuples(floats, floats, floats), st.floats(-3, 3))
def test_a_turned_body_gives_turned_joints(seed, axis, angle):
    axis = np.add(axis, (0.0, 0.0, 1e-3))
    body, turn = bodies(seed), rotation(axis, angle)
    kinect = np.diag([-1.0, -1.0, 1.0])
    expected = to_ntu(seen(body), SIZE)[0] @ (kinect @ turn @ kinect).T
    np.testing.assert_allclose(to_ntu(seen(body @ turn.T), SIZE)[0], expected, atol=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_a_mirrored_body_gives_mirrored_joints_with_left_and_right_swapped(seed):
    body = bodies(seed)
    joints, mirror = to_ntu(seen(body), SIZE)[0], to_ntu(seen(mirrored(body)), SIZE)[0]
    np.testing.assert_allclose(mirror, joints[OTHER_SIDE] * (-1.0, 1.0, 1.0), atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_the_change_of_axes_is_a_rotation_not_a_mirror(seed):
    """The signed volume of three bones keeps its sign: determinant +1."""
    body = np.random.default_rng(seed).normal(size=(33, 3))
    joints, _, _ = to_ntu(seen(body, place=(0, 0, 20)), SIZE)
    limbs = [Landmark.LEFT_ELBOW, Landmark.RIGHT_WRIST, Landmark.LEFT_KNEE, Landmark.LEFT_SHOULDER]
    names = ["left elbow", "right wrist", "left knee", "left shoulder"]
    before = body[limbs[:3]] - body[limbs[3]]
    after = joints[[JOINT[n] for n in names[:3]]] - joints[JOINT[names[3]]]
    assert np.linalg.det(before) == pytest.approx(np.linalg.det(after))


def test_joints_in_the_picture_lie_where_the_body_is_seen():
    pose = seen(standing())
    _, _, image_joints = to_ntu(pose, SIZE)
    wrist = pose.image_landmarks[Landmark.LEFT_WRIST, :2]
    np.testing.assert_allclose(image_joints[JOINT["left wrist"]], wrist)
    assert image_joints[JOINT["head"], 1] < image_joints[JOINT["left foot"], 1]


def test_confidence_is_that_of_the_least_visible_landmark():
    visibility = np.ones(33)
    visibility[Landmark.LEFT_HIP] = 0.3
    _, confidence, _ = to_ntu(seen(standing(), visibility=visibility), SIZE)
    assert confidence[JOINT["spine base"]] == pytest.approx(0.3)
    assert confidence[JOINT["left shoulder"]] == 1.0


def test_joints_outside_the_picture_have_little_confidence_and_are_still_numbers():
    """A person at a desk: the camera sees them from the waist up, and MediaPipe guesses the legs."""
    pose = seen(standing(), place=(0.0, 0.45, 1.0))
    joints, confidence, _ = to_ntu(pose, SIZE)
    assert np.isfinite(joints).all()
    for name in ("knee", "ankle", "foot"):
        assert confidence[JOINT[f"left {name}"]] == 0.0
    assert confidence[JOINT["left shoulder"]] == 1.0


def test_a_mapped_body_has_the_proportions_of_the_ntu_body():
    """Trunk and limbs within a tenth of NTU's medians (metres, docs/webcam.md)."""
    joints, _, _ = to_ntu(Pose(seen(standing()).image_landmarks, standing(), np.ones(33)), SIZE)

    def length(a, b):
        return np.linalg.norm(joints[JOINT[a]] - joints[JOINT[b]])

    assert length("spine base", "spine shoulder") == pytest.approx(0.521, rel=0.1)
    assert length("left hip", "left knee") == pytest.approx(0.339, rel=0.1)
    assert length("left knee", "left ankle") == pytest.approx(0.367, rel=0.1)
    assert length("left ankle", "left foot") == pytest.approx(0.120, rel=0.2)
