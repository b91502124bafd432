"""Small buttons with a sign on them, painted in the theme's colours and sharp on every screen."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QPushButton, QWidget

from app.ui import theme

Draw = Callable[[QPainter], None]  # in a box from (-8, -8) to (8, 8), with pen and brush in the ink's colour


def _triangle(painter: QPainter, tip: float, base: float, height: float) -> None:
    painter.drawPolygon(QPolygonF([QPointF(base, -height), QPointF(tip, 0), QPointF(base, height)]))


def _play(painter: QPainter) -> None:
    _triangle(painter, 7, -5, 7)


def _pause(painter: QPainter) -> None:
    painter.drawRect(QRectF(-5, -6, 3, 12))
    painter.drawRect(QRectF(2, -6, 3, 12))


def _again(painter: QPainter) -> None:
    painter.save()
    pen = QPen(painter.brush().color(), 2, cap=Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.drawArc(QRectF(-6, -6, 12, 12), 60 * 16, -300 * 16)
    painter.restore()
    painter.drawPolygon(QPolygonF([QPointF(-1, -9), QPointF(5, -5), QPointF(-1, -2)]))


def _back(painter: QPainter) -> None:
    painter.drawRect(QRectF(-6, -5, 2, 10))
    _triangle(painter, -3, 5, 5)


def _on(painter: QPainter) -> None:
    painter.drawRect(QRectF(4, -5, 2, 10))
    _triangle(painter, 3, -5, 5)


def _bracket(painter: QPainter, side: int) -> None:
    painter.save()
    painter.setPen(QPen(painter.brush().color(), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(
        QPointF(side * 1, -6), QPointF(side * -3, -6), QPointF(side * -3, 6), QPointF(side * 1, 6)
    )
    painter.restore()


def _off(painter: QPainter) -> None:
    painter.save()
    painter.setPen(QPen(painter.brush().color(), 2, cap=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(-4, -4), QPointF(4, 4))
    painter.drawLine(QPointF(-4, 4), QPointF(4, -4))
    painter.restore()


SIGNS: dict[str, Draw] = {
    "play": _play,
    "pause": _pause,
    "again": _again,
    "back": _back,
    "on": _on,
    "begin": lambda painter: _bracket(painter, 1),
    "end": lambda painter: _bracket(painter, -1),
    "off": _off,
}


class GlyphButton(QPushButton):
    """sign: one of SIGNS. words: what it does, for the tooltip and for those who do not see it."""

    def __init__(self, sign: str, words: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._sign = ""
        self.setObjectName("glyph")
        self.setFixedSize(32, 30)
        # A click leaves the keyboard's focus alone, so that Space goes on meaning play and pause.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.show_sign(sign, words, tooltip)

    @property
    def sign(self) -> str:
        return self._sign

    def show_sign(self, sign: str, words: str, tooltip: str) -> None:
        if sign != self._sign:
            self._sign = sign
            self.setAccessibleName(words)
            self.setToolTip(tooltip)
            self.update()

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._theme.color("muted" if not self.isEnabled() else "accent" if self.isChecked() else "text")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.translate(self.width() / 2, self.height() / 2)
        SIGNS[self._sign](painter)
        painter.end()
