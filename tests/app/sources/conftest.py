"""Small videos, written on the spot."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

MakeVideo = Callable[..., Path]


def picture(number: int, width: int, height: int) -> np.ndarray:
    """(H, W, 3) a grey ramp that brightens with the number, with a white corner at the top left."""
    image = np.full((height, width, 3), 40 + (number * 7) % 120, np.uint8)
    image[: height // 4, : width // 4] = 255
    return image


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """make_video(name, frames, fps, ...) -> the file's path."""

    def make(
        name: str = "clip.mp4",
        *,
        frames: int = 12,
        fps: int = 10,
        size: tuple[int, int] = (64, 48),
        codec: str = "libx264",
        pixels: str = "yuv420p",
        rotation: int | None = None,
        hflip: bool = False,
        times_s: list[float] | None = None,
        options: dict[str, str] | None = None,
        container_options: dict[str, str] | None = None,
        kind: str | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", format=kind, options=container_options or {}) as container:
            stream = container.add_stream(codec, rate=fps, options=options or {})
            stream.width, stream.height = size
            stream.pix_fmt = pixels
            if times_s is not None:
                stream.codec_context.time_base = Fraction(1, 1000)
            if rotation is not None or hflip:
                stream.set_display_rotation(rotation or 0, hflip=hflip)
            for number in range(frames):
                frame = av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")
                if times_s is not None:
                    frame.pts, frame.time_base = round(times_s[number] * 1000), Fraction(1, 1000)
                for packet in stream.encode(frame):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
        return path

    return make
