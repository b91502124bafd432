"""Which cameras there are, how one is opened, and why it would not open."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import cv2

SYSFS = Path("/sys/class/video4linux")
UDEV_DATA = Path("/run/udev/data")
DEV = Path("/dev")
#: Where the system offers no list, so many numbers are tried.
MAX_PROBED = 4


def list_cameras(
    sysfs: Path = SYSFS, udev_data: Path = UDEV_DATA, probe: Callable[[int], bool] | None = None
) -> list[tuple[int, str]]:
    """(number, name) of each camera, by number.

    On Linux no device is opened: the kernel's list is read, less the nodes that deliver no pictures
    (metadata, codecs) as far as udev or the node's place on its device tells. Elsewhere the first numbers
    are tried.
    """
    if sys.platform.startswith("linux"):
        nodes = sorted((int(match[1]), match[0]) for match in _video_nodes(sysfs))
        return [
            (number, _node_name(sysfs / node)) for number, node in nodes if _captures(sysfs / node, udev_data)
        ]
    answers = probe or _answers
    return [(number, f"Camera {number}") for number in range(MAX_PROBED) if answers(number)]


def camera_name(number: int, sysfs: Path = SYSFS) -> str:
    """What the system calls the camera, else "Camera N"."""
    return _node_name(sysfs / f"video{number}")


def number_now(number: int, name: str, sysfs: Path = SYSFS, udev_data: Path = UDEV_DATA) -> int:
    """The number of the camera that had this number and name; unplugged and plugged in, it may have another.

    Only Linux can tell without opening devices; elsewhere, and where no camera has that name, the old number.
    """
    if not sys.platform.startswith("linux") or camera_name(number, sysfs) == name:
        return number
    return next((other for other, its in list_cameras(sysfs, udev_data) if its == name), number)


def open_device(number: int) -> cv2.VideoCapture:
    """OpenCV's capture for the camera, opened or not; nothing is printed."""
    import cv2

    backends = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION, "win32": cv2.CAP_DSHOW}
    with _quiet():
        return cv2.VideoCapture(number, backends.get(sys.platform, cv2.CAP_ANY))


def why_not_opened(number: int, dev: Path = DEV, sysfs: Path = SYSFS) -> str:
    """One sentence for the user about a camera that could not be opened."""
    if sys.platform == "darwin":
        return (
            f"camera {number} could not be opened: plug it in, and allow this terminal to use the camera in "
            "System Settings, Privacy & Security"
        )
    if not sys.platform.startswith("linux"):
        return (
            f"camera {number} could not be opened: plug it in, close other programs that use it, and allow "
            "desktop apps to use the camera in Settings, Privacy & security, Camera"
        )
    node = dev / f"video{number}"
    if not node.exists():
        others = ", ".join(f"camera:{n}" for n, _ in list_cameras(sysfs))
        remedy = f"use {others} instead" if others else "plug one in, or use a video file or the demo"
        return f"there is no camera {number} ({node} does not exist): {remedy}"
    if not os.access(node, os.R_OK | os.W_OK):
        return (
            f"camera {number} ({node}) may not be used by this account: run `sudo usermod -aG {_group(node)} "
            "$USER`, then log out and in again"
        )
    return (
        f"camera {number} ({node}) could not be opened: close other programs that use it, or try another one"
    )


def why_not_back(number: int, dev: Path = DEV, sysfs: Path = SYSFS) -> str:
    """One sentence on a camera that was open, is lost, and does not open again yet."""
    node = dev / f"video{number}"
    if not sys.platform.startswith("linux") or (node.exists() and os.access(node, os.R_OK | os.W_OK)):
        return (
            f"camera {number} does not open again: check its cable, and close other programs that use it; it "
            "goes on by itself then"
        )
    if node.exists():
        return why_not_opened(number, dev, sysfs)
    return f"camera {number} is not there any more: plug it in again, and it goes on by itself"


def _group(node: Path) -> str:
    """The group that may use a device; nearly everywhere "video"."""
    try:
        group = node.group()
    except (OSError, KeyError, NotImplementedError):
        return "video"
    return "video" if group in ("root", "nogroup") else group  # nobody is told to join these


def _video_nodes(sysfs: Path) -> Iterator[re.Match[str]]:
    try:
        names = [entry.name for entry in sysfs.iterdir()]
    except OSError:  # no video subsystem at all
        return
    for name in names:
        match = re.fullmatch(r"video(\d+)", name)
        if match:
            yield match


def _node_name(node: Path) -> str:
    name = " ".join(_read(node / "name").split())
    return name or f"Camera {node.name.removeprefix('video')}"


def _captures(node: Path, udev_data: Path) -> bool:
    device = _read(node / "dev").strip()  # major:minor, by which udev files what it found out
    for line in _read(udev_data / f"c{device}").splitlines():
        if line.startswith("E:ID_V4L_CAPABILITIES="):
            return "capture" in line.split("=", 1)[1].split(":")
    # Without udev (containers): a camera's first node is its pictures, the next ones are metadata.
    return _read(node / "index").strip() in ("", "0")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _answers(number: int) -> bool:
    capture = open_device(number)
    opened = capture.isOpened()
    capture.release()
    return bool(opened)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV from writing its warnings about a camera that does not answer to the user's terminal."""
    import cv2

    log = cv2.utils.logging
    before = log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(before)
