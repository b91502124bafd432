from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QMenu, QWidget

from app.settings import SettingsStore
from app.ui import texts
from app.ui.commands import Commands
from app.ui.main_window import MainWindow
from app.ui.services import Services
from app.ui.shortcuts import ShortcutDialog
from tests.app.ui.fakes import FakeSession, running


@pytest.fixture
def commands(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return Commands(window), window


def test_a_command_acts_by_its_key_and_by_the_menu(qtbot, commands):
    table, window = commands
    done = []
    action = table.add("Session", "Wave", lambda: done.append("wave"), "W")
    qtbot.keyClick(window, Qt.Key.Key_W)
    action.trigger()
    assert done == ["wave", "wave"]


def test_two_commands_cannot_have_one_key(commands):
    table, _ = commands
    table.add("Session", "Wave", lambda: None, "Ctrl+W")
    with pytest.raises(ValueError, match=r"Ctrl\+W is the key of 'Wave' already"):
        table.add("View", "Other", lambda: None, "Ctrl+W")


def test_the_menu_has_every_command_under_its_heading(commands):
    table, _ = commands
    table.add("Session", "Wave", lambda: None)
    table.add("View", "Mirror", lambda: None)
    table.add("Session", "Clap", lambda: None)
    menu = QMenu()
    table.fill(menu)
    table.fill(menu)  # opened again
    parts = {action.text(): [a.text() for a in action.menu().actions()] for action in menu.actions()}
    assert parts == {"Session": ["Wave", "Clap"], "View": ["Mirror"]}
    menu.deleteLater()


def test_help_comes_last_in_the_menu(stage):
    groups = stage(running()).window.commands.groups()
    assert list(groups)[-1] == texts.GROUP_HELP


def test_the_question_mark_shows_every_key(qtbot, stage):
    window = stage(running()).window
    qtbot.keyClick(window, Qt.Key.Key_Question)
    dialog = window.findChild(ShortcutDialog)
    assert dialog.isVisible()
    words = {label.text() for label in dialog.findChildren(QLabel)}
    keyed = [c.action for c in window.commands.table if not c.action.shortcut().isEmpty()]
    assert len(keyed) > 6
    for action in keyed:
        assert action.text() in words
        assert action.shortcut().toString(action.shortcut().SequenceFormat.NativeText) in words
    dialog.reject()


def test_the_windows_size_and_docks_are_as_they_were_left(qtbot, tmp_path):
    path = tmp_path / "settings.json"

    def window() -> MainWindow:
        services = Services(SettingsStore(path))
        made = MainWindow(lambda spec: FakeSession(running()), list, autostart=False, services=services)
        qtbot.addWidget(made)
        made.add_dock("notes", "Notes", QWidget())
        made._restore()
        made.show()
        return made

    first = window()
    dock = first.findChild(QWidget, "notes")
    assert not dock.isVisible()
    (action,) = [c.action for c in first.commands.table if c.action.text() == "Notes"]
    action.trigger()
    assert dock.isVisible()
    first.resize(700, 560)
    first.close()
    second = window()
    assert (second.width(), second.height()) == (700, 560)
    assert second.findChild(QWidget, "notes").isVisible()
    second.close()


def test_settings_that_make_no_sense_leave_the_window_as_it_is(qtbot):
    settings = SettingsStore.in_memory()
    settings.change(window_geometry="???", window_state="ünsinn")
    window = MainWindow(
        lambda spec: FakeSession(running()), list, autostart=False, services=Services(settings)
    )
    qtbot.addWidget(window)
    window.show()
    assert (window.width(), window.height()) == (1280, 800)
    assert window.windowTitle() == texts.APPLICATION
    window.close()
