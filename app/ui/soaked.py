"""Does to the window what the plan of a soak says, and looks at the process meanwhile."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMessageBox

from app.entities import Health, Snapshot
from app.soak.ear import Ear
from app.soak.gauges import Gauges, Held, objects
from app.soak.house import SPECS, House
from app.soak.plan import LONGEST, Stretch
from app.ui.main_window import MainWindow
from app.ui.texts import recording as texts

LOOK_MS = 50
#: A stretch that does not get on for so long is given up, and told as a failure.
STUCK_S = 120.0


class Soaker(QObject):
    """Given to run_window's `watch`; closes the window when enough was played.

    say: told how it goes now and then.
    """

    def __init__(
        self,
        house: House,
        plan: Iterator[Stretch],
        hours: float,
        say: Callable[[str], None],
        say_every_s: float,
    ) -> None:
        super().__init__()
        self.gauges = Gauges()
        self.held: list[Held] = []  # at the ends of the longest stretches
        self.objects: list[Counter[str]] = []  # there too, the first count but one and the newest
        self.failures: list[str] = []
        self.counts: Counter[str] = Counter()  # by words for people
        self._house, self._plan, self._hours = house, plan, hours
        self._say, self._say_every_s = say, say_every_s
        self._stretch: Stretch | None = None
        self._old_ear: Ear | None = None
        self._recorded = False
        self._started_s = self._begun_s = self._moved_s = self._told_s = time.monotonic()
        self._at_s = -1.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def __call__(self, window: MainWindow) -> None:
        self._window = window
        self._record = _action(window, texts.RECORD)
        self._play_last = _action(window, texts.PLAY_LAST)
        window.shown.connect(self._shown)
        window.video.painted.connect(self._painted)
        window.closing.connect(self._end)
        self._timer.start(LOOK_MS)

    def _shown(self, snapshot: Snapshot) -> None:
        if snapshot.health is Health.FAILED:
            self.failures.append(snapshot.message)

    def _painted(self, took_s: float) -> None:
        self.counts["pictures painted in the window"] += 1

    def _look(self) -> None:
        now_s, played_h = time.monotonic(), self._house.played_s / 3600
        self._close_messages()
        if self._stretch is None or self._over(self._stretch, now_s):
            self._take_stock(played_h)
            self._next(now_s)
        else:
            self._see_to_recording(self._stretch)
        wall_s = now_s - self._started_s
        if self.gauges.due(wall_s):
            self._note()
        if now_s - self._told_s >= self._say_every_s:
            self._told_s = now_s
            newest = self.gauges.newest
            self._say(
                f"{played_h:.2f} h played in {wall_s / 60:.1f} min: {newest['memory_mb']:.0f} MB, "
                f"{newest['threads']:.0f} threads, {newest['handles']:.0f} handles, "
                f"{len(self.failures)} failures"
            )
        if played_h >= self._hours:
            self._window.close()

    def _note(self) -> None:
        ear, wall_s = self._house.ear, time.monotonic() - self._started_s
        self.gauges.look(wall_s, self._house.played_s / 3600, ear.answer_ms, ear.answer_cpu_ms)

    def _end(self) -> None:
        """However the window came to be closed, what ran until now is told."""
        self._timer.stop()
        self._note()

    def _over(self, stretch: Stretch, now_s: float) -> bool:
        if stretch.source == "recording":
            return now_s - self._begun_s >= stretch.seconds
        ear = self._house.ear
        at_s = -1.0 if ear is self._old_ear else ear.now_s
        if at_s != self._at_s:
            self._at_s, self._moved_s = at_s, now_s
        if not self._window.playing or now_s - self._moved_s > STUCK_S:
            self.failures.append(f"{stretch.source}: ended or stood still after {at_s:.0f} s")
            return True
        return at_s >= stretch.seconds

    def _next(self, now_s: float) -> None:
        """Begin the next stretch; one of a recording only where there is one."""
        window = self._window
        while (stretch := next(self._plan)).source == "recording" and not self._play_last.isEnabled():
            pass
        self._stretch, self._recorded, self._old_ear = stretch, False, self._house.ear
        self._begun_s = self._moved_s = now_s
        self.counts[f"stretches of: {stretch.source}"] += 1
        if stretch.stop_first:
            window.stop()
        window.services.settings.change(**stretch.settings)
        if stretch.reload and window.services.loader is not None:
            window.services.loader.use()
            self.counts["models loaded anew"] += 1
        if stretch.source == "recording":
            self._play_last.trigger()
        else:
            window.play(SPECS[stretch.source])

    def _see_to_recording(self, stretch: Stretch) -> None:
        if stretch.record_s is None or self._window.session is None:
            return
        at_s, (start_s, end_s) = self._at_s, stretch.record_s
        if not self._recorded and at_s >= start_s:
            self._recorded = True
            self.counts["recordings made"] += 1
            self._record.trigger()
        elif self._record.isChecked() and at_s >= end_s:
            self._record.trigger()

    def _take_stock(self, played_h: float) -> None:
        """At the end of one of the longest stretches: what was counted in the same place can be compared."""
        if self._stretch is None or self._stretch.source != LONGEST:
            return
        self.held.append(Held.now(time.monotonic() - self._started_s, played_h))
        if len(self.held) > 1:  # what comes once has come
            self.objects = [*self.objects[:1], objects()]

    def _close_messages(self) -> None:
        """What the window says in a box of its own is a failure here, and nobody is there to close it."""
        for box in self._window.findChildren(QMessageBox):
            if box.isVisible():
                self.failures.append(box.text())
                box.close()


def _action(window: MainWindow, name: str) -> QAction:
    return next(command.action for command in window.commands.table if command.action.text() == name)
