"""The 25 joints of everybody in view, in space, turned by mouse or keys; painted without OpenGL."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import QWidget

from app import overlay
from app.entities import Snapshot
from app.orbit import OrbitCamera
from app.ui import texts, theme
from app.ui.skeleton_painter import Joint, colour, paint_bone, paint_joint
from app.ui.texts import views
from stgat.skeleton import NTU25, FloatArray, Skeleton

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

SQUARE_M, SQUARES = 0.5, 5  # of the floor, to each side
BONE_M = 0.035
TURN = math.radians(10)  # a press of an arrow key
ZOOM = 1.15  # a notch of the wheel, a press of + or -
FOLLOW = 0.2  # how much of the way to the person the view goes with each picture
JUMP_M = 1.0  # from here on it jumps
HEAD = NTU25.joints.index("head")

# As a drag in that direction: what is near goes along with it.
_TURNS = {
    Qt.Key.Key_Left: (TURN, 0.0),
    Qt.Key.Key_Right: (-TURN, 0.0),
    Qt.Key.Key_Up: (0.0, -TURN),
    Qt.Key.Key_Down: (0.0, TURN),
}
_HARMLESS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier  # + may need Shift
_ZOOMS = {Qt.Key.Key_Plus: ZOOM, Qt.Key.Key_Equal: ZOOM, Qt.Key.Key_Minus: 1 / ZOOM}


class SpaceView(QWidget):
    """Follows one person; the others, and the floor's squares, are seen from there.

    camera: from where; keys and mouse change it. In a mirrored view left and right are exchanged as in the
    picture beside it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._people: tuple[Skeleton, ...] = ()
        self._mirrored = False
        self._target: FloatArray | None = None
        self._floor_m = 0.0
        self._dragged: QPointF | None = None
        self.camera = OrbitCamera()
        self.setAccessibleName(views.SPACE)
        self.setAccessibleDescription(views.SPACE_DESCRIPTION)
        self.setToolTip(views.SPACE_HELP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 160)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(320, 360)

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def set_mirrored(self, mirrored: bool) -> None:
        if mirrored != self._mirrored:
            self._mirrored = mirrored
            self.update()

    def clear(self) -> None:
        """Nobody, and no memory of where somebody was."""
        self._people, self._target = (), None
        self.update()

    def show_people(self, skeletons: Sequence[Skeleton], focus: int | None = None) -> None:
        """Paint these from now on, and follow the person `focus`, or the first; those without a root are not
        in space."""
        self._people = tuple(s for s in skeletons if np.isfinite(s.joints_m[0]).all())
        if self._people:
            followed = next((s for s in self._people if s.person_id == focus), self._people[0])
            self._follow(followed.joints_m)
        self.update()

    def reset(self) -> None:
        """The first view."""
        self.camera = OrbitCamera()
        self.update()

    def _follow(self, joints_m: FloatArray) -> None:
        root = joints_m[0]
        lowest = float(np.nanmin(joints_m[:, 1]))
        if self._target is None or float(np.linalg.norm(root - self._target)) > JUMP_M:
            self._target, self._floor_m = root, lowest
            return
        self._target = self._target + FOLLOW * (root - self._target)
        # Feet that leave the floor shall not lift it, but an estimate that drifts shall not leave it behind.
        self._floor_m += (1.0 if lowest < self._floor_m else 0.02) * (lowest - self._floor_m)

    # Painting

    def position(self, point_m: FloatArray) -> QPointF | None:
        """Where a point in space is painted; None where it is not in view or not known."""
        if self._target is None:
            return None
        right, down, _ = self.camera.project(point_m, self._target)
        if not math.isfinite(right):
            return None
        unit = self._unit()
        middle = QRectF(self.rect()).center()
        return middle + QPointF(-right if self._mirrored else right, down) * unit

    def _unit(self) -> float:
        """Pixels that the camera's picture is high."""
        return float(min(self.width() * 1.2, self.height()))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self._theme.color("backdrop"))
        if self._target is not None and self._people:
            self._paint_floor(painter)
            by_depth = sorted(self._people, key=lambda person: -self._depth(person.joints_m[0]))
            for person in by_depth:
                self._paint_shadow(painter, person)
            for person in by_depth:
                self._paint_person(painter, person)
            self._paint_legend(painter)
        else:
            self._paint_words(painter, views.SPACE_EMPTY)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.DARK.color("accent"), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _depth(self, point_m: FloatArray) -> float:
        return float(np.nan_to_num(self.camera.project(point_m, self._target)[2]))

    def _paint_floor(self, painter: QPainter) -> None:
        """Squares that stand still in space, so that it is the person who is seen to walk."""
        assert self._target is not None
        reach = SQUARES * SQUARE_M
        x0, z0 = (math.floor(v / SQUARE_M) * SQUARE_M for v in self._target[[0, 2]])
        painter.setPen(QPen(colour((150, 158, 172), 0.28), 1))
        for step in np.arange(-SQUARES, SQUARES + 1) * SQUARE_M:
            for start, end in (
                ((x0 + step, z0 - reach), (x0 + step, z0 + reach)),
                ((x0 - reach, z0 + step), (x0 + reach, z0 + step)),
            ):
                # In pieces: one end of a long line may be behind the camera.
                marks = [self.position(self._on_floor(x, z)) for x, z in np.linspace(start, end, 11)]
                for a, b in pairwise(marks):
                    if a is not None and b is not None:
                        painter.drawLine(a, b)

    def _on_floor(self, x_m: float, z_m: float) -> FloatArray:
        return np.array([x_m, self._floor_m, z_m])

    def _paint_shadow(self, painter: QPainter, person: Skeleton) -> None:
        """The bones straight below on the floor: they show how far away each is."""
        painter.setPen(QPen(colour((0, 0, 0), 0.5), 3, cap=Qt.PenCapStyle.RoundCap))
        for child, parent, _ in overlay.BONES:
            ends = [self.position(self._on_floor(*person.joints_m[j][[0, 2]])) for j in (child, parent)]
            if ends[0] is not None and ends[1] is not None:
                painter.drawLine(ends[0], ends[1])

    def _paint_person(self, painter: QPainter, person: Skeleton) -> None:
        opacity, doubtful = overlay.confidence_opacity(person.confidence), overlay.unsure(person)
        joints: dict[int, Joint] = {}
        for number in np.flatnonzero(opacity).tolist():
            at = self.position(person.joints_m[number])
            if at is not None:
                joints[number] = Joint(at, float(opacity[number]), bool(doubtful[number]))
        depth = {number: self._depth(person.joints_m[number]) for number in joints}
        bones = [b for b in overlay.BONES if b[0] in joints and b[1] in joints]
        # The farthest first; each bone with its edge and its outer joint, so that what is nearer covers it.
        for child, parent, side in sorted(bones, key=lambda b: -(depth[b[0]] + depth[b[1]])):
            near = min(depth[child], depth[parent])
            thickness = max(2.0, min(12.0, BONE_M * self.camera.focal / near * self._unit()))
            for edge in (True, False):
                paint_bone(painter, joints[child], joints[parent], side, thickness, edge)
            for number in (child, parent):
                paint_joint(painter, joints[number], overlay.JOINT_SIDES[number], 0.9 * thickness)
        if HEAD in joints and len(self._people) > 1:
            painter.setPen(theme.DARK.color("text"))
            name = QRectF(0, 0, 200, 20)
            name.moveCenter(joints[HEAD].at - QPointF(0, 22))
            painter.drawText(name, Qt.AlignmentFlag.AlignCenter, texts.person(person.person_id))

    def _paint_legend(self, painter: QPainter) -> None:
        painter.setFont(theme.scaled_font(self, 0.9))
        metrics = QFontMetricsF(painter.font())
        x, y = float(theme.SPACE), self.height() - metrics.descent() - theme.SPACE
        for side, words in ((overlay.Side.LEFT, views.LEFT), (overlay.Side.RIGHT, views.RIGHT)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(overlay.SIDE_COLOURS[side]))
            painter.drawEllipse(QPointF(x + 4, y - metrics.xHeight() / 2), 4, 4)
            painter.setPen(theme.DARK.color("muted"))
            painter.drawText(QPointF(x + 12, y), words)
            x += 12 + metrics.horizontalAdvance(words) + 2 * theme.SPACE
        words = views.grid(SQUARE_M)
        if x + metrics.horizontalAdvance(words) + theme.SPACE < self.width():
            painter.drawText(QPointF(x, y), words)

    def _paint_words(self, painter: QPainter, words: str) -> None:
        painter.setPen(theme.DARK.color("muted"))
        room = self.rect().adjusted(2 * theme.SPACE, 0, -2 * theme.SPACE, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)

    # Turning

    def _turn(self, yaw: float, pitch: float) -> None:
        self.camera = self.camera.turned(-yaw if self._mirrored else yaw, pitch)
        self.update()

    def _zoom(self, factor: float) -> None:
        self.camera = self.camera.zoomed(factor)
        self.update()

    def event(self, event: QEvent | None) -> bool:
        # These keys are the view's own while it has the focus, whatever they mean to the window.
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and not event.modifiers() & ~_HARMLESS
            and (event.key() in _TURNS or event.key() in _ZOOMS or event.key() == Qt.Key.Key_Home)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _TURNS:
            self._turn(*_TURNS[key])
        elif key in _ZOOMS:
            self._zoom(_ZOOMS[key])
        elif key == Qt.Key.Key_Home:
            self.reset()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and self._dragged is not None:
            moved = event.position() - self._dragged
            self._dragged = event.position()
            self._turn(-math.radians(0.5) * moved.x(), math.radians(0.5) * moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        self.reset()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        if event is not None and event.angleDelta().y():
            self._zoom(ZOOM ** (event.angleDelta().y() / 120))
            event.accept()


class SpaceDock(QObject):
    """Feature: the view as a dock, on key 3. It costs nothing while it is hidden."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.view = SpaceView()
        self.dock = window.add_dock("space", views.SPACE, self.view, "3")
        self.dock.visibilityChanged.connect(self._show)
        window.shown.connect(self._show)
        window.began.connect(self.view.clear)
        window.themed.connect(self.view.set_theme)

    def _show(self, _: object = None) -> None:
        snapshot: Snapshot | None = self._window.snapshot
        if self.dock.isVisible() and snapshot is not None:
            self.view.set_mirrored(self._window.video.mirrored)
            self.view.show_people(snapshot.skeletons, self._window.side.focus)
