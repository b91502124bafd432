"""A real window on a virtual X server, driven by a played hand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtGui import QImage

from tests.app.ui.layout import check, check_picture

SCRIPT = Path(__file__).with_name("fake_window.py")

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """The name of a fresh X display of 1400 x 900 pixels."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait(10)


class Window:
    """The window's process; its standard output is a journal, a line for each thing that happened."""

    def __init__(self, display: str, journal: Path, *arguments: str) -> None:
        self._journal = journal
        self._environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        with journal.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", str(SCRIPT), *arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )

    @property
    def journal(self) -> list[str]:
        return self._journal.read_text().splitlines()

    def wait_for(self, line: str, times: int = 1, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while self.journal.count(line) < times:
            assert self.process.poll() is None, "\n".join(self.journal)
            assert time.monotonic() < deadline, f"no {line!r} in {self.journal}"
            time.sleep(0.05)

    def hand(self, *words: str) -> str:
        """Play a key or ask for a window, with xdotool."""
        return subprocess.run(
            ["xdotool", *words], env=self._environment, capture_output=True, text=True, check=True, timeout=20
        ).stdout

    def focus(self) -> None:
        """Give the window the keyboard, as a window manager would."""
        found = self.hand("search", "--sync", "--onlyvisible", "--name", "^STGAT Live$").split()
        self.hand("windowfocus", "--sync", found[-1])

    def end(self, timeout_s: float = 15.0) -> int:
        return self.process.wait(timeout_s)


@pytest.fixture
def open_window(display: str, tmp_path: Path) -> Iterator:
    opened: list[Window] = []

    def make(*arguments: str) -> Window:
        opened.append(Window(display, tmp_path / f"journal-{len(opened)}.txt", *arguments))
        return opened[-1]

    yield make
    for window in opened:
        if window.process.poll() is None:
            window.process.kill()
            window.process.wait(10)


def test_the_window_plays_takes_its_screenshot_and_leaves_no_thread(open_window, tmp_path):
    path = tmp_path / "window.png"
    window = open_window("--people", "2", "--screenshot", str(path), "--quit-after", "4")
    assert window.end(40) == 0, window.journal
    assert window.journal == ["open demo", "stop demo", "threads: MainThread"]
    picture = QImage(str(path))
    assert (picture.width(), picture.height()) == (1280, 800)


def test_ctrl_c_in_the_terminal_closes_the_window(open_window):
    window = open_window()
    window.wait_for("open demo")
    time.sleep(0.5)
    window.process.send_signal(signal.SIGINT)
    assert window.end() == 0
    assert window.journal[-2:] == ["stop demo", "threads: MainThread"]


def test_a_camera_that_is_not_there_leaves_a_window_that_can_be_closed(open_window):
    window = open_window("--source", "camera:0", "--quit-after", "1.5")
    assert window.end(40) == 0
    assert window.journal == ["threads: MainThread"]


@pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool is not installed")
def test_space_stops_and_starts_and_ctrl_q_quits(open_window):
    window = open_window()
    window.wait_for("open demo")
    window.focus()
    window.hand("key", "space")
    window.wait_for("stop demo")
    window.hand("key", "space")
    window.wait_for("open demo", times=2)
    window.hand("key", "m")
    window.hand("key", "ctrl+q")
    assert window.end() == 0
    assert window.journal[-1] == "threads: MainThread"
    assert window.journal.count("stop demo") == 2


@pytest.mark.parametrize("size", [(1280, 800), (1000, 600), (600, 850), (360, 640), (480, 320)])
def test_every_part_has_its_place_at_every_size(open_window, tmp_path, size):
    picture, layout = tmp_path / "window.png", tmp_path / "layout.json"
    width, height = map(str, size)
    window = open_window(
        "--size", width, height, "--layout", str(layout), "--screenshot", str(picture), "--quit-after", "3"
    )
    assert window.end(40) == 0, window.journal
    boxes = json.loads(layout.read_text())
    assert {"toolbar", "video", "side", "status"} <= boxes.keys()
    image = QImage(str(picture))
    assert (image.width(), image.height()) == size
    check(boxes, size)
    check_picture(image, boxes)
    beside = boxes["side"][0] >= boxes["video"][0] + boxes["video"][2]
    assert beside == (size[0] >= 720)  # else it is under the video
    assert ("timeline" in boxes) == (size[1] >= 450)
