"""Words on a picture, in a typeface that has more than ASCII."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Canvas = NDArray[np.uint8]


def write(
    canvas: Canvas, words: str, at: tuple[int, int], size: int, colour: tuple[int, int, int], width: int
) -> None:
    """Words with their upper left corner at (x, y), cut with an ellipsis to `width` pixels; in place.

    What falls outside the canvas (H, W, 3) is left out.
    """
    mask = _mask(_fit(words, size, width), size)
    x, y = at
    top, left = max(0, -y), max(0, -x)
    part = canvas[max(0, y) : max(0, y + mask.shape[0]), max(0, x) : max(0, x + mask.shape[1])]
    cover = mask[top : top + part.shape[0], left : left + part.shape[1], None]
    part[:] = np.round(part * (1 - cover) + np.array(colour) * cover)


def text_width(words: str, size: int) -> float:
    """In pixels."""
    return _font(size).getlength(words)


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The one matplotlib brings: no system need have it, and it knows most of the world's letters.
    return ImageFont.truetype(
        str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size
    )


@lru_cache(maxsize=256)
def _fit(words: str, size: int, width: int) -> str:
    if text_width(words, size) <= width:
        return words
    while words and text_width(f"{words}…", size) > width:
        words = words[:-1]
    return f"{words}…"


@lru_cache(maxsize=1024)
def _mask(words: str, size: int) -> NDArray[np.float32]:
    """(H, W) how much of each pixel the letters cover, 0 to 1."""
    _, _, right, bottom = _font(size).getbbox(words or " ")
    image = Image.new("L", (max(1, int(right)), max(1, int(bottom) + 1)))
    ImageDraw.Draw(image).text((0, 0), words, fill=255, font=_font(size))
    return np.asarray(image, np.float32) / 255
