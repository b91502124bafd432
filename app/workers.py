"""Keeps the workers of a session going: one that throws, hangs or runs out of memory is begun anew.

A worker lives in a thread of its own. It says what it turns to, and a watchdog looks at all of them a few
times a second. A thread that hangs cannot be ended: it is left behind, and finds its life over at the next
thing it turns to, before it could touch anything of the session.
"""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.errors import USER_ERRORS

log = logging.getLogger(__name__)

#: How often the watchdog looks.
TICK_S = 0.25
#: How long the threads may take to close what they hold when all is over; then they are left to themselves.
CLOSING_S = 5.0


@dataclass(frozen=True)
class Limits:
    """What a watchdog puts up with.

    item_s: how long one item may take. loading_s: how long a worker may take to make itself ready: a first
    load may have to read a gigabyte of libraries from a slow disk. slow_s: how long nothing is said of it.
    restarts, within_s: so many in so many seconds; the failure after that is the end.
    pauses_s: before each of them, the last one before all further ones too.
    hanging: with so many threads left behind at once it is the end: each keeps what it held.
    """

    item_s: float = 10.0
    loading_s: float = 180.0
    slow_s: float = 2.0
    restarts: int = 5
    within_s: float = 60.0
    pauses_s: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0, 8.0)
    hanging: int = 3


class LifeOverError(Exception):
    """Raised in a thread that was left behind, when it comes back."""


class Life:
    """One life of a worker, from when it is begun (anew) until it ends or is given up.

    Every method but `give_up` is for the worker itself, and raises LifeOverError once it was given up: what
    follows a call belongs to a life that goes on.

    number: of the worker's lives, from 0. closers: called in the thread at the very end; nobody waits for
    them. place: what it is at. error: what ended it. ended: whether it came to its end by itself.
    well: whether it has done what it is there for.
    """

    def __init__(self, number: int, limits: Limits) -> None:
        self.number = number
        self.closers: list[Callable[[], None]] = []
        self.place = ""
        self.error: Exception | None = None
        self.ended = self.well = False
        self._limits = limits
        self._lock = threading.Lock()
        self._step, self._limit_s, self._over = 0, math.inf, False

    def load(self) -> None:
        """Turn to making oneself ready."""
        self._turn_to(self._limits.loading_s, "")

    def work_on(self, place: str) -> None:
        """Turn to an item, or to the next thing to do with it."""
        self._turn_to(self._limits.item_s, place)

    def rest(self) -> None:
        """Wait for others, for as long as it takes."""
        self._turn_to(math.inf, "")

    def _turn_to(self, limit_s: float, place: str) -> None:
        with self._lock:
            if self._over:
                raise LifeOverError
            self._step += 1
            self._limit_s, self.place = limit_s, place

    @property
    def step(self) -> tuple[int, float]:
        """Which thing it has turned to, counted, and how long that may take."""
        with self._lock:
            return self._step, self._limit_s

    def give_up(self, step: int | None = None) -> bool:
        """End it, unless it has turned to something else than this step; whether it was ended."""
        with self._lock:
            self._over = self._over or step in (None, self._step)
            return self._over


@dataclass(eq=False)
class Worker:
    """name: in sentences. work: in a thread of that name; returns when there is nothing left to do."""

    name: str
    thread_name: str
    work: Callable[[Life], None]

    def __post_init__(self) -> None:
        self.life = Life(-1, Limits())
        self.thread: threading.Thread | None = None
        self.due_s: float | None = 0.0  # when its next life begins; None while one goes on
        self.failed_s: deque[float] = deque()
        self.trouble = ""
        self.done = False
        self._seen = ((-1, 0), 0.0)  # a step of a life, and when it was first seen

    def stuck_s(self, now_s: float, step: int) -> float:
        """How long it has been at the same thing; every life counts its steps from the same number."""
        if (self.life.number, step) != self._seen[0]:
            self._seen = (self.life.number, step), now_s
        return now_s - self._seen[1]


