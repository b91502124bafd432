"""Starting, stopping and changing sessions without making the Qt thread wait."""

from __future__ import annotations

import logging
import threading
import time

from app import memory
from app.entities import Snapshot
from app.ui.session import OpenSession, SessionLike

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 1.0


class SessionRunner:
    """Holds at most one session, and takes it from one source to the next in a short-lived thread.

    All methods return at once, `close` excepted; call them from one thread (Qt's). A source is opened only
    after the one before it has stopped, since both may be the same camera. When several are asked for
    meanwhile, the last wish counts.
    """

    def __init__(self, open_session: OpenSession) -> None:
        self._open_session = open_session
        self._session: SessionLike | None = None
        self._worker: threading.Thread | None = None
        self._outcome: SessionLike | Exception | None = None
        self._wish: str | None = None
        self._wish_is_new = False
        self._closing = threading.Event()
        self.error: str | None = None

    @property
    def session(self) -> SessionLike | None:
        """The running session; None while there is none, or it is being changed."""
        return None if self.busy else self._session

    @property
    def busy(self) -> bool:
        """True while a session is being stopped or opened."""
        return self._worker is not None or self._wish_is_new

    def play(self, spec: str) -> None:
        """Stop what runs, then open and start this source; a failure is told by `error`."""
        self._ask(spec)

    def stop(self) -> None:
        """Stop what runs and forget it."""
        self._ask(None)

    def snapshot(self) -> Snapshot | None:
        """The running session's newest snapshot; None while there is no session, or one is being changed."""
        self._collect()
        return None if self.busy or self._session is None else self._session.snapshot()

    def close(self, timeout_s: float = STOP_TIMEOUT_S) -> bool:
        """Stop for good, waiting at most timeout_s. False if something has not ended by then."""
        deadline = time.monotonic() + timeout_s
        self._closing.set()
        if self._worker is not None:
            self._worker.join(timeout_s)
        self._collect(final=True)
        if self._session is not None and self._worker is None:
            self._begin(None)
        if self._worker is not None:
            self._worker.join(max(0.0, deadline - time.monotonic()))
            self._collect(final=True)
        return self._worker is None

    def _ask(self, wish: str | None) -> None:
        if self._closing.is_set():
            return
        self._wish, self._wish_is_new = wish, True
        self.error = None
        self._collect()

    def _collect(self, final: bool = False) -> None:
        """Take over what the worker has done, and give it the next wish."""
        if self._worker is not None and not self._worker.is_alive():
            self._worker.join()
            self._worker = None
            if isinstance(self._outcome, Exception):
                self._session, self.error = None, str(self._outcome) or type(self._outcome).__name__
            else:
                self._session = self._outcome
            self._outcome = None
        if self._worker is None and self._wish_is_new and not final:
            self._wish_is_new = False
            self._begin(self._wish)

    def _begin(self, spec: str | None) -> None:
        old, self._session, self.error = self._session, None, None
        if old is None and spec is None:
            return
        # Daemon: a device that hangs must not keep the application from ending.
        self._worker = threading.Thread(
            target=self._change, args=(old, spec), name="session-change", daemon=True
        )
        self._worker.start()

    def _change(self, old: SessionLike | None, spec: str | None) -> None:
        if old is not None and not old.stop(STOP_TIMEOUT_S):
            log.warning("a session did not stop within %.0f s; it is left to end by itself", STOP_TIMEOUT_S)
        if old is not None:
            memory.give_back()
        if spec is None or self._closing.is_set():
            return
        try:
            session = self._open_session(spec)
            session.start()
        except (OSError, ValueError, RuntimeError) as error:
            log.info("%s: %s", spec, error)
            self._outcome = error
        else:
            self._outcome = session
