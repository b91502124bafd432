"""Pictures into a video file, as they come."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

from app.errors import OutputError

#: One tick of the file's clock; fine enough for any camera, and what MKV can hold.
TIME_BASE = Fraction(1, 1000)


class VideoWriter:
    """Writes RGB pictures with their own timestamps as H.264, in the container the suffix names.

    A context manager. The size is that of the first picture; its sides are cut to even numbers, which
    H.264 asks for. MKV stays playable where the program is killed.

    fps: what the file states; its pictures keep their own times.

    Raises OutputError where the file cannot be written; a file that is there is not touched before the first
    picture.
    """

    def __init__(self, path: Path, fps: float | None = None) -> None:
        self._path = path
        self._last_tick = -1
        rate = Fraction(fps or 30).limit_denominator(1001)  # 29.97 is 30000/1001
        try:
            self._container = av.open(str(path), "w")
            self._stream = self._container.add_stream(
                "libx264", rate=rate, options={"crf": "23", "preset": "veryfast"}
            )
        except (av.FFmpegError, ValueError, OSError) as error:
            raise OutputError(
                f"{path} cannot be written as a video ({error}); choose a path that ends in .mkv or .mp4"
            ) from error
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = TIME_BASE

    def write(self, image: NDArray[np.uint8], timestamp_s: float) -> None:
        """Add a picture (H, W, 3); times must grow."""
        if self._last_tick < 0:
            self._stream.width, self._stream.height = image.shape[1] & ~1, image.shape[0] & ~1
        image = np.ascontiguousarray(image[: self._stream.height, : self._stream.width])
        if image.shape[:2] != (self._stream.height, self._stream.width):
            raise OutputError(f"{self._path}: the pictures change their size, which one video cannot hold")
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        self._last_tick = frame.pts = max(self._last_tick + 1, round(timestamp_s / TIME_BASE))
        frame.time_base = TIME_BASE
        self._encode(frame)

    def close(self) -> None:
        try:
            if self._last_tick >= 0:
                self._encode(None)
        finally:
            self._guarded(self._container.close)

    def _encode(self, frame: av.VideoFrame | None) -> None:
        self._guarded(lambda: self._container.mux(self._stream.encode(frame)))

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (av.FFmpegError, ValueError, OSError) as error:
            raise OutputError(f"{self._path} cannot be written ({error})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
