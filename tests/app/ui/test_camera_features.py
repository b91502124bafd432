from __future__ import annotations

import pytest

from app.sources import SourceInfo
from app.sources.camera_wish import CameraWish
from app.ui import camera_features, texts
from app.ui.main_window import MainWindow
from app.ui.services import Services
from app.ui.texts import cameras as words
from tests.app.ui.fakes import FakeSession, running

BRIO, FACETIME = ("camera:0", "Brio"), ("camera:1", "FaceTime")


class CameraSession(FakeSession):
    source_info = SourceInfo("Brio", 640, 480, 15.0, None, live=True)


@pytest.fixture
def stand(qtbot, monkeypatch):
    """Makes a window with the cameras of a list that may change; gives window, sessions and the list."""
    monkeypatch.setattr(camera_features, "LOOK_MS", 20)
    windows = []

    def make(source="camera:0", autostart=True, cameras=(BRIO,), services=None):
        sessions, plugged = [], list(cameras)

        def open_session(spec):
            sessions.append(CameraSession(running(), 0.0, spec))
            return sessions[-1]

        window = MainWindow(open_session, lambda: list(plugged), source, autostart, services)
        window._watcher._period_s = 0.02
        windows.append(window)
        window.show()
        qtbot.waitUntil(lambda: window.cameras_known)
        return window, sessions, plugged

    yield make
    for window in windows:
        window.close()
        window.deleteLater()


def choices(window):
    (menu,) = [c.action for c in window.commands.table if c.action.text() == words.CAMERA_PICTURE]
    return {action.text(): action for action in menu.menu().actions() if not action.isSeparator()}


def ticked(window):
    return [name for name, action in choices(window).items() if action.isChecked()]


def test_size_and_rate_are_in_the_menu_and_remembered(stand):
    services = Services()
    window, *_ = stand(autostart=False, services=services)
    assert list(choices(window)) == [
        "640 × 480", "1280 × 720", "1920 × 1080", "Size: as the camera likes",
        "15 fps", "30 fps", "60 fps", "Rate: as the camera likes",
    ]  # fmt: skip
    assert ticked(window) == ["640 × 480", "30 fps"]
    choices(window)["1280 × 720"].trigger()
    choices(window)["Rate: as the camera likes"].trigger()
    assert (services.settings.value.camera_size, services.settings.value.camera_fps) == ("1280x720", 0)
    again, *_ = stand(autostart=False, services=services)
    assert ticked(again) == ["1280 × 720", "Rate: as the camera likes"]


def test_a_size_written_by_hand_is_kept_when_the_rate_is_chosen(stand):
    services = Services()
    services.settings.change(camera_size="800x600")
    window, *_ = stand(autostart=False, services=services)
    assert ticked(window) == ["30 fps"]
    choices(window)["15 fps"].trigger()
    assert (services.settings.value.camera_size, services.settings.value.camera_fps) == ("800x600", 15)
    services.settings.change(camera_size="640x480")
    assert ticked(window) == ["640 × 480", "15 fps"]
    services.settings.change(camera_size="800x600")
    assert ticked(window) == ["15 fps"]


def test_a_choice_starts_a_playing_camera_anew_and_leaves_a_film_alone(qtbot, stand):
    window, sessions, _ = stand("camera:0@1920x1080@60")
    qtbot.waitUntil(lambda: window.snapshot is not None)
    choices(window)["1280 × 720"].trigger()
    qtbot.waitUntil(lambda: len(sessions) == 2)
    assert [session.spec for session in sessions] == ["camera:0@1920x1080@60", "camera:0"]
    window.play("film.mp4")
    qtbot.waitUntil(lambda: len(sessions) == 3)
    choices(window)["640 × 480"].trigger()
    qtbot.wait(100)
    assert len(sessions) == 3


def test_the_status_says_what_the_camera_gives_where_that_is_something_else(qtbot, stand):
    services = Services()
    services.settings.change(camera_size="1280x720")
    window, _, _ = stand(services=services)
    note = "gives 640 × 480, 15 fps, not 1280 × 720, 30 fps"
    qtbot.waitUntil(lambda: note in window.status.state.text())
    assert window.status.state.text() == f"Running · Brio · {note}"
    window.stop()
    assert "gives" not in window.status.state.text()
    window.play("film.mp4")
    qtbot.waitUntil(lambda: window.snapshot is not None)
    assert "gives" not in window.status.state.text()


@pytest.mark.parametrize(
    ("size", "fps", "wish", "said"),
    [
        ((640, 480), 30.0, CameraWish(), ""),
        ((640, 480), 29.97, CameraWish(), ""),
        ((640, 480), None, CameraWish(), ""),
        ((1920, 1080), 5.0, CameraWish(None, None), ""),
        ((320, 240), 30.0, CameraWish(), "gives 320 × 240, not 640 × 480"),
        ((640, 480), 10.0, CameraWish(), "gives 10 fps, not 30 fps"),
    ],
)
def test_only_what_differs_is_said(size, fps, wish, said):
    assert words.gives(SourceInfo("Brio", *size, fps, None, live=True), wish) == said


def test_a_spec_with_a_wish_still_goes_by_the_cameras_name(qtbot, stand):
    window, *_ = stand("camera:0@1280x720@30", autostart=False)
    qtbot.waitUntil(lambda: window.toolbar.picker.source_name == "Brio")
    window.toolbar.picker.fill_menu()
    ticked_sources = [a.text() for a in window.toolbar.picker._menu.actions() if a.isChecked()]
    assert ticked_sources == ["Brio"]


def test_a_camera_plugged_in_while_nothing_plays_is_told_of_and_taken_for_one_that_is_gone(qtbot, stand):
    window, sessions, plugged = stand("camera:1", autostart=False, cameras=())
    qtbot.wait(100)
    assert window.video.message == texts.CHOOSE_SOURCE
    plugged.append(BRIO)
    qtbot.waitUntil(lambda: window.video.message.title == "Brio is connected")
    assert window.spec == "camera:0"
    window.video.button.click()
    qtbot.waitUntil(lambda: len(sessions) == 1)
    assert sessions[0].spec == "camera:0"


def test_another_source_stays_chosen_and_the_message_says_where_the_camera_is(qtbot, stand):
    window, _, plugged = stand("demo", autostart=False)
    plugged.append(FACETIME)
    qtbot.waitUntil(lambda: window.video.message.title == "FaceTime is connected")
    assert window.spec == "demo"
    assert "list of sources" in window.video.message.detail
    plugged.remove(FACETIME)
    qtbot.waitUntil(lambda: window.video.message == texts.CHOOSE_SOURCE)


def test_cameras_that_were_there_and_those_that_come_while_something_plays_are_no_news(qtbot, stand):
    window, _, plugged = stand("demo")
    qtbot.waitUntil(lambda: window.snapshot is not None)
    plugged.append(FACETIME)
    qtbot.wait(150)
    assert window.video.message is None
    window.stop()
    qtbot.waitUntil(lambda: window.video.message == texts.STOPPED)
    qtbot.wait(100)
    assert window.video.message == texts.STOPPED
