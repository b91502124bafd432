"""The parts of a data set, read by several processes at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait as wait_for_ends
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import Any

from stgat.data.parts import Order, write_part
from stgat.data.sequences import Shard, kept_open
from stgat.errors import DataError

#: Told how many recordings are read and how many bytes they took, several times a second.
OnCount = Callable[[int, int], None]

#: How often the count is told, and how long a worker is given to end by itself.
_INTERVAL_S, _GRACE_S = 0.2, 1.0


def write_parts(order: Order, shards: Sequence[Shard], jobs: int, on_count: OnCount) -> None:
    """Write the part of each shard; with jobs > 1 in as many processes, which need not import torch.

    Raises OSError where a part cannot be written, and DataError where a process was killed. After that, or
    an interrupt, no process is left, and no part is half written.
    """
    jobs = min(jobs, len(shards))
    if jobs > 1:
        _in_processes(order, shards, jobs, on_count)
        return
    recordings = written = 0

    def tick(size: int) -> None:
        nonlocal recordings, written
        recordings, written = recordings + 1, written + size
        on_count(recordings, written)

    with kept_open():
        for shard in shards:
            write_part(order, shard, tick)


def _in_processes(order: Order, shards: Sequence[Shard], jobs: int, on_count: OnCount) -> None:
    # Not fork: the caller may have threads, whose locks a fork would freeze.
    context = multiprocessing.get_context("spawn")
    counts, stop = context.Array("q", 2), context.Event()
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, context, _begin, (order, counts, stop))
    workers: set[BaseProcess] = set()
    try:
        with _interrupts_held():
            pending: set[Future[None]] = {pool.submit(_work, shard) for shard in shards}
            workers = set(multiprocessing.active_children()) - before
        while pending:
            done, pending = wait(pending, timeout=_INTERVAL_S, return_when=FIRST_EXCEPTION)
            on_count(counts[0], counts[1])
            for future in done:
                future.result()
    except BrokenProcessPool as error:
        raise DataError(
            "a reading process was killed from outside, often for want of memory; the same command with "
            f"fewer --jobs than {jobs} continues"
        ) from error
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        _end(workers)


def _end(workers: set[BaseProcess]) -> None:
    """Let the workers come to the next recording; one that does not in time is ended."""
    left = {worker.sentinel: worker for worker in workers}
    deadline = time.monotonic() + _GRACE_S
    while left and (remaining := deadline - time.monotonic()) > 0:
        for sentinel in wait_for_ends(list(left), remaining):
            del left[sentinel]  # type: ignore[arg-type]
    for worker in left.values():
        worker.terminate()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C reaches all processes of a terminal; workers born in this block never see it.

    It comes to the caller after the block. Windows has no such mask; there `_begin` alone sees to it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Stopped(Exception):  # noqa: N818 - no error
    """The caller wants no more."""


#: What `_begin` left for this process: the order, the shared counts, and the wish to stop.
_given: tuple[Order, Any, Event] | None = None
#: What stays open until this process ends.
_open = ExitStack()


def _begin(order: Order, counts: Any, stop: Event) -> None:
    global _given
    _given = order, counts, stop
    _open.enter_context(kept_open())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_caller, daemon=True).start()


def _end_with_the_caller() -> None:
    """A caller that was killed leaves its workers waiting for tasks for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(shard: Shard) -> None:
    assert _given is not None
    order, counts, stop = _given

    def tick(size: int) -> None:
        if stop.is_set():
            raise _Stopped
        with counts.get_lock():
            counts[0] += 1
            counts[1] += size

    write_part(order, shard, tick)
