"""The timeline's scale in time: what is in view, how it is moved and zoomed; and its ticks."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PyQt6.QtCore import Qt, pyqtSignal

#: In view at first, and at the least and the most.
SPAN_S, LEAST_SPAN_S = 30.0, 3.0
ZOOM = 1.25  # a notch of the wheel
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


class TimeBox(pg.ViewBox):
    """pyqtgraph's view, in which only time can be moved and zoomed: no menu, no button, no scale in y.

    anchored: while True, zooming keeps the right edge where it is. limits: the first and the last moment
        that can come into view, and the longest span.

    clicked: where, in the scene's coordinates. moved: by hand, by wheel or by a call.
    """

    clicked = pyqtSignal(object)
    moved = pyqtSignal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.anchored = True
        self.limits = (-math.inf, math.inf, math.inf)
        self.setMouseEnabled(x=True, y=False)
        self.disableAutoRange()
        self.setRange(xRange=(-SPAN_S, 0.0), yRange=(0.0, 1.0), padding=0.0)

    @property
    def range_s(self) -> tuple[float, float]:
        """The first and the last moment in view."""
        start_s, end_s = self.viewRange()[0]
        return float(start_s), float(end_s)

    def show_range(self, start_s: float, end_s: float) -> None:
        """Have this in view, or what is nearest to it within the limits."""
        least_s, most_s, longest_s = self.limits
        span_s = min(max(end_s - start_s, LEAST_SPAN_S), max(longest_s, LEAST_SPAN_S))
        if self.anchored or span_s < end_s - start_s:
            start_s = end_s - span_s
        start_s = max(min(start_s, most_s - span_s), min(least_s, most_s - span_s))
        if (start_s, start_s + span_s) != self.range_s:
            self.setXRange(start_s, start_s + span_s, padding=0.0)

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Show so many times the span; at_s stays where it is, by default the middle."""
        start_s, end_s = self.range_s
        longest_s = max(self.limits[2], LEAST_SPAN_S)
        factor = min(max(factor, LEAST_SPAN_S / (end_s - start_s)), longest_s / (end_s - start_s))
        if self.anchored:
            at_s = end_s
        elif at_s is None:
            at_s = (start_s + end_s) / 2
        self.show_range(at_s - (at_s - start_s) * factor, at_s + (end_s - at_s) * factor)
        self.moved.emit()

    def move(self, share: float) -> None:
        """Go that share of the span on, or back where negative."""
        start_s, end_s = self.range_s
        step_s = share * (end_s - start_s)
        self.anchored = False
        self.show_range(start_s + step_s, end_s + step_s)
        self.moved.emit()

    # pyqtgraph's own

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:  # noqa: N802
        """Up and down zoom; to the side, or with Shift, moves."""
        if event.orientation() == Qt.Orientation.Horizontal or event.modifiers() & _SHIFT:
            self.move(-0.1 * event.delta() / 120)
        else:
            at_s = float(self.mapSceneToView(event.scenePos()).x())
            self.zoom(ZOOM ** (-event.delta() / 120), at_s)
        event.accept()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:  # noqa: N802
        """Any button moves."""
        event.accept()
        self.move((event.lastPos().x() - event.pos().x()) / max(1.0, self.width()))

    def mouseClickEvent(self, event: Any) -> None:  # noqa: N802
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(event.scenePos())


_SHIFT = Qt.KeyboardModifier.ShiftModifier


def ticks(start_s: float, end_s: float, width_px: float, label_px: float, zero_s: float) -> list[float]:
    """Round moments in view, counted from zero_s, as many as leave their labels room."""
    span_s = end_s - start_s
    if width_px <= 0 or span_s <= 0:
        return []
    least_s = span_s * label_px / width_px
    step_s = next((step for step in STEPS_S if step >= least_s), None)
    if step_s is None:
        step_s = STEPS_S[-1] * math.ceil(least_s / STEPS_S[-1])
    first = math.ceil((start_s - zero_s) / step_s - 1e-6)
    last = math.floor((end_s - zero_s) / step_s + 1e-6)
    return [zero_s + step_s * number for number in range(first, last + 1)]
