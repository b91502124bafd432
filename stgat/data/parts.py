"""One part of a data set on its way into the prepared form: what one worker writes, whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stgat.data.atomic import replacing
from stgat.data.prepared import person_by_person
from stgat.data.sequences import Format, Rejected, Shard, SkeletonSequence, is_name
from stgat.errors import DataError
from stgat.skeleton import get_layout

MISSING_REASON = "in the list of missing skeletons"
#: A reason is a sentence; a longer one quotes half the file it complains of.
_MAX_REASON = 400

#: Told of each recording: how many bytes it took in the part's joints, 0 where it was rejected.
Tick = Callable[[int], None]


class PartSample(NamedTuple):
    """A line of a part's table: as samples.csv, but the action by its name, and no place in a file yet."""

    name: str
    action: str
    subject: int
    camera: int
    setup: int
    replication: int
    frames: int
    people: int

    @property
    def rows(self) -> int:
        """Rows of joints.npy it takes."""
        return self.frames * self.people


@dataclass(frozen=True)
class Order:
    """What every worker is told. labels: the actions known beforehand, empty where only the data tell."""

    form: Format
    source: Path
    folder: Path
    labels: tuple[str, ...]
    missing: frozenset[str]

    @property
    def row_bytes(self) -> int:
        """Bytes of one row (V, 3) float32."""
        return get_layout(self.form.layout).num_joints * 3 * 4


@dataclass(frozen=True)
class Part:
    """The three files of one shard. The table is the last to appear: a part with a table is finished.

    joints: rows (V, 3) float32 without a header, sample by sample, person by person.
    """

    folder: Path
    name: str

    @property
    def joints(self) -> Path:
        return self.folder / f"{self.name}.f32"

    @property
    def table(self) -> Path:
        return self.folder / f"{self.name}.csv"

    @property
    def refusals(self) -> Path:
        return self.folder / f"{self.name}.rejected.csv"

    def samples(self) -> Iterator[PartSample]:
        with self.table.open(encoding="utf-8", newline="") as file:
            for name, action, *numbers in csv.reader(file):
                yield PartSample(name, action, *map(int, numbers))

    def rejected(self) -> Iterator[Rejected]:
        with self.refusals.open(encoding="utf-8", newline="") as file:
            for name, reason in csv.reader(file):
                yield Rejected(name, reason)

    def count(self, row_bytes: int) -> int | None:
        """How many recordings it holds, rejected ones included; None where it is not finished."""
        try:
            samples = list(self.samples())
            if self.joints.stat().st_size != row_bytes * sum(sample.rows for sample in samples):
                return None
            return len(samples) + sum(1 for _ in self.rejected())
        except (OSError, ValueError, TypeError, csv.Error):  # what a power cut may leave
            return None


def write_part(order: Order, shard: Shard, tick: Tick) -> None:
    """Read one shard into its part, a recording at a time; `tick` may raise to end it, then nothing is left.

    Raises OSError where the part cannot be written.
    """
    part = Part(order.folder, shard.name)
    with ExitStack() as stack:
        # In this order the table, entered first, takes its name last.
        paths = [stack.enter_context(replacing(path)) for path in (part.table, part.refusals, part.joints)]
        table_file, refusals_file = (
            stack.enter_context(path.open("w", encoding="utf-8", errors="backslashreplace", newline=""))
            for path in paths[:2]
        )
        joints_file = stack.enter_context(paths[2].open("wb"))
        table, refusals = csv.writer(table_file), csv.writer(refusals_file)
        for found in _read(order, shard):
            if isinstance(found, Rejected):
                refusals.writerow((found.name, " ".join(found.reason.split())[:_MAX_REASON]))
                tick(0)
                continue
            T, M = found.joints_m.shape[:2]
            numbers = (found.subject, found.camera, found.setup, found.replication, T, M)
            table.writerow(PartSample(found.name, found.action, *map(int, numbers)))
            tick(joints_file.write(person_by_person(found).data))


def _read(order: Order, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
    """What the format reads, with all that cannot be trained on turned into a rejection."""
    where = f"{order.source}: {shard.name}"
    try:
        for found in order.form.read(order.source, shard):
            if found.name in order.missing:
                yield Rejected(found.name, MISSING_REASON)
            elif isinstance(found, Rejected):
                yield found
            else:
                where = f"{order.source}: {found.name[: _MAX_REASON // 4]}"
                fault = _fault(found, order)
                yield Rejected(found.name, f"{where}: {fault}") if fault else found
    except DataError as error:  # no (further) part of the shard is usable
        yield Rejected(shard.name, str(error))


def _fault(sequence: SkeletonSequence, order: Order) -> str:
    """What is wrong with a sequence, or nothing."""
    if not is_name(sequence.name):
        return f"its name {sequence.name[:40]!r} is no plain text or too long"
    joints, V = sequence.joints_m, get_layout(order.form.layout).num_joints
    if joints.ndim != 4 or joints.shape[2:] != (V, 3) or 0 in joints.shape:
        return f"expected joints (T, M, {V}, 3), found {joints.shape}"
    if not np.isfinite(joints).all():
        return "holds a coordinate that is no number"
    if not joints.any():
        return "nobody is in it: all coordinates are zero"
    if order.labels and sequence.action not in order.labels:
        return f"its action {sequence.action!r} is none of the data set's {len(order.labels)}"
    return ""
