"""The table of all commands and their keys, asked for with `?`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.ui import texts, theme
from app.ui.dialogs import close_button

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class ShortcutTable(QObject):
    """Feature: the command that shows the table."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.commands.add(texts.GROUP_HELP, texts.SHORTCUTS, self.show, "?")

    def show(self) -> None:
        """Open the table beside the window."""
        dialog = ShortcutDialog(self._window)
        dialog.open()


class ShortcutDialog(QDialog):
    """Every command that has a key, under its heading. Made anew each time, since features come and go."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("shortcuts")
        self.setWindowTitle(texts.SHORTCUTS)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setHorizontalSpacing(3 * theme.SPACE)
        row = 0
        for heading, actions in window.commands.groups().items():
            keyed = [action for action in actions if not action.shortcut().isEmpty()]
            if not keyed:
                continue
            title = QLabel(heading)
            title.setObjectName("section")
            grid.addWidget(title, row, 0, 1, 2)
            row += 1
            for action in keyed:
                keys = QLabel(action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
                keys.setObjectName("keys")
                keys.setAlignment(Qt.AlignmentFlag.AlignCenter)
                name = QLabel(action.text())
                name.setAccessibleName(f"{action.text()}: {keys.text()}")
                grid.addWidget(name, row, 0)
                grid.addWidget(keys, row, 1)
                row += 1
        grid.setRowStretch(row, 1)
        scroll = QScrollArea()
        scroll.setAccessibleName(texts.SHORTCUTS)
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.addWidget(scroll)
        column.addWidget(close_button(self))
        self.resize(
            inside.sizeHint().width() + 6 * theme.SPACE,
            min(640, inside.sizeHint().height() + 12 * theme.SPACE),
        )
