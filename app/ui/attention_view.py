"""What the network looked at, painted: joints as large as the attention they got, and a bar a distance."""

from __future__ import annotations

import math

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QComboBox, QLabel, QScrollArea, QStackedLayout, QToolTip, QVBoxLayout, QWidget

from app.explaining import Explanation
from app.ui import texts, theme
from app.ui.texts import views
from stgat.skeleton import NTU25, FloatArray

#: A figure that faces us: x to its left, y downwards, both in heights of the figure. The hands are larger
#: than life, so that their joints can be told apart.
_FIGURE = {
    "spine base": (0.0, 0.52), "spine mid": (0.0, 0.40), "spine shoulder": (0.0, 0.27), "neck": (0.0, 0.205),
    "head": (0.0, 0.10), "shoulder": (0.125, 0.28), "elbow": (0.21, 0.39), "wrist": (0.28, 0.49),
    "hand": (0.325, 0.55), "hand tip": (0.365, 0.62), "thumb": (0.265, 0.60), "hip": (0.08, 0.545),
    "knee": (0.095, 0.73), "ankle": (0.105, 0.89), "foot": (0.165, 0.94),
}  # fmt: skip
#: Radius of a joint that got its even share, in heights of the figure; larger ones grow up to so many times.
_EVEN_RADIUS, _LARGEST = 0.021, 2.2
_NAMED = 3  # joints that are named in words


def figure_positions() -> FloatArray:
    """(25, 2) where the joints of the figure are."""
    places = []
    for name in NTU25.joints:
        side = -1 if name.startswith("right ") else 1
        x, y = _FIGURE[name.removeprefix("left ").removeprefix("right ")]
        places.append((side * x, y))
    return np.array(places)


class AttentionFigure(QWidget):
    """A circle a joint: filled and beyond its dashed ring with more than its even share, else hollow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._emphasis = np.ones(NTU25.num_joints)
        self._mirrored = False
        self._places = figure_positions()
        self.setAccessibleName(views.ATTENTION_FIGURE)
        self.setMinimumSize(150, 200)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(280, 320)

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def set_mirrored(self, mirrored: bool) -> None:
        self._mirrored = mirrored
        self.update()

    def show_emphasis(self, emphasis: FloatArray) -> None:
        """(25,) how many times its even share each joint got."""
        self._emphasis = emphasis
        self.setAccessibleDescription(most_looked_at(emphasis))
        self.update()

    def position(self, joint: int) -> QPointF:
        """Where a joint is painted."""
        x, y = self._places[joint]
        height = self._height()
        middle = QPointF(self.width() / 2, (self.height() - height) / 2)
        return middle + QPointF(-x if self._mirrored else x, y) * height

    def radius(self, joint: int) -> float:
        """Of its disc, in pixels."""
        return float(np.clip(self._emphasis[joint], 0.2, _LARGEST)) * _EVEN_RADIUS * self._height()

    def _height(self) -> float:
        return min(float(self.height()), self.width() / 0.85)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("border"), max(2.0, 0.008 * self._height())))
        for child, parent in NTU25.bones:
            painter.drawLine(self.position(child), self.position(parent))
        even = _EVEN_RADIUS * self._height()
        for joint in np.argsort(self._emphasis).tolist():
            at, more = self.position(joint), self._emphasis[joint] >= 1.0
            painter.setPen(QPen(self._theme.color("panel" if more else "muted"), 1.5))
            painter.setBrush(self._theme.color("accent" if more else "window"))
            painter.drawEllipse(at, self.radius(joint), self.radius(joint))
            if more:
                ring = QPen(self._theme.color("on_accent"), 1.2, Qt.PenStyle.CustomDashLine)
                ring.setDashPattern([2.0, 2.0])
                painter.setPen(ring)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, even, even)
        painter.end()

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            near = [
                (math.hypot(offset.x(), offset.y()), joint)
                for joint in range(NTU25.num_joints)
                for offset in [self.position(joint) - QPointF(event.pos())]
            ]
            away, joint = min(near)
            words = joint_words(joint, self._emphasis[joint]) if away <= self.radius(joint) + 3 else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)


class DistanceBars(QWidget):
    """A bar for each distance in bones, as long as its share; a mark where an even look would end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._shares, self._even = np.zeros(0), np.zeros(0)
        self.setAccessibleName(views.ATTENTION_BARS)
        self.setToolTip(views.EVEN)

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def show_shares(self, shares: FloatArray, even: FloatArray) -> None:
        """(D,) the share of each distance, and of a network that looks evenly."""
        self._shares, self._even = shares, even
        self.setAccessibleDescription(
            ", ".join(f"{views.distance(d)} {texts.percent(share)}" for d, share in enumerate(shares))
        )
        self.updateGeometry()
        self.update()

    def _row(self) -> float:
        return QFontMetricsF(self.font()).height() + 4.0

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(260, math.ceil(self._row() * max(1, len(self._shares))))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(150, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        if not len(self._shares):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, row = QFontMetricsF(self.font()), self._row()
        names = [views.distance(d) for d in range(len(self._shares))]
        name_w = max(metrics.horizontalAdvance(name) for name in names) + theme.SPACE
        number_w = metrics.horizontalAdvance("100 %") + theme.SPACE
        room = max(10.0, self.width() - name_w - number_w)
        scale = room / max(self._shares.max(), self._even.max())
        for d, (share, even) in enumerate(zip(self._shares, self._even, strict=True)):
            line = QRectF(0, d * row, self.width(), row)
            bar = QRectF(name_w, line.center().y() - 4, room, 8)
            painter.setPen(self._theme.color("text"))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, names[d])
            painter.drawText(
                line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, texts.percent(share)
            )
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("track"))
            painter.drawRoundedRect(bar, 4, 4)
            bar.setWidth(share * scale)
            painter.setBrush(self._theme.color("accent"))
            painter.drawRoundedRect(bar, min(4.0, bar.width() / 2), 4)
            at = name_w + even * scale
            painter.setPen(QPen(self._theme.color("text"), 2))
            painter.drawLine(QPointF(at, line.center().y() - 7), QPointF(at, line.center().y() + 7))
        painter.end()


