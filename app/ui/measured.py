"""The window under measurement: what it is, from the start of its process until enough has been seen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PyQt6.QtCore import QObject, Qt, QTimer

from app.benchmark.probe import Probe
from app.entities import Health, Snapshot
from app.errors import SessionError
from app.memory import resident_bytes
from app.ui.main_window import MainWindow

LOOP_PERIOD_S = 0.01
SETTLE_S = 3.0  # after the first label: what happens once is no part of what happens always
GIVE_UP_S = 60.0  # for the first label


@dataclass
class Watched:
    """What the window's thread saw. All moments are of time.monotonic.

    begin_s, end_s: of the time measured; cpu_s, window_cpu_s: processor time in it, of the process and of the
    window's thread alone. memory_mb: at even steps from begin to end; empty where the system does not tell.
    loop_s: how late events came, every 10 ms.
    """

    visible_s: float | None = None
    first_label_s: float | None = None
    begin_s: float = 0.0
    end_s: float = 0.0
    cpu_s: float = 0.0
    window_cpu_s: float = 0.0
    memory_mb: list[float] = field(default_factory=list)
    loop_s: list[float] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    failure: str | None = None


class Watcher(QObject):
    """Watches a window from before it is shown, and closes it when done.

    seconds: how long to measure. wait_for_label: begin only when something was said of somebody.
    enough: asked ten times a second, whether to end early.
    """

    def __init__(
        self,
        probe: Probe,
        seconds: float,
        wait_for_label: bool = True,
        enough: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self.watched = Watched()
        self._probe, self._seconds, self._enough = probe, seconds, enough
        self._wait_for_label = wait_for_label
        self._window: MainWindow | None = None
        self._ready_s: float | None = None
        self._due_s = 0.0
        self._loop_timer = QTimer(self)
        self._loop_timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._loop_timer.setSingleShot(True)
        self._loop_timer.timeout.connect(self._beat)
        self._look_timer = QTimer(self)
        self._look_timer.timeout.connect(self._look)

    def __call__(self, window: MainWindow) -> None:
        self._window = window
        window.shown.connect(self._shown)
        window.video.painted.connect(self._painted)
        self._started_s = time.monotonic()
        self._look_timer.start(100)

    def _shown(self, snapshot: Snapshot) -> None:
        self._probe.shows(snapshot)
        if self.watched.begin_s:
            self.watched.people.append(len(snapshot.skeletons))
        if snapshot.health is Health.FAILED:
            self.watched.failure = snapshot.message

    def _painted(self, took_s: float) -> None:
        self._probe.painted(took_s)
        if self.watched.visible_s is None:
            self.watched.visible_s = time.monotonic()
        if self.watched.first_label_s is None and self._probe.marks.labelled:
            self.watched.first_label_s = time.monotonic()

    def _look(self) -> None:
        """Begin, go on or end."""
        now, watched, marks = time.monotonic(), self.watched, self._probe.marks
        assert self._window is not None
        if watched.failure is not None or (not marks.shown and now - self._started_s > GIVE_UP_S):
            self._end()
        elif self._ready_s is None:
            if marks.labelled or (marks.shown and not self._wait_for_label):
                self._ready_s = now
            elif now - self._started_s > GIVE_UP_S:
                watched.failure = "nobody was recognised: give a video in which somebody is seen well"
                self._end()
        elif not watched.begin_s:
            if now - self._ready_s >= SETTLE_S:
                watched.begin_s = self._due_s = now
                watched.cpu_s, watched.window_cpu_s = -time.process_time(), -time.thread_time()
                self._beat()
        elif now - watched.begin_s >= self._seconds or self._enough():
            watched.end_s = now
            watched.cpu_s += time.process_time()
            watched.window_cpu_s += time.thread_time()
            self._end()
        if watched.begin_s and now >= watched.begin_s + len(watched.memory_mb) * self._seconds / 20:
            watched.memory_mb += resident_mb()

    def _beat(self) -> None:
        """Note how late this event is, and all that were due in the meantime, which waited as well."""
        now = time.monotonic()
        while self._due_s <= now:
            self.watched.loop_s.append(now - self._due_s)
            self._due_s += LOOP_PERIOD_S
        self._loop_timer.start(max(0, math.ceil((self._due_s - now) * 1e3)))

    def _end(self) -> None:
        self._look_timer.stop()
        self._loop_timer.stop()
        assert self._window is not None
        self._window.close()

    def result(self) -> Watched:
        """What was seen. Raises SessionError where the session failed or nothing could be measured."""
        if self.watched.failure is not None:
            raise SessionError(self.watched.failure)
        if not self.watched.end_s:
            raise SessionError("the window was closed before enough was measured: leave it open")
        return self.watched


def resident_mb() -> list[float]:
    """The process's memory in MiB, as a list of one; empty where the system does not tell."""
    resident = resident_bytes()
    return [] if resident is None else [resident / 2**20]
