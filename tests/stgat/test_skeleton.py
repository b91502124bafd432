"""Joint layouts: their bones, distances and adjacency."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from stgat.skeleton import KINECT_V1_20, LAYOUTS, NTU25, OPENPOSE18, OPENPOSE18_SHIFTED, Layout, get_layout
from tests.stgat.plain_stgat import count_hops, dense_adjacency

every_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())


@every_layout
def test_hops_are_the_bones_one_walks_over(layout: Layout) -> None:
    assert_array_equal(layout.hops, count_hops(layout.num_joints, layout.bones))


@every_layout
def test_every_joint_can_be_reached_over_one_bone_less_than_there_are_joints(layout: Layout) -> None:
    assert (layout.hops >= 0).all()
    assert len(layout.bones) == layout.num_joints - 1


@every_layout
def test_adjacency_is_the_dense_formula(layout: Layout) -> None:
    assert_allclose(layout.adjacency(), dense_adjacency(layout.num_joints, layout.bones), atol=1e-12)


@every_layout
def test_adjacency_is_symmetric_with_largest_eigenvalue_one(layout: Layout) -> None:
    adjacency = layout.adjacency()
    assert_array_equal(adjacency, adjacency.T)
    assert np.linalg.eigvalsh(adjacency)[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("layout", [NTU25, KINECT_V1_20, OPENPOSE18], ids=lambda layout: layout.name)
def test_left_and_right_have_the_same_bones(layout: Layout) -> None:
    def swap(joint: int) -> int:
        name = layout.joints[joint]
        for side, other in (("left", "right"), ("right", "left")):
            if name.startswith(side):
                return layout.joints.index(name.replace(side, other))
        return joint

    mirrored = [[swap(j) for j in range(layout.num_joints)]]
    hops = layout.hops[np.ix_(*mirrored * 2)]
    if layout is OPENPOSE18:
        # Its arms hang on the neck, its hips on the shoulders: still the same left and right.
        assert layout.bones[8:10] == ((11, 5), (8, 2))
    if layout is NTU25:
        # Its hand tips and thumbs are chained the other way round on the right.
        hands = [7, 11, 21, 22, 23, 24]
        hops, expected = (np.delete(np.delete(h, hands, 0), hands, 1) for h in (hops, layout.hops))
        assert_array_equal(hops, expected)
    else:
        assert_array_equal(hops, layout.hops)


def test_distances_that_everybody_can_check_by_eye() -> None:
    names = NTU25.joints.index
    hops = NTU25.hops
    assert hops[names("head"), names("neck")] == 1
    assert hops[names("left shoulder"), names("right shoulder")] == 2
    assert hops[names("left ankle"), names("right ankle")] == 6
    assert hops[names("left foot"), names("head")] == 8


def test_a_root_is_its_own_parent_and_everybody_comes_from_it() -> None:
    for layout in (NTU25, KINECT_V1_20, OPENPOSE18):
        parents = layout.parents()
        joints = np.arange(layout.num_joints)
        roots = joints[parents == joints]
        assert len(roots) == 1
        for _ in range(layout.num_joints):
            joints = parents[joints]
        assert set(joints) == set(roots)


def test_the_shifted_openpose_graph_is_the_right_one_one_joint_off() -> None:
    shift = (np.arange(18) + 1) % 18
    assert_array_equal(OPENPOSE18_SHIFTED.hops, OPENPOSE18.hops[np.ix_(shift, shift)])
    assert (OPENPOSE18_SHIFTED.hops != OPENPOSE18.hops).any()


def test_joints_without_a_way_between_them_are_minus_one_apart() -> None:
    layout = Layout("two pieces", ("a", "b", "c"), ((0, 1),))
    assert_array_equal(layout.hops, [[0, 1, -1], [1, 0, -1], [-1, -1, 0]])


def test_bones_outside_the_layout_and_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"layout 'short': bone \(1, 2\) is outside 0\.\.1"):
        Layout("short", ("a", "b"), ((1, 2),))
    with pytest.raises(ValueError, match=r"unknown joint layout 'coco'; known: ntu25, kinect-v1-20"):
        get_layout("coco")
    assert get_layout("kinect-v1-20") is KINECT_V1_20
