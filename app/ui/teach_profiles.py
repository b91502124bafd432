"""Which profile the teaching panel shows, and what a person can do with profiles."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMessageBox

from app.errors import USER_ERRORS, OutputError
from app.lessons import Workbook
from app.names import safe_name
from app.settings import home
from app.teaching import export_recordings, import_profile, list_profiles, profile_path, write_profile
from app.ui import texts as window_texts
from app.ui.teach_panel import ProfileChoice, TeachPanel
from app.ui.texts import teach as texts
from stgat.errors import TeachingError
from stgat.teaching.profiles import Profile

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


log = logging.getLogger(__name__)


class ProfileKeeper(QObject):
    """Holds the profile that is open, writes every change, and answers the chooser and its menu.

    opened: another profile is shown, or none. leaving: it is about to be another one (False), or to be
    removed (True). written: the profile has changed.
    """

    opened = pyqtSignal()
    leaving = pyqtSignal(bool)
    written = pyqtSignal()

    def __init__(self, window: MainWindow, panel: TeachPanel) -> None:
        super().__init__(window)
        self._window, self._panel = window, panel
        self.workbook: Workbook | None = None
        panel.profile_chosen.connect(self._chosen)
        panel.new_profile.connect(self._ask_name)
        panel.open_profile.connect(self._ask_file)
        panel.save_copy.connect(self._ask_copy)
        panel.remove_profile.connect(self._ask_removal)
        panel.train_wanted.connect(self.train)
        panel.save_again.connect(self._save_again)

    def change(self, change: Callable[[Profile], Profile]) -> None:
        """Make a change and write it; where there is no profile yet, one is made.

        Raises TeachingError for a change that cannot be, OSError never: see Workbook.problem.
        """
        book = self.workbook
        if book is None:
            change(Profile(texts.MY_ACTIONS))  # what cannot be, shall leave nothing behind
            book = self.workbook = Workbook.new(_free_name())
            self.refresh()
            self.opened.emit()
        book.change(change(book.profile))
        self.written.emit()

    def open(self, path: Path) -> None:
        """Show this profile. Raises TeachingError for a file that is none."""
        workbook = Workbook.open(path)
        self._leave()
        self.workbook = workbook
        self._panel.show_problem("")
        self.refresh()
        self.opened.emit()

    def refresh(self) -> None:
        """Look at the folder anew; where no profile is shown, show the first that can be read."""
        files = list_profiles()
        choices = [ProfileChoice(file.name, file.path, bool(file.error)) for file in files]
        current = self.workbook.path if self.workbook is not None else None
        if self.workbook is not None and current not in [file.path for file in files]:
            choices.insert(0, ProfileChoice(self.workbook.profile.name, self.workbook.path))
        self._panel.show_profiles(choices, current)
        readable = next((file.path for file in files if not file.error), None)
        if self.workbook is None and readable is not None:
            self._guard(lambda: self.open(readable))

    def ask(self, question: str, act: Callable[[], object]) -> None:
        """Act once a person has said yes; the question stands beside the window, not instead of it."""
        box = QMessageBox(QMessageBox.Icon.Question, texts.TITLE, question, parent=self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        yes = box.addButton(texts.REMOVE, QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(texts.CANCEL, QMessageBox.ButtonRole.RejectRole))
        box.buttonClicked.connect(lambda button: act() if button is yes else None)
        box.open()

    # The menu

    def new(self, name: str) -> None:
        """An empty profile of this name, and show it."""

        def make() -> None:
            workbook = Workbook.new(name)
            self._leave()
            self.workbook = workbook
            self._panel.show_problem(workbook.problem, can_save=bool(workbook.problem))
            self.refresh()
            self.opened.emit()

        self._guard(make)

    def take_over(self, file: str) -> None:
        """Copy a profile's file into the folder, and show it."""
        self._guard(lambda: self.open(import_profile(Path(file)).path))

    def save_copy(self, file: str) -> None:
        """Write the profile shown to a file, to be given to others."""
        book = self.workbook
        if book is not None:
            self._guard(lambda: write_profile(Path(file), book.profile))

    def train(self) -> None:
        """Write the takes as recordings, and have the training window begin with them."""
        book = self.workbook
        if book is not None:
            folder = home() / "takes" / safe_name(book.path.stem, "profile")

            def write() -> None:
                shutil.rmtree(folder, ignore_errors=True)  # takes that were discarded since
                export_recordings(book.profile, folder)
                self._window.train_wanted.emit(str(folder))

            self._guard(write)

    def remove(self) -> None:
        """Remove the profile shown and its file."""
        book = self.workbook
        if book is not None:
            self._leave(removed=True)
            if self._guard(lambda: _delete(book.path)):
                self.workbook = None
                self.refresh()
                self.opened.emit()

    # Asking

    def _chosen(self, path: Path) -> None:
        if self.workbook is None or path != self.workbook.path:
            broken = not self._guard(lambda: self.open(path))
            if broken:
                self.refresh()
                problem = self._panel.problem.text()
                self.ask(
                    f"{problem}\n\n{texts.remove_broken_question(path.stem)}",
                    lambda: self._guard(lambda: _delete(path)) and self.refresh(),
                )

    def _ask_name(self) -> None:
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(texts.TITLE)
        dialog.setLabelText(texts.NEW_PROFILE_NAME)
        dialog.textValueSelected.connect(self.new)
        dialog.open()

    def _ask_file(self) -> None:
        dialog = QFileDialog(self._window, texts.OPEN_PROFILE, "", texts.PROFILE_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.take_over)
        dialog.open()

    def _ask_copy(self) -> None:
        if self.workbook is None:
            return
        dialog = QFileDialog(self._window, texts.SAVE_COPY, self.workbook.path.name, texts.PROFILE_FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(self.workbook.path.suffix.removeprefix("."))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.save_copy)
        dialog.open()

    def _ask_removal(self) -> None:
        if self.workbook is not None:
            self.ask(texts.remove_profile_question(self.workbook.profile), self.remove)

    def _save_again(self) -> None:
        if self.workbook is not None:
            self.workbook.save()
            self._panel.show_problem(self.workbook.problem, can_save=bool(self.workbook.problem))

    def close(self) -> None:
        """The window closes: one more try to write what could not be written."""
        if self.workbook is not None and self.workbook.problem and not self.workbook.save():
            log.warning("%s", self.workbook.problem)

    def _leave(self, removed: bool = False) -> None:
        """Raises TeachingError where that would lose what could not be written."""
        if self.workbook is None:
            return
        self.leaving.emit(removed)
        if not removed and self.workbook.problem and not self.workbook.save():
            raise TeachingError(self.workbook.problem)

    def _guard(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except USER_ERRORS as error:
            self._panel.show_problem(sentence(error))
            return False
        return True


def sentence(error: Exception) -> str:
    """An error for the window: it stands alone there, so it begins with a capital."""
    return window_texts.sentence(str(error))


def _delete(path: Path) -> None:
    """By its path: a profile that was named on the command line may lie in any folder."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be removed ({error.strerror or error})") from error


def _free_name() -> str:
    """The name for the profile that is made where there is none; another where a broken file has it."""
    number = 1
    name = texts.MY_ACTIONS
    while profile_path(name).exists():
        number += 1
        name = f"{texts.MY_ACTIONS} {number}"
    return name
