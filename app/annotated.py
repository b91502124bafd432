"""A video with skeletons and actions drawn in, made beside everything else that goes on."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import USER_ERRORS, OutputError
from app.replay import replay
from stgat.data.atomic import take_place

if TYPE_CHECKING:
    from app.pipeline import Session
    from app.road import RecognizerLoader
    from app.sources import SourceInfo

SUFFIXES = (".mp4", ".mkv")

log = logging.getLogger(__name__)


class _Cancelled(Exception):  # noqa: N818 - no error
    pass


@dataclass(frozen=True)
class Progress:
    """frames: done so far, of `of` where that is known. is_open: the model and the source are ready."""

    is_open: bool = False
    frames: int = 0
    of: int | None = None


class AnnotatedVideo:
    """One video on its way, in a thread of its own. Ask it now and then; start it once.

    The file appears under its name when it is whole; what was there is replaced only then. A video that is
    cancelled or fails leaves nothing behind.
    """

    def __init__(self, spec: str, path: Path, loader: RecognizerLoader) -> None:
        self.spec, self.path = spec, path
        self._loader = loader
        self._partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix.lower()}")
        self._progress = Progress()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._error = ""
        self._warning = ""
        # Daemon: a model that takes its time to load must not keep the application from ending.
        self._thread = threading.Thread(target=self._run, name="annotated-video", daemon=True)

    @property
    def progress(self) -> Progress:
        return self._progress

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def error(self) -> str:
        """The sentence that says why it failed; "" while it has not."""
        return self._error

    @property
    def warning(self) -> str:
        """A sentence about the source, such as a file cut short; "" for none."""
        return self._warning

    def start(self) -> None:
        """Begin, and return at once. Raises OutputError where no such file can be."""
        if self.path.suffix.lower() not in SUFFIXES:
            raise OutputError(
                f"{self.path}: videos are written as {', '.join(SUFFIXES)}; name a file that ends so"
            )
        if not self.path.parent.is_dir() or self.path.is_dir():
            why = "it is a folder" if self.path.is_dir() else "there is no such folder"
            raise OutputError(f"{self.path} cannot be written ({why}); choose another place")
        if self.path.resolve() == Path(self.spec).resolve():
            raise OutputError(f"{self.path} would be overwritten while it is read; choose another name")
        self._thread.start()

    def cancel(self, timeout_s: float = 0.0) -> bool:
        """Ask it to end, and wait so long; False if it has not ended by then."""
        self._cancelled.set()
        with self._lock:
            session = self._session
        if session is not None:
            session.stop(0.0)
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            try:
                report = replay(
                    self.spec,
                    self._loader,
                    save_video=self._partial,
                    on_open=self._opened,
                    on_frame=self._done,
                    started=self._started,
                )
                if not self._cancelled.is_set():
                    if not self._partial.is_file():
                        raise OutputError(f"{self.spec} has no picture; nothing was saved")
                    take_place(self._partial, self.path)
                    self._warning = report.warning
            finally:
                self._partial.unlink(missing_ok=True)
        except _Cancelled:
            pass
        except USER_ERRORS as error:
            self._error = self._told(str(error))
        except OSError as error:
            self._error = f"{self.path} cannot be written ({error.strerror or error}); choose another place"
        except Exception as error:
            log.exception("the annotated video failed")
            self._error = f"Something went wrong inside the application ({type(error).__name__}: {error})"

    def _told(self, sentence: str) -> str:
        """The user knows the file by the name they chose."""
        return sentence.replace(str(self._partial), str(self.path))

    def _started(self, session: Session) -> None:
        with self._lock:
            self._session = session
        if self._cancelled.is_set():
            raise _Cancelled

    def _opened(self, info: SourceInfo) -> None:
        self._progress = Progress(True, 0, info.frame_count)

    def _done(self, frames: int) -> None:
        self._progress = Progress(True, frames, self._progress.of)
