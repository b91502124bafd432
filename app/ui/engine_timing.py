"""The ways to compute a model are timed once, in a process beside the window."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from app.engines import measured_for
from app.program import program
from app.ui.work import Work

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

#: How long something has played before: by then everything is loaded, and somebody means to stay.
LATER_MS = 20_000


class EngineTiming(QObject):
    """Feature: finds out which way to compute is the fastest here, for the next time a model is loaded.

    Only where the device is chosen automatically and nothing is known of the model yet. The process has a low
    priority, takes some seconds, and ends with the window.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._services = window.services
        self._process: subprocess.Popen[bytes] | None = None
        self._work: Work | None = None
        self._closed = False
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(LATER_MS)
        self.timer.timeout.connect(self._begin)
        window.began.connect(lambda _: self.timer.start())
        window.over.connect(self.timer.stop)
        window.closing.connect(self._close)

    def _begin(self) -> None:
        loader = self._services.loader
        if self._work is None and loader is not None and loader.device == "auto":
            model = loader.model
            self._work = Work(self, lambda: self._time(model))
            self._work.done.connect(self._over)
            self._work.failed.connect(self._over)

    def _over(self, _: object) -> None:
        self._work = None

    def _time(self, model: Path) -> None:
        if measured_for(model) is not None or self._closed:
            return
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen([*program(), "time-engines", str(model)], **quiet)
        if self._closed:
            self._process.kill()
        self._process.wait()

    def _close(self) -> None:
        self._closed = True
        if self._process is not None:
            self._process.kill()
