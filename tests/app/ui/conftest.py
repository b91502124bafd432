"""Every test of the window is held to leave no thread behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.entities import Snapshot
from app.ui.main_window import MainWindow
from app.ui.services import Services
from tests.app.ui.fakes import FakeSession


@pytest.fixture(autouse=True)
def _tidy(no_leaked_threads: None) -> None:
    pass


class Stage:
    """A window, and the sessions it has opened, newest last."""

    def __init__(self, window: MainWindow, sessions: list[FakeSession]) -> None:
        self.window, self.sessions = window, sessions

    @property
    def session(self) -> FakeSession:
        return self.sessions[-1]


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Callable[..., Stage]]:
    """Makes a shown window whose every session plays the given script; closes it after the test."""
    windows: list[MainWindow] = []

    def make(
        script: Snapshot | Callable[[], Snapshot],
        source: str = "demo",
        autostart: bool = True,
        stop_takes_s: float = 0.0,
        cameras: tuple[tuple[str, str], ...] = (),
        kind: type[FakeSession] = FakeSession,
        services: Services | None = None,
    ) -> Stage:
        sessions: list[FakeSession] = []

        def open_session(spec: str) -> FakeSession:
            sessions.append(kind(script, stop_takes_s, spec))
            return sessions[-1]

        window = MainWindow(open_session, lambda: list(cameras), source, autostart, services)
        windows.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return Stage(window, sessions)

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    qtbot.wait(1)
