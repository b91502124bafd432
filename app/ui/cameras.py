"""Which cameras there are, by name.

On Linux the kernel is asked, so that names need no QtMultimedia (whose system library libpulse0 is often
missing) and the numbers are those OpenCV opens. Elsewhere Qt is asked, in the system's order as OpenCV is.
"""

from __future__ import annotations

import logging
import re
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from app.ui.session import ListCameras

log = logging.getLogger(__name__)

# linux/videodev2.h: struct v4l2_capability, _IOR('V', 0, that), and the flags of its last two fields
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
_VIDIOC_QUERYCAP = 2 << 30 | _CAPABILITY.size << 16 | ord("V") << 8
_VIDEO_CAPTURE, _VIDEO_CAPTURE_MPLANE, _DEVICE_CAPS = 0x1, 0x1000, 0x8000_0000


def list_cameras() -> list[tuple[str, str]]:
    """(source spec, name) of each camera. May take a while where a driver is slow: not for the Qt thread."""
    return list_v4l2() if sys.platform == "linux" else list_qt()


def list_v4l2(
    devices: Path = Path("/dev"), query: Callable[[Path], bytes] | None = None
) -> list[tuple[str, str]]:
    """The Video4Linux devices that take pictures, by number. Raises nothing.

    query: gives the bytes of a device's struct v4l2_capability, or raises OSError; a device that may not
    be opened is listed all the same, since opening it will tell the user why.
    """
    found = []
    for device in devices.glob("video*"):
        number = re.fullmatch(r"video(\d+)", device.name)
        if number is None:
            continue
        try:
            name = _capture_name((query or _query_capability)(device))
        except OSError as error:
            log.debug("%s does not answer: %s", device, error)
            name = f"Camera {number[1]}"
        if name is not None:
            found.append((int(number[1]), name))
    return [(f"camera:{number}", name) for number, name in sorted(found)]


def _query_capability(device: Path) -> bytes:
    import fcntl  # not on Windows

    answer = bytearray(_CAPABILITY.size)
    with device.open("rb", buffering=0) as opened:
        fcntl.ioctl(opened, _VIDIOC_QUERYCAP, answer)
    return bytes(answer)


def _capture_name(capability: bytes) -> str | None:
    """The camera's name, or None for a device that takes no pictures (metadata, codecs, outputs)."""
    _, card, _, _, of_all, of_this = _CAPABILITY.unpack(capability)
    flags = of_this if of_all & _DEVICE_CAPS else of_all
    if not flags & (_VIDEO_CAPTURE | _VIDEO_CAPTURE_MPLANE):
        return None
    return card.split(b"\0")[0].decode(errors="replace")


def list_qt() -> list[tuple[str, str]]:
    """The cameras QtMultimedia knows; none where it cannot be loaded."""
    try:
        from PyQt6.QtCore import QEventLoop
        from PyQt6.QtMultimedia import QMediaDevices
    except ImportError as error:
        log.debug("no camera names without QtMultimedia: %s", error)
        return []
    # Qt hears of plugged cameras in the thread that first asked for them; that thread has no event loop.
    QEventLoop().processEvents()
    return [(f"camera:{i}", camera.description()) for i, camera in enumerate(QMediaDevices.videoInputs())]


class CameraWatcher:
    """Asks for the cameras in a thread of its own, again every `period_s`, so that plugged ones show up.

    `cameras` is the newest answer; read it from any thread.
    """

    def __init__(self, list_cameras: ListCameras, period_s: float = 2.0) -> None:
        self.cameras: list[tuple[str, str]] = []
        self._list = list_cameras
        self._period_s = period_s
        self._closing = threading.Event()
        # Daemon: a driver that hangs must not keep the application from ending.
        self._thread = threading.Thread(target=self._watch, name="camera-watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout_s: float = 1.0) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _watch(self) -> None:
        while not self._closing.is_set():
            try:
                self.cameras = self._list()
            except (OSError, RuntimeError, ValueError) as error:
                log.warning("the cameras cannot be listed: %s", error)
            self._closing.wait(self._period_s)
