"""The bar under a recorded file: play, step, seek, speed and loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtGui import QAction, QActionGroup, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from app.entities import Health
from app.ui import theme
from app.ui.glyphs import GlyphButton
from app.ui.seek_bar import SeekBar
from app.ui.session import Playback, SessionLike, play_or_pause
from app.ui.texts import transport as texts

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

RATES = (0.25, 0.5, 1.0, 2.0, 4.0)
LEAP_S = 5.0
REFRESH_MS = 50
# In device-independent pixels: below these widths a part is left to its key.
ROOM_FOR_STEPS = 560
ROOM_FOR_LOOP = 620
ROOM_FOR_SPEED = 400
ROOM_FOR_DURATION = 520


class TransportBar(QWidget):
    """The controls; what they do is the feature's business."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(texts.PLAYBACK)
        self.play = GlyphButton("pause", texts.PAUSE, texts.TOOLTIPS[texts.PAUSE])
        self.back = GlyphButton("back", texts.STEP_BACK, texts.TOOLTIPS[texts.STEP_BACK])
        self.on = GlyphButton("on", texts.STEP_ON, texts.TOOLTIPS[texts.STEP_ON])
        for step in (self.back, self.on):
            step.setAutoRepeat(True)
        self.seek_bar = SeekBar()
        self.time = QLabel()
        self.time.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.speed = QPushButton(texts.speed(1.0))
        self.speed.setToolTip(texts.TOOLTIPS[texts.SPEED])
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed.setObjectName("speed")
        self.speed.setMinimumWidth(58)
        self.speed_menu = QMenu(self.speed)
        self.rates: dict[float, QAction] = {}
        group = QActionGroup(self.speed_menu)
        for rate in RATES:
            entry = QAction(texts.speed(rate), self.speed_menu)
            entry.setCheckable(True)
            group.addAction(entry)
            self.speed_menu.addAction(entry)
            self.rates[rate] = entry
        self.speed.setMenu(self.speed_menu)
        self.begin = GlyphButton("begin", texts.LOOP_BEGIN, texts.TOOLTIPS[texts.LOOP_BEGIN])
        self.end = GlyphButton("end", texts.LOOP_END, texts.TOOLTIPS[texts.LOOP_END])
        self.off = GlyphButton("off", texts.LOOP_OFF, texts.TOOLTIPS[texts.LOOP_OFF])
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE * 3 // 2, theme.SPACE // 2, theme.SPACE * 3 // 2, theme.SPACE // 2)
        row.setSpacing(theme.SPACE // 2)
        for widget in (self.play, self.back, self.on):
            row.addWidget(widget)
        row.addWidget(self.seek_bar, 1)
        row.addWidget(self.time)
        row.addSpacing(theme.SPACE // 2)
        for widget in (self.speed, self.begin, self.end, self.off):
            row.addWidget(widget)
        self._with_duration = True
        self.off.setEnabled(False)

    def set_theme(self, colours: theme.Theme) -> None:
        for part in (self.play, self.back, self.on, self.seek_bar, self.begin, self.end, self.off):
            part.set_theme(colours)

    def show_playback(self, playback: Playback, ended: bool) -> None:
        """Show how things stand."""
        if not playback.paused:
            sign, words = "pause", texts.PAUSE
        elif ended:
            sign, words = "again", texts.PLAY_AGAIN
        else:
            sign, words = "play", texts.PLAY
        self.play.show_sign(sign, words, texts.TOOLTIPS[words])
        position_s, duration_s, loop = playback.position_s, playback.duration_s, playback.loop
        self.seek_bar.show_position(position_s, duration_s, playback.analysed_s, loop)
        widest = texts.clock(duration_s)
        if self._with_duration:
            self.time.setText(texts.times(position_s, duration_s))
            widest = texts.times(duration_s, duration_s)
        else:
            self.time.setText(texts.clock(position_s))
        # All digits as wide as the widest: the bar must not tremble.
        self.time.setFixedWidth(self.time.fontMetrics().horizontalAdvance(widest.replace("1", "0")) + 4)
        rate = playback.rate
        self.speed.setText(texts.speed(rate))
        self.speed.setAccessibleName(texts.speed_name(rate))
        for each, entry in self.rates.items():
            entry.setChecked(each == rate)
        self.off.setEnabled(loop is not None)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 (Qt's name)
        width = self.width()
        for part in (self.back, self.on):
            part.setVisible(width >= ROOM_FOR_STEPS)
        for part in (self.begin, self.end, self.off):
            part.setVisible(width >= ROOM_FOR_LOOP)
        self.speed.setVisible(width >= ROOM_FOR_SPEED)
        self._with_duration = width >= ROOM_FOR_DURATION
        super().resizeEvent(event)


class Transport(QObject):
    """Feature: the bar, and the keys that move about in a file. Both are there while a file is open."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session: SessionLike | None = None
        self._playback: Playback | None = None
        self.bar = bar = TransportBar()
        bar.hide()
        window.add_bar(bar)
        bar.play.clicked.connect(self._play_or_pause)
        bar.back.clicked.connect(lambda: self._step(-1))
        bar.on.clicked.connect(lambda: self._step(1))
        bar.seek_bar.sought.connect(self._seek)
        for rate, entry in bar.rates.items():
            entry.triggered.connect(lambda _, r=rate: self._set_rate(r))
        bar.begin.clicked.connect(self._begin_loop)
        bar.end.clicked.connect(self._end_loop)
        bar.off.clicked.connect(self._no_loop)
        self._actions = [
            window.commands.add(texts.GROUP_PLAYBACK, name, act, keys, enabled=False)
            for name, act, keys in (
                (texts.PLAY_OR_PAUSE, self._play_or_pause, "K"),
                (texts.SLOWER, lambda: self._change_rate(-1), "J"),
                (texts.FASTER, lambda: self._change_rate(1), "L"),
                (texts.STEP_BACK, lambda: self._step(-1), "Left"),
                (texts.STEP_ON, lambda: self._step(1), "Right"),
                (texts.BACK_5_S, lambda: self._leap(-LEAP_S), "Shift+Left"),
                (texts.ON_5_S, lambda: self._leap(LEAP_S), "Shift+Right"),
                (texts.LOOP_BEGIN, self._begin_loop, "I"),
                (texts.LOOP_END, self._end_loop, "O"),
                (texts.LOOP_OFF, self._no_loop, "P"),
            )
        ]
        for action in self._actions[3:7]:
            action.setAutoRepeat(True)  # a key held down walks
        window.began.connect(lambda _: self.refresh())
        window.shown.connect(lambda _: self.refresh())
        window.over.connect(self.refresh)
        window.themed.connect(bar.set_theme)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(REFRESH_MS)
        window.closing.connect(self._timer.stop)

    @property
    def playback(self) -> Playback | None:
        """The file that is open, if one is."""
        session = self._window.session
        if session is not self._session:  # looked at once: the protocol has many parts
            self._session = session
            self._playback = session if isinstance(session, Playback) else None
        return self._playback

    def refresh(self) -> None:
        """Show how things stand; without a file the bar goes away."""
        playback = self.playback
        if playback is None:
            if not self.bar.isHidden():
                self._set_available(False)
            return
        snapshot = self._window.snapshot
        self.bar.show_playback(playback, snapshot is not None and snapshot.health is Health.ENDED)
        if self.bar.isHidden():
            self._set_available(True)

    def _set_available(self, available: bool) -> None:
        self.bar.setVisible(available)
        for action in self._actions:
            action.setEnabled(available)

    def _play_or_pause(self) -> None:
        if (playback := self.playback) is not None:
            play_or_pause(playback)
            self.refresh()

    def _seek(self, time_s: float) -> None:
        if (playback := self.playback) is not None:
            playback.seek(time_s)
            self.refresh()

    def _leap(self, by_s: float) -> None:
        if (playback := self.playback) is not None:
            self._seek(playback.position_s + by_s)

    def _step(self, frames: int) -> None:
        if (playback := self.playback) is not None:
            playback.step(frames)
            self.refresh()

    def _set_rate(self, rate: float) -> None:
        if (playback := self.playback) is not None:
            playback.rate = rate
            self.refresh()

    def _change_rate(self, by: int) -> None:
        if (playback := self.playback) is not None:
            nearest = min(range(len(RATES)), key=lambda i: abs(RATES[i] - playback.rate))
            self._set_rate(RATES[min(max(nearest + by, 0), len(RATES) - 1)])

    def _begin_loop(self) -> None:
        if (playback := self.playback) is not None:
            begin_s, end_s = playback.position_s, playback.loop[1] if playback.loop else 0.0
            self._set_loop((begin_s, end_s if end_s > begin_s else playback.duration_s))

    def _end_loop(self) -> None:
        if (playback := self.playback) is not None:
            begin_s, end_s = playback.loop[0] if playback.loop else 0.0, playback.position_s
            self._set_loop((begin_s if begin_s < end_s else 0.0, end_s))

    def _no_loop(self) -> None:
        self._set_loop(None)

    def _set_loop(self, loop: tuple[float, float] | None) -> None:
        if (playback := self.playback) is not None:
            playback.loop = loop
            self.refresh()
