"""The process's memory: how much it is, and how it stays so.

glibc's allocator gives new threads heaps of their own, up to eight for each processor, and what one thread
has freed in its heap is of no use to another. A session has three threads, and those of its pose: after some
dozens of sessions all heaps have been used, and hold on to hundreds of MB. One heap for all, and a word to
glibc when a session is over, keep the process at its size. Elsewhere nothing is to be done.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path

_M_ARENA_MAX = -8  # of glibc's malloc.h


def resident_bytes() -> int | None:
    """What the process has in memory; None where there is no /proc."""
    statm = Path("/proc/self/statm")
    if not statm.is_file():
        return None
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def share_heap() -> bool:
    """Have all threads share one heap; to be called before they start. False where this is not glibc."""
    libc = _glibc()
    return libc is not None and bool(libc.mallopt(_M_ARENA_MAX, 1))


def give_back() -> bool:
    """Give what is free to the system; takes some milliseconds. False where this is not glibc."""
    libc = _glibc()
    if libc is None:
        return False
    libc.malloc_trim(0)
    return True


@cache
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") and hasattr(libc, "malloc_trim") else None
