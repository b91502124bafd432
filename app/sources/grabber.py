"""The thread that owns a camera: it opens, reads and releases the device, and hands over the newest picture.

OpenCV's calls may block for many seconds in a driver and cannot be called off, and a device must not be
released while it is read. So nobody else ever touches it, and nobody waits for it without a limit.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.entities import VideoFrame
from app.sources.camera_wish import DEFAULT_FPS, DEFAULT_SIZE, CameraWish
from app.sources.timeline import sane_fps

#: A camera that stumbles comes back; one that has failed for so long without a break is unplugged. Before its
#: first picture it may take longer, as some say no until they are awake.
FAILING_S, WAKING_S = 0.6, 4.0
RETRY_S = 0.02
_MIN_STEP_S = 1e-4
_LONGEST_STEP_S = 1.0


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used; pictures are (H, W, 3) BGR or (H, W) grey."""

    def isOpened(self) -> bool: ...  # noqa: N802  # OpenCV's name
    def set(self, prop: int, value: float) -> bool: ...
    def get(self, prop: int) -> float: ...
    def grab(self) -> bool: ...
    def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]: ...
    def release(self) -> None: ...


class NotOpenedError(Exception):
    """The device would not open."""


class NoPictureError(Exception):
    """The device is open and gives no pictures."""


class Stamps:
    """Number and time of a camera's pictures, from the first on, however often it is opened anew.

    Times strictly increase. A clock that is set back goes on from where it was, one usual step later.
    """

    def __init__(self) -> None:
        self._index = -1
        self._clock_s = self._origin_s = self._last_s = 0.0
        self._step_s = 1.0 / DEFAULT_FPS

    def next(self, clock_s: float) -> tuple[int, float]:
        """(index, timestamp_s) of a picture that was taken when the clock said this."""
        self._index += 1
        if self._index == 0:
            self._origin_s = clock_s
        elif clock_s < self._clock_s:
            self._origin_s = clock_s - (self._last_s + self._step_s)
        elif clock_s == self._clock_s:  # two in one tick
            self._origin_s -= _MIN_STEP_S
        elif clock_s - self._clock_s <= _LONGEST_STEP_S:
            self._step_s = clock_s - self._clock_s
        self._clock_s, self._last_s = clock_s, clock_s - self._origin_s
        return self._index, self._last_s


class Device:
    """An open camera. For one thread.

    fps: what it states; None where that is nonsense. failing_s, waking_s: see FAILING_S; now: tells that
    time in seconds. Raises NotOpenedError, and whatever a driver throws.
    """

    def __init__(
        self,
        make_capture: Callable[[], Capture],
        wish: CameraWish,
        failing_s: float,
        waking_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failing_s, self._now = failing_s, now
        try:
            self._capture = make_capture()
        except Exception as error:  # cv2.error and whatever a driver throws
            raise NotOpenedError(str(error)) from error
        try:
            if not self._capture.isOpened():
                raise NotOpenedError
            self.fps = self._configure(wish)
        except BaseException:
            self.release()
            raise
        self._give_up_s = now() + waking_s

    def read(self, clock: Callable[[], float]) -> tuple[NDArray[np.uint8], float] | None:
        """The next picture, (H, W, 3) RGB, and when it was taken; None where it was none.

        Raises NoPictureError where that has been so for too long.
        """
        grabbed = self._capture.grab()
        taken_s = clock()
        ok, picture = self._capture.retrieve() if grabbed else (False, None)
        image = _to_rgb(picture) if ok else None
        if image is not None:
            self._give_up_s = self._now() + self._failing_s
            return image, taken_s
        if self._now() > self._give_up_s:
            raise NoPictureError
        return None

    def release(self) -> None:
        with contextlib.suppress(Exception):
            self._capture.release()

    def _configure(self, wish: CameraWish) -> float | None:
        import cv2

        capture, size, fps = self._capture, wish.size, wish.fps
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
        return sane_fps(capture.get(cv2.CAP_PROP_FPS))


class Grabber:
    """A camera being read on a thread of its own, from the opening to the release.

    pause_s, free: so long it waits before it opens the device, and then until free() is true.
    failing_s, waking_s: see FAILING_S.
    """

    def __init__(
        self,
        make_capture: Callable[[], Capture],
        wish: CameraWish,
        clock: Callable[[], float],
        stamps: Stamps,
        interrupted: threading.Event,
        *,
        pause_s: float = 0.0,
        free: Callable[[], bool] = lambda: True,
        failing_s: float = FAILING_S,
        waking_s: float = WAKING_S,
    ) -> None:
        self.fps: float | None = None
        self._make_capture, self._wish, self._clock, self._stamps = make_capture, wish, clock, stamps
        self._interrupted = interrupted
        self._pause_s, self._free = pause_s, free
        self._failing_s, self._waking_s = failing_s, waking_s
        self._changed = threading.Condition()
        self._newest: VideoFrame | None = None
        self._failure: Exception | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still has the device, or may have."""
        return self._thread.is_alive()

    def take(self, timeout_s: float) -> VideoFrame | None:
        """The newest picture not yet taken, waited for; None where there is none in time, or interrupted.

        Raises NotOpenedError and NoPictureError where the device has been given up.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._newest is not None or self._failure is not None or self._interrupted.is_set(),
                timeout_s,
            )
            if self._interrupted.is_set():
                return None
            if self._newest is None and self._failure is not None:
                raise self._failure
            frame, self._newest = self._newest, None
            return frame

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """Let go of the device as soon as it answers; nothing more is handed over."""
        with self._changed:
            self._stopping.set()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        self._stopping.wait(self._pause_s)
        while not self._stopping.is_set() and not self._free():
            self._stopping.wait(RETRY_S)
        if self._stopping.is_set():
            return
        try:
            device = Device(self._make_capture, self._wish, self._failing_s, self._waking_s)
            try:
                self.fps = device.fps
                self._read(device)
            finally:
                device.release()
        except NotOpenedError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001  # whatever a driver throws: the taker is told
            self._fail(NoPictureError(str(error)))

    def _read(self, device: Device) -> None:
        while not self._stopping.is_set():
            read = device.read(self._clock)
            if read is not None:
                self._offer(*read)
            else:
                self._stopping.wait(RETRY_S)

    def _offer(self, image: NDArray[np.uint8], taken_s: float) -> None:
        with self._changed:
            if not self._stopping.is_set():  # else the numbers belong to the one after
                self._newest = VideoFrame(image, *self._stamps.next(taken_s))
                self._changed.notify_all()

    def _fail(self, failure: Exception) -> None:
        with self._changed:
            self._failure = failure
            self._changed.notify_all()


def _to_rgb(picture: object) -> NDArray[np.uint8] | None:
    """A new (H, W, 3) picture; None for what is no picture, whatever the device says of it."""
    import cv2

    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.size == 0:
        return None
    channels = 1 if picture.ndim == 2 else picture.shape[2] if picture.ndim == 3 else 0
    codes = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    return np.asarray(cv2.cvtColor(picture, codes[channels])) if channels in codes else None
