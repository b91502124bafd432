"""Recording as a person meets it: a key, a red word, and what becomes of it."""

from __future__ import annotations

import errno
import io
import itertools
import json
import os
from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QObject, QPointF, Qt, QUrl, pyqtSlot
from PyQt6.QtGui import QDesktopServices, QDropEvent
from PyQt6.QtWidgets import QFileDialog, QMessageBox

from app.entities import Health
from app.recordings import save_recording
from app.ui.recording import Recording
from app.ui.texts import recording as texts
from tests.app.recording_fakes import PlayedSession, record
from tests.app.ui.fakes import FakeSession, running


class RecordableSession(FakeSession, PlayedSession):
    """A scripted session that tells listeners what a test shows."""

    def __init__(self, *arguments: object) -> None:
        FakeSession.__init__(self, *arguments)
        PlayedSession.__init__(self)


@pytest.fixture
def room(stage, qtbot, tmp_path):
    """Makes (window, its Recording, the newest session) with recordings kept in tmp_path / "kept"."""

    def make(source: str = "camera:0", autostart: bool = True):
        made = stage(running(), source, autostart, kind=RecordableSession)
        made.window.services.settings.change(recordings_folder=str(tmp_path / "kept"))
        feature = next(child for child in made.window.children() if isinstance(child, Recording))
        if autostart:
            qtbot.waitUntil(lambda: made.window.session is not None)
        return made, made.window, feature

    return make


def box_of(window) -> QMessageBox | None:
    return window.findChild(QMessageBox, "recording-message")


def only_session(place: Path) -> Path:
    (folder,) = place.iterdir()
    return folder


