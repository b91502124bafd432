"""Every skeleton on one body: what is kept, what is fixed, what stays unknown."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stgat.retarget import LIMBS, body_scale, one_body, rest_limbs, unseen_limbs
from stgat.skeleton import KINECT_V1_20, NTU25, NTU_BONE_LENGTHS_M, get_layout
from tests.stgat.bodies import STANDING, random_poses, turned, waving
from tests.stgat.ntu_files import choose_bodies, read_bodies

#: Bones whose direction is taken from their own two joints.
OWN_BONES = [(c, p) for c, p, _ in NTU_BONE_LENGTHS_M if c not in (1, 20, 2, 3, 4, 8, 12, 16, 21, 22, 23, 24)]


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@given(seed=st.integers(0, 2**32 - 1))
def test_every_bone_has_the_fixed_length_whatever_the_pose(seed: int) -> None:
    body = one_body(random_poses(seed))
    for joint, parent, length in NTU_BONE_LENGTHS_M:
        assert_allclose(np.linalg.norm(body[:, joint] - body[:, parent], axis=-1), length, atol=1e-5)


@given(seed=st.integers(0, 2**32 - 1))
def test_limbs_keep_their_directions(seed: int) -> None:
    joints = random_poses(seed)
    body = one_body(joints)
    for child, parent in OWN_BONES:
        expected = unit(joints[:, child] - joints[:, parent])
        assert_allclose(unit(body[:, child] - body[:, parent]), expected, atol=1e-4)


@pytest.mark.shared
def test_the_one_body_is_as_large_as_the_people_of_ntu(shared_dir: Path) -> None:
    lengths: dict[tuple[int, int], list[float]] = {}
    with zipfile.ZipFile(shared_dir / "datasets" / "ntu-samples.zip") as archive:
        for name in np.load(shared_dir / "reference" / "ntu_normalized.npz", allow_pickle=False).files:
            joints = choose_bodies(read_bodies(archive.read(f"ntu-samples/{name}.skeleton").decode()))
            for child, parent, _ in NTU_BONE_LENGTHS_M:
                length = np.linalg.norm(joints[:, :, child] - joints[:, :, parent], axis=-1)
                lengths.setdefault((child, parent), []).append(np.median(length[length > 0]))
    for child, parent, length in NTU_BONE_LENGTHS_M:
        assert np.median(lengths[child, parent]) == pytest.approx(length, rel=0.15, abs=0.025)


def test_the_spine_runs_from_the_middle_of_the_hips_to_the_middle_of_the_shoulders() -> None:
    joints = random_poses(0)
    body = one_body(joints)
    spine = unit(joints[:, [4, 8]].mean(axis=1) - joints[:, [12, 16]].mean(axis=1))
    for child, parent in ((1, 0), (20, 1)):
        assert_allclose(unit(body[:, child] - body[:, parent]), spine, atol=1e-4)


@given(seed=st.integers(0, 2**32 - 1))
def test_how_long_somebodys_limbs_are_leaves_no_trace(seed: int) -> None:
    rng = np.random.default_rng(seed)
    longer = dict(zip(OWN_BONES, rng.uniform(0.5, 2.0, len(OWN_BONES)), strict=True))
    joints = random_poses(seed)
    other = joints.copy()
    for child, parent, _ in NTU_BONE_LENGTHS_M:
        if (child, parent) in longer:
            other[:, child] = other[:, parent] + longer[child, parent] * (
                joints[:, child] - joints[:, parent]
            )
    assert_allclose(relative(one_body(other)), relative(one_body(joints)), atol=1e-4)


def relative(body: np.ndarray) -> np.ndarray:
    return body - body[:, :1]


def test_a_child_and_a_giant_who_do_the_same_give_the_same_body_and_path() -> None:
    joints = waving(np.linspace(0, 2, 20))
    expected = one_body(joints)
    for size in (0.7, 1.3):
        assert_allclose(one_body(size * joints), expected, atol=1e-5)


def test_the_path_of_the_root_is_scaled_as_the_body_is() -> None:
    joints = waving(np.linspace(0, 2, 20), speed_m_s=0.5)
    walked = joints[-1, [12, 16]].mean(axis=0) - joints[0, [12, 16]].mean(axis=0)
    body = one_body(joints)
    assert_allclose(body[-1, 0] - body[0, 0], walked * body_scale(joints), atol=1e-5)


def test_body_scale_is_bounded_and_one_where_nothing_is_known() -> None:
    assert body_scale(STANDING[None] * 100) == 0.5
    assert body_scale(STANDING[None] / 100) == 2.0
    assert body_scale(np.full((3, 25, 3), np.nan)) == 1.0
    assert body_scale(np.zeros((3, 25, 3))) == 1.0


def test_body_scale_is_a_median_that_one_wild_frame_does_not_move() -> None:
    joints = np.repeat(STANDING[None], 9, axis=0)
    expected = body_scale(joints)
    joints[4] *= 3
    assert body_scale(joints) == pytest.approx(expected)


def test_without_legs_the_torso_alone_says_how_large_somebody_is() -> None:
    whole, half = STANDING[None].copy(), STANDING[None].copy()
    half[:, [13, 14, 15, 17, 18, 19]] = np.nan
    torso = np.linalg.norm(STANDING[[4, 8]].mean(axis=0) - STANDING[[12, 16]].mean(axis=0))
    assert body_scale(half) == pytest.approx((0.299 + 0.222) / torso)
    assert body_scale(whole) != body_scale(half)


@pytest.mark.parametrize("missing", [5, 6, 13, 9, 18])
def test_an_unknown_joint_takes_those_beyond_it_along_and_nobody_else(missing: int) -> None:
    joints = np.repeat(STANDING[None], 3, axis=0)
    joints[1, missing] = np.nan
    body = one_body(joints)
    beyond, grew = {missing}, True
    while grew:
        new = {child for child, parent, _ in NTU_BONE_LENGTHS_M if parent in beyond} - beyond
        grew = bool(new)
        beyond |= new
    unknown = set(np.flatnonzero(np.isnan(body[1]).any(axis=-1)))
    assert unknown == beyond
    assert np.isfinite(body[[0, 2]]).all()


def test_unknown_hips_leave_nothing_known() -> None:
    joints = STANDING[None].copy()
    joints[:, 12] = np.nan
    assert np.isnan(one_body(joints)).all()


def test_a_bone_of_no_length_has_no_direction() -> None:
    joints = STANDING[None].copy()
    joints[:, 6] = joints[:, 5]
    body = one_body(joints)
    assert np.isnan(body[:, [6, 7, 21, 22]]).all()
    assert np.isfinite(np.delete(body, [6, 7, 21, 22], axis=1)).all()


def test_both_kinects_agree_on_the_body_for_they_share_the_joints_it_is_made_from() -> None:
    joints = waving(np.linspace(0, 1, 5))
    kinect_v1 = joints[:, :20].copy()
    kinect_v1[:, :3] += 0.1  # where a Kinect v1 sees hip centre, spine and neck does not matter
    assert_array_equal(one_body(kinect_v1, KINECT_V1_20.name), one_body(joints, NTU25.name))


def test_a_body_put_on_one_body_again_stays_within_a_centimetre() -> None:
    once = one_body(waving(np.linspace(0, 2, 20)))
    assert np.abs(one_body(once) - once).max() < 0.01


@pytest.mark.parametrize(
    ("shape", "layout", "message"),
    [
        ((4, 18, 3), "openpose-18", "cannot be put on one body; known: ntu25, kinect-v1-20"),
        ((4, 18, 3), "ntu25", r"expected joints \(T, 20 or 25, 3\), got \(4, 18, 3\)"),
        ((4, 25, 2), "ntu25", "got"),
        ((25, 3), "ntu25", "got"),
    ],
)
def test_other_layouts_and_shapes_are_refused(shape: tuple, layout: str, message: str) -> None:
    assert get_layout(layout)
    with pytest.raises(ValueError, match=message):
        one_body(np.zeros(shape), layout)


#: The joints of a limb but the foot.
CHAINS = {
    "left arm": (5, 6, 7, 21, 22),
    "right arm": (9, 10, 11, 23, 24),
    "left leg": (13, 14),
    "right leg": (17, 18),
}
FEET = {"left leg": (15, 14), "right leg": (19, 18)}


@pytest.mark.parametrize("limb", LIMBS)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_limb_at_rest_hangs_straight_down_with_its_own_lengths_and_the_rest_stays(
    limb: str, seed: int
) -> None:
    body = one_body(random_poses(seed))
    given = body.copy()
    rested = rest_limbs(body, [limb])
    assert_array_equal(body, given)
    chain = CHAINS[limb]
    changed = [*chain, *([FEET[limb][0]] if limb in FEET else [])]
    untouched = [joint for joint in range(25) if joint not in changed]
    assert_array_equal(rested[:, untouched], body[:, untouched])
    for joint, parent, length in NTU_BONE_LENGTHS_M:
        if joint in chain:
            down = np.broadcast_to([0.0, -length, 0.0], (len(body), 3))
            assert_allclose(rested[:, joint] - rested[:, parent], down, atol=1e-5)
        if joint in changed:
            bone = np.linalg.norm(rested[:, joint] - rested[:, parent], axis=-1)
            assert_allclose(bone, length, atol=1e-5)


@pytest.mark.parametrize("yaw_deg", [0.0, 40.0, 90.0, -135.0])
def test_feet_at_rest_point_where_the_chest_does(yaw_deg: float) -> None:
    body = one_body(turned(STANDING[None].repeat(2, axis=0), yaw_deg))
    rested = rest_limbs(body, ["left leg", "right leg"])
    to_the_camera = np.array([[0.0, 0.0, -1.0]])  # where somebody who faces it points
    for foot, ankle in FEET.values():
        direction = unit(rested[:, foot] - rested[:, ankle])
        assert_allclose(direction, turned(to_the_camera, yaw_deg).repeat(2, axis=0), atol=0.03)
        assert_allclose(direction[:, 1], 0.0, atol=1e-6)
        own = unit((body[:, foot] - body[:, ankle]) * (1.0, 0.0, 1.0))
        assert (direction * own).sum(axis=-1).min() > 0.9  # as the feet of the body that stands there


def test_shoulders_one_above_the_other_have_feet_point_to_the_camera() -> None:
    body = one_body(STANDING[None])
    body[:, 8] = body[:, 4] + np.array([0.0, 0.3, 0.0], np.float32)
    rested = rest_limbs(body, ["left leg"])
    assert_allclose(unit(rested[:, 15] - rested[:, 14]), [[0.0, 0.0, -1.0]], atol=1e-6)


def test_a_limb_that_was_unknown_is_known_at_rest() -> None:
    body = one_body(STANDING[None])
    body[:, [13, 14, 15]] = np.nan
    assert np.isfinite(rest_limbs(body, ["left leg"])).all()


def test_resting_nothing_is_a_copy_and_nonsense_is_refused() -> None:
    body = one_body(STANDING[None])
    same = rest_limbs(body, ())
    assert_array_equal(same, body)
    assert not np.shares_memory(same, body)
    with pytest.raises(ValueError, match="no limb 'tail'; known: left arm, right arm, left leg, right leg"):
        rest_limbs(body, ["tail"])
    with pytest.raises(ValueError, match=r"expected joints \(T, 25, 3\), got \(1, 20, 3\)"):
        rest_limbs(body[:, :20], ["left leg"])


def test_a_limb_is_unseen_when_all_its_joints_are_unsure_in_most_frames() -> None:
    confidence = np.ones((9, 25))
    assert unseen_limbs(confidence) == frozenset()
    confidence[:, 13] = 0.1  # one knee alone: perhaps behind a table
    confidence[:4, [9, 10]] = 0.1  # an arm, but not for most of the time
    assert unseen_limbs(confidence) == frozenset()
    confidence[:, 14] = 0.1
    confidence[4, [9, 10]] = 0.1
    assert unseen_limbs(confidence) == {"left leg", "right arm"}
    assert unseen_limbs(confidence, threshold=0.05) == frozenset()
