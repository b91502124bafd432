"""NTU RGB+D as CTR-GCN's scripts write it: NTU60_CS.npz, NTU60_CV.npz, NTU120_CSub.npz, NTU120_CSet.npz.

Chen, Zhang, Yuan, Li, Deng and Hu, "Channel-wise Topology Refinement Graph Convolution for Skeleton-Based
Action Recognition", ICCV 2021; many later works share the files.

x_train, x_test: (N, T, 150), a frame being person 0's 25 joints x y z, then person 1's; shorter samples
are followed by zeros. y_train, y_test: one-hot (N, 60 or 120). Coordinates are the raw files' metres and
axes, after their authors' removal of false bodies, moved so that the middle of the spine of the first
person's first frame is the origin. The files do not say which recording a sample is: subject, camera and
setup are unknown (0), and the only split they allow is the one they come in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stgat.data.npy_stream import NpyHeader, NpzStream
from stgat.data.ntu_labels import NTU_ACTIONS
from stgat.data.people import check_people
from stgat.data.sequences import Format, Rejected, Shard, SkeletonSequence
from stgat.errors import DataError
from stgat.skeleton import NTU25

PARTS = ("train", "test")
PEOPLE = 2
NUM_CLASSES = (60, 120)


class CTRGCN(Format):
    """CTR-GCN's arrays. Names are "train/000000" and "test/000000", by the sample's place in its array.

    Memory holds one sample, whatever the size of the file (x_train unpacked is over 7 GB).
    """

    name = "ctrgcn"
    title = "NTU RGB+D as prepared by CTR-GCN"
    licence = "NTU RGB+D: academic research only, under the agreement with its authors"
    layout = NTU25.name
    frames_per_second = 30.0

    def shards(self, source: Path) -> list[Shard]:
        with NpzStream(source) as arrays:
            headers = {part: _check_headers(arrays, part) for part in PARTS}
        widths = {y.shape[1] for _, y in headers.values()}
        if len(widths) != 1:
            raise DataError(f"{source}: y_train and y_test have different numbers of classes")
        return [Shard(part, (part,), x.shape[0]) for part, (x, _) in headers.items()]

    def label_names(self, source: Path) -> tuple[str, ...]:
        with NpzStream(source) as arrays:
            _, y = _check_headers(arrays, "train")
        return NTU_ACTIONS[: y.shape[1]]

    def read(self, source: Path, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
        (part,) = shard.items
        with NpzStream(source) as arrays:
            _check_headers(arrays, part)
            samples = zip(arrays.rows(f"x_{part}"), arrays.rows(f"y_{part}"), strict=True)
            for number, (frames, one_hot) in enumerate(samples):
                name = f"{part}/{number:06}"
                try:
                    yield self._sequence(name, frames, one_hot, f"{source}: sample {name}")
                except DataError as error:
                    yield Rejected(name, str(error))

    def _sequence(
        self, name: str, frames: NDArray[Any], one_hot: NDArray[Any], where: str
    ) -> SkeletonSequence:
        with np.errstate(invalid="ignore"):  # whatever is no number is refused with the joints
            filled = np.flatnonzero(frames.any(axis=1))
        if len(filled) == 0:
            raise DataError(f"{where}: all its frames are zero")
        T = int(filled[-1]) + 1  # what follows is padding
        joints = check_people(frames[:T].reshape(T, PEOPLE, NTU25.num_joints, 3), NTU25.num_joints, where)
        (label,) = np.nonzero(one_hot)
        if len(label) != 1 or one_hot[label[0]] != 1:
            raise DataError(f"{where}: its row of y is not one-hot")
        return SkeletonSequence(
            name=name,
            joints_m=joints,
            timestamps_s=np.arange(T) / self.frames_per_second,
            layout=self.layout,
            action=NTU_ACTIONS[int(label[0])],
        )


def _check_headers(arrays: NpzStream, part: str) -> tuple[NpyHeader, NpyHeader]:
    """The headers of x and y of a part, or DataError that says how they differ from CTR-GCN's."""
    x, y = arrays.header(f"x_{part}"), arrays.header(f"y_{part}")
    width = PEOPLE * NTU25.num_joints * 3
    if len(x.shape) != 3 or x.shape[2] != width or x.dtype.kind != "f":
        raise DataError(
            f"{arrays.path}: x_{part}.npy: expected real numbers (N, T, {width}), found {x.dtype} {x.shape}"
        )
    if len(y.shape) != 2 or y.shape[1] not in NUM_CLASSES:
        raise DataError(
            f"{arrays.path}: y_{part}.npy: expected one-hot rows (N, 60 or 120), found {y.dtype} {y.shape}"
        )
    if x.shape[0] != y.shape[0]:
        raise DataError(f"{arrays.path}: {x.shape[0]} samples in x_{part}, but {y.shape[0]} in y_{part}")
    return x, y
