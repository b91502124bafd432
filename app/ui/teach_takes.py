"""The takes of an action: each a small figure that repeats it, with a verdict and a way to be rid of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QPointF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import overlay
from app.take_recorder import Flaw
from app.ui import theme
from app.ui.skeleton_painter import Joint, paint_skeleton
from app.ui.texts import teach as texts
from stgat.skeleton import FloatArray, Skeleton
from stgat.teaching.profiles import Take

FRAME_MS = 40
REST_S = 0.5  # the figure holds still between two turns
FIGURE_WIDTH, FIGURE_HEIGHT = 64, 84


class TakeFigure(QWidget):
    """One take, over and over. What moves it is `show_moment`."""

    def __init__(self, take: Take, mirrored: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(FIGURE_WIDTH, FIGURE_HEIGHT)
        self._times = take.timestamps_s
        self._points = fit(take.joints_m, mirrored)
        self._skeletons = [
            Skeleton(joints, confidence, 0, float(time_s), points)
            for joints, confidence, time_s, points in zip(
                take.joints_m, take.confidence, take.timestamps_s, self._points, strict=True
            )
        ]
        self.index = 0

    def show_moment(self, time_s: float) -> None:
        """Show where the take is then, if it is repeated from 0 on."""
        moment = time_s % (float(self._times[-1]) + REST_S)
        index = max(0, int(np.searchsorted(self._times, moment, side="right")) - 1)
        if index != self.index:
            self.index = index
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.DARK.color("backdrop"))  # in both themes, as behind the video
        painter.drawRoundedRect(self.rect(), 6, 6)
        skeleton = self._skeletons[self.index]
        opacity = overlay.joint_opacity(skeleton)
        places = self._points[self.index] * (self.width(), self.height())
        # Too small for the form of a poorly seen joint to be told: those are only fainter.
        joints = {
            joint: Joint(QPointF(*places[joint]), float(opacity[joint]), False)
            for joint in np.flatnonzero(opacity).tolist()
        }
        paint_skeleton(painter, joints, 2.0)
        painter.end()


def fit(joints_m: FloatArray, mirrored: bool = False) -> FloatArray:
    """Joints (T, 25, 3) seen from the front -> (T, 25, 2) fractions of a figure that they all fit into."""
    flat = joints_m[..., :2] * (1.0 if mirrored else -1.0, -1.0)  # x grows to the picture's left, y up
    known = flat[np.isfinite(flat).all(axis=-1)]
    low, high = np.percentile(known, [0.5, 99.5], axis=0)
    box = np.array([FIGURE_WIDTH, FIGURE_HEIGHT], np.float64)
    scale = 0.84 * float(np.min(box / np.maximum(high - low, 0.3)))
    return 0.5 + (flat - (low + high) / 2) * scale / box


class TakeRow(QFrame):
    """A figure with its number, its verdict and its discard button."""

    def __init__(self, number: int, take: Take, flaws: Sequence[Flaw], mirrored: bool) -> None:
        super().__init__()
        self.setAccessibleName(texts.take_description(number, take.duration_s, flaws))
        self.figure = TakeFigure(take, mirrored)
        title = QLabel(f"{texts.take(number)} · {texts.seconds(take.duration_s)}")
        title.setFont(theme.scaled_font(title, 1.0, title.font().Weight.DemiBold))
        title.setToolTip(take.origin)
        self.verdict = QLabel(texts.verdict(flaws))
        self.verdict.setWordWrap(True)
        self.verdict.setProperty("role", "warning" if flaws else "muted")
        self.discard = QPushButton(texts.DISCARD)
        self.discard.setAccessibleName(texts.discard_take(number))
        words = QVBoxLayout()
        words.setSpacing(2)
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(self.discard)
        words.addLayout(top)
        words.addWidget(self.verdict)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        row.addWidget(self.figure, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)


class TakeList(QWidget):
    """The takes under each other, all repeating while they are in sight. discarded: a take's index."""

    discarded = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TakeRow] = []
        self._shown: tuple[object, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE)
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._turn)

    def show_takes(self, takes: Sequence[tuple[Take, tuple[Flaw, ...]]], mirrored: bool = False) -> None:
        """takes: each with what speaks against it. mirrored: as the preview is, so that left stays left."""
        shown = (mirrored, *takes)
        if shown == self._shown:
            return
        self._shown = shown
        focused = next((i for i, row in enumerate(self.rows) if row.discard.hasFocus()), None)
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [TakeRow(i + 1, take, flaws, mirrored) for i, (take, flaws) in enumerate(takes)]
        for index, row in enumerate(self.rows):
            row.discard.clicked.connect(lambda _, i=index: self.discarded.emit(i))
            self._column.addWidget(row)
        if focused is not None and self.rows:  # the keyboard stays where it was
            self.rows[min(focused, len(self.rows) - 1)].discard.setFocus()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        self._timer.stop()
        super().hideEvent(event)

    def _turn(self) -> None:
        now = time.monotonic()
        for row in self.rows:
            row.figure.show_moment(now)
