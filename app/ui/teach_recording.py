"""A series of takes of what the window plays: feeds the recorder, shows the countdown, hands takes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.entities import Snapshot
from app.take_recorder import Phase, Recorded, TakeRecorder
from app.ui.teach_overlay import CountdownOverlay

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class TakeSeries(QObject):
    """At most one series at a time, of the session that runs; it ends with the session.

    recorded: a Recorded, also one without a take. changed: the series has begun or is over.
    """

    recorded = pyqtSignal(object)
    changed = pyqtSignal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.recorder: TakeRecorder | None = None
        self.overlay = CountdownOverlay(window.video)
        window.shown.connect(self._feed)
        window.over.connect(lambda: self.stop(cut=True))
        window.began.connect(lambda _: self.stop(cut=True))

    @property
    def running(self) -> bool:
        return self.recorder is not None

    def start(self, takes: int, length_s: float, origin: str) -> None:
        """Begin: wait for somebody, count down, record."""
        self.recorder = TakeRecorder(takes, length_s, origin=origin)
        self.overlay.show_recorder(self.recorder)
        self.changed.emit()

    def stop(self, cut: bool = False) -> None:
        """End the series; a take under way is handed out if it is long enough. cut: see TakeRecorder.stop."""
        if self.recorder is None:
            return
        recorded = self.recorder.stop(cut)
        self._end()
        if recorded is not None:
            self.recorded.emit(recorded)

    def end_take(self) -> None:
        """End the take under way before its time, and go on with the next."""
        if self.recorder is not None:
            self._hand_out(self.recorder.end_take())

    def _feed(self, snapshot: Snapshot) -> None:
        if self.recorder is None or snapshot.frame is None:
            return
        self._hand_out(
            self.recorder.add(snapshot.skeletons, snapshot.frame.timestamp_s, self._window.side.focus)
        )

    def _hand_out(self, recorded: Recorded | None) -> None:
        assert self.recorder is not None
        self.overlay.show_recorder(self.recorder)
        if self.recorder.phase is Phase.DONE:
            good = self.recorder.good
            self._end()
            self.overlay.show_end(good)
        if recorded is not None:
            self.recorded.emit(recorded)

    def _end(self) -> None:
        self.recorder = None
        self.overlay.show_recorder(None)
        self.changed.emit()