def test_r_records_and_r_again_ends_it(qtbot, room, tmp_path) -> None:
    made, window, _ = room()
    qtbot.keyClick(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    assert window.status.isVisible() and window.findChild(QObject, "recording-lamp").isVisible()
    assert window.windowTitle().startswith("● Recording")
    for index in range(30):
        made.session.show(index)
    lamp = window.findChild(QObject, "recording-lamp")
    qtbot.waitUntil(lambda: lamp.words.text().startswith("Recording 0:00 · "))
    assert lamp.accessibleName() == lamp.words.text()
    qtbot.keyClick(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: lamp.isHidden())
    assert window.status.currentMessage().startswith("Recorded 0:00 in 20")
    assert window.windowTitle() == "STGAT Live"
    assert json.loads((only_session(tmp_path / "kept") / "session.json").read_text())["ended"] is True
    assert made.session.listeners == [] and window.playing


def test_what_does_not_play_is_started_to_be_recorded(qtbot, room) -> None:
    made, window, feature = room(autostart=False)
    feature.toggle()
    qtbot.waitUntil(lambda: bool(made.sessions) and bool(made.session.listeners))
    assert window.playing


def test_a_file_is_not_recorded_and_says_why(qtbot, room) -> None:
    made, window, feature = room("walk.mp4")
    feature.toggle()
    assert box_of(window).text().startswith("walk.mp4 is a file already")
    assert not feature.recording and not made.session.listeners
    assert not next(c.action for c in window.commands.table if c.action.text() == "Record").isChecked()


def test_promise_the_session_s_end_ends_the_recording_properly(qtbot, room, tmp_path) -> None:
    made, window, feature = room()
    feature.toggle()
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    made.session.show(0)
    window.stop()
    qtbot.waitUntil(lambda: window.findChild(QObject, "recording-lamp").isHidden())
    assert json.loads((only_session(tmp_path / "kept") / "session.json").read_text())["ended"] is True


def test_another_source_ends_the_recording(qtbot, room) -> None:
    made, window, feature = room()
    feature.toggle()
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    first = made.session
    window.play("camera:1")
    assert not feature.recording
    qtbot.waitUntil(lambda: not first.listeners)


def test_promise_closing_the_window_finishes_the_files(qtbot, room, tmp_path) -> None:
    made, window, feature = room()
    feature.toggle()
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    made.session.show(0)
    made.session.show(1)
    window.close()
    told = json.loads((only_session(tmp_path / "kept") / "session.json").read_text())
    assert (told["ended"], told["moments"]) == (True, 2)


def test_promise_a_recording_that_cannot_begin_is_told_and_recognition_goes_on(qtbot, room, tmp_path) -> None:
    (tmp_path / "kept").write_text("in the way")
    _, window, feature = room()
    feature.toggle()
    qtbot.waitUntil(lambda: box_of(window) is not None)
    assert box_of(window).text().startswith("Nothing can be recorded in ") and not box_of(window).isModal()
    assert not feature.recording and window.playing
    assert window.findChild(QObject, "recording-lamp").isHidden()


def test_promise_a_camera_that_is_lost_for_good_ends_the_recording_properly(qtbot, stage, tmp_path) -> None:
    script = [running()]
    made = stage(lambda: script[0], "camera:0", kind=RecordableSession)
    made.window.services.settings.change(recordings_folder=str(tmp_path / "kept"))
    qtbot.waitUntil(lambda: made.window.session is not None)
    qtbot.keyClick(made.window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    made.session.show(0)
    script[0] = running(health=Health.FAILED, message="Camera 0 was unplugged.")
    qtbot.waitUntil(lambda: not made.session.listeners)
    qtbot.waitUntil(lambda: made.window.findChild(QObject, "recording-lamp").isHidden())
    told = json.loads((only_session(tmp_path / "kept") / "session.json").read_text())
    assert (told["ended"], told["moments"]) == (True, 1)


@pytest.fixture
def filling(monkeypatch) -> dict[str, bool]:
    """Whether the disk takes no more of the skeletons, of the pictures."""
    full = {"skeletons": False, "pictures": False}

    def check(what: str) -> None:
        if full[what]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class Filling(io.FileIO):
        def write(self, content: memoryview) -> int:
            check("pictures")
            return super().write(content)

    def save(*arguments: object, **options: object) -> None:
        check("skeletons")
        save_recording(*arguments, **options)

    monkeypatch.setattr(io, "FileIO", Filling)
    monkeypatch.setattr("app.recording_parts.save_recording", save)
    return full


@pytest.mark.parametrize("what", ["skeletons", "pictures"])
def test_promise_a_disk_that_fills_up_is_told_in_the_window_and_the_live_view_goes_on(
    qtbot, room, tmp_path, filling, what: str
) -> None:
    made, window, feature = room()
    feature.toggle()
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    made.session.show(0)
    qtbot.waitUntil(lambda: feature._recorder.progress().moments == 1)
    filling[what] = True
    for index in range(1, 60):
        made.session.show(index)
    qtbot.waitUntil(lambda: box_of(window) is not None)
    place = tmp_path / "kept"
    assert box_of(window).text() == (
        f"The recording in {place} has stopped: the disk is full. What was recorded is kept. "
        "Make room, or choose another folder."
    )
    assert not box_of(window).isModal() and not feature.recording and window.playing
    assert made.session.listeners == [] and made.session.stops == 0
    told = json.loads((only_session(place) / "session.json").read_text())
    assert told["ended"] is False and "the disk is full" in told["problem"]


def test_skeletons_only_is_remembered_and_kept_to(qtbot, room, tmp_path) -> None:
    made, window, feature = room()
    command = next(c.action for c in window.commands.table if c.action.text() == texts.SKELETONS_ONLY)
    command.trigger()
    assert window.services.settings.value.skeletons_only
    feature.toggle()
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    assert "no picture" in window.findChild(QObject, "recording-lamp").toolTip()
    made.session.show(0)
    feature.stop()
    qtbot.waitUntil(lambda: window.findChild(QObject, "recording-lamp").isHidden())
    assert not (only_session(tmp_path / "kept") / "video.mkv").exists()
    window.services.settings.change(skeletons_only=False)
    assert not command.isChecked()


def test_the_last_recording_is_played_by_a_command(qtbot, room, tmp_path) -> None:
    made, window, feature = room()
    command = next(c.action for c in window.commands.table if c.action.text() == texts.PLAY_LAST)
    assert not command.isEnabled()
    feature.toggle()
    qtbot.waitUntil(lambda: bool(made.session.listeners))
    made.session.show(0)
    feature.toggle()
    qtbot.waitUntil(command.isEnabled)
    command.trigger()
    assert Path(window.spec) == only_session(tmp_path / "kept")


def test_a_session_is_opened_by_a_dialog_a_drop_and_the_source_menu(qtbot, room, tmp_path) -> None:
    folder = record(tmp_path / "elsewhere", 5, skeleton_only=True)
    _, window, feature = room()
    feature.open_recording()
    dialog = window.findChild(QFileDialog)
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    dialog.fileSelected.emit(str(folder))
    assert window.spec == str(folder)
    dialog.close()
    picker = window.toolbar.picker
    picker.fill_menu()
    assert texts.OPEN_RECORDING in [action.text() for action in picker.menu().actions()]

    def dropped(path: Path) -> bool:
        window.set_source("demo")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        window.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, *buttons))
        return window.spec == str(path)

    assert dropped(folder) and not dropped(tmp_path)


