"""Feature: the training window, opened from the menu."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.ui import texts, theme
from app.ui.texts import train as words

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.ui.train_window import TrainWindow


class Training(QObject):
    """Makes the window when it is first asked for: its curves take a moment to load."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: TrainWindow | None = None
        window.commands.add(texts.GROUP_TOOLS, words.TRAIN, self.show, "Ctrl+T")
        window.themed.connect(self._set_theme)
        window.closing.connect(self._close)
        window.train_wanted.connect(self.train_on)

    def show(self) -> None:
        """Open the window, or bring it to the front."""
        if self.dialog is None:
            from app.ui.train_window import TrainWindow

            self.dialog = TrainWindow(self._window)
            self.dialog.set_theme(self._window.colours)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def train_on(self, recordings: str) -> None:
        """Put a run together that goes on from the model that ships, on these recordings."""
        self.show()
        assert self.dialog is not None
        self.dialog.train_on(Path(recordings))

    def _set_theme(self, colours: theme.Theme) -> None:
        if self.dialog is not None:
            self.dialog.set_theme(colours)

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.close_down(self._window.time_left(0.5))
