"""Random changes: what they keep, and that a seed repeats them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stgat.data.labelled import LabelledSequence
from stgat.preprocessing import Preprocessing
from stgat.retarget import one_body
from stgat.skeleton import NTU25, NTU_BONE_LENGTHS_M
from stgat.training.augment import (
    MIRROR,
    bend,
    choose_moment,
    choose_window,
    distort,
    mirror,
    slower_camera,
    smooth,
    training_window,
    turn,
    unseen_limbs,
    wander,
)
from stgat.training.config import AugmentConfig
from stgat.training.surroundings import Surrounded, Surroundings
from tests.stgat.bodies import STANDING, turned, waving

PREPROCESSING = Preprocessing(num_frames=16)
STILL = AugmentConfig(
    tilt_deg=0,
    yaw_deg=0,
    depth=(1, 1),
    jitter_m=0,
    drift_m=0,
    mirror=False,
)


def sequence(duration_s: float = 3.0, label: int = 0) -> LabelledSequence:
    times = np.linspace(5.0, 5.0 + duration_s, 40)
    return LabelledSequence("a", "test", one_body(waving(times)), times, label)


def example(augment: AugmentConfig, seed: int, label: int = 0) -> tuple[np.ndarray, int]:
    rng = np.random.default_rng(seed)
    return training_window(sequence(label=label), PREPROCESSING, augment, np.array([1, 0, 2]), rng)


def test_a_mirror_of_a_mirror_is_the_original() -> None:
    joints = waving(np.linspace(0, 1, 5))
    assert_allclose(mirror(mirror(joints)), joints)
    assert_array_equal(np.array(MIRROR)[list(MIRROR)], np.arange(25))


def test_a_mirror_changes_the_names_of_the_sides_and_the_sign_of_x() -> None:
    for joint, other in enumerate(MIRROR):
        name = NTU25.joints[joint]
        swapped = name.replace("left", "#").replace("right", "left").replace("#", "right")
        assert NTU25.joints[other] == swapped
    assert_array_equal(mirror(STANDING)[4], STANDING[8] * [-1, 1, 1])


def test_somebody_in_a_mirror_still_faces_the_sensor() -> None:
    mirrored = mirror(STANDING)
    assert mirrored[4, 0] < mirrored[8, 0]


def test_the_label_changes_with_the_mirror_and_only_then() -> None:
    swaps = AugmentConfig(mirror=True)
    labels = {example(swaps, seed, label=0)[1] for seed in range(30)}
    assert labels == {0, 1}
    assert {example(swaps, seed, label=2)[1] for seed in range(30)} == {2}
    assert {example(STILL, seed, label=0)[1] for seed in range(30)} == {0}


def test_the_mirrored_window_is_the_mirrored_motion() -> None:
    whole = {"window_s": (3.0, 3.0), "tight_share": 0.0}
    swaps = STILL.model_copy(update={"mirror": True, **whole})
    straight, _ = example(STILL.model_copy(update=whole), 0)
    for seed in range(8):
        window, label = example(swaps, seed)
        joints = window[..., 0].transpose(1, 2, 0)  # (T, V, C)
        expected = straight[..., 0].transpose(1, 2, 0)
        # The two sides of the one body differ by up to a centimetre a bone; a torso is half a metre.
        assert_allclose(mirror(joints) if label else joints, expected, atol=0.05)


def test_one_seed_gives_one_example_and_another_seed_another() -> None:
    default = AugmentConfig()
    assert_array_equal(example(default, 3)[0], example(default, 3)[0])
    assert np.abs(example(default, 3)[0] - example(default, 4)[0]).max() > 0.01


def test_examples_are_network_input_without_nan() -> None:
    for seed in range(10):
        window, _ = example(AugmentConfig(), seed)
        assert (window.shape, window.dtype) == ((3, 16, 25, 1), np.float32)
        assert np.isfinite(window).all()


@given(seed=st.integers(0, 10**6), duration_s=st.floats(0.1, 10), tight_share=st.floats(0, 1))
def test_a_window_lies_in_the_clip_or_the_clip_in_the_window(
    seed: int, duration_s: float, tight_share: float
) -> None:
    augment = AugmentConfig(tight_share=tight_share)
    clip = sequence(duration_s)
    start, end = choose_window(clip, augment, np.random.default_rng(seed))
    first, last = clip.timestamps_s[0], clip.timestamps_s[-1]
    inside = first - 1e-9 <= start and end <= last + 1e-9
    around = start <= first + 1e-9 and end >= last - 1e-9
    assert inside or around
    shortest = min(augment.window_s[0], 0.75 * clip.duration_s)
    assert shortest - 1e-9 <= end - start <= augment.window_s[1] + 1e-9


def test_without_errors_nothing_is_bent_or_distorted() -> None:
    joints = sequence().joints_m.astype(np.float64)
    for change in (bend, distort):
        assert_allclose(change(joints, STILL, np.random.default_rng(0)), joints, atol=1e-12)


ALL_PARTS = {"spine": 5, "head": 10, "arms": 30, "legs": 10, "feet": 20}


def test_bent_bodies_keep_their_bone_lengths_and_the_place_of_the_root() -> None:
    joints = sequence().joints_m.astype(np.float64)
    bent = bend(joints, AugmentConfig(bend_deg=ALL_PARTS), np.random.default_rng(0))
    for child, parent, length in NTU_BONE_LENGTHS_M:
        assert_allclose(np.linalg.norm(bent[:, child] - bent[:, parent], axis=-1), length, atol=1e-5)
    still = [0, 12, 16]
    assert_array_equal(bent[:, still], joints[:, still])
    moved = np.linalg.norm(bent - joints, axis=-1).min(axis=0)
    assert (np.delete(moved, still) > 1e-4).all()


@pytest.mark.parametrize(
    ("part", "moving"),
    [
        ("spine", {1, 20, 2, 3, *range(4, 12), 21, 22, 23, 24}),
        ("head", {2, 3}),
        ("arms", {5, 6, 7, 21, 22, 9, 10, 11, 23, 24}),
        ("legs", {13, 14, 15, 17, 18, 19}),
        ("feet", {15, 19}),
    ],
)
def test_a_part_that_is_bent_takes_along_what_hangs_on_it_and_nothing_else(
    part: str, moving: set[int]
) -> None:
    joints = sequence().joints_m.astype(np.float64)
    bent = bend(joints, AugmentConfig(bend_deg={part: 20}), np.random.default_rng(1))
    moved = np.linalg.norm(bent - joints, axis=-1).max(axis=0) > 1e-6
    assert set(np.flatnonzero(moved)) == moving


def test_parts_are_held_the_same_way_all_through_the_window() -> None:
    still = np.repeat(one_body(STANDING[None]).astype(np.float64), 5, axis=0)
    bent = bend(still, AugmentConfig(bend_deg=ALL_PARTS), np.random.default_rng(0))
    assert_allclose(bent, np.repeat(bent[:1], 5, axis=0), atol=1e-12)


def test_distortion_leaves_the_path_of_the_root_but_for_the_cameras_tilt() -> None:
    joints = sequence().joints_m.astype(np.float64)
    errors = AugmentConfig(tilt_deg=0)
    for seed in range(5):
        assert_allclose(distort(joints, errors, np.random.default_rng(seed))[:, 0], joints[:, 0], atol=1e-12)


def test_errors_have_the_stated_size_and_depth_is_the_weakest() -> None:
    joints = np.repeat(sequence().joints_m[:1].astype(np.float64), 2000, axis=0)
    errors = AugmentConfig(tilt_deg=0, depth=(1, 1), jitter_m=0.01, drift_m=0.0)
    found = (distort(joints, errors, np.random.default_rng(0)) - joints)[:, 1:]
    assert_allclose(found.std(axis=(0, 1)), [0.01, 0.01, 0.02], rtol=0.05)
    errors = errors.model_copy(update={"jitter_m": 0.0, "drift_m": 0.03})
    found = (distort(joints, errors, np.random.default_rng(0)) - joints)[:, 1:]
    assert_allclose(found.std(axis=(0, 1)), [0.03, 0.03, 0.06], rtol=0.3)
    assert np.abs(np.diff(found, axis=0)).max() < 0.002  # slow


@pytest.mark.parametrize("degrees", [0.0, 30.0, -75.0])
def test_turning_is_a_rotation_about_the_vertical(degrees: float) -> None:
    joints = waving(np.linspace(0, 1, 4))
    window = joints.transpose(2, 0, 1)[..., None]  # (C, T, V, M)
    found = turn(window, np.deg2rad(degrees))[..., 0].transpose(1, 2, 0)
    assert_allclose(found, turned(joints, degrees), atol=1e-5)


@given(seed=st.integers(0, 10**6), rate=st.floats(5, 60))
def test_a_slower_camera_keeps_some_frames_in_order_and_a_faster_one_all(seed: int, rate: float) -> None:
    clip = sequence()
    augment = AugmentConfig(frames_per_second=(rate, rate))
    joints, times = slower_camera(clip.joints_m, clip.timestamps_s, augment, np.random.default_rng(seed))
    kept = np.searchsorted(clip.timestamps_s, times)
    assert_array_equal(clip.timestamps_s[kept], times)
    assert_array_equal(clip.joints_m[kept], joints)
    assert (np.diff(kept) > 0).all()
    own = (len(clip.timestamps_s) - 1) / clip.duration_s
    assert len(times) == pytest.approx(min(rate, own) * clip.duration_s, abs=2.01)


def test_no_depth_is_no_depth_and_the_picture_stays() -> None:
    joints = sequence().joints_m.astype(np.float64)
    flat = distort(joints, STILL.model_copy(update={"flat_share": 1.0}), np.random.default_rng(0))
    assert_allclose(flat[..., 2], joints[:, :1, 2].repeat(25, axis=1))
    assert_allclose(flat[..., :2], joints[..., :2])


@given(seed=st.integers(0, 1000))
def test_pitch_stays_in_its_range(seed: int) -> None:
    up = np.zeros((4, 25, 3))
    up[:, 1:, 1] = 1.0
    pitched = distort(up, STILL.model_copy(update={"pitch_deg": 10.0}), np.random.default_rng(seed))
    angles = np.degrees(np.arctan2(pitched[:, 1:, 2], pitched[:, 1:, 1]))
    assert (np.abs(angles) <= 10 + 1e-9).all() and np.ptp(angles) < 1e-9
    assert_allclose(pitched[..., 0], 0, atol=1e-12)


def test_where_somebody_stands_is_held_or_strays_with_the_whole_body() -> None:
    joints = sequence().joints_m.astype(np.float64) + np.linspace(0, 1, 40)[:, None, None]
    held = wander(joints, AugmentConfig(root_still_share=1.0), np.random.default_rng(0))
    assert_allclose(held - held[:, :1], joints - joints[:, :1], atol=1e-12)
    assert np.ptp(held[:, 0], axis=0).max() < 1e-12
    strayed = wander(joints, AugmentConfig(root_drift_m=0.02), np.random.default_rng(0)) - joints
    assert_allclose(strayed, strayed[:, :1].repeat(25, axis=1), atol=1e-12)
    assert strayed[:, 0].std() > 0.01
    assert_array_equal(wander(joints, AugmentConfig(), np.random.default_rng(0)), joints)


def test_smoothing_takes_the_jitter_and_leaves_the_motion() -> None:
    rng = np.random.default_rng(0)
    slow = np.linspace(0, 1, 50)[:, None, None] * np.ones((1, 25, 3))
    noisy = slow + rng.normal(0, 0.01, slow.shape)
    found = [
        smooth(noisy, 0.04, AugmentConfig(smooth_s=0.16), np.random.default_rng(seed)) for seed in range(20)
    ]
    jitter = [np.diff(joints, axis=0).std() for joints in found]
    assert min(jitter) < np.diff(noisy, axis=0).std() / 3
    assert all(np.abs(joints - slow)[8:-8].max() < 0.05 for joints in found)
    assert_array_equal(smooth(noisy, 0.04, AugmentConfig(), rng), noisy)


def test_limbs_go_unseen_as_often_as_asked() -> None:
    augment = AugmentConfig(unseen_legs=0.5, unseen_arm=0.25)
    rng = np.random.default_rng(0)
    drawn = [unseen_limbs(augment, rng) for _ in range(4000)]
    assert np.mean([("left leg" in d) == ("right leg" in d) for d in drawn]) == 1.0
    assert np.mean(["left leg" in d for d in drawn]) == pytest.approx(0.5, abs=0.05)
    arms = [sum(limb.endswith("arm") for limb in d) for d in drawn]
    assert set(arms) == {0, 1} and np.mean(arms) == pytest.approx(0.25, abs=0.04)
    assert unseen_limbs(AugmentConfig(), rng) == ()


def test_unseen_legs_hang_in_the_window_whatever_they_did() -> None:
    unseen = STILL.model_copy(update={"unseen_legs": 1.0})
    window, _ = example(unseen, 0)
    knees, hips = window[:, :, [13, 17], 0], window[:, :, [12, 16], 0]
    assert_allclose((knees - hips)[[0, 2]], 0, atol=1e-5)
    assert ((knees - hips)[1] < 0).all()


def acting(begin: float, lasts: float) -> LabelledSequence:
    times = np.linspace(0, 12, 100)
    return LabelledSequence("a", "t", np.zeros((100, 25, 3)), times, 0, span_s=(begin, begin + lasts))


@given(seed=st.integers(0, 10**6), begin=st.floats(1.0, 6.0), lasts=st.floats(0.3, 5.0))
def test_a_window_keeps_to_the_action_within_its_recording(seed: int, begin: float, lasts: float) -> None:
    start, end = choose_window(acting(begin, lasts), AugmentConfig(), np.random.default_rng(seed))
    shared = min(end, begin + lasts) - max(start, begin)
    assert shared == pytest.approx(min(end - start, lasts))


@given(
    seed=st.integers(0, 10**6), lasts=st.floats(0.3, 5.0), first=st.floats(0, 1), ahead=st.floats(0, 1.5),
    before=st.floats(0, 1), after=st.floats(0, 1),
)  # fmt: skip
def test_a_moment_lies_in_the_action_or_beside_it_and_the_window_around_it(
    seed: int, lasts: float, first: float, ahead: float, before: float, after: float
) -> None:
    preprocessing = Preprocessing(window_s=2.0, lookahead_s=ahead)
    augment = AugmentConfig(first_moment=first, idle_share=0.5)
    rng = np.random.default_rng(seed)
    start, end, outside = choose_moment(
        Surrounded(acting(3.0, lasts), before, after), preprocessing, augment, rng
    )
    assert 1.6 - 1e-9 <= end - start <= 2.4 + 1e-9
    moment = end - ahead * (end - start) / 2.0 - 3.0
    if outside:
        assert -before - 1e-6 <= moment <= 1e-6 or lasts - 1e-6 <= moment <= lasts + after + 1e-6
    else:
        assert first * lasts - 1e-6 <= moment <= lasts + 1e-6


def test_moments_are_as_often_outside_as_asked_where_there_is_an_outside() -> None:
    def outside(surrounded: Surrounded) -> float:
        rng = np.random.default_rng(0)
        augment, preprocessing = AugmentConfig(idle_share=0.3), Preprocessing(lookahead_s=0.5)
        return float(np.mean([choose_moment(surrounded, preprocessing, augment, rng)[2] for _ in range(800)]))

    assert outside(Surrounded(acting(3.0, 2.0), 0.2, 0.0)) == pytest.approx(0.3, abs=0.05)
    assert outside(Surrounded(acting(3.0, 2.0))) == 0.0


def test_a_moment_before_or_after_a_joined_clip_is_idle() -> None:
    clips = [replace(sequence(label=k), name=str(k)) for k in (0, 1)]
    surroundings = Surroundings(clips, idle_class=2)
    augment = STILL.model_copy(update={"moment_share": 1.0, "joined_share": 1.0, "idle_share": 1.0})
    moments = PREPROCESSING.model_copy(update={"lookahead_s": 0.5})
    rng, unmirrored = np.random.default_rng(0), np.arange(3)

    def labels(augment: AugmentConfig) -> set[int]:
        return {
            training_window(clips[0], moments, augment, unmirrored, rng, surroundings=surroundings)[1]
            for _ in range(20)
        }

    assert labels(augment) == {2}
    assert labels(augment.model_copy(update={"idle_share": 0.0})) == {0}
    assert labels(augment.model_copy(update={"joined_share": 0.0})) == {0}
