"""The clips of a prepared set: the same ones, from the device's memory or from the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stgat.data.prepared import PreparedDataset, write_prepared
from stgat.errors import DataError
from stgat.normalize import normalize_ntu
from stgat.preprocessing import Preprocessing, to_network
from stgat.retarget import one_body
from stgat.skeleton import NTU25
from stgat.training import clips as clips_module
from stgat.training.clips import (
    Clips,
    ClipsOnDisk,
    ResidentClips,
    between,
    free_memory,
    open_clips,
    prepare_clip,
)
from stgat.training.sampling import Positions
from stgat.training.scoring import WholeClips, as_input
from tests.stgat.bodies import random_poses
from tests.stgat.training.prepared_sets import ACTIONS, clip, sequence, small_set

CPU = torch.device("cpu")
AS_MEASURED = Preprocessing(body="as-measured", num_frames=8)
AUTHORS = Preprocessing(body="as-measured", normalization="ntu-authors-1", num_frames=8)
ONE_BODY = Preprocessing(num_frames=8)


def three_clips(folder: Path) -> PreparedDataset:
    """One person; two, of whom one is seen in the middle alone; and three, with frames without anybody.

    The third person is seen in frames where the first two are not.
    """
    alone = clip("wave", 7)
    first, second = clip("squat", 9), clip("raise", 9, x_m=1.0)
    second[:3] = second[7:] = 0.0
    crowd = [clip("walk", 8, x_m=m) for m in range(3)]
    for m, seen in enumerate((range(1, 5), range(2, 5), range(8))):
        hidden = [t for t in range(8) if t not in seen]
        crowd[m][hidden] = 0.0
    crowd[2][7] = 0.0
    return write_prepared(
        folder,
        [sequence("alone", [alone]), sequence("pair", [first, second]), sequence("crowd", crowd)],
        ACTIONS,
    )


def random_positions(lengths: torch.Tensor, T: int = 11, seed: int = 0) -> Positions:
    generator = torch.Generator().manual_seed(seed)
    before = (torch.rand(len(lengths), T, generator=generator) * lengths[:, None]).long()
    after = torch.minimum(before + 1, lengths[:, None] - 1)
    return Positions(before, after, torch.rand(len(lengths), T, generator=generator))


@pytest.mark.parametrize("people", [1, 2])
@pytest.mark.parametrize("preprocessing", [AS_MEASURED, AUTHORS, ONE_BODY], ids=lambda p: p.normalization)
def test_clips_are_the_same_from_memory_and_from_the_disk(
    tmp_path: Path, preprocessing: Preprocessing, people: int
) -> None:
    dataset = three_clips(tmp_path / "set")
    resident, on_disk = (kind(dataset, preprocessing, people, CPU) for kind in (ResidentClips, ClipsOnDisk))
    assert resident.lengths.tolist() == on_disk.lengths.tolist() == [7, 9, 4]
    for seed in range(5):
        rows = torch.randint(3, (8,), generator=torch.Generator().manual_seed(seed))
        where = random_positions(resident.lengths[rows], seed=seed)
        seen = resident.frames(rows, where)
        assert seen.shape == (8, 11, people, 25, 3)
        assert seen.dtype == torch.float32
        assert torch.equal(seen, on_disk.frames(rows, where))


@pytest.fixture(params=[ResidentClips, ClipsOnDisk])
def clips(request: pytest.FixtureRequest, tmp_path: Path) -> Clips:
    return request.param(three_clips(tmp_path / "set"), AUTHORS, 2, CPU)


def test_who_is_absent_is_all_zeros(clips: Clips) -> None:
    rows = torch.tensor([0, 1, 2])
    where = random_positions(clips.lengths)
    seen = clips.frames(rows, where)
    assert not seen[0, :, 1].any()
    there = seen.any(dim=-1).any(dim=-1)  # (n, T, M)
    assert there[:, :, 0].all()
    # Absent before the middle (the authors' preparation moves what there is to the front), absent after it.
    absent = (where.before[1] >= 4) & (where.after[1] >= 4)
    assert absent.any()
    assert torch.equal(there[1, :, 1], ~absent & ~((where.before[1] == 3) & (where.share[1] >= 0.5)))


def test_whole_clips_begin_with_their_first_frame_and_end_with_their_last(clips: Clips) -> None:
    rows = torch.tensor([2, 0])
    seen = WholeClips(clips, AUTHORS).inputs(rows)
    last = clips.lengths[rows] - 1
    for t, frame in ((0, torch.zeros(2, dtype=torch.long)), (AUTHORS.num_frames - 1, last)):
        exactly = Positions(frame[:, None], frame[:, None], torch.zeros(2, 1))
        torch.testing.assert_close(seen[:, :, t], as_input(clips.frames(rows, exactly), AUTHORS)[:, :, 0])


def test_nobody_walks_in_from_the_origin() -> None:
    there, gone = torch.ones(1, 4, 1, 25, 3), torch.zeros(1, 4, 1, 25, 3)
    share = torch.tensor([[0.0, 0.4, 0.6, 1.0]])
    leaving, coming = between(there, gone, share), between(gone, there, share)
    assert [float(frame.mean()) for frame in leaving[0]] == [1, 1, 0, 0]
    assert [float(frame.mean()) for frame in coming[0]] == [0, 0, 1, 1]
    torch.testing.assert_close(between(there, 3 * there, share)[0, :, 0, 0, 0], 1 + 2 * share[0])


@pytest.mark.parametrize("preprocessing", [AS_MEASURED, AUTHORS], ids=lambda p: p.normalization)
@pytest.mark.parametrize("stream", ["joint", "bone", "motion2"])
def test_a_clip_is_prepared_as_the_live_windows_are(preprocessing: Preprocessing, stream: str) -> None:
    preprocessing = preprocessing.model_copy(update={"stream": stream})
    joints = np.stack([clip("wave", 12), clip("walk", 12, x_m=1.0)], axis=1)
    prepared = torch.from_numpy(prepare_clip(joints, preprocessing, "ntu25"))
    network = as_input(prepared[None], preprocessing)[0]
    np.testing.assert_allclose(network.numpy(), to_network(joints, preprocessing), atol=1e-5)


def test_on_the_one_body_a_clip_is_prepared_as_the_live_windows_are() -> None:
    joints = np.stack([clip("wave", 12, variant=5), clip("walk", 12, x_m=1.0)], axis=1)
    rebuilt = np.stack([one_body(joints[:, m], "ntu25") for m in range(2)], axis=1)
    expected = to_network(rebuilt, ONE_BODY).transpose(1, 3, 2, 0)
    np.testing.assert_allclose(prepare_clip(joints, ONE_BODY, "ntu25"), expected, atol=1e-5)
    kinect = prepare_clip(joints[:, :, :20], ONE_BODY, "kinect-v1-20")
    np.testing.assert_allclose(kinect, expected, atol=1e-5)


def test_how_large_somebody_is_does_not_depend_on_how_long_they_are_seen() -> None:
    child = 0.7 * clip("walk", 12)
    visitor = 0.7 * clip("walk", 12, x_m=1.0)
    always = prepare_clip(np.stack([child, visitor], axis=1), ONE_BODY, "ntu25")
    visitor[4:] = 0.0
    briefly = prepare_clip(np.stack([child, visitor], axis=1), ONE_BODY, "ntu25")
    np.testing.assert_allclose(briefly[:4], always[:4], atol=1e-5)
    assert not briefly[4:, 1].any()
    np.testing.assert_array_equal(briefly[:, 0], always[:, 0])


def test_frames_without_anybody_are_left_out() -> None:
    joints = clip("squat", 10)[:, None]
    with_gaps = np.insert(joints, [0, 0, 4, 10], 0.0, axis=0)
    for preprocessing in (AS_MEASURED, AUTHORS, ONE_BODY):
        np.testing.assert_array_equal(
            prepare_clip(with_gaps, preprocessing, "ntu25"), prepare_clip(joints, preprocessing, "ntu25")
        )


def test_a_joint_beyond_a_bone_of_no_length_rests_on_the_root() -> None:
    joints = clip("squat", 6)[:, None]
    hand, wrist = (NTU25.joints.index(f"left {name}") for name in ("hand", "wrist"))
    joints[:, 0, hand] = joints[:, 0, wrist]
    prepared = prepare_clip(joints, ONE_BODY, "ntu25")
    assert np.isfinite(prepared).all()
    np.testing.assert_array_equal(prepared[:, 0, hand], prepared[:, 0, 0])


def test_the_authors_preparation_is_the_published_one() -> None:
    joints = random_poses(3, T=310)[:, None]
    np.testing.assert_array_equal(prepare_clip(joints, AUTHORS, "ntu25"), normalize_ntu(joints))


def test_a_clip_that_the_preparation_cuts_is_as_long_as_that_leaves_it(tmp_path: Path) -> None:
    dataset = write_prepared(tmp_path / "set", [sequence("long", [clip("walk", 310)])], ACTIONS)
    for kind in (ResidentClips, ClipsOnDisk):
        assert kind(dataset, AUTHORS, 1, CPU).lengths.tolist() == [300]


def test_processes_that_share_a_machine_do_not_each_take_a_third_of_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four that did took more than there was."""
    dataset = three_clips(tmp_path)
    monkeypatch.setattr(clips_module, "free_memory", lambda device: 4 * 4 * dataset.joints.size)
    assert type(open_clips(dataset, AS_MEASURED, 2, CPU, "auto")) is ResidentClips
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 4)
    assert type(open_clips(dataset, AS_MEASURED, 2, CPU, "auto")) is ClipsOnDisk


@pytest.mark.parametrize("residence", ["device", "disk"])
def test_a_sample_without_anybody_is_named(tmp_path: Path, residence: str) -> None:
    nobody = sequence("S007", [np.zeros((5, 25, 3))])
    dataset = write_prepared(tmp_path / "set", [sequence("S001", [clip("wave", 5)]), nobody], ACTIONS)
    with pytest.raises(DataError, match=r"set: nobody is seen in the sample S007"):
        open_clips(dataset, AS_MEASURED, 1, CPU, residence)


def test_clips_are_kept_in_memory_where_they_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = small_set(tmp_path / "set", subjects=1)
    size = dataset.joints.size * 4

    def opened(residence: str, free: int) -> type:
        monkeypatch.setattr(clips_module, "free_memory", lambda device: free)
        return type(open_clips(dataset, AS_MEASURED, 2, CPU, residence))

    assert opened("auto", free=3 * size + 3) is ResidentClips
    assert opened("auto", free=3 * size) is ClipsOnDisk
    assert opened("device", free=0) is ResidentClips
    assert opened("disk", free=10**12) is ClipsOnDisk


def test_the_memory_that_is_free_is_a_sensible_number() -> None:
    assert 2**24 < free_memory(CPU) < 2**45
