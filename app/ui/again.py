"""Seeing an event again: a file goes back to it; live, a figure does again what was seen of the person."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QSize, Qt, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from app.entities import ActionEvent, Snapshot, State
from app.skeleton_memory import AFTER_S, BEFORE_S, KEPT_S, Scene, SkeletonMemory, figure, studio_room
from app.ui import theme
from app.ui.contents import NARROW
from app.ui.panels import TopFive
from app.ui.session import Playback
from app.ui.texts import events as words
from app.ui.video_view import VideoView

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

FRAME_MS = 33
REST_S = 0.5  # at the end, before it begins again
SAID_FOR_MS = 6000
HEIGHT = 540  # of the dock at first, beside others


class Figure(VideoView):
    """The picture of a figure, small enough for a dock."""

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(340, 255)


class AgainPanel(QWidget):
    """A figure that does an event over and over, with what was thought likely at each moment."""

    def __init__(self) -> None:
        super().__init__()
        self.scene: Scene | None = None
        self._room = studio_room()
        self._at_s = 0.0
        self._before = 0.0
        self.title = QLabel()
        self.title.setObjectName("section")
        self.hint = QLabel(words.NOTHING_CHOSEN)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.video = Figure()
        self.video.setAccessibleName(words.FIGURE)
        self.top = TopFive()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(words.AGAIN)
        self.slider.setRange(0, 1000)
        self.slider.actionTriggered.connect(self._scrub)  # by dragging, a click on the line, or keys
        self.pausing = QPushButton(words.PAUSE)
        self.half = QPushButton(words.HALF_SPEED)
        self.half.setCheckable(True)
        for button in (self.pausing, self.half):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.pausing.clicked.connect(lambda: self.set_paused(self._timer.isActive()))
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        row = QHBoxLayout()
        row.addWidget(self.pausing)
        row.addWidget(self.half)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.title)
        column.addWidget(self.hint)
        column.addWidget(self.video, 100)
        column.addWidget(self.slider)
        column.addLayout(row)
        column.addWidget(self.top)
        column.addStretch(1)
        self._controls = (self.video, self.slider, self.pausing, self.half, self.top)
        self.clear()

    @property
    def at_s(self) -> float:
        """The moment shown, in the session's time."""
        return self._at_s

    @property
    def paused(self) -> bool:
        return self.scene is not None and not self._timer.isActive()

    def set_theme(self, colours: theme.Theme) -> None:
        self.video.set_theme(colours)
        self.top.set_theme(colours)

    def clear(self, hint: str = words.NOTHING_CHOSEN, event: ActionEvent | None = None) -> None:
        """Nothing to show, and why."""
        self.scene = None
        self._timer.stop()
        self.title.setText(words.title(event) if event else words.AGAIN)
        self.hint.setText(hint)
        for part in self._controls:
            part.hide()

    def play(self, scene: Scene, mirrored: bool) -> None:
        """Show this from its beginning."""
        self.scene = scene
        self.title.setText(words.title(scene.event))
        self.hint.setText(words.span(scene.event))
        self.video.set_mirrored(mirrored)
        for part in self._controls:
            part.show()
        self._at_s = scene.start_s
        self.set_paused(False)
        self._show()

    def set_paused(self, paused: bool) -> None:
        self._before = time.monotonic()
        if paused or self.scene is None:
            self._timer.stop()
        else:
            self._timer.start(FRAME_MS)
        self.pausing.setText(words.GO_ON if paused else words.PAUSE)

    def advance(self, seconds: float) -> None:
        """Go on by so much of the watcher's time."""
        if self.scene is None:
            return
        self._at_s += seconds * (0.5 if self.half.isChecked() else 1.0)
        if self._at_s > self.scene.end_s + REST_S:
            self._at_s = self.scene.start_s
        self._show()

    def _tick(self) -> None:
        now = time.monotonic()
        seconds, self._before = now - self._before, now
        if self.isVisible() and not self.slider.isSliderDown():
            self.advance(seconds)

    def _scrub(self) -> None:
        if self.scene is not None:
            share = self.slider.sliderPosition() / 1000
            self._at_s = self.scene.start_s + share * (self.scene.end_s - self.scene.start_s)
            self._show()

    def _show(self) -> None:
        assert self.scene is not None
        length_s = self.scene.end_s - self.scene.start_s
        if not self.slider.isSliderDown():
            self.slider.setValue(round(1000 * min(1.0, (self._at_s - self.scene.start_s) / length_s)))
        snapshot = figure(self.scene, self._at_s, self._room)
        self.video.show_snapshot(snapshot)
        said = snapshot.decisions[0] if snapshot.decisions else None
        self.top.show_top(
            said.top if said else (), said.label if said and said.state is State.ACTION else None
        )


class SeeAgain(QObject):
    """Part of the events feature: takes an event and shows it again, as the session allows."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.memory = SkeletonMemory()
        self.panel = AgainPanel()
        self.dock = window.add_dock("again", words.AGAIN, self.panel)
        self._wanted: ActionEvent | None = None  # as soon as the file plays again
        self._was_file = False
        window.began.connect(self._begin)
        window.themed.connect(self.panel.set_theme)
        self.dock.visibilityChanged.connect(self._seen)

    def take(self, snapshot: Snapshot, playback: Playback | None) -> None:
        """Keep what may be wanted again."""
        self._was_file = playback is not None
        if playback is None:
            self.memory.take(snapshot)
        elif self._wanted is not None and snapshot.frame is not None:
            event, self._wanted = self._wanted, None
            self._repeat(playback, event)

    def show(self, event: ActionEvent, playback: Playback | None) -> None:
        """Show it again. playback: the session, where it is on a file and still runs."""
        if playback is not None:
            self._repeat(playback, event)
        elif self._was_file:
            self._wanted = event
            self._window.start()
        else:
            self._act(event)

    def _repeat(self, playback: Playback, event: ActionEvent) -> None:
        start_s = max(0.0, event.start_s - BEFORE_S)
        playback.seek(start_s)
        playback.loop = (start_s, min(event.end_s + AFTER_S, max(playback.duration_s, event.end_s)))
        playback.play()
        self._window.status.showMessage(words.playing_again(event), SAID_FOR_MS)

    def _act(self, event: ActionEvent) -> None:
        scene = self.memory.scene(event)
        if scene is None:
            newest_s = self.memory.newest_s
            gone = newest_s is None or event.start_s < newest_s - KEPT_S + BEFORE_S
            self.panel.clear(words.NOT_KEPT if gone else words.NOT_YET_KEPT, event)
        else:
            self.panel.play(scene, self._window.video.mirrored)
        if not self.dock.isVisible():
            self.dock.setFloating(self._window.width() < NARROW)  # beside a picture that small is no room
            self.dock.show()
            self._window.resizeDocks([self.dock], [HEIGHT], Qt.Orientation.Vertical)
        self.dock.raise_()

    def _begin(self, spec: str) -> None:
        self.memory.clear()
        if self._wanted is None:
            self._was_file = False
        self.panel.clear()

    def _seen(self, visible: bool) -> None:
        if self.panel.scene is not None:
            self.panel.set_paused(not visible)
