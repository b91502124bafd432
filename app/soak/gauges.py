"""What the process holds of the machine, looked at now and then, in memory that was taken beforehand."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from app.memory import give_back, resident_bytes
from stgat.skeleton import FloatArray

#: What is noted at each look; NaN where the system does not tell.
COLUMNS = ("wall_s", "played_h", "memory_mb", "threads", "handles", "answer_ms", "answer_cpu_ms", "load")
ROOM = 2048
EVERY_S = 1.0


class Held(NamedTuple):
    """What the process holds at the end of one of the longest stretches, what is free given back.

    wall_s, played_h: when that was. memory_mb, threads, handles: as the functions below have them.
    """

    wall_s: float
    played_h: float
    memory_mb: float
    threads: float
    handles: float

    @classmethod
    def now(cls, wall_s: float, played_h: float) -> Held:
        gc.collect()
        give_back()
        return cls(wall_s, played_h, memory_mb(), num_threads(), num_handles())


class Gauges:
    """A table of looks, EVERY_S apart at first; where it is full, every second row goes.

    What is measured shall not grow by the measuring: the table's memory is taken, and touched, at once.
    """

    def __init__(self) -> None:
        self._rows = np.full((ROOM, len(COLUMNS)), np.nan)
        self._count = 0
        self.every_s = EVERY_S

    @property
    def table(self) -> dict[str, FloatArray]:
        """column -> (N,) values, oldest first."""
        return {name: self._rows[: self._count, i].copy() for i, name in enumerate(COLUMNS)}

    def due(self, wall_s: float) -> bool:
        return self._count == 0 or wall_s - self._rows[self._count - 1, 0] >= self.every_s

    def look(self, wall_s: float, played_h: float, answer_ms: float, answer_cpu_ms: float) -> None:
        """Note how it is."""
        if self._count == ROOM:
            self._count = ROOM // 2
            self._rows[: self._count] = self._rows[::2].copy()
            self.every_s *= 2
        self._rows[self._count] = (
            wall_s, played_h, memory_mb(), num_threads(), num_handles(), answer_ms, answer_cpu_ms, load(),
        )  # fmt: skip
        self._count += 1

    @property
    def newest(self) -> dict[str, float]:
        return {name: float(self._rows[self._count - 1, i]) for i, name in enumerate(COLUMNS)}


def memory_mb() -> float:
    """What the process has in memory, in MB of a million bytes; NaN where the system does not tell."""
    resident = resident_bytes()
    return float("nan") if resident is None else resident / 1e6


def num_threads() -> float:
    """All of the process, native ones too; where there is no /proc, Python's alone."""
    tasks = Path("/proc/self/task")
    return len(os.listdir(tasks)) if tasks.is_dir() else threading.active_count()  # noqa: PTH208


def num_handles() -> float:
    """Open files, sockets and pipes, without the one that looks; NaN on Windows."""
    if sys.platform == "win32":
        return float("nan")
    return len(os.listdir("/dev/fd")) - 1  # noqa: PTH208


def load() -> float:
    """Processes that run or wait to, over the last minute; NaN on Windows."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def objects() -> Counter[str]:
    """How many Python objects there are of each type, as far as the collector knows them."""
    gc.collect()
    return Counter(f"{type(o).__module__}.{type(o).__qualname__}" for o in gc.get_objects())
