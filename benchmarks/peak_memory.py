"""How much memory a benchmark's processes take at most."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class PeakMemory:
    """The most bytes that were resident in all processes begun under this one, looked at five times a second.

    resident: pages of mapped files included, those that processes share counted in each. own: what cannot be
    dropped. Both 0 where the system has no /proc.
    """

    def __init__(self) -> None:
        self.resident = self.own = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            sizes = [_memory(pid) for pid in _descendants(os.getpid())]
            self.resident = max(self.resident, sum(size["VmRSS"] for size in sizes))
            self.own = max(self.own, sum(size["RssAnon"] for size in sizes))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The second field, the program's name in brackets, may hold spaces.
            parent = int(path.read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):  # it has just ended
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    found, new = [], children.get(pid, [])
    while new:
        found += new
        new = [grandchild for child in new for grandchild in children.get(child, [])]
    return found


def _memory(pid: int) -> dict[str, int]:
    """The fields VmRSS and RssAnon of a process, in bytes."""
    sizes = {"VmRSS": 0, "RssAnon": 0}
    try:
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    except OSError:
        return sizes
    for name, _, value in (line.partition(":") for line in lines):
        if name in sizes:
            sizes[name] = 1024 * int(value.split()[0])
    return sizes
