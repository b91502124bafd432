"""The picture with the skeletons on it, and plain words over it where there is something to say."""

from __future__ import annotations

import time
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app import overlay
from app.entities import Decision, Snapshot
from app.trails import HandTrails
from app.ui import texts, theme
from app.ui.skeleton_painter import Joint, paint_skeleton, paint_trail
from app.ui.texts.views import caption
from stgat.skeleton import Skeleton


class VideoView(QWidget):
    """Paints a snapshot's frame as large as it fits, keeping its aspect.

    The pose always sees the picture as it is; a mirrored preview mirrors picture and bones here, in the
    painting, and leaves the words readable. `asked_on` is emitted by the message's button, `message_changed`
    with the new message or None, `painted` after each painting with the seconds it took.
    """

    asked_on = pyqtSignal()
    painted = pyqtSignal(float)
    message_changed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._image: NDArray[np.uint8] | None = None  # kept: QImage only points into it
        self._skeletons: tuple[Skeleton, ...] = ()
        self._decisions: dict[int, Decision] = {}
        self._mirrored = False
        self._trails = HandTrails()
        self._trails_shown, self._skeleton_shown = False, True
        self._message: texts.Message | None = None
        self.setAccessibleName(texts.VIDEO)
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.button = QPushButton(self)
        self.button.setObjectName("primary")
        self.button.clicked.connect(self.asked_on)
        self.button.hide()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(800, 600)

    @property
    def message(self) -> texts.Message | None:
        return self._message

    @property
    def mirrored(self) -> bool:
        return self._mirrored

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def set_mirrored(self, mirrored: bool) -> None:
        self._mirrored = mirrored
        self.update()

    def show_skeleton(self, shown: bool) -> None:
        """Whether bones and joints are painted; the captions stay."""
        self._skeleton_shown = shown
        self.update()

    def show_trails(self, shown: bool) -> None:
        """Whether the hands' ways of the last moments are painted."""
        self._trails_shown = shown
        self.update()

    def clear(self) -> None:
        """Forget the picture."""
        self._image, self._skeletons, self._decisions = None, (), {}
        self._trails.clear()
        self.update()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint this snapshot's frame from now on; one without a frame leaves the last one."""
        if snapshot.frame is None:
            return
        self._image = for_screen(snapshot.frame.image)
        self._skeletons = snapshot.skeletons
        self._decisions = {decision.person_id: decision for decision in snapshot.decisions}
        self._trails.add(snapshot.skeletons, snapshot.frame.timestamp_s)
        self.update()

    def set_message(self, message: texts.Message | None) -> None:
        """Words over the picture; None takes them away."""
        if message == self._message:
            return
        self._message = message
        self.setAccessibleDescription(f"{message.title}. {message.detail}" if message else "")
        self.button.setText(message.button if message else "")
        self.button.setAccessibleName(self.button.text())
        self.button.setVisible(bool(message and message.button))
        self._place_button()
        self.message_changed.emit(message)
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture is painted, in the widget's coordinates; empty without a picture."""
        if self._image is None or 0 in self._image.shape:
            return QRectF()
        height, width = self._image.shape[:2]
        scale = min(self.width() / width, self.height() / height)
        size = QRectF(0, 0, width * scale, height * scale)
        size.moveCenter(QRectF(self.rect()).center())
        return size

    def joint_position(self, skeleton: Skeleton, joint: int) -> QPointF:
        """Where a joint is painted, in the widget's coordinates; at the other side if mirrored."""
        assert skeleton.image_joints is not None
        x, y = skeleton.image_joints[joint]
        return self._position(float(x), float(y))

    def _position(self, x: float, y: float) -> QPointF:
        box = self.picture_rect()
        return QPointF(
            box.left() + (1 - x if self._mirrored else x) * box.width(), box.top() + y * box.height()
        )

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        self._place_button()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        began = time.perf_counter()
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("backdrop"))
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = self.picture_rect()
        if not box.isEmpty():
            self._paint_picture(painter, box)
            painter.setClipRect(box)
            thickness = overlay.line_width(int(box.width()), int(box.height()))
            for trail in self._trails.trails() if self._trails_shown else ():
                way = [
                    (self._position(x, y), fresh)
                    for (x, y), fresh in zip(trail.points, trail.freshness, strict=True)
                ]
                paint_trail(painter, way, trail.side, thickness)
            for skeleton in self._skeletons if self._skeleton_shown else ():
                paint_skeleton(painter, self._joints(skeleton), thickness)
            captions: list[QRectF] = []
            for skeleton in self._skeletons:
                self._paint_caption(painter, box, skeleton, captions)
            painter.setClipping(False)
        if self._message is not None:
            (self._paint_cover if self._message.covering else self._paint_note)(painter, self._message)
        painter.end()
        self.painted.emit(time.perf_counter() - began)

    def _paint_picture(self, painter: QPainter, box: QRectF) -> None:
        assert self._image is not None
        height, width = self._image.shape[:2]
        pixels = cast(bytes, self._image.data)  # any buffer will do; the stubs name only bytes
        image = QImage(pixels, width, height, 4 * width, QImage.Format.Format_RGB32)
        painter.save()
        if self._mirrored:
            painter.translate(2 * box.center().x(), 0)
            painter.scale(-1, 1)
        painter.drawImage(box, image)
        painter.restore()

    def _joints(self, skeleton: Skeleton) -> dict[int, Joint]:
        opacity, doubtful = overlay.joint_opacity(skeleton), overlay.unsure(skeleton)
        return {
            joint: Joint(self.joint_position(skeleton, joint), float(opacity[joint]), bool(doubtful[joint]))
            for joint in np.flatnonzero(opacity).tolist()
        }

    def _paint_caption(self, painter: QPainter, box: QRectF, skeleton: Skeleton, taken: list[QRectF]) -> None:
        anchor = overlay.head_anchor(skeleton)
        if anchor is None:
            return
        painter.setFont(theme.scaled_font(self, 1.0, QFont.Weight.DemiBold))
        words = caption(skeleton.person_id, self._decisions.get(skeleton.person_id))
        metrics = QFontMetricsF(painter.font())
        pill = QRectF(
            0, 0, metrics.horizontalAdvance(words) + 2 * theme.SPACE, metrics.height() + theme.SPACE
        )
        head = self._position(*anchor)
        pill.moveBottomLeft(head + QPointF(0.04 * box.height(), -0.05 * box.height()))
        pill.moveLeft(max(box.left() + 2, min(pill.left(), box.right() - pill.width() - 2)))
        pill.moveTop(max(box.top() + 2, min(pill.top(), box.bottom() - pill.height() - 2)))
        for other in taken:  # two heads close together: the later caption gives way
            if pill.intersects(other):
                above = other.top() - pill.height() - 2
                pill.moveTop(above if above >= box.top() else other.bottom() + 2)
        taken.append(pill)
        self._paint_pill(painter, pill, words)

    def _paint_pill(self, painter: QPainter, pill: QRectF, words: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(12, 13, 16, 190))
        painter.drawRoundedRect(pill, pill.height() / 3, pill.height() / 3)
        painter.setPen(QColor(240, 240, 236))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_note(self, painter: QPainter, message: texts.Message) -> None:
        painter.setFont(theme.scaled_font(self, 1.1, QFont.Weight.DemiBold))
        metrics = QFontMetricsF(painter.font())
        room = self.width() - 4 * theme.SPACE
        words = f"{message.title} – {message.detail}" if message.detail else message.title
        if metrics.horizontalAdvance(words) > room:
            words = metrics.elidedText(message.title, Qt.TextElideMode.ElideRight, max(0, room))
        size = QRectF(
            0, 0, metrics.horizontalAdvance(words) + 3 * theme.SPACE, metrics.height() + 1.5 * theme.SPACE
        )
        size.moveCenter(QPointF(self.width() / 2, 0))
        size.moveBottom(self.height() - 2 * theme.SPACE)
        self._paint_pill(painter, size, words)

    def _paint_cover(self, painter: QPainter, message: texts.Message) -> None:
        if self._image is not None:
            painter.fillRect(self.rect(), QColor(13, 14, 18, 178))
        title, detail = self._cover_boxes(message)
        painter.setPen(QColor(240, 240, 236))
        painter.setFont(theme.scaled_font(self, 1.9, QFont.Weight.DemiBold))
        painter.drawText(title, _CENTRED, message.title)
        painter.setPen(QColor(176, 182, 192))
        painter.setFont(theme.scaled_font(self, 1.1))
        painter.drawText(detail, _CENTRED, message.detail)
        if message.busy:
            wheel = QRectF(0, 0, 28, 28)
            wheel.moveCenter(QPointF(self.width() / 2, title.top() - 30))
            turned = int(time.monotonic() * 360 * 16) % (360 * 16)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(255, 255, 255, 40), 3))
            painter.drawEllipse(wheel)
            painter.setPen(QPen(theme.DARK.color("accent"), 3, cap=Qt.PenCapStyle.RoundCap))
            painter.drawArc(wheel, -turned, 100 * 16)

    def _cover_boxes(self, message: texts.Message) -> tuple[QRectF, QRectF]:
        """Where title and detail go: together, with room for the button, in the middle of the view."""
        width = max(60.0, min(self.width() - 4.0 * theme.SPACE, 560.0))
        room = QRectF(0, 0, width, 10_000)
        title = QFontMetricsF(theme.scaled_font(self, 1.9, QFont.Weight.DemiBold))
        title_h = title.boundingRect(room, _CENTRED, message.title).height()
        detail = QFontMetricsF(theme.scaled_font(self, 1.1))
        detail_h = detail.boundingRect(room, _CENTRED, message.detail).height() if message.detail else 0.0
        button_h = self.button.sizeHint().height() + 2 * theme.SPACE if message.button else 0.0
        left = (self.width() - width) / 2
        top = max(theme.SPACE, (self.height() - title_h - detail_h - theme.SPACE - button_h) / 2)
        return (
            QRectF(left, top, width, title_h),
            QRectF(left, top + title_h + theme.SPACE, width, detail_h),
        )

    def _place_button(self) -> None:
        if self._message is None or not self._message.button:
            return
        self.button.resize(self.button.sizeHint())
        _, detail = self._cover_boxes(self._message)
        top = min(detail.bottom() + 2 * theme.SPACE, self.height() - self.button.height() - theme.SPACE)
        self.button.move(round((self.width() - self.button.width()) / 2), round(top))


def for_screen(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) RGB -> (H, W, 4), blue first, as the screen has it: Qt paints this twice as fast."""
    if image.size == 0:
        return np.zeros((0, 0, 4), np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGRA), np.uint8)


_CENTRED = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
