"""That a recording is made is to be seen, whatever else the window shows."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QDockWidget

from app.entities import Health, Snapshot
from app.ui.recording import Recording
from app.ui.shortcuts import ShortcutTable
from app.ui.texts import recording as texts
from app.ui.texts.language import load
from app.ui.tour import Tour
from tests.app.ui.fakes import running
from tests.app.ui.test_recording import RecordableSession


@pytest.fixture
def recorded(qtbot, stage, tmp_path):
    """(window, its session) while a recording is made."""
    made = stage(running(), "camera:0", kind=RecordableSession)
    window = made.window
    window.services.settings.change(recordings_folder=str(tmp_path / "kept"))
    qtbot.waitUntil(lambda: window.session is not None)
    window.findChild(Recording).toggle()
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    made.session.show(0)
    yield window, made.session
    window.findChild(Recording).stop()
    qtbot.waitUntil(window.findChild(Recording).lamp.isHidden)


def is_seen(window) -> bool:
    """Whether the lamp is painted where it is: its dot in full colour, its words uncut; and in the title."""
    lamp = window.findChild(Recording).lamp
    dot = lamp._dot
    place = QRect(lamp.mapTo(window, QPoint(0, 0)), lamp.size())
    cut = lamp.words.width() < lamp.words.sizeHint().width()
    if not lamp.isVisible() or cut or not window.rect().contains(place):
        return False
    at = dot.mapTo(window, dot.rect().center())
    picture = window.grab()
    ratio = picture.devicePixelRatio()
    painted = picture.toImage().pixelColor(round(at.x() * ratio), round(at.y() * ratio))
    return painted == QColor(window.colours.error) and window.windowTitle().startswith("●")


def settings(window) -> None:
    next(c.action for c in window.commands.table if c.action.shortcut().toString() == "Ctrl+,").trigger()


def panels(window) -> None:
    for dock in window.findChildren(QDockWidget):
        dock.toggleViewAction().trigger()


def floating_panels(window) -> None:
    panels(window)
    for dock in window.findChildren(QDockWidget):
        dock.setFloating(True)


def no_panels(window) -> None:
    for part in (window.side, window.toolbar, window.timeline):
        part.hide()


def keys(window) -> None:
    window.findChild(ShortcutTable).show()


def message(window) -> None:
    window.status.showMessage("A long message that lasts, " * 20)


def light(window) -> None:
    window.services.settings.change(appearance="light")


def dark(window) -> None:
    window.services.settings.change(appearance="dark")


def small(window) -> None:
    window.resize(window.minimumSize())


def full_screen(window) -> None:
    window.toggle_full_screen()


def again(window) -> None:
    """Minimised and back."""
    window.showMinimized()
    assert window.windowTitle().startswith("●")  # all there is of it in a task bar
    window.showNormal()


STATES = [panels, floating_panels, no_panels, settings, keys, message, light, dark, small, full_screen, again]


@pytest.mark.parametrize("state", STATES)
def test_promise_a_recording_is_seen_whatever_is_open(qtbot, recorded, state) -> None:
    window, _ = recorded
    state(window)
    qtbot.waitUntil(lambda: is_seen(window))


def test_promise_the_tour_does_not_dim_the_lamp(qtbot, recorded) -> None:
    window, _ = recorded
    qtbot.keyClick(window, Qt.Key.Key_F1)
    overlay = window.findChild(Tour).overlay
    for _ in range(6):
        qtbot.waitUntil(lambda: is_seen(window))
        overlay.go(1)


@pytest.mark.parametrize("state", [small, message, settings])
def test_promise_a_recording_is_seen_in_german(qtbot, recorded, monkeypatch, state) -> None:
    window, session = recorded
    german = load("de").gettext
    assert german("Recording") != "Recording"
    monkeypatch.setattr(texts, "_", german)
    monkeypatch.setattr(texts, "RECORDING", german("Recording"))
    session.show(1)
    lamp = window.findChild(Recording).lamp
    qtbot.waitUntil(lambda: lamp.words.text().startswith(german("Recording")))
    state(window)
    qtbot.waitUntil(lambda: is_seen(window))


def test_promise_a_recording_is_seen_while_the_camera_has_trouble(qtbot, recorded) -> None:
    window, session = recorded
    session.script = Snapshot(Health.STARTING)
    qtbot.wait(50)  # it is polled
    qtbot.waitUntil(lambda: is_seen(window))


def test_without_a_recording_there_is_no_lamp(qtbot, recorded) -> None:
    window, _ = recorded
    feature = window.findChild(Recording)
    feature.stop()
    qtbot.waitUntil(feature.lamp.isHidden)
    assert not is_seen(window)
