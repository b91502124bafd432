"""The row above the video: source, start and stop, mirror, full screen, and the menu of all commands."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from app.ui import texts, theme
from app.ui.source_picker import SourcePicker


class ToolBar(QWidget):
    """Holds the controls; what they do is the window's business.

    menu_wanted: the menu, about to be seen, for the window to fill.
    """

    menu_wanted = pyqtSignal(QMenu)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.picker = SourcePicker()
        self.start = _button(texts.START)
        self.start.setObjectName("primary")
        self.mirror = _button(texts.MIRROR)
        self.mirror.setCheckable(True)
        self.full_screen = _button(texts.FULL_SCREEN)
        self.menu = _button(texts.MENU)
        menu = QMenu(self.menu)
        menu.aboutToShow.connect(lambda: self.menu_wanted.emit(menu))
        self.menu.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE * 3 // 2, theme.SPACE, theme.SPACE * 3 // 2, theme.SPACE)
        row.setSpacing(theme.SPACE)
        row.addWidget(self.picker)
        row.addWidget(self.start)
        row.addStretch(1)
        row.addWidget(self.mirror)
        row.addWidget(self.full_screen)
        row.addWidget(self.menu)
        # The button keeps its width whichever of its two words it carries.
        widths = []
        for words in (texts.STOP, texts.START):
            self.start.setText(words)
            widths.append(self.start.sizeHint().width())
        self.start.setMinimumWidth(max(widths) + theme.SPACE)

    def set_theme(self, colours: theme.Theme) -> None:
        self.picker.set_theme(colours)

    def show_playing(self, playing: bool) -> None:
        """Whether the button starts or stops."""
        words = texts.STOP if playing else texts.START
        self.start.setText(words)
        self.start.setAccessibleName(words)
        self.start.setToolTip(texts.TOOLTIPS[words])


def _button(words: str) -> QPushButton:
    button = QPushButton(words)
    button.setAccessibleName(words)
    button.setToolTip(texts.TOOLTIPS[words])
    # A click leaves the keyboard's focus alone, so that Space goes on meaning start and stop.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
