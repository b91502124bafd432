"""The files that were played last, in the source picker's menu."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.settings import Settings
from app.ui import texts
from app.ui.texts import files
from stgat.data.session_folder import is_session

if TYPE_CHECKING:
    from app.entities import Snapshot
    from app.ui.main_window import MainWindow

MOST = 10


class RecentFiles(QObject):
    """Feature: remembers each file of which a picture was seen, the newest first.

    Whether the files are still there is looked up beside the window, which must not wait for a disk that
    sleeps; one that is gone is shown, and cannot be chosen.
    """

    _looked = pyqtSignal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._settings = window.services.settings
        self._picker = window.toolbar.picker
        self._opening: str | None = None
        self._clear = window.commands.add(texts.GROUP_SESSION, files.CLEAR_RECENT, self.clear)
        self._picker.forget_wanted.connect(self.clear)
        self._looked.connect(self._show)
        window.began.connect(self._begun)
        window.shown.connect(self._shown)
        window.over.connect(self._look)
        self._settings.on_change(self._changed)
        self._show({})
        self._look()

    def clear(self) -> None:
        """Forget them all."""
        self._settings.change(recent_files=())

    def _begun(self, spec: str) -> None:
        self._opening = None if spec == "demo" or spec.startswith("camera:") else spec

    def _shown(self, snapshot: Snapshot) -> None:
        if self._opening is not None and snapshot.frame is not None:
            path, self._opening = str(Path(self._opening).expanduser().absolute()), None
            others = [other for other in self._settings.value.recent_files if other != path]
            self._settings.change(recent_files=(path, *others)[:MOST])

    def _changed(self, value: Settings) -> None:
        if [path for path, _ in self._picker.recent] != list(value.recent_files):
            self._show({})
            self._look()

    def _look(self) -> None:
        paths = self._settings.value.recent_files
        if paths:
            threading.Thread(target=self._find, args=(paths,), name="recent-files", daemon=True).start()

    def _find(self, paths: tuple[str, ...]) -> None:
        there = {path: _is_there(path) for path in paths}
        try:
            self._looked.emit(there)
        except RuntimeError:  # the window has gone meanwhile
            return

    def _show(self, there: dict[str, bool]) -> None:
        paths = self._settings.value.recent_files
        self._picker.set_recent([(path, there.get(path, True)) for path in paths])
        self._clear.setEnabled(bool(paths))


def _is_there(path: str) -> bool:
    try:
        return Path(path).is_file() or is_session(Path(path))
    except (OSError, ValueError):
        return False
