"""The strip of the last 30 seconds: a lane for each person, actions as bars with their names."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.entities import Snapshot, State
from app.ui import texts, theme
from app.ui.history import SPAN_S, History, Stretch

LANE_HEIGHT = 24
MOST_LANES = 3  # the window follows two people; a third lane shows one who has just left
TICK_S = 5


class Timeline(QWidget):
    """Paints a History. Time runs to the right and ends with the newest picture.

    Actions are filled bars, unknown motion is a dashed outline, idling is a thin line, and nothing is
    nothing: told apart by form, not only by colour.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = History()
        self._theme = theme.DARK
        self.setAccessibleName(texts.TIMELINE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(600, round(self._header_height()) + LANE_HEIGHT * 2 + theme.SPACE)

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def clear(self) -> None:
        self.history.clear()
        self.update()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take in what is new; the picture's own time is the present."""
        if snapshot.frame is None:
            return
        self.history.update(snapshot.frame.timestamp_s, snapshot.decisions, snapshot.events)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lanes = dict(list(self.history.lanes().items())[-MOST_LANES:])
        names = [texts.person(person_id) for person_id in lanes]
        painter.setFont(theme.scaled_font(self, 0.9))
        metrics = QFontMetricsF(painter.font())
        gutter = max((metrics.horizontalAdvance(name) for name in (*names, texts.person(0))), default=0.0)
        gutter = min(gutter + 2 * theme.SPACE, self.width() / 3)
        area = QRectF(gutter, self._header_height(), 0, 0)
        area.setRight(self.width() - 2 * theme.SPACE)
        area.setBottom(self.height() - theme.SPACE)
        if area.width() < 40 or area.height() < 8:
            painter.end()
            return
        self._paint_grid(painter, area, metrics)
        height = min(LANE_HEIGHT, area.height() / max(2, len(lanes)))
        for row, (name, stretches) in enumerate(zip(names, lanes.values(), strict=True)):
            lane = QRectF(area.left(), area.top() + row * height, area.width(), height)
            painter.setPen(self._theme.color("muted"))
            name_box = QRectF(theme.SPACE, lane.top(), gutter - 2 * theme.SPACE, height)
            self._write(painter, name_box, name)
            for stretch in stretches:
                self._paint_stretch(painter, lane.adjusted(0, 2, 0, -2), stretch)
        painter.end()

    def _header_height(self) -> float:
        return QFontMetricsF(theme.scaled_font(self, 0.9)).height() + theme.SPACE

    def _x(self, area: QRectF, time_s: float) -> float:
        x = area.right() - (self.history.now_s - time_s) / SPAN_S * area.width()
        return min(max(x, area.left()), area.right())

    def _paint_grid(self, painter: QPainter, area: QRectF, metrics: QFontMetricsF) -> None:
        line, ink = self._theme.color("border"), self._theme.color("muted")
        step = TICK_S if area.width() > 420 else 2 * TICK_S
        for seconds in range(0, int(SPAN_S) + 1, step):
            x = round(area.right() - seconds / SPAN_S * area.width()) + 0.5
            painter.setPen(QPen(line, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            words = texts.NOW if seconds == 0 else f"−{seconds} s"
            width = metrics.horizontalAdvance(words)
            left = min(max(x - width / 2, area.left() - width / 2), self.width() - width - theme.SPACE)
            painter.setPen(ink)
            painter.drawText(QPointF(left, area.top() - theme.SPACE / 2 - metrics.descent()), words)

    def _paint_stretch(self, painter: QPainter, lane: QRectF, stretch: Stretch) -> None:
        left, right = self._x(lane, stretch.start_s), self._x(lane, stretch.end_s)
        if stretch.going_on:
            right = lane.right()
        bar = QRectF(left, lane.top(), max(2.0, right - left - 1), lane.height())
        painter.setPen(Qt.PenStyle.NoPen)
        if stretch.state is State.IDLE:
            painter.setBrush(self._theme.color("muted", 0.45))
            painter.drawRoundedRect(QRectF(bar.left(), bar.center().y() - 1, bar.width(), 2), 1, 1)
        elif stretch.state is State.UNKNOWN:
            painter.setPen(QPen(self._theme.color("muted", 0.7), 1, Qt.PenStyle.DashLine))
            painter.setBrush(self._theme.color("panel"))
            painter.drawRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(self._theme.color("muted"))
            self._write(painter, bar.adjusted(6, 0, -4, 0), texts.STATE_NAMES[State.UNKNOWN])
        else:
            # An action still going on is in full colour; a finished one steps back a little.
            painter.setBrush(self._theme.color("panel"))
            painter.drawRoundedRect(bar, 4, 4)
            painter.setBrush(self._theme.color("accent", 1.0 if stretch.going_on else 0.3))
            painter.drawRoundedRect(bar, 4, 4)
            painter.setPen(self._theme.color("on_accent" if stretch.going_on else "text"))
            self._write(painter, bar.adjusted(6, 0, -4, 0), texts.headline(stretch.label or ""))

    def _write(self, painter: QPainter, box: QRectF, words: str) -> None:
        metrics = QFontMetricsF(painter.font())
        if box.width() < min(metrics.horizontalAdvance(words), metrics.horizontalAdvance("Mmm…")):
            return  # a letter and dots would say nothing
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
