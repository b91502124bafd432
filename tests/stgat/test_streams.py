"""The four streams against loops."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from stgat.skeleton import KINECT_V1_20, NTU25, OPENPOSE18, Layout
from stgat.streams import STREAMS, to_stream

layouts = pytest.mark.parametrize("layout", [NTU25, KINECT_V1_20, OPENPOSE18], ids=lambda layout: layout.name)


def random_joints(layout: Layout, T: int = 6) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, T, layout.num_joints, 3)).astype(np.float32)


@layouts
def test_bones_are_child_minus_parent_and_zero_at_the_root(layout: Layout) -> None:
    joints = random_joints(layout)
    expected = np.zeros_like(joints)
    for m in range(2):
        for t in range(6):
            for child, parent in layout.bones:
                expected[m, t, child] = joints[m, t, child] - joints[m, t, parent]
    assert_array_equal(to_stream(joints, layout, "bone"), expected)


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("T", [1, 2, 3, 6])
def test_motion_is_the_difference_to_a_later_frame_and_zero_at_the_end(step: int, T: int) -> None:
    joints = random_joints(NTU25, T)
    expected = np.zeros_like(joints)
    for m in range(2):
        for t in range(T - step):
            expected[m, t] = joints[m, t + step] - joints[m, t]
    assert_array_equal(to_stream(joints, NTU25, "motion1" if step == 1 else "motion2"), expected)


def test_the_joint_stream_is_the_joints() -> None:
    joints = random_joints(NTU25)
    assert_array_equal(to_stream(joints, NTU25, "joint"), joints)


@pytest.mark.parametrize("stream", STREAMS)
def test_streams_leave_their_input_alone_and_an_absent_person_absent(stream: str) -> None:
    joints = random_joints(NTU25)
    joints[1] = 0
    before = joints.copy()
    result = to_stream(joints, NTU25, stream)
    assert_array_equal(joints, before)
    assert not result[1].any()
    assert result[0].any()


def test_all_but_the_joint_stream_forget_where_somebody_stands() -> None:
    joints = random_joints(NTU25)
    for stream in ("bone", "motion1", "motion2"):
        moved = to_stream(joints + np.float32(1.5), NTU25, stream)
        assert_allclose(moved, to_stream(joints, NTU25, stream), atol=1e-5)


def test_an_unknown_stream_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown stream 'velocity'; known: joint, bone, motion1, motion2"):
        to_stream(random_joints(NTU25), NTU25, "velocity")
