"""The ways to compute are timed beside the window, once, when it has run for a while."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PyQt6.QtCore import QObject, pyqtSignal
from pytestqt.qtbot import QtBot

from app.ui import engine_timing
from app.ui.engine_timing import EngineTiming

#: Stands for the program: writes what it was called with, then stays for as long as the second argument says.
PROGRAM = (
    "import sys, time; open(sys.argv[1], 'w').write(' '.join(sys.argv[3:])); time.sleep(float(sys.argv[2]))"
)


class Window(QObject):
    began = pyqtSignal(str)
    over = pyqtSignal()
    closing = pyqtSignal()

    def __init__(self, device: str) -> None:
        super().__init__()
        loader = SimpleNamespace(device=device, model=Path("some.safetensors"))
        self.services = SimpleNamespace(loader=loader)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., EngineTiming]]:
    """A feature on a window that has begun to play."""
    kept: list[Window] = []

    def make(device: str = "auto", known: object = None, lasts_s: float = 0.0) -> EngineTiming:
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / "called"), str(lasts_s)]
        monkeypatch.setattr(engine_timing, "program", lambda: command)
        monkeypatch.setattr(engine_timing, "measured_for", lambda model: known)
        kept.append(Window(device))
        feature = EngineTiming(kept[-1])
        feature.timer.setInterval(0)
        kept[-1].began.emit("camera:0")
        return feature

    yield make
    for window in kept:
        window.closing.emit()


def test_it_calls_the_program_with_the_model_in_use(opened, qtbot: QtBot, tmp_path: Path) -> None:
    feature = opened()
    qtbot.waitUntil(lambda: (tmp_path / "called").is_file(), timeout=10_000)
    qtbot.waitUntil(lambda: feature._work is None, timeout=10_000)
    assert (tmp_path / "called").read_text() == "time-engines some.safetensors"


@pytest.mark.parametrize("case", [{"device": "cpu"}, {"known": "something"}])
def test_it_does_nothing_for_a_chosen_device_or_a_model_that_was_timed(
    case: dict, opened, qtbot: QtBot, tmp_path: Path
) -> None:
    feature = opened(**case)
    qtbot.waitUntil(lambda: not feature.timer.isActive(), timeout=5_000)
    qtbot.waitUntil(lambda: feature._work is None, timeout=5_000)
    assert not (tmp_path / "called").exists()


def test_nothing_is_timed_when_the_session_is_over_before(opened, qtbot: QtBot, tmp_path: Path) -> None:
    feature = opened()
    feature.parent().over.emit()
    qtbot.wait(100)
    assert feature._work is None and not (tmp_path / "called").exists()


def test_the_process_ends_with_the_window(opened, qtbot: QtBot, tmp_path: Path) -> None:
    feature = opened(lasts_s=600.0)
    qtbot.waitUntil(lambda: (tmp_path / "called").is_file(), timeout=10_000)
    began = time.monotonic()
    feature.parent().closing.emit()
    assert feature._process is not None
    feature._process.wait(timeout=10)
    assert time.monotonic() - began < 10
