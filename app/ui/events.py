"""Events: all of them in a list, each to be seen again, and to be saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from app.entities import ActionEvent, Snapshot
from app.event_log import EventLog
from app.ui.again import SeeAgain
from app.ui.event_panel import EventPanel
from app.ui.save_events import SaveEvents
from app.ui.save_video import SaveVideo
from app.ui.session import Playback, SessionLike
from app.ui.texts import events as words

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

LOOK_MS = 50
LAST_LOOKS = 30  # after the end: stopping ends what was going on, which brings its event


class Events(QObject):
    """Feature: the list of events (E), seeing one again, and saving (Ctrl+E)."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.log = EventLog()
        self.panel = EventPanel()
        self.dock = window.add_dock("events", words.EVENTS, self.panel, "E")
        self.again = SeeAgain(window)
        self.saving = SaveEvents(window, self.log)
        self.video = SaveVideo(window)
        self._session: SessionLike | None = None
        self._playback: Playback | None = None
        self._looks_left = 0
        self.panel.again.connect(self.see_again)
        self.panel.save.connect(self.saving.ask)
        window.timeline.event_chosen.connect(self.see_again)
        window.timeline.moment_chosen.connect(self._seek)
        window.began.connect(self._begin)
        window.shown.connect(self._take)
        window.over.connect(self._end)
        self._timer = QTimer(self)  # a file's numbers change while its picture stands still
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK_MS)

    def see_again(self, event: ActionEvent) -> None:
        """Show an event again, as the session allows."""
        self.panel.mark(event)
        self.again.show(event, self._playback if self._window.session is not None else None)

    def _seek(self, time_s: float) -> None:
        if self._playback is not None and self._window.session is not None:
            self._playback.loop = None
            self._playback.seek(time_s)

    def _begin(self, spec: str) -> None:
        self._session = self._playback = None
        self._looks_left = 0
        self.log.clear()
        self.panel.clear()

    def _take(self, snapshot: Snapshot) -> None:
        session = self._window.session
        if session is not None and session is not self._session:
            self._session = session
            self._playback = session if isinstance(session, Playback) else None
        self._list(snapshot)
        self.again.take(snapshot, self._playback)

    def _list(self, snapshot: Snapshot) -> None:
        new = self.log.take(snapshot.events)
        if new:
            self.panel.add(new)

    def _end(self) -> None:
        self._looks_left = LAST_LOOKS

    def _look(self) -> None:
        if self._window.session is not None:
            self._window.timeline.follow(self._window.session)
        elif self._looks_left > 0 and self._session is not None:
            self._looks_left -= 1
            self._list(self._session.snapshot())
            if self._looks_left == 0:
                self._session = self._playback = None
