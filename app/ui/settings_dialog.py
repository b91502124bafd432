"""The settings: what they are is on pages of their own; here they are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QSize, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QMessageBox,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import texts, theme
from app.ui.settings_device import DevicePage
from app.ui.settings_effects import SettingsEffects
from app.ui.settings_general import GeneralPage
from app.ui.settings_model import ModelPage
from app.ui.settings_recognition import RecognitionPage
from app.ui.texts import settings as words

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class SettingsFeature(QObject):
    """Feature: the command that opens the settings; and that what is set there has its effect."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._effects = SettingsEffects(window)
        window.commands.add(texts.GROUP_TOOLS, words.SETTINGS, self.show, "Ctrl+,")

    def show(self, page: str = "") -> None:
        """Open them beside the window, or bring them to the front; page: its title."""
        dialog = self._window.findChild(SettingsDialog) or SettingsDialog(self._window)
        dialog.turn_to(page)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()


class SettingsDialog(QDialog):
    """Pages of settings, each of which is put to use as soon as it is changed. Made anew each time."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("settings")
        self.setWindowTitle(words.SETTINGS)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = window.services.settings
        self.recognition = RecognitionPage(window.services)
        self.model = ModelPage(window.services)
        self.device = DevicePage(window.services)
        self.general = GeneralPage(window.services)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(words.SETTINGS)
        self.tabs.setUsesScrollButtons(True)
        for page, title in (
            (self.recognition, words.RECOGNITION),
            (self.model, words.MODEL),
            (self.device, words.DEVICE),
            (self.general, words.GENERAL),
        ):
            self.tabs.addTab(_scrolled(page, title), title)
        self.model.chosen.connect(self.recognition.show_model)
        self.problem = QLabel(self._settings.problem)
        self.problem.setWordWrap(True)
        self.problem.setVisible(bool(self._settings.problem))
        buttons = QDialogButtonBox()
        self.reset_all = buttons.addButton(words.RESET_ALL, QDialogButtonBox.ButtonRole.ResetRole)
        close = buttons.addButton(texts.CLOSE, QDialogButtonBox.ButtonRole.RejectRole)
        assert self.reset_all is not None
        assert close is not None
        self.reset_all.setAutoDefault(False)
        close.setDefault(True)
        self.reset_all.clicked.connect(self.ask_to_reset)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self.problem)
        column.addWidget(self.tabs, 1)
        column.addWidget(buttons)
        self.resize(self._fitting(QSize(620, 680)))
        self.set_theme(window.colours)
        window.themed.connect(self.set_theme)

    def set_theme(self, colours: theme.Theme) -> None:
        """A dialog does not take its colours from its parent by itself."""
        self.colours = colours
        theme.apply(self, colours)

    def turn_to(self, title: str) -> None:
        """Show the page of this title; any other title leaves the page as it is."""
        for index in range(self.tabs.count()):
            if self.tabs.tabText(index) == title:
                self.tabs.setCurrentIndex(index)

    def ask_to_reset(self) -> None:
        """Ask, and only then set everything as on the first start."""
        box = QMessageBox(self)
        box.setObjectName("reset")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        theme.apply(box, self.colours)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(words.RESET_ALL_TITLE)
        box.setText(words.RESET_ALL_TITLE)
        box.setInformativeText(words.RESET_ALL_QUESTION)
        yes = box.addButton(words.RESET_ALL_YES, QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(words.CANCEL, QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        assert yes is not None
        yes.clicked.connect(self._reset)
        box.open()

    def _reset(self) -> None:
        self._settings.reset()
        for page in (self.recognition, self.model, self.device, self.general):
            page.show_settings()

    def _fitting(self, size: QSize) -> QSize:
        screen = self.screen() or QGuiApplication.primaryScreen()
        room = screen.availableSize() if screen is not None else size
        return size.boundedTo(room - QSize(4 * theme.SPACE, 8 * theme.SPACE))


def _scrolled(page: QWidget, title: str) -> QScrollArea:
    scroll = QScrollArea()
    scroll.setWidget(page)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setAccessibleName(title)
    return scroll
