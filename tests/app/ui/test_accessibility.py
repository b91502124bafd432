"""The whole window and its dialogs, walked through: all that takes the keyboard has a name, every command can
be reached, and no key means two things.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QApplication, QDialog, QDockWidget, QMenu, QWidget

from app.ui.errors import CrashDialog
from app.ui.settings_dialog import SettingsDialog
from app.ui.settings_model import CardDialog
from app.ui.shortcuts import ShortcutDialog
from app.ui.tour import Tour
from tests.app.ui.fakes import running


@pytest.fixture
def window(qtbot, stage, monkeypatch):
    monkeypatch.setattr("app.models.count", lambda metadata: (200_000, int(1e8)))
    window = stage(running()).window
    qtbot.waitUntil(lambda: window.session is not None)
    return window


def focusable(root: QWidget) -> list[QWidget]:
    """What the Tab key comes to; parts that Qt made of its own widgets have names beginning with qt_."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget, QMenu)
        and not widget.isHidden()
        and widget.window().windowType() is not Qt.WindowType.Popup  # a box's list has the box's name
        and widget.focusProxy() is None  # the inside of a view; the view has the name
    ]


def name(widget: QWidget) -> str:
    """What a screen reader says of it."""
    text = getattr(widget, "text", None)
    return widget.accessibleName() or (text() if callable(text) else "")


def nameless(root: QWidget) -> list[str]:
    return [
        f"{type(w).__name__} {w.objectName()} in {type(w.parent()).__name__} {w.parent().objectName()}"
        for w in focusable(root)
        if not name(w)
    ]


def test_everything_in_the_window_that_takes_the_keyboard_has_a_name(qtbot, window):
    for dock in window.findChildren(QDockWidget):
        dock.show()
    qtbot.wait(20)
    assert len(focusable(window)) >= 5
    assert nameless(window) == []


def test_so_has_everything_in_the_dialogs(qtbot, window):
    settings = SettingsDialog(window)
    settings.show()
    settings.recognition.advanced.click()
    qtbot.waitUntil(lambda: settings.model.list.count() > 0)
    settings.ask_to_reset()
    window.findChild(Tour).show()
    dialogs: list[QDialog] = [
        *window.findChildren(QDialog),
        ShortcutDialog(window),
        CardDialog(settings, settings.model._models[0]),
        CrashDialog(window, "title", "what", "report", Path("crash.txt")),
    ]
    assert len(dialogs) >= 5
    assert [told for dialog in dialogs for told in nameless(dialog)] == []
    assert nameless(window.findChild(Tour).overlay) == []
    for dialog in dialogs:
        assert dialog.windowTitle() or dialog.objectName()
        dialog.close()


def test_every_command_has_words_and_is_in_the_menu_under_its_heading(window):
    menu = QMenu()
    window.commands.fill(menu)
    offered = [action for part in menu.actions() for action in part.menu().actions()]
    assert offered == [action for group in window.commands.groups().values() for action in group]
    assert len(offered) == len(window.commands.table)
    for command in window.commands.table:
        assert command.group
        assert command.action.text().strip()


def test_no_action_of_the_window_is_hidden_from_the_menu(window):
    known = [command.action for command in window.commands.table]
    own = [a for a in window.actions() if a.text() and not a.isSeparator()]
    assert [a.text() for a in own if a not in known] == []
    strays = [a.text() for a in window.findChildren(QAction) if not a.shortcut().isEmpty() and a not in known]
    assert strays == []


def test_no_key_means_two_things(window):
    keys = Counter(
        command.action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)
        for command in window.commands.table
        if not command.action.shortcut().isEmpty()
    )
    assert [key for key, times in keys.items() if times > 1] == []
    assert {"F1", "F10", "?", "Ctrl+,", "Space", "Ctrl+O"} <= set(keys)


def test_every_key_is_in_the_table_of_keys(window):
    table = ShortcutDialog(window)
    shown = {label.text() for label in table.findChildren(QWidget, "keys")}
    native = QKeySequence.SequenceFormat.NativeText
    keys = {
        c.action.shortcut().toString(native)
        for c in window.commands.table
        if not c.action.shortcut().isEmpty()
    }
    assert shown == keys


def test_the_tab_key_goes_round_the_window_and_comes_back(qtbot, window):
    window.activateWindow()
    window.setFocus()
    seen: list[QWidget | None] = []
    for _ in range(60):
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        if focus in seen:
            break
        seen.append(focus)
    assert window.toolbar.picker in seen
    assert window.toolbar.menu in seen
