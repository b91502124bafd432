"""Work that takes seconds, in a thread of its own, told of in Qt's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.errors import USER_ERRORS

log = logging.getLogger(__name__)

POLL_MS = 40

#: work(progress(share 0..1, step), cancelled()) -> what is handed to `done`.
Work = Callable[[Callable[[float, str], None], Callable[[], bool]], Any]


class Job(QObject):
    """At most one piece of work at a time.

    progressed: share 0..1 and step, as the work tells. done: what the work returned. failed: a sentence.
    ended: the thread is no more, however that came; then `done` or `failed`, unless it was cancelled.
    """

    progressed = pyqtSignal(float, str)
    done = pyqtSignal(object)
    failed = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(self, parent: QObject, name: str) -> None:
        super().__init__(parent)
        self._name = name
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()
        self._progress: tuple[float, str] | None = None
        self._told: tuple[float, str] | None = None
        self._outcome: list[Any] = []
        self._error = ""
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def busy(self) -> bool:
        return self._thread is not None

    def begin(self, work: Work) -> None:
        """Start this work. Raises RuntimeError while another is under way."""
        if self.busy:
            raise RuntimeError(f"{self._name} is under way")
        self._cancel = cancel = threading.Event()
        self._progress = self._told = None
        self._outcome, self._error = [], ""
        # Daemon: work that hangs must not keep the application from ending.
        self._thread = threading.Thread(target=self._run, args=(work, cancel), name=self._name, daemon=True)
        self._thread.start()
        self._timer.start()

    def cancel(self) -> None:
        """Ask the work to end; neither `done` nor `failed` follows."""
        self._cancel.set()

    def close(self, timeout_s: float = 0.8) -> bool:
        """Cancel, and wait at most so long; False if it has not ended by then."""
        self.cancel()
        self._timer.stop()
        if self._thread is not None:
            self._thread.join(timeout_s)
            return not self._thread.is_alive()
        return True

    def _run(self, work: Work, cancel: threading.Event) -> None:
        def progress(share: float, step: str) -> None:
            self._progress = (share, step)

        try:
            outcome = work(progress, cancel.is_set)
        except (*USER_ERRORS, OSError) as error:
            self._error = str(error) or type(error).__name__
        except Exception as error:
            if not cancel.is_set():
                log.exception("%s failed", self._name)
                self._error = f"something went wrong inside the application ({type(error).__name__}: {error})"
        else:
            self._outcome = [outcome]

    def _poll(self) -> None:
        progress = self._progress
        if progress is not None and progress != self._told and not self._cancel.is_set():
            self._told = progress
            self.progressed.emit(*progress)
        if self._thread is None or self._thread.is_alive():
            return
        self._thread.join()
        self._thread = None
        self._timer.stop()
        self.ended.emit()
        if self._cancel.is_set():
            return
        if self._outcome:
            self.done.emit(self._outcome[0])
        else:
            self.failed.emit(self._error)
