"""Saving all events of a session as a table, JSON or subtitles."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QStandardPaths, Qt, QTimer
from PyQt6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.errors import OutputError
from app.event_log import EventLog
from app.exports import write_events
from app.names import safe_name
from app.ui import texts
from app.ui.texts import events as words

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

POLL_MS = 30
SAID_FOR_MS = 8000
CLOSING_S = 0.5


class SaveEvents(QObject):
    """Part of the events feature. The file is written in a thread: a disk may be far away, or asleep."""

    def __init__(self, window: MainWindow, log: EventLog) -> None:
        super().__init__(window)
        self._window, self._log = window, log
        self._writer: threading.Thread | None = None
        self._error = ""
        self._done = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        window.commands.add(texts.GROUP_EVENTS, words.SAVE_EVENTS, self.ask, "Ctrl+E")
        window.closing.connect(self._close)

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._writer is not None

    def ask(self) -> None:
        """Ask for a place and save there; the dialog runs beside the window."""
        if not len(self._log):
            tell(self._window, words.SAVE_EVENTS_TITLE, words.NOTHING_TO_SAVE)
            return
        name = words.events_of(proposed_name(self._window))
        dialog = save_dialog(self._window, words.SAVE_EVENTS_TITLE, name, words.EVENT_FILTERS)
        dialog.fileSelected.connect(lambda path: self.save(Path(path)))
        dialog.open()

    def save(self, path: Path) -> None:
        """Write all events there; the suffix says in which form."""
        if self._writer is not None:
            return
        remember_folder(self._window, path)
        events, gaps, spec = self._log.events, self._log.gaps, self._window.spec
        self._error, self._done = "", words.events_saved(len(events), path, gaps)

        def write() -> None:
            try:
                write_events(path, events, spec)
            except OutputError as error:
                self._error = str(error)
            except OSError as error:  # a folder that cannot even be looked into
                self._error = f"{path} cannot be written ({error.strerror or error}); choose another file"

        self._writer = threading.Thread(target=write, name="save-events", daemon=True)
        self._writer.start()
        self._timer.start(POLL_MS)

    def _look(self) -> None:
        if self._writer is None or self._writer.is_alive():
            return
        self._writer.join()
        self._writer = None
        self._timer.stop()
        if self._error:
            tell(self._window, words.NOT_SAVED, self._error)
        else:
            self._window.status.showMessage(self._done, SAID_FOR_MS)

    def _close(self) -> None:
        self._timer.stop()
        if self._writer is not None:
            self._writer.join(self._window.time_left(CLOSING_S))


def tell(parent: QWidget, title: str, sentence: str) -> QMessageBox:
    """Say something that must not be missed, without holding anything up."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, sentence, QMessageBox.StandardButton.Ok, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def save_dialog(window: MainWindow, title: str, name: str, filters: dict[str, str]) -> QFileDialog:
    """A dialog for a place to save at. filters: suffix -> its line; the first one is chosen."""
    folder = Path(window.services.settings.value.export_folder or _documents())
    if not folder.is_dir():
        folder = Path(_documents())
    dialog = QFileDialog(window, title, str(folder / name), ";;".join(filters.values()))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    suffixes = {line: suffix.removeprefix(".") for suffix, line in filters.items()}
    dialog.setDefaultSuffix(next(iter(suffixes.values())))
    dialog.filterSelected.connect(lambda line: dialog.setDefaultSuffix(suffixes.get(line, "")))
    return dialog


def remember_folder(window: MainWindow, path: Path) -> None:
    """The next dialog begins where this file went."""
    window.services.settings.change(export_folder=str(path.parent))


def proposed_name(window: MainWindow) -> str:
    """A source's name as part of a file's."""
    name = Path(texts.source_name(window.spec, window.cameras)).stem
    return safe_name(name, texts.APPLICATION)


def _documents() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or str(
        Path.home()
    )
