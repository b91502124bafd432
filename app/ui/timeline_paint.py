"""How the timeline looks: lanes, bars, ticks, the playhead. Painted in the widget's own pixels.

Actions are filled bars, unknown motion is a dashed outline, idling is a thin line, and nothing is
nothing: told apart by form, not only by colour.
"""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QFontMetricsF, QPainter, QPen, QPolygonF

from app.entities import ActionEvent, State
from app.ui import texts, theme
from app.ui.history import Stretch
from app.ui.texts import timeline as words
from app.ui.timeline_scale import ticks

LANE_HEIGHT = 24
LABEL_ROOM = 84  # of a tick, in device-independent pixels


@dataclass(frozen=True)
class Picture:
    """All that is painted.

    area: of the lanes. range_s: in view. lanes: person -> stretches, in the order of `History.lanes`.
    hidden: people for whom there is no lane. now_s: live, the newest moment; of a file, the picture's.
    file_s: (analysed up to, duration) of a file; None where the session is live. following: whether "now" is
    at the right edge. chosen: the event that the keyboard is on.
    """

    colours: theme.Theme
    area: QRectF
    range_s: tuple[float, float]
    lanes: dict[int, list[Stretch]]
    hidden: int
    now_s: float
    file_s: tuple[float, float] | None
    following: bool
    chosen: ActionEvent | None

    def x(self, time_s: float) -> float:
        start_s, end_s = self.range_s
        return self.area.left() + (time_s - start_s) / (end_s - start_s) * self.area.width()

    def clamped_x(self, time_s: float) -> float:
        return min(max(self.x(time_s), self.area.left()), self.area.right())


def gutter(metrics: QFontMetricsF, people: list[int], width: float) -> float:
    """The room that the names need at the left."""
    names = [texts.person(person) for person in (*people, 0)]
    needed = max(metrics.horizontalAdvance(name) for name in names) + 2 * theme.SPACE
    return min(needed, width / 3)


def paint(painter: QPainter, picture: Picture) -> list[tuple[QRectF, Stretch]]:
    """Paint it all; returns where each stretch is, for the mouse."""
    metrics = QFontMetricsF(painter.font())
    _paint_ticks(painter, picture, metrics)
    if picture.file_s is not None:
        _paint_unanalysed(painter, picture, picture.file_s[0])
    boxes: list[tuple[QRectF, Stretch]] = []
    area = picture.area
    height = min(LANE_HEIGHT, area.height() / max(2, len(picture.lanes)))
    for row, (person, stretches) in enumerate(picture.lanes.items()):
        lane = QRectF(area.left(), area.top() + row * height, area.width(), height)
        name_box = QRectF(theme.SPACE, lane.top(), area.left() - 2 * theme.SPACE, height)
        painter.setPen(picture.colours.color("muted"))
        _write(painter, name_box, texts.person(person))
        painter.save()
        painter.setClipRect(area.adjusted(0, -2, 0, 2))
        inner = lane.adjusted(0, min(2.0, height / 8), 0, -min(2.0, height / 8))
        for stretch in stretches:
            box = _box(picture, inner, stretch)
            if box is not None:
                _paint_stretch(painter, picture, box, stretch)
                boxes.append((box, stretch))
        painter.restore()
    if picture.hidden:
        box = QRectF(theme.SPACE, 0, area.left() - 2 * theme.SPACE, area.top() - theme.SPACE / 2)
        painter.setPen(picture.colours.color("muted"))
        _write(painter, box, words.others(picture.hidden))
    if picture.file_s is not None:
        _paint_playhead(painter, picture)
    return boxes


def _box(picture: Picture, lane: QRectF, stretch: Stretch) -> QRectF | None:
    """Where a stretch is painted; None where it is out of view."""
    start_s, end_s = picture.range_s
    until_s = stretch.end_s
    if stretch.going_on and picture.file_s is None:
        until_s = max(until_s, picture.now_s)
    if until_s < start_s or stretch.start_s > end_s:
        return None
    left, right = picture.clamped_x(stretch.start_s), picture.clamped_x(until_s)
    return QRectF(left, lane.top(), max(2.0, right - left - 1), lane.height())


