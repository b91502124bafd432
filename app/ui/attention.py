"""The attention view, put on the window: asks for an explanation while it is seen, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from app.explaining import Explainer, Explains, Explanation
from app.ui.attention_view import AttentionPanel
from app.ui.texts import views

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

POLL_MS = 100


class AttentionDock(QObject):
    """Feature: what the network looked at for its newest answer about the person shown at length, on key A.

    The last one stays when the session is over.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._explainer = Explainer()
        self._asked: object = None
        self._shown: Explanation | None = None
        self.panel = AttentionPanel()
        self.dock = window.add_dock("attention", views.ATTENTION, self.panel, "A")
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)
        self.dock.visibilityChanged.connect(self._set_seen)
        window.began.connect(self._forget)
        window.themed.connect(self.panel.set_theme)
        window.closing.connect(self._close)

    def _set_seen(self, seen: bool) -> None:
        if seen:
            self._timer.start()
        else:
            self._timer.stop()

    def _forget(self) -> None:
        self._explainer.forget()
        self._asked = self._shown = None
        self.panel.show_message(views.ATTENTION_WAITING)

    def _close(self) -> None:
        self._timer.stop()
        self._explainer.close(self._window.time_left(0.2))

    def _poll(self) -> None:
        self._ask()
        explanation, error = self._explainer.explanation, self._explainer.error
        if error:
            self._shown = None
            self.panel.show_message(views.ATTENTION_FAILED.format(why=error))
        elif explanation is not None and explanation is not self._shown:
            self._shown = explanation
            self.panel.figure.set_mirrored(self._window.video.mirrored)
            self.panel.show_explanation(explanation)

    def _ask(self) -> None:
        session, snapshot = self._window.session, self._window.snapshot
        if session is None or snapshot is None:
            if self._shown is None:
                playing = self._window.playing
                self.panel.show_message(views.ATTENTION_WAITING if playing else views.ATTENTION_NOT_RUNNING)
            return
        if not isinstance(session, Explains):
            self.panel.show_message(views.ATTENTION_NOT_OFFERED)
            return
        if not snapshot.decisions:
            return
        wish = (snapshot.decisions[0].timestamp_s, self._window.side.focus)
        if wish != self._asked:
            self._asked = wish
            self._explainer.ask(session, self._window.side.focus)
