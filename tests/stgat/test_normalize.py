"""The two normalisations: the authors' against their own arrays, ours against what it promises."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stgat.normalize import (
    NORMALIZERS,
    CausalUpright,
    normalize_ntu,
    normalize_upright,
    normalize_upright_causal,
    streaming_normalizer,
)
from stgat.retarget import TORSO_M, one_body
from tests.stgat.bodies import random_poses, turned, waving
from tests.stgat.ntu_files import choose_bodies, read_bodies

FINITE = st.floats(-5, 5)


def window(M: int = 1, T: int = 8) -> np.ndarray:
    """(T, M, 25, 3) people on the one body, each a metre to the side of the one before."""
    person = one_body(waving(np.linspace(0, 2, T))).astype(np.float64)
    return np.stack([person + np.array([m, 0, 0.1 * m]) for m in range(M)], axis=1)


@pytest.mark.shared
def test_the_authors_arrays_come_out_of_the_raw_files(shared_dir: Path) -> None:
    expected = np.load(shared_dir / "reference" / "ntu_normalized.npz", allow_pickle=False)
    assert len(expected.files) == 13
    with zipfile.ZipFile(shared_dir / "datasets" / "ntu-samples.zip") as archive:
        for name in expected.files:
            raw = choose_bodies(read_bodies(archive.read(f"ntu-samples/{name}.skeleton").decode()))
            found = normalize_ntu(raw).transpose(3, 0, 2, 1)  # (3, T, 25, M)
            assert found.shape == expected[name].shape, name
            assert np.abs(found - expected[name]).max() < 1e-4, name


def test_authors_first_spine_is_the_unit_on_z_and_the_left_elbow_lies_above_x() -> None:
    joints = np.stack([random_poses(seed, T=5) for seed in (1, 2)], axis=1)
    first = normalize_ntu(joints)[0, 0]
    assert_allclose(first[0], 0, atol=1e-6)
    assert_allclose(first[20], [0, 0, 1], atol=1e-5)
    arm = first[5] - first[20]
    assert arm[1] == pytest.approx(0, abs=1e-5)
    assert arm[0] > 0


@given(seed=st.integers(0, 10**6), shift=st.tuples(FINITE, FINITE, FINITE), size=st.floats(0.2, 5))
def test_authors_frame_hangs_on_the_body_alone(seed: int, shift: tuple, size: float) -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    joints = waving(np.linspace(0, 1, 4))[:, None]
    moved = size * joints @ rotation.T + shift
    assert_allclose(normalize_ntu(moved), normalize_ntu(joints), atol=1e-4)


@pytest.mark.parametrize("up", [1.0, -1.0])
def test_authors_rotation_is_one_also_for_a_spine_along_z(up: float) -> None:
    joints = random_poses(0, T=2)[:, None]
    joints[0, 0, 20] = joints[0, 0, 0] + [0, 0, up]
    before, after = joints[0, 0] - joints[0, 0, 0], normalize_ntu(joints)[0, 0]
    assert_allclose(after[20], [0, 0, 1], atol=1e-6)
    assert_allclose(np.linalg.norm(after, axis=1), np.linalg.norm(before, axis=1), atol=1e-5)
    triple = [[3, 6, 9]]
    assert np.sign(np.linalg.det(after[triple])) == np.sign(np.linalg.det(before[triple]))  # no mirror


def test_authors_close_up_empty_frames_at_the_start_and_leave_later_ones() -> None:
    joints = np.stack([random_poses(1, T=6), random_poses(2, T=6)], axis=1)
    joints[:2, 0] = 0
    joints[3, 0] = 0
    joints[4, 1] = 0
    found = normalize_ntu(joints)
    empty = ~found.any(axis=(2, 3))  # (T, M)
    assert_array_equal(np.flatnonzero(empty[:, 0]), [3, 4, 5])
    assert_array_equal(np.flatnonzero(empty[:, 1]), [4])


def test_authors_cut_at_three_hundred_frames_and_keep_nobody_nobody() -> None:
    assert normalize_ntu(np.repeat(window(T=1), 310, axis=0)).shape == (300, 1, 25, 3)
    assert not normalize_ntu(np.zeros((5, 2, 25, 3))).any()


@given(shift=st.tuples(FINITE, FINITE, FINITE), yaw_deg=st.floats(-180, 180))
def test_upright_forgets_where_somebody_stands_and_which_way_they_face(shift: tuple, yaw_deg: float) -> None:
    joints = window(M=2)
    assert_allclose(normalize_upright(turned(joints, yaw_deg) + shift), normalize_upright(joints), atol=1e-4)


def test_upright_measures_in_torsos_from_the_median_root() -> None:
    joints = window()
    found = normalize_upright(joints)
    assert_allclose(np.median(found[:, 0, 0], axis=0)[1], 0, atol=1e-6)
    torso = np.linalg.norm(joints[:, 0, 20] - joints[:, 0, 0], axis=-1) / TORSO_M
    assert_allclose(np.linalg.norm(found[:, 0, 20] - found[:, 0, 0], axis=-1), torso, atol=1e-5)


def test_upright_is_not_moved_by_one_wild_frame() -> None:
    joints = np.repeat(window(T=1), 7, axis=0)
    expected = normalize_upright(joints)
    joints[0] += 50.0
    assert_allclose(normalize_upright(joints)[1:], expected[1:], atol=1e-4)


def test_upright_turns_the_shoulder_line_into_the_picture_with_the_right_at_larger_x() -> None:
    found = normalize_upright(turned(window(), 70))
    across = (found[:, 0, 8] - found[:, 0, 4]).mean(axis=0)
    assert across[2] == pytest.approx(0, abs=1e-5)
    assert across[0] > 0


def test_upright_keeps_up_up_lengths_and_movement() -> None:
    joints = window()
    found = normalize_upright(joints)
    heights = joints[:, 0, :, 1] - np.median(joints[:, 0, 0, 1])
    assert_allclose(found[:, 0, :, 1] * TORSO_M, heights, atol=1e-5)
    walked = np.linalg.norm(joints[-1, 0, 0] - joints[0, 0, 0])
    assert np.linalg.norm(found[-1, 0, 0] - found[0, 0, 0]) * TORSO_M == pytest.approx(walked, abs=1e-5)


def test_upright_keeps_two_people_where_they_stand_to_each_other() -> None:
    joints = window(M=2)
    found = normalize_upright(joints)
    apart = np.linalg.norm(joints[:, 1, 0] - joints[:, 0, 0], axis=-1)
    assert_allclose(np.linalg.norm(found[:, 1, 0] - found[:, 0, 0], axis=-1) * TORSO_M, apart, atol=1e-5)


def test_upright_leaves_who_is_absent_absent() -> None:
    joints = window(M=2)
    joints[:, 1] = 0
    joints[3, 0] = 0
    found = normalize_upright(joints)
    assert not found[:, 1].any()
    assert not found[3, 0].any()
    joints[:, 0] = 0
    assert not normalize_upright(joints).any()


def test_somebody_seen_exactly_from_above_is_not_turned_but_stays_finite() -> None:
    joints = window()
    joints[:, :, 8] = joints[:, :, 4] + [0, 0.3, 0]
    assert np.isfinite(normalize_upright(joints)).all()


def test_causal_frame_by_frame_is_the_whole_clip_however_it_is_cut() -> None:
    joints = window(M=2, T=60)
    joints[20:25, 0] = 0.0
    joints[40:, 1] = 0.0
    whole = normalize_upright_causal(joints)
    for cuts in ([*range(1, 60)], [7, 30, 31], []):
        stream = CausalUpright()
        assert_array_equal(np.concatenate([stream(part) for part in np.split(joints, cuts)]), whole)
    assert not whole[20:25, 0].any() and not whole[40:, 1].any()


def test_causal_never_looks_ahead() -> None:
    joints = window(T=40)
    assert_array_equal(normalize_upright_causal(joints[:15]), normalize_upright_causal(joints)[:15])


def test_causal_is_upright_for_somebody_who_keeps_their_place() -> None:
    still = np.repeat(window(T=1), 50, axis=0)
    still = turned(still, 35.0) + np.array([0.5, 0.1, 2.0])
    assert_allclose(normalize_upright_causal(still), normalize_upright(still), atol=1e-5)


def test_causal_means_are_of_what_was_seen_so_far_and_then_fade() -> None:
    joints = np.repeat(window(T=1), 100, axis=0)
    joints[:, 0, :, 0] += np.arange(100)[:, None] * 0.01  # a steady walk across the picture
    root = normalize_upright_causal(joints)[:, 0, 0]
    # The mean of n frames lies (n - 1) / 2 frames behind, the exponential one at last MEMORY - 1.
    assert_allclose(np.linalg.norm(root[10]), 0.01 * 5 / TORSO_M, rtol=1e-4)
    assert_allclose(np.linalg.norm(root[99]), 0.01 * (CausalUpright.MEMORY - 1) / TORSO_M, rtol=0.05)


def test_only_what_looks_back_can_be_streamed() -> None:
    joints = window(T=5).astype(np.float32)
    for name in ("upright-causal-1", "identity-1"):
        assert_array_equal(streaming_normalizer(name, "ntu25")(joints), NORMALIZERS[name](joints, "ntu25"))
    for name in ("upright-1", "ntu-authors-1"):
        with pytest.raises(ValueError, match=f"{name} looks ahead"):
            streaming_normalizer(name, "ntu25")
