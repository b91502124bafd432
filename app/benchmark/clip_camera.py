"""A clip that plays in a camera's place: through the same source, at a camera's pace, compressed as by one.

The pictures are prepared once, as JPEG files in a folder: what a webcam sends over USB, and about as costly
to decode. The clip is played forth and back, so that nobody in it leaps at its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.errors import SourceError
from app.sources import open_source
from app.sources.recording import studio

FPS = 30.0
_QUALITY = 90


def prepare_clip(source: str, folder: Path, size: tuple[int, int], at_most: int) -> int:
    """Write the first pictures of a video, made to fit in `size` (width, height); returns how many.

    Raises SourceError for a source that is no video or has no pictures.
    """
    with open_source(source) as video:
        if video.live:
            raise SourceError(f"{source} is a camera: give a video, which stands in for one")
        video.open()
        count = 0
        for frame in video.frames():
            if frame.skeletons is not None:
                raise SourceError(f"{source} holds skeletons, not pictures: give a video of people")
            _write(folder, count, fitted(frame.image, size))
            count += 1
            if count == at_most:
                break
    return count


def prepare_empty_room(folder: Path, size: tuple[int, int], count: int = 30) -> int:
    """Write pictures of a room with nobody in it, with a camera's noise; returns how many."""
    room = studio(*size).astype(np.float32) + 40.0
    rng = np.random.default_rng(0)
    for number in range(count):
        noisy = np.clip(room + rng.normal(0.0, 3.0, room.shape), 0, 255)
        _write(folder, number, noisy.astype(np.uint8))
    return count


def fitted(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture as large as it fits in (width, height), never enlarged, its aspect kept."""
    height, width = image.shape[:2]
    scale = min(1.0, size[0] / width, size[1] / height)
    if scale == 1.0:
        return image
    small = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _write(folder: Path, number: int, image: NDArray[np.uint8]) -> None:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    (folder / f"{number:06d}.jpg").write_bytes(data.tobytes())


class ClipCamera:
    """What cv2.VideoCapture is to a camera (app.sources.camera.Capture), on a folder of pictures.

    A picture is due every 1/30 s of the clock; who asks too late for one gets the next, as from a camera that
    keeps one picture. due_s: when each picture that was handed out was due, by its number from 0.
    """

    def __init__(
        self,
        folder: Path,
        fps: float = FPS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        pictures = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
        self._order = forth_and_back(len(pictures))
        self._pictures = [np.frombuffer(data, np.uint8) for data in pictures]
        self._fps, self._clock, self._sleep = fps, clock, sleep
        self._started_s: float | None = None
        self._tick = -1
        self._now: NDArray[np.uint8] | None = None
        self.due_s: list[float] = []

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return bool(self._pictures)

    def set(self, prop: int, value: float) -> bool:
        return True

    def get(self, prop: int) -> float:
        return self._fps if prop == cv2.CAP_PROP_FPS else 0.0

    def grab(self) -> bool:
        """Wait until the next picture is due."""
        now = self._clock()
        if self._started_s is None:
            self._started_s = now
        newest = int((now - self._started_s) * self._fps)
        tick = max(self._tick + 1, newest)
        self._tick = tick
        due_s = self._started_s + tick / self._fps
        if due_s > now:
            self._sleep(due_s - now)
        self.due_s.append(due_s)
        self._now = self._pictures[next(self._order)]
        return True

    def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]:
        """(H, W, 3) BGR."""
        if self._now is None:
            return False, None
        return True, np.asarray(cv2.imdecode(self._now, cv2.IMREAD_COLOR), np.uint8)

    def release(self) -> None: ...


def forth_and_back(count: int) -> Iterator[int]:
    """0, 1, ... count - 1, count - 2, ... 1, and again, for ever."""
    while True:
        yield from range(count)
        yield from range(count - 2, 0, -1)
