"""Saving events and annotated videos from the window; real files, made-up sessions."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog, QMessageBox

from app import annotated
from app.entities import ActionEvent
from app.pipeline import KEPT_EVENTS
from app.road import RecognizerLoader
from app.settings import SettingsStore
from app.ui import save_events, texts
from app.ui.events import Events
from app.ui.services import Services
from app.ui.texts import events as words
from tests.app.fakes import tiny_checkpoint, tiny_recording
from tests.app.ui.fakes import running

WAVE = ActionEvent("wave", 4.0, 6.0, 0.9, 1)


def events_of(window) -> Events:
    return next(feature for feature in window._features if isinstance(feature, Events))


def with_events(count):
    """A script of so many events, of which a snapshot has the newest only."""
    everything = [ActionEvent("wave", float(i), i + 0.5, 0.9, 1) for i in range(count)]
    shown = iter(range(0, 100 * count, max(1, count // 20)))

    def script():
        until = min(next(shown), count)
        return running(until, events=tuple(everything[max(0, until - KEPT_EVENTS) : until]))

    return script


def named(window, words_):
    return next(c.action for c in window.commands.table if c.action.text() == words_)


def boxes(window):
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def choose(window, path):
    """As if this path were chosen in the dialog that is open."""
    (dialog,) = [d for d in window.findChildren(QFileDialog) if d.isVisible()]
    dialog.fileSelected.emit(str(path))
    dialog.close()


@pytest.fixture
def scene(qtbot, stage):
    scene = stage(running(events=(WAVE,)), source="films/clap.mp4")
    qtbot.waitUntil(lambda: len(events_of(scene.window).log) == 1)
    return scene


def test_every_event_is_saved_however_many_a_snapshot_has(qtbot, stage, tmp_path):
    window = stage(with_events(3000), source="camera:0").window
    feature = events_of(window)
    qtbot.waitUntil(lambda: len(feature.log) == 3000)
    assert feature.panel.table.total == 3000
    named(window, words.SAVE_EVENTS).trigger()
    choose(window, tmp_path / "all.csv")
    qtbot.waitUntil(lambda: not feature.saving.busy)
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3000
    assert window.status.currentMessage().startswith("3000 events saved to ")


@pytest.mark.parametrize(
    ("suffix", "holds"),
    [(".csv", "wave,4.0"), (".json", '"wave"'), (".srt", "00:00:04,000"), (".vtt", "WEBVTT")],
)
def test_the_suffix_says_in_which_form(qtbot, scene, tmp_path, suffix, holds):
    feature = events_of(scene.window)
    feature.saving.save(tmp_path / f"events{suffix}")
    qtbot.waitUntil(lambda: not feature.saving.busy)
    assert holds in (tmp_path / f"events{suffix}").read_text(encoding="utf-8")


def test_the_dialog_proposes_a_name_in_the_folder_used_last(qtbot, scene, tmp_path):
    window = scene.window
    feature = events_of(window)
    feature.saving.save(tmp_path / "events.json")
    qtbot.waitUntil(lambda: not feature.saving.busy)
    assert json.loads((tmp_path / "events.json").read_text())["video"] == "films/clap.mp4"
    feature.panel.saving.click()
    (dialog,) = [d for d in window.findChildren(QFileDialog) if d.isVisible()]
    assert Path(dialog.directory().absolutePath()) == tmp_path
    assert dialog.defaultSuffix() == "csv"
    dialog.filterSelected.emit(words.EVENT_FILTERS[".vtt"])
    assert dialog.defaultSuffix() == "vtt"
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    dialog.close()


def test_while_the_dialog_is_open_the_window_goes_on(qtbot, scene):
    named(scene.window, words.SAVE_EVENTS).trigger()
    scene.session.script = running(30, events=(WAVE, ActionEvent("clap", 7, 8, 0.9, 1)))
    qtbot.waitUntil(lambda: len(events_of(scene.window).log) == 2)
    next(d for d in scene.window.findChildren(QFileDialog) if d.isVisible()).close()


def test_without_events_there_is_a_word_and_no_dialog(qtbot, stage):
    window = stage(running()).window
    named(window, words.SAVE_EVENTS).trigger()
    assert [box.text() for box in boxes(window)] == [words.NOTHING_TO_SAVE]
    assert [d for d in window.findChildren(QFileDialog) if d.isVisible()] == []


def test_a_disk_that_is_full_is_told_and_what_was_there_stays(qtbot, scene, tmp_path, monkeypatch):
    place = tmp_path / "events.csv"
    place.write_text("an older one")

    def full(self, *args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    feature = events_of(scene.window)
    feature.saving.save(place)
    qtbot.waitUntil(lambda: boxes(scene.window) != [])
    (box,) = boxes(scene.window)
    assert box.text() == f"{place} cannot be written (No space left on device); choose another file"
    assert place.read_text() == "an older one"
    assert [path.name for path in tmp_path.iterdir()] == ["events.csv"]


@pytest.mark.parametrize(
    ("name", "why"), [("nowhere/a.csv", "there is no such folder"), ("a.txt", "name a file that ends so")]
)
def test_a_place_where_nothing_can_be_is_told(qtbot, scene, tmp_path, name, why):
    events_of(scene.window).saving.save(tmp_path / name)
    qtbot.waitUntil(lambda: boxes(scene.window) != [])
    assert why in boxes(scene.window)[0].text()


def test_what_stopping_ends_is_saved_too(qtbot, scene):
    last = ActionEvent("clap", 7, 8, 0.9, 1)
    scene.window.stop()
    scene.session.script = running(30, events=(WAVE, last))
    qtbot.waitUntil(lambda: events_of(scene.window).log.events == [WAVE, last])


def test_events_missed_in_between_are_told(qtbot, scene, tmp_path):
    feature = events_of(scene.window)
    late = tuple(ActionEvent("clap", 9000.0 + i, 9000.5 + i, 0.9, 1) for i in range(KEPT_EVENTS))
    scene.session.script = running(30, events=late)
    qtbot.waitUntil(lambda: feature.log.gaps == 1)
    feature.saving.save(tmp_path / "events.csv")
    qtbot.waitUntil(lambda: not feature.saving.busy)
    assert scene.window.status.currentMessage().endswith(words.GAPS)


def test_closed_at_once_the_file_is_still_written(qtbot, scene, tmp_path):
    events_of(scene.window).saving.save(tmp_path / "events.csv")
    scene.window.close()
    assert (tmp_path / "events.csv").exists()


@pytest.fixture
def film(qtbot, stage, tmp_path):
    """A window on a real recording, with a tiny model to make videos with."""
    loader = RecognizerLoader(tiny_checkpoint(tmp_path / "tiny.safetensors"), "cpu")
    source = tiny_recording(tmp_path / "wave.npz")
    scene = stage(running(), source=str(source), services=Services(SettingsStore.in_memory(), loader))
    (tmp_path / "out").mkdir()
    return scene


def test_a_file_is_saved_as_an_annotated_video(qtbot, film, tmp_path):
    window = film.window
    named(window, words.SAVE_VIDEO).trigger()
    choose(window, tmp_path / "out" / "wave.mp4")
    feature = events_of(window)
    assert feature.video.dialog.isVisible()
    qtbot.waitUntil(lambda: feature.video.dialog is None, timeout=20_000)
    assert boxes(window)[0].text() == words.video_saved(tmp_path / "out" / "wave.mp4")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["wave.mp4"]


class Held(annotated.AnnotatedVideo):
    """Waits with its first picture until it is cancelled."""

    def _done(self, frames: int) -> None:
        super()._done(frames)
        self._cancelled.wait(20)


@pytest.fixture
def held(film, tmp_path, monkeypatch, qtbot):
    monkeypatch.setattr("app.ui.save_video.AnnotatedVideo", Held)
    feature = events_of(film.window)
    feature.video.save(str(tmp_path / "wave.npz"), tmp_path / "out" / "wave.mp4")
    qtbot.waitUntil(lambda: feature.video.dialog.bar.value() == 1, timeout=20_000)
    return film


def test_its_progress_is_shown_and_it_can_be_cancelled(qtbot, held, tmp_path):
    feature = events_of(held.window)
    assert feature.video.dialog.state.text() == "Picture 1 of 80"
    feature.video.dialog.cancelling.click()
    qtbot.waitUntil(lambda: feature.video.dialog is None, timeout=20_000)
    assert list((tmp_path / "out").iterdir()) == []
    assert held.window.status.currentMessage() == words.CANCELLED
    assert boxes(held.window) == []


def test_hidden_it_goes_on_and_the_command_shows_it_again(qtbot, held):
    feature = events_of(held.window)
    feature.video.dialog.reject()  # Esc
    assert not feature.video.dialog.isVisible()
    assert feature.video.dialog.job.running
    named(held.window, words.SAVE_VIDEO).trigger()
    assert feature.video.dialog.isVisible()
    feature.video.dialog.cancel()
    qtbot.waitUntil(lambda: feature.video.dialog is None, timeout=20_000)


def test_closing_the_window_ends_it_and_leaves_no_half_of_a_video(qtbot, held, tmp_path):
    job = events_of(held.window).video.dialog.job
    held.window.close()
    qtbot.waitUntil(lambda: not job.running)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_video_that_fails_is_told(qtbot, film, tmp_path):
    feature = events_of(film.window)
    feature.video.save(str(tmp_path / "gone.npz"), tmp_path / "out" / "gone.mp4")
    qtbot.waitUntil(lambda: boxes(film.window) != [], timeout=20_000)
    assert "gone.npz" in boxes(film.window)[0].text()
    assert feature.video.dialog is None


def test_a_camera_has_no_annotated_video(qtbot, stage):
    window = stage(running(), source="camera:0").window
    named(window, words.SAVE_VIDEO).trigger()
    assert boxes(window)[0].text() == words.NO_VIDEO_OF_A_CAMERA


def test_both_are_in_the_menu_under_events(scene):
    names = [action.text() for action in scene.window.commands.groups()[texts.GROUP_EVENTS]]
    assert names == [words.SAVE_EVENTS, words.SAVE_VIDEO]
    assert named(scene.window, words.SAVE_EVENTS).shortcut().toString() == "Ctrl+E"
    assert named(scene.window, words.EVENTS).shortcut().toString() == "E"


def test_a_sources_name_becomes_a_files(qtbot, stage):
    window = stage(running(), source="camera:0", cameras=(("camera:0", 'A/B: "Cam" 1.0'),)).window
    qtbot.waitUntil(lambda: window.cameras != [])
    assert not set(save_events.proposed_name(window)) & set('/\\:"')
