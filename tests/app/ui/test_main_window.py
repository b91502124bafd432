from __future__ import annotations

import itertools
import threading
import time
from dataclasses import replace

import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PyQt6.QtGui import QColor, QDropEvent, QPalette
from PyQt6.QtWidgets import QApplication, QFileDialog

from app.entities import Counters, Health, Snapshot, State
from app.ui import texts, theme
from app.ui.main_window import MainWindow
from tests.app.ui.fakes import FakeSession, Play, decision, frame, running


def wait_for_message(qtbot, window, title):
    qtbot.waitUntil(lambda: window.video.message is not None and window.video.message.title == title)


def wait_until_running(qtbot, window):
    qtbot.waitUntil(lambda: window.status.state.text().startswith("Running"))


def test_the_action_is_large_and_the_five_likeliest_are_shown(qtbot, stage):
    window = stage(running()).window
    qtbot.waitUntil(lambda: window.side.headline.words == "Wave")
    assert window.side.hint.text() == "86 % sure"
    assert [label for label, _ in window.side.top_five.top] == [
        "wave", "raise hand", "throw", "clap", "drink water",
    ]  # fmt: skip
    assert "wave 86 %" in window.side.top_five.accessibleDescription()
    assert window.video.message is None


@pytest.mark.parametrize(("state", "headline"), [(State.IDLE, "Idle"), (State.UNKNOWN, "Unknown")])
def test_idle_and_unknown_are_said_in_words(qtbot, stage, state, headline):
    window = stage(running(decisions=(decision(state=state),))).window
    qtbot.waitUntil(lambda: window.side.headline.words == headline)
    assert window.side.hint.text() == texts.STATE_HINTS[state]


def test_the_status_bar_tells_rate_latency_and_drops(qtbot, stage):
    window = stage(running()).window
    qtbot.waitUntil(lambda: window.status.fps.text() == "30.0 fps")
    assert window.status.latency.text() == "84 ms to answer"
    assert window.status.dropped.text() == "8 dropped (8 %)"
    assert "pose: 18 ms" in window.status.latency.toolTip()
    assert window.status.state.text() == "Running · Demo"


def test_a_session_that_has_no_picture_yet_is_starting(qtbot, stage):
    window = stage(Snapshot(Health.STARTING)).window
    qtbot.wait(60)
    assert window.video.message == texts.STARTING
    assert window.status.state.text() == "Starting · Demo"


def test_an_ended_file_says_so_and_replay_plays_it_again(qtbot, stage):
    scene = stage(running(health=Health.ENDED, message="That was all."), source="films/clap.mp4")
    window = scene.window
    wait_for_message(qtbot, window, "File ended")
    assert window.video.message.detail == "That was all."
    assert window.toolbar.start.text() == texts.START
    qtbot.waitUntil(lambda: scene.session.stops == 1)  # let go of, though it ended by itself
    assert window.video.button.isVisible()
    window.video.button.click()
    qtbot.waitUntil(lambda: len(scene.sessions) == 2)
    assert scene.session.spec == "films/clap.mp4"


@pytest.mark.parametrize(
    ("source", "picture", "why", "title"),
    [
        ("camera:0", None, "There is no camera 0.", "No camera"),
        ("camera:0", frame(), "Camera 0 was unplugged.", "Camera lost"),
        ("camera:0", None, "The model file is missing.", "Cannot start"),
        ("camera:0", frame(), "Out of memory.", "Stopped by an error"),
        ("films/a.mp4", None, "It is empty.", "Cannot play a.mp4"),
        ("films/a.mp4", frame(), "It breaks off.", "Stopped by an error"),
        ("demo", None, "The model file is missing.", "Cannot play the demo"),
    ],
)
def test_a_failed_session_says_what_failed(qtbot, stage, source, picture, why, title):
    scene = stage(Snapshot(Health.FAILED, frame=picture, message=why), source=source)
    wait_for_message(qtbot, scene.window, title)
    assert scene.window.video.message.detail == why
    assert scene.window.video.message.button == "Try again"
    assert scene.window.status.state.text().startswith("Failed")


def test_a_session_stopped_from_elsewhere_is_shown_as_stopped(qtbot, stage):
    wait_for_message(qtbot, stage(running(health=Health.STOPPED)).window, "Stopped")


def test_nobody_in_view_is_said_after_a_second_of_the_sources_time_and_taken_back_at_once(qtbot, stage):
    scene = stage(running(0))
    window = scene.window
    wait_until_running(qtbot, window)
    nobody = {"skeletons": (), "decisions": ()}
    scene.session.script = running(15, **nobody)
    qtbot.wait(60)
    assert window.video.message is None
    scene.session.script = running(45, **nobody)
    wait_for_message(qtbot, window, "No person in view")
    assert not window.video.message.covering
    assert window.side.hint.text() == texts.STATE_HINTS[State.NO_PERSON]
    scene.session.script = running(46)
    qtbot.waitUntil(lambda: window.video.message is None)


