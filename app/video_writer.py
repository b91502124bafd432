"""Pictures into a video file, as they come."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from app.errors import OutputError

#: One tick of the file's clock; fine enough for any camera, and what MKV can hold.
TIME_BASE = Fraction(1, 1000)
#: Of a steady file: a cluster, which is written as a whole, holds no more than this.
FLUSHED_WITHIN_S = 0.25
KEY_EVERY_S = 1.0

_PICTURES = {"crf": "23", "preset": "veryfast"}
#: Without a look ahead every picture leaves the encoder at once; key pictures are asked for by the clock.
_STEADY_PICTURES = {"crf": "23", "preset": "superfast", "tune": "zerolatency", "forced-idr": "1", "g": "600"}
_STEADY_FILE = {"cluster_time_limit": str(round(1000 * FLUSHED_WITHIN_S)), "flush_packets": "1"}


class VideoWriter:
    """Writes RGB pictures with their own timestamps as H.264, in the container the suffix names.

    A context manager. The size is that of the first picture; its sides are cut to even numbers, which
    H.264 asks for. MKV stays playable where the program is killed.

    fps: what the file states; its pictures keep their own times.
    steady: for a recording that may be cut off at any moment: MKV whatever the suffix, in a new file, which
        has a picture FLUSHED_WITHIN_S after it came. One a second stands for itself, to be jumped to.
        Pictures of another size are brought to that of the first.

    Raises OutputError where the file cannot be written; a file that is there is not touched before the first
    picture.
    """

    def __init__(self, path: Path, fps: float | None = None, steady: bool = False) -> None:
        self._path, self._steady = path, steady
        self._last_tick = self._key_tick = -1
        self._file: _WholeWrites | None = None
        rate = Fraction(fps or 30).limit_denominator(1001)  # 29.97 is 30000/1001
        try:
            if steady:
                self._file = _WholeWrites(path)
                self._container = av.open(self._file, "w", format="matroska", options=_STEADY_FILE)
            else:
                self._container = av.open(str(path), "w")
            self._stream = self._container.add_stream(
                "libx264", rate=rate, options=_STEADY_PICTURES if steady else _PICTURES
            )
        except (av.FFmpegError, ValueError, OSError) as error:
            if self._file is not None:
                self._file.close()
            raise OutputError(
                f"{path} cannot be written as a video ({error}); choose a path that ends in .mkv or .mp4"
            ) from error
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = TIME_BASE

    def write(self, image: NDArray[np.uint8], timestamp_s: float) -> None:
        """Add a picture (H, W, 3); times must grow."""
        if self._last_tick < 0:
            if min(image.shape[:2]) < 2:
                size = f"{image.shape[1]} x {image.shape[0]}"
                raise OutputError(f"{self._path}: pictures of {size} pixels are too small for a video")
            self._stream.width, self._stream.height = image.shape[1] & ~1, image.shape[0] & ~1
        if self._steady:
            image = _sized(image, self._stream.width, self._stream.height)
        image = np.ascontiguousarray(image[: self._stream.height, : self._stream.width])
        if image.shape[:2] != (self._stream.height, self._stream.width):
            raise OutputError(f"{self._path}: the pictures change their size, which one video cannot hold")
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        self._last_tick = frame.pts = max(self._last_tick + 1, round(timestamp_s / TIME_BASE))
        frame.time_base = TIME_BASE
        if self._steady and (self._key_tick < 0 or (frame.pts - self._key_tick) * TIME_BASE >= KEY_EVERY_S):
            self._key_tick, frame.pict_type = frame.pts, PictureType.I
        self._encode(frame)

    def close(self) -> None:
        try:
            if self._last_tick >= 0:
                self._encode(None)
        finally:
            try:
                self._guarded(self._container.close)
            finally:
                if self._file is not None:
                    self._guarded(self._file.close)

    def _encode(self, frame: av.VideoFrame | None) -> None:
        self._guarded(lambda: self._container.mux(self._stream.encode(frame)))

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (av.FFmpegError, ValueError, OSError) as error:
            cause = (self._file and self._file.error) or error
            raise OutputError(f"{self._path} cannot be written ({cause})") from cause

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _WholeWrites:
    """A new file that writes all it is given, or fails; a disk that is nearly full takes a part of it.

    error: what it failed with; the encoder, through which it is called, tells another.
    """

    def __init__(self, path: Path) -> None:
        self._raw = io.FileIO(path, "x")
        self.seek, self.tell, self.close = self._raw.seek, self._raw.tell, self._raw.close
        self.error: OSError | None = None

    def write(self, content: bytes | bytearray | memoryview) -> int:
        rest = memoryview(content).cast("B")
        length = len(rest)
        try:
            while rest:
                rest = rest[self._raw.write(rest) or 0 :]
        except OSError as error:
            self.error = error
            raise
        return length


def _sized(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture as it is where its even sides are these, else scaled to them."""
    if (image.shape[1] & ~1, image.shape[0] & ~1) == (width, height):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
