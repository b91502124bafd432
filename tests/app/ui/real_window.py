"""The real window on a real video, watched from inside: python real_window.py SOURCE SECONDS SCREENSHOT.

Prints one JSON line: the exit code, the Python threads left after the window closed, the counters,
and the process's memory a third of the way and at the end.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from rich.console import Console

from app import desktop
from app.program import threads_left
from app.road import RecognizerLoader, open_in_window


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    source, seconds, screenshot = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    samples: list[float] = []
    sessions = []

    def sample() -> None:
        for _ in range(int(seconds)):
            time.sleep(1.0)
            samples.append(resident_mb())

    def remembered(*arguments, **options):
        sessions.append(open_in_window(*arguments, **options))
        return sessions[-1]

    desktop.open_in_window = remembered
    watcher = threading.Thread(target=sample, daemon=True)
    watcher.start()
    code = desktop.open_window(
        source, RecognizerLoader(device="cpu"), screenshot, seconds, Console(stderr=True)
    )
    watcher.join()
    threads_left(20.0)  # the machine may be busy
    left = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    snapshot = sessions[-1].snapshot()
    print(
        json.dumps(
            {
                "code": code,
                "threads_left": left,
                "captured": snapshot.counters.captured,
                "posed": snapshot.counters.posed,
                "recognised": snapshot.counters.recognised,
                "message": snapshot.message,
                "memory_mb": [samples[len(samples) // 3], samples[-1]],
            }
        )
    )


if __name__ == "__main__":
    main()