@pytest.mark.parametrize("error", [OSError, ValueError, RuntimeError])
def test_a_source_that_cannot_be_opened_says_why_and_can_be_tried_again(qtbot, error):
    tries = []

    def open_session(spec):
        tries.append(spec)
        if len(tries) == 1:
            raise error("Camera 0 is busy: close the other program.")
        return FakeSession(running(), spec=spec)

    window = MainWindow(open_session, list, "camera:0")
    window.show()
    try:
        wait_for_message(qtbot, window, "No camera")
        assert window.video.message.detail == "Camera 0 is busy: close the other program."
        assert window.toolbar.start.text() == texts.START
        window.video.button.click()
        wait_until_running(qtbot, window)
        assert window.video.message is None
    finally:
        window.close()


def test_without_autostart_nothing_is_opened_until_start(qtbot, stage):
    scene = stage(running(), autostart=False)
    qtbot.wait(60)
    assert scene.sessions == []
    assert scene.window.video.message == texts.CHOOSE_SOURCE
    qtbot.mouseClick(scene.window.toolbar.start, Qt.MouseButton.LeftButton)
    wait_until_running(qtbot, scene.window)
    assert scene.session.starts == 1


def test_space_stops_and_starts(qtbot, stage):
    scene = stage(running())
    window = scene.window
    wait_until_running(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    wait_for_message(qtbot, window, "Stopped")
    assert (scene.session.stops, window.toolbar.start.text()) == (1, texts.START)
    assert window.status.fps.text() == ""
    qtbot.keyClick(window, Qt.Key.Key_Space)
    wait_until_running(qtbot, window)
    assert len(scene.sessions) == 2


def test_space_presses_the_button_that_has_the_keyboards_focus(qtbot, stage):
    scene = stage(running())
    window = scene.window
    wait_until_running(qtbot, window)
    window.activateWindow()
    window.toolbar.mirror.setFocus()
    qtbot.keyClick(window.toolbar.mirror, Qt.Key.Key_Space)
    assert window.video.mirrored
    assert scene.session.stops == 0


def test_keys_mirror_and_full_screen(qtbot, stage):
    window = stage(running()).window
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert window.video.mirrored
    assert window.toolbar.mirror.isChecked()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()


def test_a_camera_is_a_mirror_until_told_otherwise_and_a_file_is_not(qtbot, stage):
    window = stage(running(), source="camera:0").window
    assert window.video.mirrored
    window.play("a.mp4")
    assert not window.video.mirrored
    window.play("camera:1")
    window.set_mirrored(False)
    window.play("camera:0")
    assert not window.video.mirrored


def test_ctrl_o_asks_for_a_file_and_plays_it(qtbot, stage, tmp_path):
    scene = stage(running())
    wait_until_running(qtbot, scene.window)
    qtbot.keyClick(scene.window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    dialog = scene.window.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.isVisible()
    dialog.fileSelected.emit(str(tmp_path / "wave.mp4"))
    dialog.close()
    qtbot.waitUntil(lambda: scene.session.spec.endswith("wave.mp4"))
    assert scene.window.toolbar.picker.source_name == "wave.mp4"


def test_ctrl_q_closes(qtbot, stage):
    scene = stage(running())
    wait_until_running(qtbot, scene.window)
    qtbot.keyClick(scene.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not scene.window.isVisible()
    assert scene.session.stops == 1


def test_a_file_dropped_on_the_window_is_played(qtbot, stage, tmp_path):
    scene = stage(running())
    film = tmp_path / "dropped.mp4"
    film.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(film))])
    no_keys, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    scene.window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, no_keys))
    qtbot.waitUntil(lambda: bool(scene.sessions) and scene.session.spec == str(film))


def test_the_picker_offers_cameras_by_name_and_switches(qtbot, stage):
    scene = stage(running(), cameras=(("camera:0", "Brio"), ("camera:2", "Built-in")))
    window = scene.window
    picker = window.toolbar.picker
    qtbot.waitUntil(lambda: len(picker.cameras) == 2)
    picker.fill_menu()
    entries = {action.text(): action for action in picker.menu().actions() if action.text()}
    assert list(entries) == [
        texts.CAMERAS, "Brio", "Built-in", texts.DEMO, texts.OPEN_FILE, "Open recording…",
    ]  # fmt: skip
    assert entries[texts.DEMO].isChecked()
    entries["Built-in"].trigger()
    qtbot.waitUntil(lambda: scene.session.spec == "camera:2")
    assert scene.sessions[0].stops == 1
    assert picker.accessibleName() == "Source: Built-in"


def test_no_camera_at_all_is_said_in_the_picker(qtbot, stage):
    picker = stage(running()).window.toolbar.picker
    picker.fill_menu()
    first = picker.menu().actions()[0]
    assert (first.text(), first.isEnabled()) == (texts.NO_CAMERA_FOUND, False)


def test_a_slow_stop_does_not_hold_up_the_event_loop(qtbot, stage):
    scene = stage(running(), stop_takes_s=0.9)
    window = scene.window
    wait_until_running(qtbot, window)
    ticks = [time.monotonic()]
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(time.monotonic()))
    timer.start(10)
    window.stop()
    assert window.video.message == texts.STOPPING_MESSAGE
    wait_for_message(qtbot, window, "Stopped")
    timer.stop()
    assert ticks[-1] - ticks[0] > 0.8
    assert max(b - a for a, b in itertools.pairwise(ticks)) < 0.3
    assert scene.session.stopped_in is not threading.main_thread()


