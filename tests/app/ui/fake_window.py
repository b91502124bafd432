"""The window with a made-up session, in a process of its own: `python tests/app/ui/fake_window.py --help`."""

from __future__ import annotations

import argparse
import faulthandler
import json
import sys
import threading
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[3]), str(Path(__file__).resolve().parent)]

from fakes import FakeSession, Play  # noqa: E402
from layout import measure  # noqa: E402
from PyQt6.QtCore import QTimer  # noqa: E402
from PyQt6.QtWidgets import QApplication  # noqa: E402

from app.ui.main_window import MainWindow  # noqa: E402
from app.ui.run import run_window  # noqa: E402


class JournalledSession(FakeSession):
    """Tells on standard output what is done to it."""

    def start(self) -> None:
        super().start()
        print("open", self.spec, flush=True)

    def stop(self, timeout_s: float = 1.0) -> bool:
        ended = super().stop(timeout_s)
        print("stop", self.spec, flush=True)
        return ended


def main() -> int:
    faulthandler.enable()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screenshot", type=Path)
    parser.add_argument("--quit-after", type=float)
    parser.add_argument("--people", type=int, default=1)
    parser.add_argument("--source", default="demo")
    parser.add_argument("--size", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--layout", type=Path, help="write here where the parts are, one second in")
    options = parser.parse_args()

    def open_session(spec: str) -> FakeSession:
        if spec.startswith("camera:"):
            raise OSError("Camera 0 cannot be opened: is it plugged in, and free?")
        return JournalledSession(Play(options.people), stop_takes_s=0.3, spec=spec)

    application = QApplication([])

    def look() -> None:
        (window,) = (w for w in application.topLevelWidgets() if isinstance(w, MainWindow))
        if options.size:
            window.resize(*options.size)
        # Another second: a new size is laid out and painted by then.
        if options.layout:
            QTimer.singleShot(1000, lambda: options.layout.write_text(json.dumps(measure(window))))

    QTimer.singleShot(500, look)
    code = run_window(
        open_session, source=options.source, screenshot=options.screenshot, quit_after_s=options.quit_after
    )
    print("threads:", *(thread.name for thread in threading.enumerate()), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
