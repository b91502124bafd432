"""The pictures of a session, encoded in a thread of their own that nobody waits for."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import OutputError
from app.video_writer import VideoWriter

log = logging.getLogger(__name__)

#: What may wait for the encoder, in the pictures' own time and in memory; beyond it the oldest are left out.
WAITING_S = 0.6
WAITING_BYTES = 1 << 27

Picture = NDArray[np.uint8]


class PictureQueue:
    """Pictures on their way to the encoder, never old; those left out are counted. Thread-safe."""

    def __init__(self, waiting_s: float = WAITING_S, waiting_bytes: int = WAITING_BYTES) -> None:
        self._waiting_s, self._waiting_bytes = waiting_s, waiting_bytes
        self._pictures: deque[tuple[Picture, float]] = deque()
        self._bytes = 0
        self._last_s = -1.0
        self._closed = False
        self._changed = threading.Condition()
        self.dropped = 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._pictures

    def offer(self, image: Picture, time_s: float) -> None:
        """Put a picture (H, W, 3) at the end; one that is not later than the last is passed over."""
        with self._changed:
            if self._closed or time_s <= self._last_s:
                return
            self._pictures.append((image, time_s))
            self._bytes += image.nbytes
            self._last_s = time_s
            # The oldest go: of what waits long, nothing would be in the file if the program were killed now.
            while len(self._pictures) > 1 and (
                time_s - self._pictures[0][1] > self._waiting_s or self._bytes > self._waiting_bytes
            ):
                self._bytes -= self._pictures.popleft()[0].nbytes
                self.dropped += 1
            self._changed.notify()

    def take(self) -> tuple[Picture, float] | None:
        """Wait for the first; None once the queue is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._pictures or self._closed)
            if not self._pictures:
                return None
            image, time_s = self._pictures.popleft()
            self._bytes -= image.nbytes
            return image, time_s

    def close(self) -> None:
        """No more pictures are taken in."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class PictureThread:
    """Encodes what a queue gives into a new file until it is closed.

    on_error: told once, in the thread, of what ended it: an OutputError, or no memory for a large picture.
    """

    def __init__(
        self, path: Path, fps: float | None, queue: PictureQueue, on_error: Callable[[Exception], None]
    ) -> None:
        self._path, self._fps, self._queue, self._on_error = path, fps, queue, on_error
        self._written = 0
        self._thread = threading.Thread(target=self._run, name="stgat-recording-pictures", daemon=True)
        self._thread.start()

    @property
    def written(self) -> int:
        return self._written

    def close(self, timeout_s: float) -> bool:
        """Encode what is waiting and finish the file; False if that takes longer than timeout_s."""
        self._queue.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with VideoWriter(self._path, self._fps, steady=True) as writer:
                while (item := self._queue.take()) is not None:
                    writer.write(*item)
                    self._written += 1
        except Exception as error:
            if not isinstance(error, OutputError):
                log.exception("the encoder failed")
            self._queue.close()
            self._on_error(error)