def test_the_folder_is_chosen_and_shown(qtbot, room, tmp_path) -> None:
    class Shown(QObject):
        url = QUrl()

        @pyqtSlot(QUrl)
        def show(self, url: QUrl) -> None:
            self.url = url

    _, window, feature = room()
    feature.choose_folder()
    dialog = window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "other"))
    dialog.close()
    assert feature.place == tmp_path / "other"
    shown = Shown()
    QDesktopServices.setUrlHandler("file", shown.show)
    try:
        feature.open_folder()
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert Path(shown.url.toLocalFile()) == tmp_path / "other" and (tmp_path / "other").is_dir()


def test_a_narrow_window_shows_the_lamp_before_the_numbers(qtbot, room) -> None:
    _, window, feature = room()
    window.resize(360, 500)
    qtbot.waitUntil(lambda: window.width() == 360)
    assert window.status.latency.isVisible()
    feature.toggle()
    lamp = window.findChild(QObject, "recording-lamp")
    assert lamp.isVisible() and window.status.latency.isHidden()
    window.resize(900, 600)
    qtbot.waitUntil(lambda: window.status.latency.isVisible() and window.status.dropped.isVisible())
    lamp.show_words("Recording 1:00:00 · 1000.0 GB")
    window.resize(360, 500)
    qtbot.waitUntil(lambda: window.status.latency.isHidden() and window.status.dropped.isHidden())
    qtbot.waitUntil(lambda: window.status.width() == window.width() == 360)
    feature.stop()
    qtbot.waitUntil(window.status.latency.isVisible)


def test_promise_a_recording_that_was_cut_off_says_so_when_it_opens(qtbot, room) -> None:
    _, window, _ = room(autostart=False)
    RecordableSession.warning = "The session x is not whole: it was cut off: 4.0 s of it are there."
    try:
        window.play("x")
        qtbot.waitUntil(lambda: window.status.currentMessage() == RecordableSession.warning)
    finally:
        del RecordableSession.warning


def test_promise_a_gpu_that_is_lost_in_the_middle_is_said_in_the_window(qtbot, stage) -> None:
    pictures = itertools.count()
    window = stage(lambda: running(next(pictures)), "camera:0", kind=RecordableSession).window
    qtbot.waitUntil(lambda: window.snapshot is not None)
    RecordableSession.warning = "the GPU failed (CUDA error): the processor goes on, more slowly"
    try:
        qtbot.waitUntil(lambda: window.status.currentMessage().startswith("The GPU failed (CUDA error)"))
    finally:
        del RecordableSession.warning


def test_words_say_time_and_size() -> None:
    assert [texts.clock(s) for s in (0, 59.9, 3725)] == ["0:00", "0:59", "1:02:05"]
    assert [texts.size(b) for b in (0, 9_940_000, 123_000_000)] == ["0.0 MB", "9.9 MB", "123 MB"]
