"""The dialog that recognises a folder: its bar, its end, its ways to fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFormLayout
from pytestqt.qtbot import QtBot

from app.ui import batch as module
from app.ui import theme
from app.ui.batch import Batch, BatchDialog
from app.ui.texts import batch as texts
from tests.app.ui.fakes import running

FAKE = Path(__file__).parents[1] / "fake_batch.py"


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[BatchDialog]:
    made = BatchDialog(command=lambda: [sys.executable, str(FAKE)])
    made.set_theme(theme.LIGHT)
    made.show()
    yield made
    made.close_down()
    made.deleteLater()


def begin(dialog: BatchDialog, tmp_path: Path, manner: str) -> None:
    (tmp_path / manner).mkdir()
    dialog.choose(str(tmp_path / manner))
    dialog.start.click()


def test_a_folder_is_recognised_and_the_report_can_be_opened(
    dialog: BatchDialog, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(dialog, tmp_path, "films")
    assert dialog.output.text == str(tmp_path / "films report")
    assert dialog.running and dialog.start.text() == texts.STOP and dialog.bar.isVisible()
    assert not dialog.folder.isEnabled()
    qtbot.waitUntil(lambda: not dialog.running, timeout=20_000)
    assert (
        dialog.notice.text() == "Finished: 2 files, 4 events. 1 file could not be read; the report says why."
    )
    assert dialog.report.isVisible() and not dialog.bar.isVisible()
    opened: list[str] = []
    monkeypatch.setattr(module.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    dialog.report.click()
    assert opened == [str(tmp_path / "films report" / "report.html")]
    (tmp_path / "films report" / "report.html").unlink()
    dialog.report.click()
    assert dialog.notice.text() == texts.REPORT_GONE


def test_each_name_stands_level_with_its_field(dialog: BatchDialog) -> None:
    form = dialog.findChild(QFormLayout)
    for field in (dialog.folder, dialog.output):
        name = form.labelForField(field)
        assert abs(name.geometry().center().y() - field.geometry().center().y()) <= 1


def test_it_tells_how_far_it_is_and_stops_when_asked(
    dialog: BatchDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    begin(dialog, tmp_path, "slow")
    qtbot.waitUntil(lambda: dialog.bar.maximum() == 2000, timeout=20_000)
    assert dialog.bar.value() == 500 and dialog.notice.text() == "File 1 of 2: a <b>.mp4"
    dialog.start.click()
    assert dialog.notice.text() == texts.STOPPING
    qtbot.waitUntil(lambda: not dialog.running, timeout=20_000)
    assert dialog.notice.text().startswith("Stopped after 1 file, with 4 events. Started again, it goes on")
    assert dialog.start.isEnabled() and dialog.start.text() == texts.START


def test_what_does_not_stop_is_ended(dialog: BatchDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog._patience.setInterval(50)
    begin(dialog, tmp_path, "deaf")
    qtbot.waitUntil(lambda: dialog.bar.maximum() == 2000, timeout=20_000)
    dialog.start.click()
    qtbot.waitUntil(lambda: not dialog.running, timeout=20_000)
    assert dialog.notice.text() == texts.ENDED_SILENTLY


@pytest.mark.parametrize(
    ("manner", "sentence"), [("refused", "the disk is full"), ("vanishes", texts.ENDED_SILENTLY)]
)
def test_a_failure_is_a_sentence(
    dialog: BatchDialog, qtbot: QtBot, tmp_path: Path, manner: str, sentence: str
) -> None:
    begin(dialog, tmp_path, manner)
    qtbot.waitUntil(lambda: not dialog.running, timeout=20_000)
    assert dialog.notice.text() == sentence and not dialog.report.isVisible()


def test_what_is_missing_is_said_before_anything_starts(dialog: BatchDialog, tmp_path: Path) -> None:
    dialog.start.click()
    assert dialog.notice.text() == texts.FOLDER_MISSING
    dialog.choose(str(tmp_path / "none"))
    dialog.start.click()
    assert dialog.notice.text() == texts.NO_SUCH_FOLDER
    dialog.choose(str(tmp_path))
    dialog.output.set_text("")
    dialog.start.click()
    assert dialog.notice.text() == texts.OUTPUT_MISSING and not dialog.running


def test_a_program_that_is_not_there_is_a_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = BatchDialog(command=lambda: [str(tmp_path / "no such program")])
    qtbot.addWidget(dialog)
    dialog.choose(str(tmp_path))
    dialog.start.click()
    qtbot.waitUntil(lambda: not dialog.running)
    assert dialog.notice.text() == texts.CANNOT_START


def test_closing_the_window_ends_the_work(stage, qtbot: QtBot, tmp_path: Path) -> None:
    window = stage(running()).window
    (feature,) = window.findChildren(Batch)
    feature.offer([str(tmp_path / "film.mp4")])
    assert feature.dialog is None
    feature.offer([str(tmp_path / "film.mp4"), str(tmp_path)])
    dialog = feature.dialog
    assert dialog.folder.text == str(tmp_path)
    dialog._command = lambda: [sys.executable, str(FAKE)]
    begin(dialog, tmp_path, "slow")
    qtbot.waitUntil(lambda: dialog.bar.maximum() == 2000, timeout=20_000)
    window.close()
    assert not dialog.running and not dialog.isVisible()
