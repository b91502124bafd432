"""Work that Qt's thread must not wait for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.errors import USER_ERRORS

POLL_MS = 30

log = logging.getLogger(__name__)


class Work(QObject):
    """Does one thing in a thread of its own and tells of it in Qt's.

    done: with the outcome. failed: with a sentence. Either is told only while the parent lives; the thread
    itself ends when its job does, and Python does not end before: a job takes seconds at most.
    """

    done = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject, job: Callable[[], Any]) -> None:
        super().__init__(parent)
        outcome: list[Any] = []
        self._outcome, self._error = outcome, ""
        self._thread = threading.Thread(target=self._run, args=(job, outcome), name="work")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(POLL_MS)
        self._thread.start()

    def _run(self, job: Callable[[], Any], outcome: list[Any]) -> None:
        try:
            outcome.append(job())
        except (OSError, *USER_ERRORS) as error:
            self._error = str(error)
        except Exception as error:
            log.exception("work failed")
            self._error = f"{type(error).__name__}: {error}"

    def _look(self) -> None:
        if self._thread.is_alive():
            return
        self._timer.stop()
        if self._outcome:
            self.done.emit(self._outcome[0])
        else:
            self.failed.emit(self._error)
