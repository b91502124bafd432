"""A format that makes its recordings up: fast, slow, broken or huge, as a test asks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stgat.data.prepare import prepare
from stgat.data.sequences import Format, Rejected, Shard, SkeletonSequence
from stgat.errors import DataError


@dataclass
class Generated(Format):
    """Shards of `per_shard` recordings of T or T + 1 frames, of one and two people in turn.

    faults: number of a recording -> what is wrong with it. delay_s: what each recording costs.
    pids: a folder where each process that reads leaves a file named by its id.
    """

    name = "generated"
    title = "Made up"
    layout = "ntu25"
    frames_per_second = 30.0

    num_shards: int = 3
    per_shard: int = 5
    T: int = 4
    faults: dict[int, str] = field(default_factory=dict)
    delay_s: float = 0.0
    pids: Path | None = None
    known: tuple[str, ...] = ()

    def label_names(self, source: Path) -> tuple[str, ...]:
        return self.known

    def shards(self, source: Path) -> list[Shard]:
        if not source.exists():
            raise DataError(f"{source}: no such file or folder")
        numbers = range(self.num_shards * self.per_shard)
        items = [
            tuple(map(str, numbers[start : start + self.per_shard])) for start in numbers[:: self.per_shard]
        ]
        return [Shard(f"{number:03}", part, len(part)) for number, part in enumerate(items)]

    def read(self, source: Path, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
        if self.pids:
            (self.pids / str(os.getpid())).touch()
        for item in shard.items:
            time.sleep(self.delay_s)
            yield self.recording(int(item))

    def recording(self, number: int) -> SkeletonSequence | Rejected:
        fault, name = self.faults.get(number, ""), f"S{number:03}"
        if fault == "reader":
            return Rejected(name, f"{name}: line 3:\n  expected 25 joints")
        if fault == "shard":
            raise DataError(f"{name}: the archive ends here")
        if fault == "crash":
            raise RuntimeError("the reader itself is wrong")
        joints = np.random.default_rng(number).normal(size=(self.T + number % 2, 1 + number % 2, 25, 3))
        if fault == "number":
            joints[1, 0, 3, 2] = np.nan
        elif fault == "name":
            name = 501 * "S"
        elif fault == "nobody":
            joints[:] = 0
        elif fault == "shape":
            joints = joints[:, :, :20]
        elif fault == "short":
            joints = joints[:0]
        return SkeletonSequence(
            name="S001" if fault == "twice" else name,
            joints_m=joints,
            timestamps_s=np.arange(len(joints)) / 30,
            layout=self.layout,
            action="dance" if fault == "action" else f"A{number % 12}",
            subject=number % 5,
            camera=number % 3,
            setup=number % 2,
            replication=number % 4,
        )


def content(out: Path) -> dict[str, bytes]:
    """A folder's files."""
    return {path.name: path.read_bytes() for path in out.iterdir()}


def main() -> None:
    """SOURCE OUT JOBS DELAY_S PIDS: prepare a slow set; in a process that a test can interrupt or kill."""
    source, out, jobs, delay_s, pids = sys.argv[1:]
    form = Generated(num_shards=8, delay_s=float(delay_s), pids=Path(pids))
    prepare(form, Path(source), Path(out), jobs=int(jobs))


if __name__ == "__main__":
    # By its own name, so that a worker finds the class again.
    from tests.stgat.data import generated

    generated.main()
