"""The real road in a real window for a minute: it plays, it names, and it leaves nothing behind."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from PyQt6.QtGui import QImage

from app.sources import open_source
from app.video_writer import VideoWriter
from tests.app.ui.test_xvfb import display  # noqa: F401 - a fixture

SCRIPT = Path(__file__).with_name("real_window.py")
SECONDS = 60

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]


@pytest.fixture(scope="module")
def long_video(sports2d_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A little more than a minute of real people: the demo video small, forwards and over again."""
    path = tmp_path_factory.mktemp("video") / "people.mkv"
    with open_source(str(sports2d_demo)) as source:
        source.open()
        pictures = [
            cv2.resize(frame.image, (640, 360), interpolation=cv2.INTER_AREA) for frame in source.frames()
        ]
    with VideoWriter(path) as writer:
        for number, picture in enumerate(itertools.islice(itertools.cycle(pictures), 30 * (SECONDS + 5))):
            writer.write(picture, number / 30)
    return path


def test_a_clip_plays_for_a_minute_and_leaves_no_thread_and_no_memory_behind(
    display: str,  # noqa: F811
    long_video: Path,
    pose_model: Path,
    tmp_path: Path,
) -> None:
    screenshot = tmp_path / "window.png"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(long_video), str(SECONDS), str(screenshot)],
        env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=SECONDS + 60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["code"] == 0
    assert report["message"] == ""
    assert report["threads_left"] == []
    assert 0 <= report["captured"] - report["posed"] <= 2  # a file loses no picture
    assert report["posed"] > SECONDS
    assert report["recognised"] > SECONDS / 2
    after_warm_up, at_the_end = report["memory_mb"]
    # What is found in a file is kept while it is open, some 0.2 MB a second and person; its pictures are not:
    # forty seconds of these would be a gigabyte.
    assert at_the_end - after_warm_up < 80
    image = QImage(str(screenshot))
    assert image.width() >= 800
    assert len({image.pixel(x, y) for x in range(0, 900, 9) for y in range(0, 600, 9)}) > 500
