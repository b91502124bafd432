from __future__ import annotations

import os
import signal
import time

import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QImage

from app.ui import run
from app.ui.run import run_window
from tests.app.ui.fakes import FakeSession, running


class Opener:
    def __init__(self):
        self.sessions = []

    def __call__(self, spec):
        self.sessions.append(FakeSession(running(), spec=spec))
        return self.sessions[-1]


def test_the_window_closes_by_itself_after_its_screenshot(qapp, tmp_path):
    opener, path = Opener(), tmp_path / "window.png"
    begun = time.monotonic()
    assert run_window(opener, source="demo", screenshot=path, quit_after_s=0.5) == 0
    assert 0.4 < time.monotonic() - begun < 3.0
    assert [(s.spec, s.starts, s.stops) for s in opener.sessions] == [("demo", 1, 1)]
    picture = QImage(str(path))
    assert (picture.width(), picture.height()) == (1280, 800)
    colours = {picture.pixel(x, y) for x in range(0, 1280, 9) for y in range(0, 800, 9)}
    assert len(colours) > 20


def test_a_screenshot_alone_leaves_the_window_open(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SCREENSHOT_AFTER_S", 0.2)
    path = tmp_path / "window.png"
    seen = []
    QTimer.singleShot(600, lambda: (seen.append(path.exists()), os.kill(os.getpid(), signal.SIGINT)))
    assert run_window(Opener(), source="demo", screenshot=path) == 0
    assert seen == [True]


def test_a_screenshot_that_cannot_be_written_is_told_in_the_exit_code(qapp, tmp_path, capsys):
    path = tmp_path / "no such folder" / "window.png"
    assert run_window(Opener(), source="demo", screenshot=path, quit_after_s=0.2) == 1
    assert str(path) in capsys.readouterr().err


def test_ctrl_c_closes_cleanly_and_gives_the_signal_back(qapp):
    opener = Opener()
    before = signal.getsignal(signal.SIGINT)
    QTimer.singleShot(300, lambda: os.kill(os.getpid(), signal.SIGINT))
    begun = time.monotonic()
    assert run_window(opener, source="demo") == 0
    assert time.monotonic() - begun < 3.0
    assert opener.sessions[0].stops == 1
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("asked", [True, False])
def test_offscreen_is_asked_of_qt_only_when_wanted(qapp, monkeypatch, asked):
    monkeypatch.setenv("QT_QPA_PLATFORM", "untouched")
    run_window(Opener(), source="demo", quit_after_s=0.05, offscreen=asked)
    assert os.environ["QT_QPA_PLATFORM"] == ("offscreen" if asked else "untouched")
