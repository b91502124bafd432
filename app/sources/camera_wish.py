"""What picture is asked of a camera, and how that is written behind its number: camera:0@1280x720@30."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.errors import SourceError

MAX_CAMERA = 999
MAX_SIDE, MAX_FPS = 16384, 1000
ANY = "any"

#: Enough for a person in front of a webcam, and every camera gives it at full rate even uncompressed over
#: USB 2.
DEFAULT_SIZE = (640, 480)
DEFAULT_FPS = 30


@dataclass(frozen=True)
class CameraWish:
    """size: (width, height) in pixels; fps: pictures a second. None for either is as the camera likes.

    A camera takes a wish as it can: what it really gives is in the source's SourceInfo.
    """

    size: tuple[int, int] | None = DEFAULT_SIZE
    fps: int | None = DEFAULT_FPS

    @classmethod
    def parse(cls, size: str, fps: str | int) -> CameraWish:
        """From "WIDTHxHEIGHT" and a number, or "any"; 0 pictures a second are any, too.

        Raises SourceError for anything else.
        """
        sides = re.fullmatch(r"(\d{2,5})x(\d{2,5})", size, re.IGNORECASE | re.ASCII)
        if size.lower() != ANY and (sides is None or max(int(sides[1]), int(sides[2])) > MAX_SIDE):
            raise SourceError(
                f'"{size}" is no picture size: write width x height in pixels, such as 1280x720, or {ANY}'
            )
        rate = str(fps).lower()
        if rate != ANY and (not re.fullmatch(r"\d{1,4}", rate, re.ASCII) or int(rate) > MAX_FPS):
            raise SourceError(f'"{fps}" is no rate: write pictures a second, such as 30, or {ANY}')
        return cls(
            (int(sides[1]), int(sides[2])) if sides is not None else None,
            None if rate == ANY or int(rate) == 0 else int(rate),
        )

    def __str__(self) -> str:
        """As behind a camera's number."""
        size = ANY if self.size is None else f"{self.size[0]}x{self.size[1]}"
        return f"{size}@{ANY if self.fps is None else self.fps}"


def is_camera(spec: str) -> bool:
    """Whether a source spec means a camera, rightly written or not."""
    text = spec.strip().lower()
    return text == "camera" or text.startswith("camera:")


def bare(spec: str) -> str:
    """The spec without its wish, as lists of cameras have it; others as they are."""
    return spec.partition("@")[0] if is_camera(spec) else spec


def parse_camera(spec: str) -> tuple[int, CameraWish]:
    """Number and wish of "camera:N", "camera:N@WIDTHxHEIGHT" or "camera:N@WIDTHxHEIGHT@FPS".

    What is left out is DEFAULT_SIZE and DEFAULT_FPS. Raises SourceError for what is none of these.
    """
    name, *wishes = spec.strip().split("@")
    number = re.fullmatch(r"camera:(\d{1,9})", name, re.IGNORECASE | re.ASCII)
    if number is None or int(number[1]) > MAX_CAMERA or len(wishes) > 2:
        raise SourceError(
            f'"{spec.strip()}" names no camera: write camera: and its number, such as camera:0, '
            "or with a size and a rate, camera:0@1280x720@30"
        )
    size, fps = wishes + str(CameraWish()).split("@")[len(wishes) :]
    return int(number[1]), CameraWish.parse(size, fps)


def with_wish(spec: str, wish: CameraWish) -> str:
    """The spec with this wish, where it means a camera and has none of its own."""
    return f"{spec.strip()}@{wish}" if is_camera(spec) and "@" not in spec else spec
