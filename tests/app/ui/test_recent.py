"""Recent files, and files dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent

from app.settings import SettingsStore
from app.ui import texts
from app.ui.batch import BatchDialog
from app.ui.main_window import MainWindow
from app.ui.recent import MOST
from app.ui.services import Services
from app.ui.texts import files
from tests.app.ui.fakes import FakeSession, running


def menu_of(window) -> dict:
    picker = window.toolbar.picker
    picker.fill_menu()
    return {action.text(): action for action in picker.menu().actions() if action.text()}


def played(qtbot, scene, path: Path) -> None:
    scene.window.play(str(path))
    qtbot.waitUntil(lambda: str(path) in scene.window.services.settings.value.recent_files[:1], timeout=5000)


def films(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"film {number}.mp4" for number in range(count)]
    for path in paths:
        path.touch()
    return paths


def test_files_that_were_seen_are_offered_the_newest_first_and_at_most_ten(qtbot, stage, tmp_path) -> None:
    scene = stage(running())
    paths = films(tmp_path, 12)
    for path in (*paths, paths[5]):
        played(qtbot, scene, path)
    kept = scene.window.services.settings.value.recent_files
    assert len(kept) == MOST == len(set(kept))
    assert [Path(p).name for p in kept[:3]] == ["film 5.mp4", "film 11.mp4", "film 10.mp4"]
    entries = menu_of(scene.window)
    assert list(entries)[-12:] == [files.RECENT, *(Path(p).name for p in kept), files.CLEAR_RECENT]
    assert entries["film 5.mp4"].isChecked() and not entries[texts.DEMO].isChecked()
    entries["film 10.mp4"].trigger()
    qtbot.waitUntil(lambda: scene.session.spec == str(paths[10]))


def test_cameras_the_demo_and_files_that_cannot_be_opened_are_not_remembered(qtbot, stage, tmp_path) -> None:
    scene = stage(running())
    qtbot.waitUntil(lambda: scene.window.snapshot is not None)
    scene.window.play("camera:0")
    qtbot.waitUntil(lambda: scene.window.snapshot is not None)
    assert scene.window.services.settings.value.recent_files == ()

    def fails(spec: str):
        raise OSError(f"there is no file {spec}")

    scene.window._presenter._runner._open_session = fails
    scene.window.play(str(tmp_path / "missing.mp4"))
    qtbot.waitUntil(lambda: scene.window.video.message is not None and not scene.window.video.message.busy)
    assert scene.window.services.settings.value.recent_files == ()


def test_a_file_that_is_gone_is_shown_so_and_cannot_be_chosen(qtbot, stage, tmp_path) -> None:
    scene = stage(running())
    first, second = films(tmp_path, 2)
    played(qtbot, scene, first)
    played(qtbot, scene, second)
    first.unlink()
    scene.window.stop()
    qtbot.waitUntil(lambda: "film 0.mp4 (gone)" in menu_of(scene.window))
    entries = menu_of(scene.window)
    assert not entries["film 0.mp4 (gone)"].isEnabled()
    assert entries["film 1.mp4"].isEnabled()


def test_two_files_of_one_name_are_told_apart_by_their_folders(qtbot, stage, tmp_path) -> None:
    scene = stage(running())
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (film,) = films(tmp_path / name, 1)
        played(qtbot, scene, film)
    assert [e for e in menu_of(scene.window) if e.startswith("film 0.mp4")] == [
        f"film 0.mp4 – {tmp_path / 'b'}",
        f"film 0.mp4 – {tmp_path / 'a'}",
    ]


def test_the_list_is_cleared_by_a_command(qtbot, stage, tmp_path) -> None:
    scene = stage(running())
    (film,) = films(tmp_path, 1)
    command = next(
        a for a in scene.window.commands.groups()[texts.GROUP_SESSION] if a.text() == files.CLEAR_RECENT
    )
    assert not command.isEnabled()
    played(qtbot, scene, film)
    assert command.isEnabled()
    command.trigger()
    assert scene.window.services.settings.value.recent_files == ()
    assert files.RECENT not in menu_of(scene.window)
    assert not command.isEnabled()


def test_the_window_that_opens_later_has_them_too(qtbot, tmp_path) -> None:
    (film,) = films(tmp_path, 1)
    store = SettingsStore(tmp_path / "settings.json")
    store.change(recent_files=(str(film), str(tmp_path / "removed.mp4")))
    services = Services(SettingsStore(tmp_path / "settings.json"))
    window = MainWindow(lambda spec: FakeSession(running()), list, "demo", False, services)
    qtbot.addWidget(window)
    assert menu_of(window)[film.name].isEnabled()
    qtbot.waitUntil(lambda: "removed.mp4 (gone)" in menu_of(window))
    window.close()


def drop(window, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    no_keys, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, no_keys))


def test_several_files_dropped_play_the_first_and_say_so(qtbot, stage, tmp_path) -> None:
    scene = stage(running())
    paths = films(tmp_path, 3)
    drop(scene.window, *paths)
    assert scene.window.status.currentMessage() == "Playing the first of 3 files"
    qtbot.waitUntil(lambda: bool(scene.sessions) and scene.session.spec == str(paths[0]))


def test_a_dropped_folder_is_offered_to_be_recognised_as_a_whole(qtbot, stage, tmp_path) -> None:
    scene = stage(running(), autostart=False)
    films(tmp_path, 2)
    drop(scene.window, tmp_path)
    (dialog,) = scene.window.findChildren(BatchDialog)
    assert dialog.isVisible()
    assert dialog.folder.line.text() == str(tmp_path)
    assert scene.sessions == []
    dialog.close()


def test_what_is_no_file_is_not_taken(qtbot, stage, tmp_path) -> None:
    scene = stage(running(), autostart=False)
    drop(scene.window, tmp_path / "missing.mp4")
    drop(scene.window)
    qtbot.wait(40)
    assert scene.sessions == []
