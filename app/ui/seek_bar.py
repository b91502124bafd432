"""The line on which one sees and chooses where in a file one is."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from app.ui import theme
from app.ui.texts import transport as texts

_KNOB = 6.5  # radius, in device-independent pixels
_LINE = 5.0  # thickness


class SeekBar(QAbstractSlider):
    """A slider in milliseconds. What is analysed is brighter; the part that is repeated stands in brackets.

    sought: a person has chosen this moment, in seconds. Showing a moment does not emit it.
    """

    sought = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self.analysed_s = 0.0
        self.loop: tuple[float, float] | None = None
        self.setAccessibleName(texts.POSITION)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSingleStep(1000)
        self.setPageStep(5000)
        self.setMouseTracking(True)
        self.actionTriggered.connect(lambda _: self.sought.emit(self.sliderPosition() / 1000))

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(200, 28)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(60, 28)

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def show_position(
        self, position_s: float, duration_s: float, analysed_s: float, loop: tuple[float, float] | None
    ) -> None:
        """Show where the file is; while a person drags, the knob stays with the hand."""
        self.setMaximum(max(0, round(1000 * duration_s)))
        if not self.isSliderDown():
            self.setValue(round(1000 * position_s))
        if (analysed_s, loop) != (self.analysed_s, self.loop):
            self.analysed_s, self.loop = analysed_s, loop
            self.update()
        self.setAccessibleDescription(texts.where(position_s, duration_s))

    def x_of(self, time_s: float) -> float:
        """Where a moment is, in the widget's coordinates."""
        share = 1000 * time_s / self.maximum() if self.maximum() else 0.0
        return _KNOB + 2 + min(max(share, 0.0), 1.0) * self._length()

    def _length(self) -> float:
        return max(1.0, self.width() - 2 * (_KNOB + 2))

    def _time_at(self, x: float) -> float:
        share = (x - _KNOB - 2) / self._length()
        return min(max(share, 0.0), 1.0) * self.maximum() / 1000

    def _go(self, x: float) -> None:
        time_s = self._time_at(x)
        self.setSliderPosition(round(1000 * time_s))
        self.sought.emit(time_s)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        if self.isSliderDown():
            self._go(event.position().x())
        QToolTip.showText(
            event.globalPosition().toPoint(), texts.clock(self._time_at(event.position().x())), self
        )

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        left, right = self.x_of(0.0), self.x_of(self.maximum() / 1000 or 1.0)
        here = self.x_of(self.sliderPosition() / 1000)

        def line(begin: float, end: float, colour: str, opacity: float = 1.0) -> None:
            painter.setBrush(self._theme.color(colour, opacity))
            painter.drawRoundedRect(
                QRectF(begin, middle - _LINE / 2, max(0.0, end - begin), _LINE), _LINE / 2, _LINE / 2
            )

        line(left, right, "border")
        line(left, self.x_of(self.analysed_s), "muted", 0.55)
        line(left, here, "accent")
        if self.loop is not None:
            self._paint_brackets(painter, self.x_of(self.loop[0]), self.x_of(self.loop[1]), middle)
        if self.hasFocus():
            painter.setBrush(self._theme.color("accent", 0.35))
            painter.drawEllipse(QPointF(here, middle), _KNOB + 4, _KNOB + 4)
        painter.setBrush(self._theme.color("accent"))
        painter.setPen(QPen(self._theme.color("panel"), 1.5))
        painter.drawEllipse(QPointF(here, middle), _KNOB, _KNOB)
        painter.end()

    def _paint_brackets(self, painter: QPainter, begin: float, end: float, middle: float) -> None:
        painter.setBrush(self._theme.color("warning", 0.25))
        painter.drawRect(QRectF(begin, middle - 9, end - begin, 18))
        painter.setPen(QPen(self._theme.color("warning"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for x, foot in ((begin, 4), (end, -4)):
            painter.drawPolyline(
                QPointF(x + foot, middle - 9),
                QPointF(x, middle - 9),
                QPointF(x, middle + 9),
                QPointF(x + foot, middle + 9),
            )
        painter.setPen(Qt.PenStyle.NoPen)
