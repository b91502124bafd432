"""Live frames from a camera, read by OpenCV on a thread of its own: a device that hangs stops nobody else."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.entities import VideoFrame
from app.errors import SourceError
from app.sources.base import BaseSource, SourceInfo
from app.sources.camera_devices import camera_name, open_device, why_not_opened
from app.sources.camera_wish import DEFAULT_FPS, DEFAULT_SIZE, CameraWish
from app.sources.timeline import sane_fps

#: Cameras take up to some seconds to wake; later, one that is silent for this long is gone.
OPEN_TIMEOUT_S = 15.0
STALL_TIMEOUT_S = 4.0
#: How long close() waits for the camera to answer before it leaves it to its thread.
CLOSE_TIMEOUT_S = 0.8
_RETRY_S = 0.02
_MIN_STEP_S = 1e-4


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used; pictures are (H, W, 3) BGR or (H, W) grey."""

    def isOpened(self) -> bool: ...  # noqa: N802  # OpenCV's name
    def set(self, prop: int, value: float) -> bool: ...
    def get(self, prop: int) -> float: ...
    def grab(self) -> bool: ...
    def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]: ...
    def release(self) -> None: ...


class CameraSource(BaseSource):
    """A camera by its number (N of /dev/videoN on Linux).

    Timestamps are a monotonic clock's at the moment a picture was grabbed, from 0 at the first. A frame's
    index counts the pictures grabbed, so that a gap in it shows pictures that came faster than they were
    taken. A camera may change its picture's size, and may repeat a picture; both are passed on as they are.

    wish: what is asked of the camera; what it gives is in what open() returns.
    make_capture, clock: for tests; what opens the device, and what tells the time in seconds.
    """

    live = True

    def __init__(
        self,
        index: int,
        wish: CameraWish | None = None,
        *,
        make_capture: Callable[[int], Capture] | None = None,
        clock: Callable[[], float] = time.monotonic,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        stall_timeout_s: float = STALL_TIMEOUT_S,
    ) -> None:
        super().__init__(f"camera:{index}")
        self.index = index
        self._wish = wish or CameraWish()
        self._make_capture = make_capture or open_device
        self._clock = clock
        self._open_timeout_s = open_timeout_s
        self._stall_timeout_s = stall_timeout_s
        self._grabber: _Grabber | None = None
        self._first: VideoFrame | None = None

    def open(self) -> SourceInfo:
        """Start the camera and wait for its first picture.

        Raises SourceError where there is no such camera, it is busy or forbidden, sends nothing, or
        interrupt() was called.
        """
        self._release()
        self._grabber = _Grabber(
            lambda: self._make_capture(self.index),
            self._wish,
            self._clock,
            self._interrupted,
            self._stall_timeout_s,
        )
        try:
            self._first = self._grabber.take(self._open_timeout_s)
        except _NotOpenedError as error:
            self._release()
            raise SourceError(why_not_opened(self.index)) from error
        except _NoPictureError as error:
            self._release()
            raise SourceError(
                f"camera {self.index} sends no pictures: close other programs that use it, or replug it"
            ) from error
        if self._first is None:
            self._release()
            raise SourceError(f"camera {self.index} was closed before its first picture")
        height, width = self._first.image.shape[:2]
        return SourceInfo(camera_name(self.index), width, height, self._grabber.fps, None, live=True)

    def frames(self) -> Iterator[VideoFrame]:
        """The newest picture each time, until interrupted; SourceError when the camera falls silent."""
        if self._grabber is None:
            raise RuntimeError("open() comes before frames()")
        frame, self._first = self._first, None
        while True:
            if frame is None:
                try:
                    frame = self._grabber.take(self._stall_timeout_s)
                except _NoPictureError as error:
                    raise SourceError(
                        f"camera {self.index} stopped sending pictures: check its cable and other programs"
                    ) from error
            if frame is None or self._interrupted.is_set():
                return
            yield frame
            frame = None

    def interrupt(self) -> None:
        super().interrupt()
        grabber = self._grabber
        if grabber is not None:
            grabber.wake()

    def close(self) -> None:
        self._release()
        super().close()

    def _release(self) -> None:
        self._first = None
        if self._grabber is not None:
            self._grabber.stop()
            self._grabber = None


