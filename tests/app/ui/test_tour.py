"""The tour: every part once, by keyboard alone, and by itself only on a first start."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from app.settings import SettingsStore
from app.ui import tour
from app.ui.services import Services
from app.ui.tour import Tour
from tests.app.ui.fakes import running


@pytest.fixture
def begun(qtbot, stage):
    scene = stage(running())
    qtbot.waitUntil(lambda: scene.window.session is not None)
    qtbot.keyClick(scene.window, Qt.Key.Key_F1)
    return scene, scene.window.findChild(Tour)


def press(qtbot, key):
    qtbot.keyClick(QApplication.focusWidget(), key)


def test_every_part_is_lit_once_and_the_words_fit_into_half_a_minute(qtbot, begun):
    scene, feature = begun
    overlay, lit, told = feature.overlay, [], ""
    for _ in range(5):
        lit.append(overlay.lit())
        told += f"{overlay.title.text()} {overlay.words.text()} "
        press(qtbot, Qt.Key.Key_Right)
    told += overlay.words.text()
    window = scene.window
    for part, rect in zip(
        (window.toolbar.picker, window.video, window.side, window.timeline, window.toolbar.menu),
        lit,
        strict=True,
    ):
        assert rect.contains(part.mapTo(window, part.rect().center()))
    assert overlay.lit().isEmpty()
    assert overlay.title.text() == "Nothing leaves this machine"
    assert len(told.split()) <= 120  # 240 words a minute
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: feature.overlay is None)


def test_the_keys_of_the_window_mean_nothing_meanwhile_and_esc_ends_it(qtbot, begun):
    scene, feature = begun
    for key in (Qt.Key.Key_M, Qt.Key.Key_F11, Qt.Key.Key_F1, Qt.Key.Key_Question):
        press(qtbot, key)
    assert not scene.window.video.mirrored
    assert not scene.window.isFullScreen()
    press(qtbot, Qt.Key.Key_Right)
    press(qtbot, Qt.Key.Key_Left)
    assert feature.overlay.step == 0
    press(qtbot, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: feature.overlay is None)
    qtbot.keyClick(scene.window, Qt.Key.Key_M)
    assert scene.window.video.mirrored
    assert scene.session.stops == 0


def test_tab_stays_within_the_tour(qtbot, begun):
    _, feature = begun
    feature.overlay.go(1)
    seen = set()
    for _ in range(7):
        press(qtbot, Qt.Key.Key_Tab)
        seen.add(QApplication.focusWidget())
    assert seen == {feature.overlay.skip, feature.overlay.back, feature.overlay.next}


def test_space_presses_the_button_that_has_the_focus(qtbot, begun):
    _, feature = begun
    press(qtbot, Qt.Key.Key_Space)
    assert feature.overlay.step == 1
    feature.overlay.skip.setFocus()
    press(qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: feature.overlay is None)


@pytest.mark.parametrize("size", [(360, 300), (420, 900), (1600, 420), (1280, 800)])
def test_the_words_are_within_the_window_at_any_size(qtbot, begun, size):
    scene, feature = begun
    scene.window.resize(*size)
    for _ in range(6):
        qtbot.wait(20)
        assert feature.overlay.rect() == scene.window.rect()
        assert feature.overlay.rect().contains(feature.overlay.bubble.geometry())
        feature.overlay.go(1)


def test_it_comes_by_itself_once(qtbot, stage, monkeypatch):
    monkeypatch.setattr(tour, "FIRST_AFTER_MS", 10)
    services = Services(SettingsStore.in_memory(), welcome=True)
    first = stage(running(), services=services).window.findChild(Tour)
    qtbot.waitUntil(lambda: first.overlay is not None)
    assert services.settings.value.tour_seen
    again = stage(running(), services=services).window.findChild(Tour)
    never = stage(running()).window.findChild(Tour)
    qtbot.wait(80)
    assert again.overlay is None
    assert never.overlay is None


def test_closing_the_window_in_the_middle_of_it_is_no_trouble(qtbot, begun):
    scene, feature = begun
    feature.overlay.go(2)
    assert scene.window.close()