class Watchdog:
    """Begins the workers, looks after them, and begins them anew; ends when all have ended, or by `stop`.

    mends: False where nothing may be skipped: then the first failure is the end.
    on_trouble: called with the worker's name whenever something begins to be wrong with it.
    on_failure: called with a sentence for the user, once, when it is the end. Both in the watchdog's thread.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        limits: Limits,
        *,
        mends: bool,
        on_trouble: Callable[[str], None],
        on_failure: Callable[[str], None],
    ) -> None:
        self._workers = workers
        self._limits = limits
        self._mends = mends
        self._on_trouble, self._on_failure = on_trouble, on_failure
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._hanging: list[threading.Thread] = []

    @property
    def trouble(self) -> str:
        """A sentence on what is wrong and being mended, or ""; from any thread, at once."""
        return next((worker.trouble for worker in self._workers if worker.trouble), "")

    @property
    def threads(self) -> list[threading.Thread]:
        """Of the workers, those that were left behind not counted."""
        return [w.thread for w in self._workers if w.thread is not None and w.thread not in self._hanging]

    @property
    def left_behind(self) -> list[threading.Thread]:
        """Threads that were given up and have not come back."""
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        return self._hanging

    def stop(self) -> None:
        """Begin nothing anew; from any thread, at once."""
        self._stopping.set()
        self._woken.set()

    def give_up(self) -> None:
        """Whoever has not ended shall touch nothing any more."""
        for worker in self._workers:
            worker.life.give_up()

    def run(self) -> None:
        """Until all workers have ended or it is stopped, and the threads that can end have ended."""
        before, now_s = time.monotonic(), 0.0
        while not self._stopping.is_set() and not all(worker.done for worker in self._workers):
            elapsed_s = time.monotonic() - before
            before += elapsed_s
            # When the process was held up, as by a laptop's sleep, its workers have not worked either.
            now_s += min(elapsed_s, 2 * TICK_S)
            self.look(now_s)
            self._woken.wait(TICK_S)
            self._woken.clear()
        deadline = time.monotonic() + CLOSING_S
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def look(self, now_s: float) -> None:
        """See how everybody is doing at a moment of a clock that only goes on."""
        for worker in self._workers:
            life = worker.life
            if self._stopping.is_set() or worker.done:
                continue
            if worker.due_s is not None:
                if now_s >= worker.due_s:
                    self._begin(worker)
            elif life.error is not None:
                error, life.error = life.error, None
                self._caught(worker, error, now_s)
            elif life.ended:
                worker.done, worker.trouble = True, ""
            else:
                self._look_at(worker, now_s)

    def _look_at(self, worker: Worker, now_s: float) -> None:
        step, limit_s = worker.life.step
        stuck_s = worker.stuck_s(now_s, step)
        if stuck_s >= limit_s:
            if worker.life.give_up(step):
                self._leave_behind(worker, limit_s, now_s)
        elif self._mends and limit_s == self._limits.item_s and stuck_s >= self._limits.slow_s:
            self._tell(worker, f"{worker.name} has not answered for some seconds")
        elif worker.life.well:
            worker.trouble = ""

    def _begin(self, worker: Worker) -> None:
        worker.due_s = None
        life = worker.life = Life(worker.life.number + 1, self._limits)
        # Daemon: a thread that hangs must not keep the application from ending.
        worker.thread = threading.Thread(
            target=self._live, args=(worker.work, life), name=worker.thread_name, daemon=True
        )
        worker.thread.start()

    def _live(self, work: Callable[[Life], None], life: Life) -> None:
        try:
            work(life)
            life.ended = True
        except LifeOverError:
            log.info("%s, which was given up, has come back and ended", threading.current_thread().name)
        except Exception as error:  # noqa: BLE001  # told by the watchdog
            life.error = error
        finally:
            self._woken.set()
            for close in life.closers:
                close()

    def _caught(self, worker: Worker, error: Exception, now_s: float) -> None:
        if isinstance(error, USER_ERRORS):
            worker.done = True
            self._on_failure(str(error))
            return
        log.error("%s failed", worker.name, exc_info=error)
        why = "out of memory" if is_out_of_memory(error) else f"{type(error).__name__}: {error}"
        self._failed(worker, why, now_s)

    def _leave_behind(self, worker: Worker, limit_s: float, now_s: float) -> None:
        assert worker.thread is not None
        log.error("%s hangs:\n%s", worker.name, _where(worker.thread))
        self._hanging.append(worker.thread)
        self._failed(worker, f"no answer within {limit_s:g} s", now_s)

    def _failed(self, worker: Worker, why: str, now_s: float) -> None:
        if not self._mends:
            worker.done = True
            place = worker.life.place
            self._on_failure(
                f"{worker.name} failed at {place} ({why}); try again, or report it"
                if place
                else f"something went wrong inside the application ({why}); try again, or report it"
            )
            return
        worker.failed_s.append(now_s)
        while now_s - worker.failed_s[0] > self._limits.within_s:
            worker.failed_s.popleft()
        failures = len(worker.failed_s)
        if failures > self._limits.restarts or len(self.left_behind) >= self._limits.hanging:
            worker.done = True
            self._on_failure(
                f"{worker.name} failed too often ({why}): close other programs and start again, or report it"
            )
            return
        pauses_s = self._limits.pauses_s
        worker.due_s = now_s + pauses_s[min(failures, len(pauses_s)) - 1]
        self._tell(worker, f"{worker.name} is begun anew ({why})")

    def _tell(self, worker: Worker, trouble: str) -> None:
        if worker.trouble != trouble:
            worker.trouble = trouble
            self._on_trouble(worker.name)


def is_out_of_memory(error: BaseException) -> bool:
    """Python's MemoryError, and what PyTorch and others raise for it."""
    words = ("out of memory", "allocate memory", "bad_alloc", "not enough memory")
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in words)


def _where(thread: threading.Thread) -> str:
    """The traceback of a thread as it stands."""
    frame = sys._current_frames().get(thread.ident or 0)
    return "" if frame is None else "".join(traceback.format_stack(frame))
