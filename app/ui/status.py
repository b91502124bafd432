"""The status bar: how the session is doing, in words and numbers."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from app.entities import Health, Snapshot
from app.ui import texts, theme

NARROW = 440  # device-independent pixels: below this the state is worth more than the last number

_DOT_COLOURS = {
    Health.STARTING: "warning",
    Health.RUNNING: "accent",
    Health.FAILED: "error",
}


class StatusDot(QWidget):
    """A small round lamp beside the words that say the same."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._colour = theme.DARK, "muted"
        self.setFixedSize(10, 10)

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def set_colour(self, name: str) -> None:
        if name != self._colour:
            self._colour = name
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(self._colour))
        painter.drawEllipse(QPointF(self.width() / 2, self.height() / 2), 4, 4)
        painter.end()


class StatusLine(QStatusBar):
    """Lamp, state and source on the left; rate, latency and dropped frames on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._added: list[QWidget] = []
        self.setSizeGripEnabled(False)
        self.dot = StatusDot()
        self._said, self._note = texts.HEALTH_NAMES[Health.STOPPED], ""
        self.state = QLabel(self._said)
        self.fps, self.latency, self.dropped = QLabel(), QLabel(), QLabel()
        self.fps.setToolTip(texts.STATUS_TOOLTIPS["fps"])
        self.dropped.setToolTip(texts.STATUS_TOOLTIPS["dropped"])
        holder = QWidget()  # room before the lamp
        holder.setFixedWidth(theme.SPACE // 2)
        self.addWidget(holder)
        self.addWidget(self.dot)
        # In a small window the state gives way to the numbers.
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.addWidget(self.state, 1)
        for label in (self.fps, self.latency, self.dropped):
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.addPermanentWidget(label)

    def add_before_numbers(self, widget: QWidget) -> None:
        """A feature's own word on how the session is doing; it is never covered by a message."""
        self.insertPermanentWidget(3, widget)  # after the room, the lamp and the state
        widget.hide()
        self._added.append(widget)

    def show_added(self, widget: QWidget, visible: bool) -> None:
        """Show or hide what was added; in a small window it goes before the latency."""
        widget.setVisible(visible)
        self._make_room()

    def shown_added(self) -> list[QWidget]:
        """What was added and is to be seen now."""
        return [widget for widget in self._added if not widget.isHidden()]

    def _make_room(self) -> None:
        window = self.window()  # whose width may be less than its status bar asks for
        wide = window is not None and window.width() >= NARROW
        self.dropped.setVisible(wide)
        self.latency.setVisible(wide or not self.shown_added())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 (Qt's name)
        self._make_room()
        super().resizeEvent(event)

    def set_theme(self, colours: theme.Theme) -> None:
        self.dot.set_theme(colours)

    def show_state(self, health: Health, source: str, stopping: bool = False, troubled: bool = False) -> None:
        """What goes on, and with which source; troubled: it waits until something is mended."""
        name = texts.STOPPING if stopping else texts.TROUBLED if troubled else texts.HEALTH_NAMES[health]
        self.dot.set_colour("warning" if stopping or troubled else _DOT_COLOURS.get(health, "muted"))
        self._said = f"{name} · {source}" if source else name
        self._show_words()

    def set_note(self, words: str) -> None:
        """Something about the source that is worth knowing while it lasts; "" for nothing."""
        self._note = words
        self._show_words()

    def _show_words(self) -> None:
        self.state.setText(" · ".join(part for part in (self._said, self._note) if part))
        self.state.setToolTip(self._note)  # in a small window it may be cut off

    def show_numbers(self, snapshot: Snapshot | None) -> None:
        """Rate, latency and drops; blank without a session."""
        for label, words in (
            (self.fps, texts.fps),
            (self.latency, texts.latency),
            (self.dropped, texts.dropped),
        ):
            label.setText("" if snapshot is None else words(snapshot))
        details = texts.STATUS_TOOLTIPS["latency"] if snapshot is None else texts.latency_details(snapshot)
        self.latency.setToolTip(details)