def _paint_ticks(painter: QPainter, picture: Picture, metrics: QFontMetricsF) -> None:
    area, (start_s, end_s) = picture.area, picture.range_s
    relative = picture.following and picture.file_s is None
    zero_s = picture.now_s if relative else 0.0
    # The view is moved now and then only; what is said to be now is not to come and go meanwhile.
    behind_s = theme.SPACE * (end_s - start_s) / max(1.0, area.width()) if relative else 0.0
    for time_s in ticks(start_s, end_s + behind_s, area.width(), LABEL_ROOM, zero_s):
        if time_s < zero_s - 1e6 or (not relative and time_s < 0):
            continue
        x = min(round(picture.x(time_s)), round(area.right()) - 1) + 0.5
        painter.setPen(QPen(picture.colours.color("border"), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        label = words.ago(picture.now_s - time_s) if relative else words.clock(time_s)
        width = metrics.horizontalAdvance(label)
        left = min(max(x - width / 2, area.left() - width / 2), area.right() + theme.SPACE - width)
        painter.setPen(picture.colours.color("muted"))
        painter.drawText(QPointF(left, area.top() - theme.SPACE / 2 - metrics.descent()), label)


def _paint_unanalysed(painter: QPainter, picture: Picture, analysed_s: float) -> None:
    """Slanted lines where nothing is known yet."""
    left = picture.clamped_x(analysed_s)
    rest = QRectF(left, picture.area.top(), picture.area.right() - left, picture.area.height())
    if rest.width() < 1:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(picture.colours.color("border"), Qt.BrushStyle.BDiagPattern))
    painter.drawRect(rest)


def _paint_playhead(painter: QPainter, picture: Picture) -> None:
    start_s, end_s = picture.range_s
    if not start_s <= picture.now_s <= end_s:
        return
    x, top = picture.x(picture.now_s), picture.area.top()
    painter.setPen(QPen(picture.colours.color("panel", 0.8), 4))  # an edge, so that it is seen on bars
    painter.drawLine(QPointF(x, top), QPointF(x, picture.area.bottom()))
    painter.setPen(QPen(picture.colours.color("text"), 1.6))
    painter.drawLine(QPointF(x, top), QPointF(x, picture.area.bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(picture.colours.color("text"))
    painter.drawPolygon(QPolygonF([QPointF(x - 5, top - 4), QPointF(x + 5, top - 4), QPointF(x, top + 3)]))


def _paint_stretch(painter: QPainter, picture: Picture, bar: QRectF, stretch: Stretch) -> None:
    colours = picture.colours
    painter.setPen(Qt.PenStyle.NoPen)
    if stretch.state is State.IDLE:
        painter.setBrush(colours.color("muted", 0.45))
        painter.drawRoundedRect(QRectF(bar.left(), bar.center().y() - 1, bar.width(), 2), 1, 1)
        return
    radius = min(4.0, bar.width() / 2)
    if stretch.state is State.UNKNOWN:
        painter.setPen(QPen(colours.color("muted", 0.7), 1, Qt.PenStyle.DashLine))
        painter.setBrush(colours.color("panel"))
        painter.drawRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setPen(colours.color("muted"))
        _write(painter, bar.adjusted(6, 0, -4, 0), texts.STATE_NAMES[State.UNKNOWN])
        return
    # What goes on is in full colour; what is over steps back a little.
    current = stretch.going_on or (
        picture.file_s is not None and stretch.start_s <= picture.now_s < stretch.end_s
    )
    painter.setBrush(colours.color("panel"))
    painter.drawRoundedRect(bar, radius, radius)
    painter.setBrush(colours.color("accent", 1.0 if current else 0.3))
    painter.drawRoundedRect(bar, radius, radius)
    painter.setPen(colours.color("on_accent" if current else "text"))
    _write(painter, bar.adjusted(6, 0, -4, 0), texts.headline(stretch.label or ""))
    if picture.chosen is not None and _is(stretch, picture.chosen):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.color("text"), 2))
        painter.drawRoundedRect(bar.adjusted(1, 1, -1, -1), radius, radius)


def _is(stretch: Stretch, event: ActionEvent) -> bool:
    return (stretch.person_id, stretch.start_s) == (event.person_id, event.start_s)


def _write(painter: QPainter, box: QRectF, written: str) -> None:
    metrics = QFontMetricsF(painter.font())
    if box.width() < min(metrics.horizontalAdvance(written), metrics.horizontalAdvance("Mmm…")):
        return  # a letter and dots would say nothing
    shown = metrics.elidedText(written, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
