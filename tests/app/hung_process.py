"""A whole process whose pose hangs in a thread of a pool: python hung_process.py window|replay VIDEO MODEL.

Prints a line when all that is left to do is to end.
"""

from __future__ import annotations

import functools
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console

from app import desktop, pipeline, road
from app.cli import main
from app.pipeline import Session
from app.program import run_to_the_end
from app.workers import Limits
from pose.estimator import PoseEstimator
from pose.extractor import SkeletonExtractor
from tests.app.fakes import FakeRecognizer, ScriptedSource

HANGS = threading.Event()


class HangingLandmarker:
    def look(self, image_rgb, elapsed_s):
        HANGS.set()
        threading.Event().wait()

    def forget(self) -> None: ...

    def close(self) -> None:
        threading.Event().wait()


def make_extractor() -> SkeletonExtractor:
    return SkeletonExtractor(
        estimator=PoseEstimator(Path("unused"), open_landmarker=lambda _: HangingLandmarker())
    )


def window(model: str) -> None:
    """The window on a camera; it closes by itself while the pose hangs."""
    desktop.open_in_window = lambda *_, **__: Session(ScriptedSource(None), make_extractor, FakeRecognizer)
    loader = road.RecognizerLoader(Path(model), "cpu")
    code = desktop.open_window("demo", loader, Path("window.png"), 1.5, Console(stderr=True))
    assert HANGS.is_set()
    print("over", flush=True)
    sys.exit(code)


def replay(video: str, model: str) -> None:
    """A file to a file; the watchdog ends it."""
    road.make_extractor = make_extractor
    pipeline.LOSSLESS_LIMITS = Limits(item_s=0.5)
    try:
        main(["replay", video, "--headless", "--output", "lines.jsonl", "--model", model, "--device", "cpu"])
    finally:
        print("over", flush=True)


if __name__ == "__main__":
    what, video, model = sys.argv[1:]
    run_to_the_end(
        functools.partial(window, model) if what == "window" else functools.partial(replay, video, model)
    )
