"""One session on the window: polls it sixty times a second and tells the window's parts what has changed."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from app.entities import Health, Snapshot, State
from app.hints import Hint, Hints
from app.ui import texts
from app.ui.contents import Contents
from app.ui.runner import SessionRunner
from app.ui.session import OpenSession, Playback, SessionLike
from app.ui.status import StatusLine
from app.ui.texts import transport

POLL_MS = 16
NUMBERS_EVERY_S = 0.25  # digits that change faster cannot be read


class SessionPresenter(QObject):
    """Shows one session at a time.

    began: a source is being opened (its spec). shown: a new snapshot has been painted. over: the session has
    ended, failed or been stopped; its last picture stays; a file that can be moved about in is not over at
    its end. polled: sixty times a second, whatever happens.
    """

    began = pyqtSignal(str)
    shown = pyqtSignal(object)
    over = pyqtSignal()
    polled = pyqtSignal()

    def __init__(self, open_session: OpenSession, contents: Contents, status: StatusLine) -> None:
        super().__init__(contents)
        self._contents, self._status = contents, status
        self._runner = SessionRunner(open_session)
        self.spec = ""
        self.playing = False
        self.snapshot: Snapshot | None = None
        self._hints = Hints()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.poll)
        self._timer.start(POLL_MS)
        self._numbers_timer = QTimer(self)
        self._numbers_timer.timeout.connect(self._show_numbers)
        self._numbers_timer.start(round(1000 * NUMBERS_EVERY_S))

    @property
    def session(self) -> SessionLike | None:
        """The session that runs; None while there is none, or it is being changed."""
        return self._runner.session if self.playing else None

    def start(self, spec: str) -> None:
        """Play this source from its beginning."""
        self.spec, self.playing, self.snapshot, self._hints = spec, True, None, Hints()
        self._contents.video.clear()
        self._contents.timeline.clear()
        self._contents.side.clear(texts.WAITING_FOR_ACTION)
        self._runner.play(spec)
        self.began.emit(spec)
        self._show_health(Health.STARTING)
        self._contents.video.set_message(texts.STARTING)

    def stop(self) -> None:
        """Stop; the last picture stays, dimmed."""
        if not self.playing:
            return
        self._let_go()
        self._show_health(Health.RUNNING, stopping=True)
        self._contents.video.set_message(texts.STOPPING_MESSAGE)

    def close(self, timeout_s: float) -> None:
        """Stop everything, waiting at most so long."""
        self._timer.stop()
        self._numbers_timer.stop()
        self._runner.close(timeout_s)

    def poll(self) -> None:
        """Look at the session, and show what is new."""
        self.polled.emit()
        video = self._contents.video
        snapshot = self._runner.snapshot()
        if snapshot is not None and self.playing:
            if _differ(snapshot, self.snapshot):
                self._show(snapshot)
            self.snapshot = snapshot if self.playing else None  # its numbers change all the time
        elif self.playing and self._runner.error is not None:
            self._finish(Health.FAILED, texts.failed(self.spec, self._runner.error, had_picture=False))
        elif video.message is texts.STOPPING_MESSAGE and not self._runner.busy:
            self._show_health(Health.STOPPED)
            video.set_message(texts.STOPPED)
        if video.message is not None and video.message.busy:
            video.update()  # its wheel turns

    def _show(self, snapshot: Snapshot) -> None:
        video, side = self._contents.video, self._contents.side
        self.snapshot = snapshot
        video.show_snapshot(snapshot)
        self._contents.timeline.show_snapshot(snapshot)
        self.shown.emit(snapshot)
        session = self._runner.session
        playback = session if isinstance(session, Playback) else None
        if snapshot.health is Health.ENDED and playback is None:
            self._finish(Health.ENDED, texts.ended(snapshot.message))
        elif snapshot.health is Health.FAILED:
            had_picture = snapshot.frame is not None
            self._finish(Health.FAILED, texts.failed(self.spec, snapshot.message, had_picture))
        elif snapshot.health is Health.STOPPED:
            self._finish(Health.STOPPED, texts.STOPPED)
        elif snapshot.frame is None:
            video.set_message(texts.STARTING)
        else:
            note = _note_on_file(snapshot, playback) if playback is not None else None
            if snapshot.trouble:
                note, hint, self._hints = texts.troubled(snapshot.trouble), None, Hints()
            else:
                hint = self._hints.update(snapshot.frame, snapshot.skeletons, may_leap=playback is not None)
            self._show_health(snapshot.health, troubled=bool(snapshot.trouble))
            video.set_message(note or (None if hint is None else texts.HINTS[hint]))
            if note in (transport.LOADING, transport.NOT_ANALYSED):
                side.clear(transport.NOT_ANALYSED_HINT)
            elif hint in (Hint.NOBODY, Hint.DARK) and not snapshot.decisions:
                side.clear(texts.STATE_HINTS[State.NO_PERSON])
            else:
                side.show_decisions(snapshot.decisions)

    def _finish(self, health: Health, message: texts.Message) -> None:
        """The session is over by itself: say so, and let go of it."""
        self._let_go()
        self._show_health(health)
        self._contents.video.set_message(message)

    def _let_go(self) -> None:
        self.playing = False
        self._runner.stop()
        self.over.emit()
        self.snapshot = None
        self._show_numbers()
        self._contents.side.clear(texts.NOT_RUNNING)

    def _show_health(self, health: Health, stopping: bool = False, troubled: bool = False) -> None:
        toolbar = self._contents.toolbar
        toolbar.show_playing(self.playing)
        self._status.show_state(health, toolbar.picker.source_name, stopping, troubled)

    def _show_numbers(self) -> None:
        self._status.show_numbers(self.snapshot)


def _note_on_file(snapshot: Snapshot, playback: Playback) -> texts.Message | None:
    """What is to be said of a file at this place, over the picture."""
    assert snapshot.frame is not None
    if snapshot.health is Health.ENDED:
        return transport.ended(snapshot.message)
    if snapshot.health is Health.STARTING:
        return transport.LOADING
    return transport.NOT_ANALYSED if snapshot.frame.timestamp_s > playback.analysed_s else None


def _differ(new: Snapshot, old: Snapshot | None) -> bool:
    return (
        old is None
        or new.frame is not old.frame
        or new.health is not old.health
        or new.trouble != old.trouble
        or new.decisions != old.decisions
        or len(new.events) != len(old.events)
    )
