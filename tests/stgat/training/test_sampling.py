"""Which frames are seen, and what is changed in them, batch by batch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from stgat.sampling import resample
from stgat.skeleton import KINECT_V1_20, NTU25
from stgat.training.clips import between
from stgat.training.config import ClipAugmentConfig
from stgat.training.sampling import Augmentation, Positions, drawn, generators, rotation, spread
from tests.stgat.bodies import random_poses

EVERYTHING = ClipAugmentConfig(
    crop=(0.5, 1.2), turn_deg=30, tilt_deg=10, scale=0.2, jitter=0.05, drop_joints=0.2, mirror=0.5
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def augmentation(config: ClipAugmentConfig, N: int, seed: int = 0, vertical: int = 1) -> Augmentation:
    return Augmentation(config, N, NTU25, vertical, seeded(seed))


def batch(N: int = 6, T: int = 5, M: int = 2, seed: int = 0) -> Tensor:
    return torch.randn(N, T, M, 25, 3, generator=seeded(seed))


# Whole clips and parts of them


@pytest.mark.parametrize("length", [1, 2, 7, 40])
def test_a_whole_clip_is_spread_as_the_live_windows_are_resampled(length: int) -> None:
    joints = random_poses(1, T=length).astype(np.float32)
    lengths = torch.tensor([length])
    where = spread(lengths, 16, torch.zeros(1), torch.ones(1))
    clips = torch.from_numpy(joints)[:, None]  # (T, 1, V, 3)
    seen = between(clips[where.before], clips[where.after], where.share)[0, :, 0]
    times = np.arange(length) / 30
    expected = resample(joints, times, 16, times[0], times[-1])
    np.testing.assert_allclose(seen.numpy(), expected, atol=2e-5)


@given(
    lengths=st.lists(st.integers(1, 300), min_size=1, max_size=5),
    start=st.floats(-0.5, 1.0),
    length=st.floats(0.05, 2.0),
    T=st.integers(2, 40),
)
@settings(max_examples=60, deadline=None)
def test_a_spread_lies_in_the_clip_in_order_and_holds_its_ends(
    lengths: list[int], start: float, length: float, T: int
) -> None:
    N = len(lengths)
    where = spread(torch.tensor(lengths), T, torch.full((N,), start), torch.full((N,), length))
    last = torch.tensor(lengths)[:, None] - 1
    assert where.before.shape == where.after.shape == where.share.shape == (N, T)
    assert ((where.before >= 0) & (where.before <= where.after) & (where.after <= last)).all()
    assert ((where.share >= 0) & (where.share <= 1)).all()
    moments = where.before + where.share
    assert (moments.diff(dim=1) >= -1e-4).all()
    for moment, share in ((moments[:, 0], start), (moments[:, -1], start + length)):
        expected = min(max(share, 0.0), 1.0) * last[:, 0]
        torch.testing.assert_close(moment, expected, atol=1e-3, rtol=1e-4, check_dtype=False)


def test_positions_of_some_clips_are_their_rows() -> None:
    where = Positions(*(torch.arange(8).reshape(4, 2) + k for k in range(3)))
    part = where.of(slice(1, 3))
    assert part.before.tolist() == [[2, 3], [4, 5]]
    assert part.after.tolist() == [[3, 4], [5, 6]]
    assert part.share.tolist() == [[4, 5], [6, 7]]


# The authors' drawn frames


@given(
    lengths=st.lists(st.integers(1, 320), min_size=1, max_size=6),
    num_drawn=st.integers(8, 160),
    seed=st.integers(0, 2**31),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_frames_are_drawn_in_order_and_none_too_often(
    lengths: list[int], num_drawn: int, seed: int, data: st.DataObject
) -> None:
    num_frames = data.draw(st.integers(4, num_drawn))
    where = drawn(torch.tensor(lengths), num_drawn, num_frames, seeded(seed))
    assert where.before.shape == (len(lengths), num_frames)
    assert torch.equal(where.before, where.after)
    assert not where.share.any()
    for frames, length in zip(where.before, lengths, strict=True):
        assert (frames.diff() >= 0).all()
        assert frames[0] >= 0
        assert frames[-1] < length
        assert torch.bincount(frames).max() <= math.ceil(num_drawn / length)


def test_a_clip_of_just_so_many_frames_is_drawn_whole() -> None:
    frames = drawn(torch.tensor([150, 75, 50]), 150, 150, seeded()).before
    assert frames[0].tolist() == list(range(150))
    assert frames[1].tolist() == [i // 2 for i in range(150)]
    assert frames[2].tolist() == [i // 3 for i in range(150)]


def test_each_frame_of_a_long_clip_is_drawn_equally_often() -> None:
    frames = drawn(torch.full((4000,), 20), 10, 10, seeded()).before
    times = torch.bincount(frames.flatten(), minlength=20)
    assert times.sum() == 40000
    assert (times - 2000).abs().max() < 5 * math.sqrt(2000 * 0.5)  # five standard deviations


def test_the_crop_of_drawn_frames_lies_anywhere() -> None:
    # With as many frames as are drawn, the first frame of the crop is where it starts.
    starts = drawn(torch.full((600,), 12), 12, 8, seeded()).before[:, 0]
    assert set(starts.tolist()) == {0, 1, 2, 3, 4}
    assert torch.bincount(starts).min() > 80


def test_in_tests_frames_are_spread_evenly_and_the_crop_is_the_middle_one() -> None:
    where = drawn(torch.tensor([300, 150, 3]), 150, 128, None)
    assert where.before[0].tolist() == list(range(22, 278, 2))
    assert where.before[1].tolist() == list(range(11, 139))
    assert where.before[2].tolist() == [i // 50 for i in range(11, 139)]


def test_draws_repeat_with_the_generator_and_differ_without() -> None:
    lengths = torch.tensor([30, 90, 200])
    first, again, other = (drawn(lengths, 40, 32, seeded(seed)).before for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


# Augmentation


def test_without_augmentation_nothing_is_changed_to_the_bit() -> None:
    joints = batch()
    off = augmentation(ClipAugmentConfig(), 6)
    assert torch.equal(off.apply(joints, slice(0, 6), seeded()), joints)
    assert torch.equal(off.start, torch.zeros(6))
    assert torch.equal(off.length, torch.ones(6))


def test_crops_are_within_their_range_and_inside_the_clip() -> None:
    crops = augmentation(ClipAugmentConfig(crop=(0.4, 0.9)), 2000)
    assert crops.length.min() >= 0.4
    assert crops.length.max() <= 0.9
    assert crops.length.std() == pytest.approx(0.5 / math.sqrt(12), rel=0.05)
    assert crops.start.min() >= 0.0
    assert (crops.start + crops.length).max() <= 1.0 + 1e-6
    longer = augmentation(ClipAugmentConfig(crop=(1.5, 1.5)), 2000)  # the clip lies in it, anywhere
    assert (longer.start <= 0.0).all()
    assert (longer.start + 1.5 >= 1.0 - 1e-6).all()
    assert longer.start.std() > 0.1


@given(
    angles=st.lists(st.floats(-math.pi, math.pi), min_size=3, max_size=3),
    last=st.sampled_from([0, 1, 2]),
)
@settings(max_examples=60, deadline=None)
def test_rotations_are_proper(angles: list[float], last: int) -> None:
    turn = rotation(torch.tensor([angles]), last)[0].double()
    torch.testing.assert_close(turn @ turn.T, torch.eye(3).double(), atol=1e-5, rtol=0)
    assert torch.linalg.det(turn) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("axis", "start", "end"),
    [(0, [0, 1, 0], [0, 0, 1]), (1, [0, 0, 1], [1, 0, 0]), (2, [1, 0, 0], [0, 1, 0])],
)
def test_a_quarter_turn_about_an_axis_goes_by_the_right_hand(
    axis: int, start: list[float], end: list[float]
) -> None:
    angles = torch.zeros(1, 3)
    angles[0, axis] = math.pi / 2
    turned = rotation(angles, last=2)[0] @ torch.tensor(start).float()
    torch.testing.assert_close(turned, torch.tensor(end).float(), atol=1e-6, rtol=0)


def test_the_turn_about_the_vertical_comes_last_so_that_a_tilt_stays_a_tilt() -> None:
    # Whatever the turn, the angle between "up" before and after is the tilt's alone.
    angles = torch.tensor([[0.3, 0.2, turn] for turn in (0.0, 1.0, 2.5)])
    up = rotation(angles, last=2)[:, 2, 2]
    torch.testing.assert_close(up, up[:1].expand(3))
    assert not torch.allclose(rotation(angles, last=0)[:, 2, 2], up)


@pytest.mark.parametrize("vertical", [0, 1, 2])
def test_people_turn_about_the_vertical(vertical: int) -> None:
    joints = batch(N=500, T=2, M=1)
    turned = augmentation(ClipAugmentConfig(turn_deg=40), 500, vertical=vertical).apply(
        joints, slice(0, 500), seeded()
    )
    torch.testing.assert_close(turned[..., vertical], joints[..., vertical])
    torch.testing.assert_close(turned.norm(dim=-1), joints.norm(dim=-1))
    level = [axis for axis in range(3) if axis != vertical]
    cosine = (turned[..., level] * joints[..., level]).sum(-1) / joints[..., level].norm(dim=-1) ** 2
    angles = torch.rad2deg(torch.arccos(cosine.clamp(-1, 1)))[:, 0, 0, 0]
    assert 35 < angles.max() <= 40.1
    assert angles.mean() == pytest.approx(20, abs=2)


def test_sizes_are_within_their_range() -> None:
    changes = augmentation(ClipAugmentConfig(scale=0.2), 2000)
    sizes = torch.diagonal(changes.transform, dim1=1, dim2=2)
    assert torch.equal(changes.transform, torch.diag_embed(sizes))
    assert sizes.min() >= 0.8 * 0.9
    assert sizes.max() <= 1.2 * 1.1
    assert sizes.std(dim=1).mean() > 0.02  # each axis has its own part in it
    assert sizes.mean(dim=1).std() > 0.08


def test_jitter_is_of_its_size_and_leaves_who_is_absent_absent() -> None:
    joints = batch(N=20, T=10)
    joints[:, 4:, 1] = 0.0
    moved = augmentation(ClipAugmentConfig(jitter=0.03), 20).apply(joints, slice(0, 20), seeded())
    error = moved - joints
    assert not moved[:, 4:, 1].any()
    assert error[:, :, 0].std() == pytest.approx(0.03, rel=0.03)
    assert error[:, :4, 1].std() == pytest.approx(0.03, rel=0.05)
    assert error.mean() == pytest.approx(0.0, abs=0.001)


def test_lost_joints_are_zero_in_the_input_for_the_whole_window_and_leave_the_others_alone() -> None:
    inputs = batch(N=400).permute(0, 4, 1, 3, 2)  # (n, C, T, V, M)
    changes = augmentation(ClipAugmentConfig(drop_joints=0.25), 400)
    found = changes.lose_joints(inputs, slice(0, 400))
    for_good = (found == 0).all(dim=4).all(dim=2).all(dim=1)  # (N, V)
    assert for_good.float().mean() == pytest.approx(0.25, abs=0.03)
    kept = ~for_good[:, None, None, :, None].expand_as(found)
    assert torch.equal(found[kept], inputs[kept])
    assert torch.equal(changes.lose_joints(inputs[100:200], slice(100, 200)), found[100:200])


def test_a_mirror_swaps_left_and_right_and_turns_x_round() -> None:
    joints = batch(N=400)
    seen = augmentation(ClipAugmentConfig(mirror=0.3), 400).apply(joints, slice(0, 400), seeded())
    changed = (seen != joints).flatten(1).any(dim=1)
    assert changed.float().mean() == pytest.approx(0.3, abs=0.07)
    left, right = (NTU25.joints.index(f"{side} wrist") for side in ("left", "right"))
    expected = joints[changed][..., right, :] * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.equal(seen[changed][..., left, :], expected)
    assert torch.equal(seen[~changed], joints[~changed])


def test_a_mirror_twice_is_the_original_in_every_layout() -> None:
    for layout in (NTU25, KINECT_V1_20):
        swap = layout.mirror()
        assert (swap[swap] == np.arange(layout.num_joints)).all()


@pytest.mark.parametrize("world", [2, 3])
def test_shares_of_a_batch_are_changed_as_the_whole_batch_is(world: int) -> None:
    joints = batch(N=6)
    whole = augmentation(EVERYTHING, 6, seed=5).apply(joints, slice(0, 6), seeded(9))
    share = 6 // world
    for rank in range(world):
        rows = slice(rank * share, (rank + 1) * share)
        mine = augmentation(EVERYTHING, 6, seed=5).apply(joints[rows], rows, seeded(9))
        torch.testing.assert_close(mine, whole[rows])


def test_generators_follow_from_their_key_alone() -> None:
    cpu = torch.device("cpu")

    def numbers(*key: int) -> list[Tensor]:
        return [torch.rand(3, generator=generator) for generator in generators(cpu, *key)]

    first, noise = numbers(1, 2, 3)
    again, _ = numbers(1, 2, 3)
    assert torch.equal(first, again)
    assert not torch.equal(first, noise)
    assert not any(torch.equal(first, numbers(*key)[0]) for key in ((1, 3, 2), (1, 2, 4), (0, 2, 3)))
