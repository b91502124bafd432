"""Which cameras there are, by name, and again whenever that changes.

They are asked for every other second: Qt's own signal of a change (QMediaDevices) needs QtMultimedia, which
does not load everywhere, and comes only to threads with an event loop; the kernel's list costs nothing.
"""

from __future__ import annotations

import logging
import sys
import threading

from app import sources
from app.ui.session import ListCameras

log = logging.getLogger(__name__)


def list_cameras() -> list[tuple[str, str]]:
    """(source spec, name) of each camera. May take a while where a driver is slow: not for the Qt thread.

    On Linux the kernel's own list serves, which needs no QtMultimedia (whose system library libpulse0 is
    often missing). Elsewhere Qt knows the names; its order is the system's, as OpenCV's is.
    """
    if sys.platform == "linux":
        return [(f"camera:{number}", name) for number, name in sources.list_cameras()]
    return list_qt()


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

    `cameras` is the newest answer, `known` whether there has been one; read them from any thread.
    """

    def __init__(self, list_cameras: ListCameras, period_s: float = 2.0) -> None:
        self.cameras: list[tuple[str, str]] = []
        self.known = False
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
                self.known = True
            except (OSError, RuntimeError, ValueError) as error:
                log.warning("the cameras cannot be listed: %s", error)
            self._closing.wait(self._period_s)