class AttentionPanel(QWidget):
    """Who and what, the figure, the bars, which block they are of, and what to make of it; or a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._explanation: Explanation | None = None
        self.message = _words(centred=True)
        self.answer, self.most, self.note = _words(), _words(), _words()
        self.note.setText(views.ATTENTION_NOTE)
        self.note.setProperty("role", "muted")
        self.most.setProperty("role", "muted")
        self.figure, self.bars = AttentionFigure(), DistanceBars()
        self.block = QComboBox()
        for part in (self.block, self.block.view()):
            assert part is not None
            part.setAccessibleName(views.BLOCKS)
        self.block.currentIndexChanged.connect(self._paint)
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setSpacing(theme.SPACE)
        for widget in (self.answer, self.most):
            column.addWidget(widget)
        column.addWidget(self.figure, 1)
        for widget in (self.block, self.bars, self.note):
            column.addWidget(widget)
        scroll = QScrollArea()
        scroll.setWidget(shown)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.message)
        self._pages.addWidget(scroll)
        self.show_message(views.ATTENTION_NOT_RUNNING)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 640)

    def set_theme(self, colours: theme.Theme) -> None:
        self.answer.setFont(theme.scaled_font(self, 1.0, QFont.Weight.DemiBold))
        self.figure.set_theme(colours)
        self.bars.set_theme(colours)

    def show_message(self, words: str) -> None:
        """A sentence in the place of everything else."""
        self.message.setText(words)
        self._pages.setCurrentIndex(0)

    def show_explanation(self, explanation: Explanation) -> None:
        """From now on this one."""
        self._explanation = explanation
        blocks = len(explanation.joints)
        if self.block.count() != blocks + 1:
            self.block.blockSignals(True)
            self.block.clear()
            self.block.addItem(views.ALL_BLOCKS)
            self.block.addItems([views.block(number, blocks) for number in range(1, blocks + 1)])
            self.block.blockSignals(False)
        self._paint()
        self._pages.setCurrentIndex(1)

    def _paint(self) -> None:
        if self._explanation is None:
            return
        chosen = self.block.currentIndex()
        block = None if chosen <= 0 else chosen - 1
        emphasis = self._explanation.emphasis(block)
        self.answer.setText(
            views.ATTENTION_ANSWER.format(
                person=texts.person(self._explanation.person_id),
                action=texts.headline(self._explanation.label),
                percent=texts.percent(self._explanation.probability),
            )
        )
        self.most.setText(most_looked_at(emphasis))
        self.figure.show_emphasis(emphasis)
        self.bars.show_shares(self._explanation.distances(block), self._explanation.even_hops)


def joint_words(joint: int, emphasis: float) -> str:
    """A joint and how many times its even share it got."""
    return f"{views.JOINTS[NTU25.joints[joint]]} {views.times(emphasis)}"


def most_looked_at(emphasis: FloatArray) -> str:
    """The joints that got most, in words."""
    top = np.argsort(-emphasis)[:_NAMED].tolist()
    return views.ATTENTION_MOST.format(joints=", ".join(joint_words(j, emphasis[j]) for j in top))


def _words(centred: bool = False) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    if centred:
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setProperty("role", "muted")
        label.setContentsMargins(*[2 * theme.SPACE] * 4)
    return label
