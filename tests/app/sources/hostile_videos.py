"""Videos whose headers say what no file can hold, each made from one that is in order."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

MILLION = 10**6
#: FFmpeg itself refuses pictures of more than 2^31 pixels; these are just not that large.
MANY = 40_000


def huge_avi(content: bytes) -> bytes:
    """An AVI that claims pictures of 10^6 x 10^6, in both of its headers."""
    data = bytearray(content)
    main, form = data.index(b"avih") + 8, data.index(b"strf") + 8
    struct.pack_into("<II", data, main + 32, MILLION, MILLION)
    struct.pack_into("<ii", data, form + 4, MILLION, MILLION)
    return bytes(data)


def huge_mjpeg(content: bytes, side: int = 65_535) -> bytes:
    """An AVI of JPEG pictures that each claim to be so large, at most 65,535 x 65,535."""
    data = bytearray(huge_avi(content))
    at = data.find(b"\xff\xc0")
    while at >= 0:
        struct.pack_into(">HH", data, at + 5, side, side)
        at = data.find(b"\xff\xc0", at + 2)
    return bytes(data)


def huge_png(content: bytes, side: int = MILLION) -> bytes:
    """The same of PNG pictures; their checksums are right."""
    data = bytearray(content)
    at = data.find(b"IHDR")
    while at >= 0:
        struct.pack_into(">II", data, at + 4, side, side)
        struct.pack_into(">I", data, at + 17, zlib.crc32(data[at : at + 17]))
        at = data.find(b"IHDR", at + 4)
    return bytes(data)


def huge_text(content: bytes) -> bytes:
    """YUV4MPEG, whose header is text."""
    return b"YUV4MPEG2 W1000000 H1000000 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(1000)


#: name, codec and pixels of the video it is made from -> what is done to it
HUGE: dict[tuple[str, str, str], Callable[[bytes], bytes]] = {
    ("a.avi", "rawvideo", "yuv420p"): huge_avi,
    ("b.avi", "mjpeg", "yuvj420p"): huge_mjpeg,
    ("c.avi", "png", "rgb24"): huge_png,
    ("d.mov", "png", "rgb24"): huge_png,
    ("e.png", "apng", "rgb24"): huge_png,
    ("f.avi", "mjpeg", "yuvj420p"): partial(huge_mjpeg, side=MANY),
    ("g.mov", "png", "rgb24"): partial(huge_png, side=MANY),
    ("h.y4m", "rawvideo", "yuv420p"): huge_text,
}


def write_huge(make: Callable[..., Path]) -> list[Path]:
    """All of them. make: the fixture make_video."""
    paths = []
    for (name, codec, pixels), change in HUGE.items():
        kind = {"e.png": "apng", "h.y4m": "yuv4mpegpipe"}.get(name)
        path = make(name, frames=3, codec=codec, pixels=pixels, kind=kind)
        path.write_bytes(change(path.read_bytes()))
        paths.append(path)
    return paths
