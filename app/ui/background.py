"""Work on files and processes away from the Qt thread, one thing after the other."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from app.errors import USER_ERRORS

T = TypeVar("T")
log = logging.getLogger(__name__)


class Background(QObject):
    """A thread that does what it is asked, in order. Its answers come back to the Qt thread.

    The thread begins with the first thing it is asked, and ends within a moment of `close`, once the thing in
    hand is done; what was still to do is left, and nothing is answered after that.
    """

    _done = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None, name: str = "background") -> None:
        super().__init__(parent)
        self._name = name
        self._asked: queue.SimpleQueue[tuple | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._done.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], object] = lambda result: None,
        failed: Callable[[Exception], object] = lambda error: None,
    ) -> None:
        """Do the work; then call one of the others, in the Qt thread, with its result or its error.

        The error is one that a user can meet (app.errors.USER_ERRORS, OSError).
        """
        if self._closing.is_set():
            return
        if self._thread is None:
            # Daemon: a disk that hangs must not keep the application from ending.
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        self._asked.put((work, then, failed))

    def close(self, timeout_s: float = 0.5) -> None:
        self._closing.set()
        self._asked.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _work(self) -> None:
        while (task := self._asked.get()) is not None and not self._closing.is_set():
            work, then, failed = task
            try:
                answer, given = then, work()
            except (*USER_ERRORS, OSError) as error:
                log.info("%s: %s", self._name, error)
                answer, given = failed, error
            if not self._closing.is_set():
                self._done.emit(answer, given)

    def _answer(self, answer: Callable[[object], object], given: object) -> None:
        if not self._closing.is_set():
            answer(given)
