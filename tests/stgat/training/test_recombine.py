"""Limbs exchanged: which ones, how they are held, and what stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.transform import Rotation

from stgat.retarget import one_body
from stgat.skeleton import NTU_BONE_LENGTHS_M
from stgat.training.config import AugmentConfig
from stgat.training.recombine import (
    Recombination,
    free_arms,
    resize_motion,
    trunk_axes,
    upright_axes,
)
from tests.stgat.bodies import STANDING, turned, waving

TIMES = np.linspace(0, 2, 30)
WAVING = one_body(waving(TIMES)).astype(np.float64)
STILL = one_body(np.repeat(STANDING[None], 30, axis=0)).astype(np.float64)
LEFT_ARM, RIGHT_ARM = [5, 6, 7, 21, 22], [9, 10, 11, 23, 24]
LEGS = [13, 14, 15, 17, 18, 19]
ALWAYS = AugmentConfig(other_arms=1, seated=1)


def seated() -> np.ndarray:
    """Somebody on a chair: thighs towards the camera, shins down."""
    body = STILL[:2].copy()
    for hip, (knee, ankle, foot) in ((12, (13, 14, 15)), (16, (17, 18, 19))):
        body[:, knee] = body[:, hip] + [0, 0, -0.35]
        body[:, ankle] = body[:, knee] + [0, -0.35, 0]
        body[:, foot] = body[:, ankle] + [0, 0, -0.1]
    return body


def moved(before: np.ndarray, after: np.ndarray) -> set[int]:
    return set(np.flatnonzero(np.abs(after - before).max(axis=(0, 2)) > 1e-6))


def apply(parts: str, joints: np.ndarray, augment: AugmentConfig = ALWAYS, seed: int = 0) -> np.ndarray:
    arms_up = STILL[:2].copy()
    for arm, shoulder in ((LEFT_ARM, 4), (RIGHT_ARM, 8)):
        arms_up[:, arm] = 2 * arms_up[:, [shoulder]] - arms_up[:, arm]
    recombination = Recombination([parts], [arms_up, seated()])  # type: ignore[list-item]
    return recombination.apply(joints, 0, augment, np.random.default_rng(seed))


def test_the_arm_that_moves_acts_and_the_other_is_free() -> None:
    acting = int(np.ptp(WAVING[:, 10], axis=0).max() > np.ptp(WAVING[:, 6], axis=0).max())
    assert free_arms(WAVING, "hand") == (1 - acting,)
    assert free_arms(WAVING, "hands") == free_arms(WAVING, "body") == ()
    assert free_arms(WAVING, "legs") == free_arms(WAVING, "trunk") == (0, 1)


def test_two_arms_that_move_alike_are_both_kept() -> None:
    both = STILL.copy()
    both[:, LEFT_ARM + RIGHT_ARM] += 0.2 * np.sin(TIMES * 6)[:, None, None]
    assert free_arms(both, "hand") == ()


@pytest.mark.parametrize(
    ("parts", "exchanged"),
    [
        ("hands", set(LEGS)),
        ("legs", {*LEFT_ARM, *RIGHT_ARM}),
        ("trunk", {*LEFT_ARM, *RIGHT_ARM}),
        ("body", set()),
    ],
)
def test_only_what_has_no_part_in_the_action_is_exchanged(parts: str, exchanged: set[int]) -> None:
    found = [moved(STILL, apply(parts, STILL, seed=seed)) for seed in range(12)]
    assert set().union(*found) == exchanged


def test_bones_keep_their_lengths() -> None:
    for seed in range(6):
        joints = apply("hand", WAVING, seed=seed)
        for child, parent, length in NTU_BONE_LENGTHS_M:
            if child not in {13, 14, 15, 17, 18, 19}:  # the chair of this test has legs of its own
                assert_allclose(
                    np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1), length, atol=1e-5
                )


def test_a_pose_goes_with_the_body_that_holds_it() -> None:
    straight = apply("legs", STILL)
    assert_allclose(apply("legs", turned(STILL, 70.0)), turned(straight, 70.0), atol=1e-6)


def test_nothing_is_exchanged_where_nothing_is_asked_for() -> None:
    assert_array_equal(apply("hand", WAVING, AugmentConfig()), WAVING)


def test_who_never_saw_somebody_sit_leaves_the_legs_alone() -> None:
    recombination = Recombination(["hands"], [STILL])
    assert recombination.seated_legs.shape == (0, 2, 3, 3)
    assert_array_equal(recombination.apply(STILL, 0, ALWAYS, np.random.default_rng(0)), STILL)


@given(factor=st.floats(0.1, 2.0))
def test_motion_is_resized_about_the_pose_in_its_middle_and_the_path_stays(factor: float) -> None:
    path = np.linspace(0, 1, 30)[:, None, None] * np.array([1.0, 0.0, 0.5])
    resized = resize_motion(WAVING + path, factor)
    assert_allclose(resized[:, 0], (WAVING + path)[:, 0], atol=1e-12)
    before, after = (joints - joints[:, :1] for joints in (WAVING, resized))
    assert_allclose(np.median(after, axis=0), np.median(before, axis=0), atol=1e-9)
    assert_allclose(np.ptp(after, axis=0), factor * np.ptp(before, axis=0), atol=1e-9)


@given(seed=st.integers(0, 1000))
def test_axes_are_a_right_handed_frame_that_turns_with_the_body(seed: int) -> None:
    turn = Rotation.random(random_state=seed).as_matrix()
    axes = trunk_axes(STILL[:1])
    assert_allclose(axes[0] @ axes[0].T, np.eye(3), atol=1e-9)
    assert np.linalg.det(axes[0]) == pytest.approx(1.0)
    assert_allclose(trunk_axes(STILL[:1] @ turn.T)[0], axes[0] @ turn.T, atol=1e-6)
    assert_allclose(upright_axes(STILL[:1])[0, 1], [0, 1, 0])
