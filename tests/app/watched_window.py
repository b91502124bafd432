"""The real window on a camera that shows real people, every panel open, and an exception on the way.

    python watched_window.py CLIP

It closes when enough has been posed and recognised, and prints a JSON line: what was. Settings and crash
reports are kept as always, below the home that the environment names.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import cv2
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QDockWidget

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.crash_reports import CrashReports
from app.road import RecognizerLoader, open_in_window
from app.settings import SettingsStore
from app.sources import camera
from app.ui.main_window import MainWindow
from app.ui.run import run_window
from app.ui.services import Services

POSED, RECOGNISED = 15, 2
GIVE_UP_S = 60.0


class FilmedCamera:
    """A capture device that plays a film over and over, at a camera's pace."""

    def __init__(self, film: Path) -> None:
        self._film = cv2.VideoCapture(str(film))

    def grab(self) -> bool:
        time.sleep(1 / 30)
        if not self._film.grab():
            self._film.set(cv2.CAP_PROP_POS_FRAMES, 0)
            return self._film.grab()
        return True

    def set(self, prop: int, value: float) -> bool:
        return True

    def __getattr__(self, name: str):
        return getattr(self._film, name)


class Visitor:
    """Uses the window until it has seen enough, then closes it."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._until = time.monotonic() + GIVE_UP_S
        self.posed = self.recognised = self.people = 0
        self._used = False
        self._timer = QTimer(window)
        self._timer.timeout.connect(self._look)
        self._timer.start(100)

    def _look(self) -> None:
        session = self._window.session
        if session is None:
            if time.monotonic() > self._until:
                self._window.close()
            return
        if not self._used:
            self._used = True
            for dock in self._window.findChildren(QDockWidget):
                dock.toggleViewAction().trigger()
        snapshot = session.snapshot()
        self.posed, self.recognised = snapshot.counters.posed, snapshot.counters.recognised
        self.people = max(self.people, len(snapshot.skeletons))
        enough = self.posed >= POSED and self.recognised >= RECOGNISED and self.people
        if enough or time.monotonic() > self._until:
            self._timer.stop()
            QTimer.singleShot(500, self._window.close)
            raise RuntimeError("an exception that nobody caught")


def main() -> int:
    film = Path(sys.argv[1])
    camera.open_device = lambda index: FilmedCamera(film)
    loader = RecognizerLoader(device="cpu")
    visitors: list[Visitor] = []
    code = run_window(
        lambda spec: open_in_window(spec, loader),
        source="camera:0",
        offscreen=True,
        services=Services(SettingsStore(), loader, crashes=CrashReports()),
        watch=lambda window: visitors.append(Visitor(window)),
    )
    (seen,) = visitors
    print(json.dumps({"posed": seen.posed, "recognised": seen.recognised, "people": seen.people}))
    return code


if __name__ == "__main__":
    sys.exit(main())
