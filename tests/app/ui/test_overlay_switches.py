from __future__ import annotations

from PyQt6.QtCore import Qt

from app.ui.main_window import MainWindow
from app.ui.services import Services
from app.ui.texts import views
from tests.app.ui.fakes import FakeSession, running


def action(window, name):
    return next(c.action for c in window.commands.table if c.action.text() == name)


def test_h_shows_the_trails_and_is_remembered(qtbot, stage):
    window = stage(running()).window
    assert not action(window, views.HAND_TRAILS).isChecked()
    qtbot.keyClick(window, Qt.Key.Key_H)
    assert action(window, views.HAND_TRAILS).isChecked()
    assert window.services.settings.value.hand_trails
    assert window.video._trails_shown
    qtbot.keyClick(window, Qt.Key.Key_H)
    assert not window.services.settings.value.hand_trails


def test_what_was_chosen_is_there_again_at_the_next_start(qtbot):
    services = Services()
    services.settings.change(skeleton=False, hand_trails=True)
    window = MainWindow(lambda spec: FakeSession(running()), list, autostart=False, services=services)
    qtbot.addWidget(window)
    assert not action(window, views.SKELETON).isChecked()
    assert action(window, views.HAND_TRAILS).isChecked()
    assert window.video._trails_shown and not window.video._skeleton_shown
    window.close()


def test_a_change_made_in_the_settings_is_followed_at_once(stage):
    window = stage(running()).window
    window.services.settings.change(skeleton=False)
    assert not action(window, views.SKELETON).isChecked()
    assert not window.video._skeleton_shown
