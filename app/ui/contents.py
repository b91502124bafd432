"""How the window's parts stand together, and what is left out when there is little room."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.panels import SidePanel
from app.ui.timeline import Timeline
from app.ui.toolbar import ToolBar
from app.ui.video_view import VideoView

# In device-independent pixels
NARROW = 720  # the side panel goes under the video
LOW = 400  # the timeline goes
VERY_NARROW = 460  # full screen is left to its key
LEAST_VIDEO_HEIGHT = 320  # the bars under a video may not make it lower than this


class Contents(QWidget):
    """Toolbar, video, side panel, timeline, and the bars that features put between."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.toolbar = ToolBar()
        self.video = VideoView()
        self.side = SidePanel()
        self.timeline = Timeline()
        self.strip = QWidget()
        self.strip.setObjectName("strip")
        self.strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        # The video is what gives way where there is little room.
        self.strip.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        strip = QVBoxLayout(self.strip)
        strip.setContentsMargins(theme.SPACE, theme.SPACE, 0, 0)
        strip.addWidget(self.timeline)
        self.body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.body.setSpacing(0)
        self.body.addWidget(self.video, 1)
        self.body.addWidget(self.side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addLayout(self.body, 1)
        self._bars = QVBoxLayout()
        self._bars.setSpacing(0)
        column.addLayout(self._bars)
        column.addWidget(self.strip)
        for widget in (self, self.side):
            widget.setMinimumSize(1, 1)  # what does not fit is left out, so nothing sets a least size

    def add_bar(self, bar: QWidget) -> None:
        """A row between video and timeline, which may come and go."""
        bar.setMinimumWidth(1)
        bar.installEventFilter(self)
        self._bars.addWidget(bar)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 (Qt's name)
        if event is not None and event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        narrow, low = self.width() < NARROW, self.height() < LOW
        directions = QBoxLayout.Direction
        self.body.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self.side.set_below(narrow)
        self.strip.setVisible(not low)
        self.toolbar.full_screen.setVisible(self.width() >= VERY_NARROW)
        room = self.height() - self.toolbar.sizeHint().height()
        room -= 0 if low else self.strip.sizeHint().height()
        room -= self._bars.sizeHint().height()
        room -= LEAST_VIDEO_HEIGHT if narrow else 0
        self.side.set_bars_visible(room >= self.side.full_height())
