"""The bar under a recorded file, and its keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.entities import Health
from app.pipeline import Session
from app.playback import FilePlayback
from app.sources import open_twice
from app.ui import texts, theme
from app.ui.main_window import MainWindow
from app.ui.session import Playback
from app.ui.texts import transport as words
from app.ui.transport import Transport
from tests.app.fakes import FakeExtractor, FakeRecognizer, tiny_recording
from tests.app.ui.fake_playback import FakePlayback
from tests.app.ui.fakes import running

Key, Modifier = Qt.Key, Qt.KeyboardModifier


class Scene:
    def __init__(self, window: MainWindow, files: list[FakePlayback]) -> None:
        self.window, self.files = window, files

    @property
    def file(self) -> FakePlayback:
        return self.files[-1]

    @property
    def bar(self):
        return next(f for f in self.window._features if isinstance(f, Transport)).bar


@pytest.fixture
def opened(qtbot: QtBot) -> Iterator[Callable[..., Scene]]:
    """A window with a file open and its bar in view."""
    windows = []

    def make(width: int = 1280, height: int = 800, **changes) -> Scene:
        files: list[FakePlayback] = []

        def open_session(spec: str) -> FakePlayback:
            files.append(FakePlayback(spec))
            for name, value in changes.items():
                setattr(files[-1], name, value)
            return files[-1]

        window = MainWindow(open_session, list, "film.mp4")
        windows.append(window)
        window.resize(width, height)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        scene = Scene(window, files)
        qtbot.waitUntil(lambda: scene.bar.isVisible())
        return scene

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    qtbot.wait(1)


def test_a_made_up_playback_is_one() -> None:
    assert isinstance(FakePlayback(), Playback)


def test_the_bar_is_there_for_a_file_and_not_for_a_camera(qtbot, opened, stage) -> None:
    scene = opened()
    scene.window.stop()
    qtbot.waitUntil(lambda: not scene.bar.isVisible())
    live = stage(running()).window
    qtbot.wait(120)
    bar = next(f for f in live._features if isinstance(f, Transport)).bar
    assert not bar.isVisible()
    keyed = {a.text(): a.isEnabled() for a in live.commands.groups()[words.GROUP_PLAYBACK]}
    assert keyed and not any(keyed.values())


def test_space_plays_and_pauses_a_file_and_does_not_close_it(qtbot, opened) -> None:
    scene = opened()
    qtbot.keyClick(scene.window, Key.Key_Space)
    assert scene.file.asked == [("pause",)]
    qtbot.waitUntil(lambda: scene.bar.play.accessibleName() == words.PLAY)
    qtbot.keyClick(scene.window, Key.Key_Space)
    assert scene.file.asked[-1] == ("play",)
    qtbot.waitUntil(lambda: scene.bar.play.sign == "pause")
    assert scene.file.stops == 0


def test_space_on_the_stop_button_that_has_the_focus_stops(qtbot, opened) -> None:
    scene = opened()
    scene.window.toolbar.start.setFocus()
    qtbot.keyClick(scene.window.toolbar.start, Key.Key_Space)
    qtbot.waitUntil(lambda: scene.file.stops == 1)
    assert scene.file.asked == []


@pytest.mark.parametrize(
    ("key", "modifier", "asked"),
    [
        (Key.Key_Left, Modifier.NoModifier, ("step", -1)),
        (Key.Key_Right, Modifier.NoModifier, ("step", 1)),
        (Key.Key_Left, Modifier.ShiftModifier, ("seek", 15.0)),
        (Key.Key_Right, Modifier.ShiftModifier, ("seek", 25.0)),
        (Key.Key_K, Modifier.NoModifier, ("pause",)),
    ],
)
def test_keys_move_about(qtbot, opened, key, modifier, asked) -> None:
    scene = opened(position_s=20.0)
    qtbot.keyClick(scene.window, key, modifier)
    assert scene.file.asked == [asked]


def test_j_and_l_change_the_speed_by_steps_between_its_ends(qtbot, opened) -> None:
    scene = opened()
    rates = []
    for key in [Key.Key_J] * 3 + [Key.Key_L] * 5:
        qtbot.keyClick(scene.window, key)
        rates.append(scene.file.rate)
    assert rates == [0.5, 0.25, 0.25, 0.5, 1.0, 2.0, 4.0, 4.0]
    assert scene.bar.speed.text() == "4×"
    assert scene.bar.speed.accessibleName() == "Speed: 4×"


def test_the_speed_menu_offers_five_and_ticks_the_one_in_use(qtbot, opened) -> None:
    scene = opened()
    entries = scene.bar.speed_menu.actions()
    assert [entry.text() for entry in entries] == ["0.25×", "0.5×", "1×", "2×", "4×"]
    assert [entry.isChecked() for entry in entries] == [False, False, True, False, False]
    entries[0].trigger()
    assert scene.file.rate == 0.25
    assert scene.bar.speed.text() == "0.25×"


def test_i_o_and_p_set_and_take_off_a_loop(qtbot, opened) -> None:
    scene = opened(position_s=10.0)
    qtbot.keyClick(scene.window, Key.Key_I)
    assert scene.file.loop == (10.0, 60.0)
    scene.file.position_s = 14.0
    qtbot.keyClick(scene.window, Key.Key_O)
    assert scene.file.loop == (10.0, 14.0)
    scene.file.position_s = 5.0
    qtbot.keyClick(scene.window, Key.Key_O)  # before its beginning: it begins with the file
    assert scene.file.loop == (0.0, 5.0)
    scene.file.position_s = 30.0
    qtbot.keyClick(scene.window, Key.Key_I)  # after its end: it goes to the file's
    assert scene.file.loop == (30.0, 60.0)
    assert scene.bar.off.isEnabled()
    qtbot.keyClick(scene.window, Key.Key_P)
    assert scene.file.loop is None
    assert not scene.bar.off.isEnabled()


def test_buttons_do_what_their_keys_do(qtbot, opened) -> None:
    scene = opened(position_s=10.0)
    bar = scene.bar
    for button in (bar.play, bar.back, bar.on, bar.begin, bar.end, bar.off):
        assert button.accessibleName() and button.toolTip()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert scene.file.asked == [("pause",), ("step", -1), ("step", 1)]
    assert scene.file.loop is None
    assert not bar.play.hasFocus()  # Space goes on meaning play and pause


def test_a_click_and_a_drag_on_the_line_seek(qtbot, opened) -> None:
    scene = opened()
    line = scene.bar.seek_bar
    left = Qt.MouseButton.LeftButton
    at = [QPoint(round(line.x_of(t)), line.height() // 2) for t in (30.0, 45.0)]
    qtbot.mousePress(line, left, pos=at[0])
    assert scene.file.asked[-1][1] == pytest.approx(30.0, abs=0.1)
    qtbot.mouseMove(line, at[1])
    qtbot.waitUntil(lambda: scene.file.asked[-1][1] > 44.0)
    qtbot.mouseRelease(line, left, pos=at[1])
    scene.file.position_s = 50.0
    qtbot.waitUntil(lambda: line.value() == 50_000)


def test_the_line_follows_the_file_without_seeking_in_it(qtbot, opened) -> None:
    scene = opened()
    scene.file.position_s = 12.3
    qtbot.waitUntil(lambda: scene.bar.time.text() == "0:12.3 / 1:00.0")
    assert scene.bar.seek_bar.value() == 12_300
    assert scene.bar.seek_bar.accessibleDescription() == "0:12.3 of 1:00.0"
    assert scene.file.asked == []


def test_arrow_keys_on_the_focused_line_do_not_get_lost(qtbot, opened) -> None:
    scene = opened(position_s=20.0)
    scene.bar.seek_bar.setFocus()
    qtbot.keyClick(scene.bar.seek_bar, Key.Key_PageUp)
    assert scene.file.asked == [("seek", 25.0)]
    qtbot.keyClick(scene.bar.seek_bar, Key.Key_Home)
    assert scene.file.asked[-1] == ("seek", 0.0)


def test_at_its_end_a_file_stays_open_says_so_and_can_be_sought_in(qtbot, opened) -> None:
    scene = opened()
    scene.file.position_s, scene.file.paused = 60.0, True
    scene.file.message = "film.mp4 is cut short: 60.0 of 90.0 s could be read"
    scene.file.health = Health.ENDED
    qtbot.waitUntil(lambda: scene.window.video.message is not None)
    message = scene.window.video.message
    assert (message.title, message.covering) == ("End of the file", False)
    assert message.detail.startswith("film.mp4 is cut short")
    qtbot.waitUntil(lambda: scene.bar.play.sign == "again")
    assert scene.window.session is scene.file
    assert scene.file.stops == 0
    qtbot.keyClick(scene.window, Key.Key_Left)
    scene.file.health = Health.RUNNING
    qtbot.waitUntil(lambda: scene.window.video.message is None)
    assert len(scene.files) == 1


def test_a_place_that_is_not_analysed_yet_says_so_and_does_not_say_that_nobody_is_there(
    qtbot, opened
) -> None:
    scene = opened(analysed_s=3.0)
    bare = running(600, skeletons=(), decisions=())
    scene.file.script = bare
    qtbot.waitUntil(lambda: scene.window.video.message == words.NOT_ANALYSED)
    assert scene.window.side.hint.text() == words.NOT_ANALYSED_HINT
    scene.file.analysed_s = 60.0
    scene.file.script = running(600)
    qtbot.waitUntil(lambda: scene.window.video.message is None)


def test_a_leap_to_where_nobody_is_seen_waits_before_it_says_so(qtbot, opened) -> None:
    scene = opened()
    scene.file.script = running(600, skeletons=(), decisions=())
    qtbot.wait(80)
    assert scene.window.video.message is None


def test_while_the_model_loads_the_first_picture_is_there_already(qtbot, opened) -> None:
    scene = opened(health=Health.STARTING)
    qtbot.waitUntil(lambda: scene.window.video.message == words.LOADING)
    assert scene.window.status.state.text().startswith(texts.HEALTH_NAMES[Health.STARTING])
    assert not scene.window.video.picture_rect().isEmpty()


@pytest.mark.parametrize("width", [360, 420, 480, 600, 900])
def test_what_does_not_fit_is_left_out_and_nothing_is_cut_off(qtbot, opened, width) -> None:
    scene = opened(width, 500, position_s=3599.9, duration_s=3600.0)
    bar = scene.bar
    qtbot.waitUntil(lambda: bar.seek_bar.width() >= 100)  # the layout follows an event later
    inside = bar.rect()
    for part in (bar.play, bar.back, bar.on, bar.seek_bar, bar.time, bar.speed, bar.begin, bar.end, bar.off):
        if part.isVisible():
            assert inside.contains(part.geometry()), part
    assert bar.play.isVisible()
    assert scene.window.video.height() >= 100
    assert bar.time.fontMetrics().horizontalAdvance(bar.time.text()) <= bar.time.width()


@pytest.mark.parametrize("size", [(360, 300), (719, 401), (1600, 320), (1280, 800)])
@pytest.mark.parametrize("colours", [theme.DARK, theme.LIGHT])
def test_every_size_can_be_painted_in_both_themes(qtbot, opened, size, colours) -> None:
    scene = opened(*size, loop=(10.0, 20.0), analysed_s=40.0, position_s=12.0)
    scene.bar.set_theme(colours)
    scene.bar.seek_bar.setFocus()
    assert scene.window.grab().width() >= 360


def test_the_clock_has_hours_where_there_are_any() -> None:
    assert [words.clock(t) for t in (0, 9.96, 62.0, 3723.45, -1)] == [
        "0:00.0", "0:10.0", "1:02.0", "1:02:03.4", "0:00.0",
    ]  # fmt: skip


def test_a_real_file_plays_to_its_end_and_goes_back_with_its_findings(qtbot, tmp_path) -> None:
    """No fakes but the network: the window on a recording."""
    path = tiny_recording(
        tmp_path / "waving.npz",
    )

    def open_session(spec: str) -> FilePlayback:
        both = open_twice(spec)
        assert both is not None
        read, shown = both
        return FilePlayback(
            shown, lambda found: Session(read, FakeExtractor, FakeRecognizer, lossless=True, on_result=found)
        )

    window = MainWindow(open_session, list, str(path))
    window.show()
    try:
        qtbot.waitUntil(lambda: isinstance(window.session, FilePlayback))
        window.session.rate = 4.0
        qtbot.waitUntil(
            lambda: window.video.message is not None and window.video.message.title == "End of the file",
            timeout=15_000,
        )
        qtbot.keyClick(window, Key.Key_Left)
        qtbot.waitUntil(lambda: window.video.message is None)
        assert window.snapshot is not None and window.snapshot.skeletons and window.snapshot.events
        qtbot.keyClick(window, Key.Key_Space)
        qtbot.waitUntil(lambda: window.status.fps.text() != "")
        begun = time.monotonic()
    finally:
        window.close()
    assert time.monotonic() - begun < 1.5
