"""Where the window's parts are: measured in the window's process, checked in the test's."""

from __future__ import annotations

from itertools import combinations

from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import QMainWindow, QWidget

from app.ui import theme

Boxes = dict[str, list[int]]


def measure(window: QMainWindow) -> Boxes:
    """Name -> [x, y, width, height] of every part in view, in the window's coordinates."""
    parts: dict[str, QWidget | None] = {
        "toolbar": window.toolbar,
        "video": window.video,
        "side": window.side,
        "timeline": window.timeline.parentWidget(),
        "status": window.statusBar(),
    }
    boxes = {}
    for name, part in parts.items():
        if part is not None and part.isVisible():
            corner = part.mapTo(window, QPoint(0, 0))
            boxes[name] = [corner.x(), corner.y(), part.width(), part.height()]
    return boxes


def check(boxes: Boxes, size: tuple[int, int]) -> None:
    """Every part is inside the window, none is over another, and together they leave no hole."""
    window = QRect(0, 0, *size)
    rects = {name: QRect(*box) for name, box in boxes.items()}
    for name, rect in rects.items():
        assert window.contains(rect), f"{name} {rect} reaches out of the window {size}"
    for (name, rect), (other, other_rect) in combinations(rects.items(), 2):
        assert not rect.intersects(other_rect), f"{name} {rect} is over {other} {other_rect}"
    covered = sum(rect.width() * rect.height() for rect in rects.values())
    assert covered > 0.9 * size[0] * size[1], f"only {covered} px of {size} are used: {boxes}"
    top, bottom = rects["toolbar"].top(), rects["status"].bottom()
    assert top <= 1
    assert bottom >= size[1] - 2
    assert rects["toolbar"].bottom() <= rects["video"].top()
    assert "timeline" not in rects or rects["timeline"].height() >= 80  # a header and two lanes
    assert rects["video"].width() * rects["video"].height() > 0.15 * size[0] * size[1]


def check_picture(picture: QImage, boxes: Boxes) -> None:
    """What is painted agrees with what was measured: each part has its own ground in one of the themes."""

    def ground(name: str) -> str:
        """The colour that most points along the part's left edge have, a little inside."""
        x, y, _, height = boxes[name]
        colours = [picture.pixelColor(x + 3, y + dy).name() for dy in range(4, height - 4, 3)]
        return max(set(colours), key=colours.count)

    colours = next(t for t in (theme.DARK, theme.LIGHT) if QColor(t.panel).name() == ground("toolbar"))
    grounds = {"video": colours.backdrop, "side": colours.panel, "status": colours.window}
    for name in boxes.keys() & grounds.keys():
        assert ground(name) == QColor(grounds[name]).name(), f"{name} is not painted where it is"