class _NotOpenedError(Exception):
    pass


class _NoPictureError(Exception):
    pass


class _Grabber:
    """Owns the device: opens, reads and releases it, all on one thread; hands over the newest picture.

    OpenCV's calls may block for many seconds in a driver and cannot be called off, and a device must not
    be released while it is read. So nobody else ever touches it, and nobody waits for it without a limit.
    """

    def __init__(
        self,
        make_capture: Callable[[], Capture],
        wish: CameraWish,
        clock: Callable[[], float],
        interrupted: threading.Event,
        give_up_s: float,
    ) -> None:
        self.fps: float | None = None
        self._make_capture = make_capture
        self._wish = wish
        self._clock = clock
        self._interrupted = interrupted
        self._give_up_s = give_up_s
        self._changed = threading.Condition()
        self._newest: VideoFrame | None = None
        self._failure: Exception | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def take(self, timeout_s: float) -> VideoFrame | None:
        """The newest picture not yet taken, waited for; None when interrupted."""
        with self._changed:
            ready = self._changed.wait_for(
                lambda: self._newest is not None or self._failure is not None or self._interrupted.is_set(),
                timeout_s,
            )
            if self._interrupted.is_set():
                return None
            if self._newest is not None:
                frame, self._newest = self._newest, None
                return frame
            if self._failure is not None:
                raise self._failure
            assert not ready
            raise _NoPictureError

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        try:
            capture = self._make_capture()
        except Exception as error:  # noqa: BLE001  # cv2.error and whatever a driver throws: the taker is told
            self._fail(_NotOpenedError(str(error)))
            return
        try:
            if not capture.isOpened():
                self._fail(_NotOpenedError())
                return
            self._configure(capture)
            self._read(capture)
        except Exception as error:  # noqa: BLE001  # as above
            self._fail(_NoPictureError(str(error)))
        finally:
            with contextlib.suppress(Exception):
                capture.release()

    def _configure(self, capture: Capture) -> None:
        import cv2

        size, fps = self._wish.size, self._wish.fps
        large = size is not None and size[0] * size[1] > DEFAULT_SIZE[0] * DEFAULT_SIZE[1]
        if large or (fps is not None and fps > DEFAULT_FPS):
            # So much has no room on USB 2 unless it is compressed; a camera that cannot says no.
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        if size is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        if fps is not None:
            capture.set(cv2.CAP_PROP_FPS, fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an old picture is worth less than none
        self.fps = sane_fps(capture.get(cv2.CAP_PROP_FPS))

    def _read(self, capture: Capture) -> None:
        index, start_s, last_s = 0, 0.0, 0.0
        # The real clock: how long to be patient has nothing to do with the pictures' own time.
        good_at_s = time.monotonic()
        while not self._stopping.is_set():
            grabbed = capture.grab()
            now_s = self._clock()
            ok, picture = capture.retrieve() if grabbed else (False, None)
            if not ok or picture is None or picture.size == 0:
                # A camera that stumbles comes back; one that is unplugged fails at once, again and again.
                if time.monotonic() - good_at_s > self._give_up_s:
                    raise _NoPictureError
                self._stopping.wait(_RETRY_S)
                continue
            good_at_s = time.monotonic()
            if index == 0:
                start_s = now_s
            elif now_s - start_s <= last_s:  # two in one tick, or a clock set back
                now_s = start_s + last_s + _MIN_STEP_S
            last_s = now_s - start_s
            self._offer(VideoFrame(_to_rgb(picture), index, last_s))
            index += 1

    def _offer(self, frame: VideoFrame) -> None:
        with self._changed:
            self._newest = frame
            self._changed.notify_all()

    def _fail(self, failure: Exception) -> None:
        with self._changed:
            self._failure = failure
            self._changed.notify_all()


def _to_rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    channels = 1 if picture.ndim == 2 else picture.shape[2]
    codes = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    return np.asarray(cv2.cvtColor(picture, codes[channels]))
