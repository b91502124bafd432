"""Any data set into the prepared form: in parallel, in little memory, and continued where it was ended."""

from __future__ import annotations

import csv
import difflib
import errno
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stgat.data.formats import FORMATS
from stgat.data.merge import NothingLeftError, merge
from stgat.data.parts import Order, Part
from stgat.data.plan import PARTS, Plan, clear, clear_parts, take_up
from stgat.data.prepared import JOINTS, REJECTED, PreparedDataset, open_prepared
from stgat.data.sequences import Format, Rejected
from stgat.data.workers import write_parts
from stgat.errors import DataError

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class Phase(StrEnum):
    READ = "reading"
    MERGE = "merging"


@dataclass(frozen=True)
class Progress:
    """How far a preparation is: `done` of about `total` recordings are through the phase.

    kept: how many of them an earlier run had done.
    """

    phase: Phase
    done: int
    total: int
    kept: int = 0


@dataclass(frozen=True)
class Summary:
    """A finished preparation. num_read: recordings this run read, in `seconds`; 0 where all was done before.

    rejected: the first few.
    """

    dataset: PreparedDataset
    rejected: tuple[Rejected, ...]
    num_read: int
    seconds: float
    already_done: bool = False


def find_format(name: str) -> Format:
    """The format of that name. Raises DataError that lists all and suggests the nearest."""
    if name in FORMATS:
        return FORMATS[name]
    near = difflib.get_close_matches(name.lower().replace("_", "-"), FORMATS, n=1, cutoff=0.5)
    suggestion = f"; did you mean {near[0]}?" if near else "."
    raise DataError(f"no data set format is called {name!r}{suggestion} Known are {', '.join(FORMATS)}")


def default_jobs() -> int:
    """As many processes as there are cores for us, but no more than 16: each takes some 60 MB."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 16)


def prepare(
    form: Format,
    source: Path,
    out: Path,
    missing: frozenset[str] = frozenset(),
    jobs: int = 1,
    restart: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Bring the data set at `source` into the prepared form in the folder `out`.

    What cannot be used is listed in rejected.csv with its reason and does not stop the run. A run that was
    ended, in whatever way, is continued by the next one with the same arguments; the outcome is the same,
    byte by byte, also with another number of jobs.

    missing: names of samples to leave out. restart: begin anew in a folder that was begun or finished.
    on_progress: called at least several times a second.

    Raises DataError for a source that is not the data set, an `out` that belongs to another one, or a full
    disk; OSError for other trouble with files; KeyboardInterrupt within two seconds of Ctrl-C.
    """
    started = time.monotonic()
    shards = form.shards(source)
    labels = form.label_names(source)
    _keep_apart(source, out)
    if take_up(out, Plan.make(form, source, shards, missing), restart):
        return Summary(open_prepared(out), _first_rejected(out), 0, time.monotonic() - started, True)
    order = Order(form, source, out / PARTS, labels, missing)
    parts = [Part(order.folder, shard.name) for shard in shards]
    counts = [part.count(order.row_bytes) for part in parts]
    before = sum(count or 0 for count in counts)
    to_read = [shard for shard, count in zip(shards, counts, strict=True) if count is None]
    total = before + sum(shard.size for shard in to_read)
    on_disk = sum(part.joints.stat().st_size for part in parts if part.joints.exists())
    read = written = 0

    def on_count(recordings: int, num_bytes: int) -> None:
        nonlocal read, written
        read, written = recordings, num_bytes
        on_progress(Progress(Phase.READ, before + read, max(total, before + read), before))

    try:
        on_count(0, 0)
        if to_read:
            write_parts(order, to_read, jobs, on_count)
        _check_space(out, sum(part.joints.stat().st_size for part in parts))
        merge(order, parts, out, lambda done, of: on_progress(Progress(Phase.MERGE, done, of)))
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        # The parts that are missing, and beside them all parts in one file.
        done = before + read
        needed = (on_disk + written) / done * (total - done + total) if done else 0.0
        raise DataError(_full(out, needed)) from error
    except NothingLeftError:
        clear(out)  # so that the right source may follow
        raise
    clear_parts(out)
    return Summary(open_prepared(out), _first_rejected(out), read, time.monotonic() - started)


def _keep_apart(source: Path, out: Path) -> None:
    source, out = source.resolve(), out.resolve()
    if source == out or (source.is_dir() and source in out.parents):
        raise DataError(f"{out}: lies inside the data set itself; choose an OUT outside {source}")


def _check_space(out: Path, num_bytes: int) -> None:
    """Raises OSError at once where the merged file, of num_bytes, would not fit."""
    if shutil.disk_usage(out).free < num_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out / JOINTS))


def _full(out: Path, needed: float) -> str:
    free = shutil.disk_usage(out).free
    more = f"some {needed / 1e6:,.0f} MB are needed, " if needed else ""
    return (
        f"{out}: the disk is full ({more}{free / 1e6:,.0f} MB are free); make room and run the same command "
        "again, which continues where this run ended"
    )


def _first_rejected(out: Path, most: int = 3) -> tuple[Rejected, ...]:
    with (out / REJECTED).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        return tuple(Rejected(name, reason) for (name, reason), _ in zip(rows, range(most), strict=False))