def test_closing_waits_for_a_slow_stop_but_not_for_one_that_never_ends(qtbot, stage):
    scene = stage(running(), stop_takes_s=0.6)
    wait_until_running(qtbot, scene.window)
    begun = time.monotonic()
    scene.window.close()
    assert scene.session.stops == 1
    assert time.monotonic() - begun < 1.5

    hangs = stage(running(), stop_takes_s=1.0)
    wait_until_running(qtbot, hangs.window)
    hangs.session.stop = lambda timeout_s=1.0: time.sleep(1.8) or False  # breaks its promise
    begun = time.monotonic()
    hangs.window.close()
    assert time.monotonic() - begun < 1.6


def test_another_person_has_a_line_and_a_click_shows_them_at_length(qtbot, stage):
    two = (decision(1), decision(4, label="clap", top=(("clap", 0.7), ("wave", 0.2))))
    window = stage(running(decisions=two)).window
    qtbot.waitUntil(lambda: window.side.headline.words == "Wave")
    [other] = [b for b in window.side._other_buttons if b.isVisible()]
    assert other.text() == "Person 4: Clap, 70 %"
    other.click()
    assert window.side.headline.words == "Clap"
    assert window.side.section.text() == "Current action · Person 4"


def test_the_person_at_length_stays_when_another_comes(qtbot, stage):
    scene = stage(running(decisions=(decision(4, label="clap"),)))
    window = scene.window
    qtbot.waitUntil(lambda: window.side.headline.words == "Clap")
    scene.session.script = running(1, decisions=(decision(1), decision(4, label="clap")))
    qtbot.wait(60)
    assert window.side.focus == 4
    scene.session.script = running(2, decisions=(decision(1),))
    qtbot.waitUntil(lambda: window.side.focus == 1)


def test_the_window_paints_only_what_is_new(qtbot, stage):
    scene = stage(running())
    wait_until_running(qtbot, scene.window)
    qtbot.wait(100)
    shown = []
    scene.window.video.show_snapshot = shown.append
    qtbot.wait(100)
    assert shown == []
    scene.session.script = replace(scene.session.script, counters=Counters(101))
    qtbot.wait(50)
    assert shown == []
    scene.session.script = running(1)
    qtbot.waitUntil(lambda: len(shown) == 1)


def test_the_window_follows_the_systems_palette(qtbot, stage, qapp):
    before = QApplication.palette()
    window = stage(running()).window
    try:
        QApplication.setPalette(QPalette(QColor("#202020")))
        qtbot.waitUntil(
            lambda: window.palette().color(QPalette.ColorRole.Window) == QColor(theme.DARK.window)
        )
        QApplication.setPalette(QPalette(QColor("#f0f0f0")))
        qtbot.waitUntil(
            lambda: window.palette().color(QPalette.ColorRole.Window) == QColor(theme.LIGHT.window)
        )
    finally:
        QApplication.setPalette(before)


@pytest.mark.parametrize("size", [(360, 300), (420, 900), (719, 401), (1600, 320), (1, 1), (2400, 1400)])
@pytest.mark.parametrize("people", [1, 2])
def test_every_size_can_be_painted(qtbot, stage, size, people):
    window = stage(Play(people, 320, 240)).window
    window.resize(*size)
    wait_until_running(qtbot, window)
    picture = window.grab()
    assert picture.width() >= 360  # the least the window can be
    assert window.video.height() >= 100
    right = window.video.mapTo(window, window.video.rect().bottomRight())
    assert window.rect().contains(right)


def test_controls_have_accessible_names(qtbot, stage):
    window = stage(running()).window
    bar = window.toolbar
    for widget in (bar.picker, bar.start, bar.mirror, bar.full_screen, window.video, window.timeline):
        assert widget.accessibleName()
    assert window.side.top_five.accessibleName()


def test_a_minute_of_scenes_leaves_its_events_on_the_timeline(qtbot, stage):
    now = [0.0]
    scene = stage(Play(2, 64, 48, clock=lambda: now[0]))
    wait_until_running(qtbot, scene.window)
    for tenth in range(1, 400):
        now[0] = tenth / 10
        scene.window._presenter.poll()
    lanes = scene.window.timeline.history.lanes()
    assert list(lanes) == [1, 2]
    assert {s.label for s in lanes[1] if s.state is State.ACTION} >= {"wave", "sit down", "stand up"}
    assert scene.window.timeline.grab().height() > 0


@pytest.mark.parametrize("size", [(1280, 800), (1100, 720), (1000, 600), (800, 480)])
def test_the_timeline_keeps_its_height_and_the_video_gives_way(qtbot, stage, size):
    window = stage(running()).window
    window.resize(*size)
    qtbot.waitUntil(lambda: window.width() == size[0])
    qtbot.waitUntil(lambda: window.timeline.height() == window.timeline.sizeHint().height())
