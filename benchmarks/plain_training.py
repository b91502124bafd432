"""The peer of the trainer: a plain loop in fp32 with a loader that makes one clip at a time.

Written here for comparison, in the manner of the repositories published with papers of the field: a Dataset
whose __getitem__ reads a clip from the array on the disk, crops, resamples, moves and turns it in NumPy; a
DataLoader with worker processes and the default collation; eager PyTorch in float32, SGD with momentum. The
network is the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from stgat.data.prepared import PreparedDataset
from stgat.model import STGAT

SPINE = 1  # a joint of ntu25
PEOPLE = 2


class ClipDataset(Dataset[tuple[NDArray[np.float32], int]]):
    """The clips of a prepared data set by their numbers in it, each made anew when it is asked for."""

    def __init__(self, dataset: PreparedDataset, clips: NDArray[np.int64], num_frames: int) -> None:
        self.dataset, self.clips, self.num_frames = dataset, clips, num_frames

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], int]:
        """(C=3, T, V, M=2) and the class number."""
        number = int(self.clips[index])
        rng = np.random.default_rng(torch.randint(2**62, ()).item())  # other draws in each worker
        joints = cropped(self.dataset.sample(number), rng)
        joints = resampled(joints, self.num_frames)  # (T, M, V, 3)
        clip = np.zeros((self.num_frames, PEOPLE, *joints.shape[2:]), np.float32)
        for person in range(min(PEOPLE, joints.shape[1])):
            clip[:, person] = joints[:, person] - joints[0, 0, SPINE]
        clip = clip @ turn(np.deg2rad(rng.uniform(-30, 30))).T
        return np.ascontiguousarray(clip.transpose(3, 0, 2, 1)), int(self.dataset.samples.label[number])


def cropped(joints: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """(T, M, V, 3) -> half of the frames or more, in a row."""
    T = len(joints)
    length = max(1, int(T * rng.uniform(0.5, 1.0)))
    start = int(rng.integers(T - length + 1))
    return joints[start : start + length]


def resampled(joints: NDArray[np.float32], num_frames: int) -> NDArray[np.float32]:
    """(T, M, V, 3) -> (num_frames, M, V, 3), between two frames each."""
    moments = np.linspace(0, len(joints) - 1, num_frames)
    before = moments.astype(np.int64)
    after = np.minimum(before + 1, len(joints) - 1)
    share = (moments - before).astype(np.float32)[:, None, None, None]
    return joints[before] * (1 - share) + joints[after] * share


def turn(angle: float) -> NDArray[np.float32]:
    """(3, 3) about the vertical."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]], np.float32)


class PlainTraining:
    """The loop. workers: processes that read. device: of the network. waited_s: for batches, so far."""

    def __init__(
        self, network: STGAT, clips: ClipDataset, batch_size: int, workers: int, device: torch.device
    ) -> None:
        self.network = network.to(device).train()
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
        self.loader = DataLoader(
            clips,
            batch_size,
            shuffle=True,
            num_workers=workers,
            drop_last=True,
            pin_memory=device.type == "cuda",
        )
        self.device = device
        self.batches = self._forever()
        self.waited_s = 0.0

    def _forever(self) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield from self.loader

    def step(self) -> float:
        """One step of the optimiser; its loss."""
        asked = time.perf_counter()
        inputs, labels = next(self.batches)
        self.waited_s += time.perf_counter() - asked
        inputs, labels = inputs.to(self.device), labels.to(self.device)
        loss = F.cross_entropy(self.network(inputs), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()
