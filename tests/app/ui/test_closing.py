"""The window closes at once in every state, whatever hangs behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.pipeline import Session
from app.playback import FilePlayback
from app.settings import SettingsStore
from app.sources import SessionSource, open_twice
from app.ui.main_window import MainWindow
from app.ui.services import Services
from app.ui.texts import recording as texts
from app.workers import Limits
from tests.app.fakes import FakeExtractor, FakeRecognizer, tiny_recording
from tests.app.test_shutdown import GENEROUS_S, HANGS, Hold, held_session, wait_for_state


@pytest.fixture
def scene(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[str], tuple[MainWindow, Hold, Session]]]:
    windows: list[MainWindow] = []
    holds: list[Hold] = []

    def make(where: str) -> tuple[MainWindow, Hold, Session]:
        hold = Hold(where)
        holds.append(hold)
        session = held_session(hold, limits=Limits(pauses_s=(30.0,)))
        settings = SettingsStore.in_memory()
        settings.change(recordings_folder=str(tmp_path))
        windows.append(MainWindow(lambda spec: session, list, "camera:0", services=Services(settings)))
        windows[-1].show()
        qtbot.waitUntil(lambda: windows[-1].session is session)
        return windows[-1], hold, session

    yield make
    for hold in holds:
        hold.released.set()
    for window in windows:
        window.close()
        window.deleteLater()
    qtbot.wait(1)


@pytest.mark.parametrize(
    "where", ["", "the pose fails", *(state for state in HANGS if not state.endswith("closes"))]
)
def test_promise_the_window_closes_within_a_second_whatever_hangs(scene, qtbot: QtBot, where: str) -> None:
    window, hold, session = scene(where)
    wait_for_state(hold, session)
    begun = time.monotonic()
    window.close()
    assert time.monotonic() - begun < GENEROUS_S
    assert not hold.released.is_set()
    assert not window.isVisible()


def test_promise_a_window_on_a_paused_file_closes_within_a_second(qtbot: QtBot, tmp_path: Path) -> None:
    recording = tiny_recording(tmp_path / "waving.npz")

    def open_session(spec: str) -> FilePlayback:
        read, shown = open_twice(spec)
        return FilePlayback(
            shown, lambda found: Session(read, FakeExtractor, FakeRecognizer, lossless=True, on_result=found)
        )

    window = MainWindow(open_session, list, str(recording))
    window.show()
    qtbot.waitUntil(lambda: window.session is not None and window.snapshot is not None)
    window.session.pause()
    begun = time.monotonic()
    window.close()
    assert time.monotonic() - begun < GENEROUS_S
    window.deleteLater()


@pytest.mark.parametrize("where", ["", "the network hangs", "the camera hangs"])
def test_promise_closing_in_the_midst_of_a_recording_keeps_it(
    scene, qtbot: QtBot, tmp_path: Path, where: str
) -> None:
    window, hold, session = scene(where)
    (record,) = [action for action in window.actions() if action.text() == texts.RECORD]
    record.trigger()
    qtbot.waitUntil(lambda: len(list(tmp_path.glob("*/skeletons/*"))) > 0)
    wait_for_state(hold, session)
    begun = time.monotonic()
    window.close()
    assert time.monotonic() - begun < GENEROUS_S
    (folder,) = tmp_path.iterdir()
    with SessionSource(folder) as recorded:
        recorded.open()
        assert len(list(recorded.frames())) > 0
        assert recorded.warning is None


@pytest.mark.parametrize("where", ["the pose hangs", "the network hangs"])
def test_promise_the_window_stays_responsive_while_a_worker_hangs(scene, qtbot: QtBot, where: str) -> None:
    window, hold, session = scene(where)
    wait_for_state(hold, session)
    slowest_s = 0.0
    for _ in range(20):
        begun = time.monotonic()
        session.snapshot()
        window.repaint()
        slowest_s = max(slowest_s, time.monotonic() - begun)
        qtbot.wait(5)
    assert hold.met.is_set() and not hold.released.is_set()
    assert slowest_s < GENEROUS_S
