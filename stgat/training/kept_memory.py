"""Freed memory is kept for the next tensor while a network is trained on the CPU."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Names and numbers of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -3, -4
_DEFAULT_MMAP_MAX = 65536
_LARGEST_MMAP_THRESHOLD = 32 * 2**20  # to which glibc would raise it by itself


@contextmanager
def kept_memory() -> Iterator[None]:
    """Inside, glibc gives no memory back to the system; at the end, all that is free.

    PyTorch has no cache of its own for the CPU. What is larger than 32 MiB, as most maps of a training batch
    are, malloc maps anew each time, and that the system clears it page by page costs as much as the
    arithmetic. See mallopt(3). With another C library nothing changes.
    """
    mallopt = _mallopt()
    if mallopt is None:
        yield
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, -1)
    try:
        yield
    finally:
        mallopt(_M_MMAP_MAX, _DEFAULT_MMAP_MAX)
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        mallopt(_M_TRIM_THRESHOLD, 2 * _LARGEST_MMAP_THRESHOLD)
        ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0))


def _mallopt() -> Callable[[int, int], int] | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library.mallopt if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
