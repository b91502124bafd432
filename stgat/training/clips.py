"""The clips of a prepared data set, normalised and at hand: on the device when they fit, else on the disk."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.distributed
from numpy.typing import NDArray
from torch import Tensor

from stgat.data.prepared import PreparedDataset
from stgat.errors import DataError
from stgat.normalize import NORMALIZERS
from stgat.preprocessing import Preprocessing
from stgat.retarget import ONE_BODY, one_body
from stgat.skeleton import FloatArray, get_layout
from stgat.training.sampling import Positions


class Clips(Protocol):
    """Normalised clips, numbered from 0.

    lengths: (number of clips,) frames of each, on `device`.
    """

    lengths: Tensor
    device: torch.device

    def frames(self, clips: Tensor, positions: Positions) -> Tensor:
        """The clips' joints at the positions: (n, T, M, V, 3) float32 on the device, absent people zero."""
        ...


def prepare_clip(joints_m: FloatArray, preprocessing: Preprocessing, source_layout: str) -> FloatArray:
    """One sample (T, M, V, 3) in metres -> (T', M, V', 3) float32 as the network will see it, unsampled.

    Frames without anybody are left out, as the authors do. Each person is put on the one body where the
    preprocessing asks for it, and the clip is normalised as a whole.
    """
    joints = joints_m[np.any(joints_m, axis=(1, 2, 3))]
    if preprocessing.body == ONE_BODY:
        present = np.any(joints, axis=(2, 3))[..., None, None]  # (T, M, 1, 1)
        known = np.where(present, joints, np.nan)  # zeros would be measured as a body of no size
        rebuilt = np.stack([one_body(known[:, m], source_layout) for m in range(known.shape[1])], axis=1)
        rebuilt = np.where(np.isnan(rebuilt), rebuilt[:, :, :1], rebuilt)  # beyond a bone of no length
        joints = np.where(present, rebuilt, 0.0)
    return NORMALIZERS[preprocessing.normalization](joints, preprocessing.layout)


class ResidentClips:
    """All clips in the device's memory, in half precision on a GPU."""

    def __init__(
        self, dataset: PreparedDataset, preprocessing: Preprocessing, people: int, device: torch.device
    ) -> None:
        samples, V = dataset.samples, get_layout(preprocessing.layout).num_joints
        rows = int((samples.frames * samples.people).sum())
        store = np.empty((rows, V, 3), np.float16 if device.type == "cuda" else np.float32)
        first, lengths, members = (np.zeros(len(dataset), np.int64) for _ in range(3))
        end = 0
        for i in range(len(dataset)):
            clip = prepare_clip(dataset.sample(i)[:, :people], preprocessing, dataset.info.layout)
            T, M = clip.shape[:2]
            first[i], lengths[i], members[i] = end, T, M
            store[end : end + T * M] = clip.transpose(1, 0, 2, 3).reshape(T * M, V, 3)
            end += T * M
        _check_lengths(dataset, lengths)
        self.device = device
        self.lengths = torch.from_numpy(lengths).to(device)
        self._store = torch.from_numpy(store[:end]).to(device)
        self._first = torch.from_numpy(first).to(device)
        self._members = torch.from_numpy(members).to(device)
        self._people = people

    def frames(self, clips: Tensor, positions: Positions) -> Tensor:
        clips = clips.to(self.device)
        member = torch.arange(self._people, device=self.device)
        absent = member >= self._members[clips][:, None]  # (n, M)
        start = self._first[clips][:, None] + member * self.lengths[clips][:, None]
        start = torch.where(absent, 0, start)[:, None, :]  # (n, 1, M)
        before = self._store[start + positions.before[..., None]].float()  # (n, T, M, V, 3)
        after = self._store[start + positions.after[..., None]].float()
        return between(before, after, positions.share) * ~absent[:, None, :, None, None]


class ClipsOnDisk:
    """Clips read from the memory map, and normalised, each time they are needed, by several threads."""

    def __init__(
        self, dataset: PreparedDataset, preprocessing: Preprocessing, people: int, device: torch.device
    ) -> None:
        self.device = device
        self._dataset = dataset
        self._preprocessing = preprocessing
        self._people = people
        self._pool = ThreadPoolExecutor(max(1, min(8, (os.cpu_count() or 2) - 1)), "clips")
        lengths = np.array(list(self._pool.map(self._count_frames, range(len(dataset)))))
        _check_lengths(dataset, lengths)
        self.lengths = torch.from_numpy(lengths).to(device)

    def _count_frames(self, i: int) -> int:
        # The normalisation may cut a long clip, so its word counts.
        return len(self._clip(i))

    def _clip(self, i: int) -> FloatArray:
        sample = self._dataset.sample(i)[:, : self._people]
        return prepare_clip(sample, self._preprocessing, self._dataset.info.layout)

    def frames(self, clips: Tensor, positions: Positions) -> Tensor:
        before, after = positions.before.cpu().numpy(), positions.after.cpu().numpy()
        read = self._pool.map(self._read, clips.tolist(), before, after)
        first, second = (torch.from_numpy(np.stack(part)) for part in zip(*read, strict=True))
        if self.device.type == "cuda":
            first, second = first.pin_memory(), second.pin_memory()
        first = first.to(self.device, non_blocking=True)
        return between(first, second.to(self.device, non_blocking=True), positions.share.to(self.device))

    def _read(self, i: int, before: FloatArray, after: FloatArray) -> tuple[FloatArray, FloatArray]:
        clip = self._clip(i)
        missing = self._people - clip.shape[1]
        clip = np.pad(clip, ((0, 0), (0, missing), (0, 0), (0, 0)))
        return clip[before], clip[after]


def _check_lengths(dataset: PreparedDataset, lengths: NDArray[np.int64]) -> None:
    """Raises DataError for a sample in which nobody is seen."""
    if not lengths.all():
        name = dataset.samples.names[int(np.argmin(lengths))]
        raise DataError(
            f"{dataset.folder}: nobody is seen in the sample {name}; take it out of the data set and prepare "
            "that again"
        )


def between(before: Tensor, after: Tensor, share: Tensor) -> Tensor:
    """Joints (n, T, M, V, 3) at share (n, T) of the way between two frames; none leads to who is absent."""
    share = share[..., None, None, None].to(before)
    both = before.any(dim=-1).any(dim=-1) & after.any(dim=-1).any(dim=-1)  # (n, T, M)
    share = torch.where(both[..., None, None], share, (share >= 0.5).to(share))
    return torch.lerp(before, after, share)


def open_clips(
    dataset: PreparedDataset, preprocessing: Preprocessing, people: int, device: torch.device, residence: str
) -> Clips:
    """Clips on the device when they fit in a third of what is free there ("auto"), or where asked for."""
    if residence == "auto":
        # A GPU is one process's own; the machine's memory is shared by all.
        size = dataset.joints.size * (2 if device.type == "cuda" else 4 * processes())
        residence = "device" if size < free_memory(device) / 3 else "disk"
    kind = ResidentClips if residence == "device" else ClipsOnDisk
    return kind(dataset, preprocessing, people, device)


def processes() -> int:
    """How many processes share a run, all taken to be on this machine."""
    there = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_world_size() if there else 1


def free_memory(device: torch.device) -> int:
    """Bytes that can still be had on a device."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        # Not SC_AVPHYS_PAGES: what the system caches of files counts as used there.
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):  # not told on this system
        return 4 * 2**30
