"""The training window: runs put together, watched, paused, installed and deleted; it need not stay open."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app import jobs
from app.jobs import Job, JobState
from app.models import user_models
from app.training_runs import Plan, list_runs, look, read_metrics, runs_folder, start_run
from app.ui import theme
from app.ui.texts import train as texts
from app.ui.train import Training
from app.ui.train_window import TrainWindow
from tests.app.fakes import tiny_checkpoint
from tests.app.ui.fakes import running
from tests.stgat.training.prepared_sets import small_set

FAKE = Path(__file__).parents[1] / "fake_train.py"
LONG = 20_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jobs, "program", lambda: [sys.executable, str(FAKE)])
    yield tmp_path / "home"
    for folder in (tmp_path / "home").glob("*/*"):
        Job(folder).kill()


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[object]:
    """Makes training windows, each shown; closes them after the test."""
    made: list[TrainWindow] = []

    def make() -> TrainWindow:
        made.append(TrainWindow())
        made[-1].set_theme(theme.DARK)
        made[-1]._timer.setInterval(30)
        made[-1].show()
        return made[-1]

    yield make
    for window in made:
        window.close_down()
        window.deleteLater()


def a_run(name: str = "mine", manner: str = "quick") -> Path:
    return start_run(Plan(name=name, config=Path(f"{manner}.yaml"), epochs=3))


def shows(window: TrainWindow, state: JobState) -> bool:
    view = window.page.view
    return view is not None and view.state is state and window.pages.currentIndex() == 1


def answer(qtbot: QtBot, window: TrainWindow, words: str) -> None:
    """Press the button of the question that is open."""
    qtbot.waitUntil(lambda: any(box.isVisible() for box in window.findChildren(QMessageBox)), timeout=LONG)
    (box,) = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    next(button for button in box.buttons() if button.text() == words).click()


def test_without_a_run_there_is_a_form_and_a_sentence(open_window, qtbot: QtBot) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: window.form.choice is not None, timeout=LONG)
    assert window.none.isVisible() and window.pages.currentIndex() == 0
    assert window.form.configuration.currentText() == "own-actions"
    window.form.start.click()
    assert window.form.problem.text() == texts.DATA_MISSING


def test_a_run_is_put_together_and_watched_to_its_end(open_window, qtbot: QtBot, tmp_path: Path) -> None:
    data = small_set(tmp_path / "set", subjects=5).folder
    window = open_window()
    form = window.form
    qtbot.waitUntil(lambda: form.choice is not None, timeout=LONG)
    form.data.which.setCurrentIndex(form.data.which.findData("other"))
    form.data.folder.set_text(str(data))
    qtbot.waitUntil(lambda: "60 samples, 4 actions, 5 people" in form.facts.text(), timeout=LONG)
    assert form.holdout.text() == "5"
    form.epochs.setValue(3)
    form.name.setText("evening")
    form.start.click()
    qtbot.waitUntil(lambda: shows(window, JobState.FINISHED), timeout=LONG)
    plan = window.page.view.plan
    assert f'data.path="{data}"' in plan.overrides and "data.holdout_subjects=[5]" in plan.overrides
    assert window.page.curves.top1.points() == [(1, 20), (2, 40), (3, 60)]
    assert window.page.curves.top1.points(validation=True) == [(1, 10), (2, 20), (3, 30)]
    assert window.list.item(0).text() == "evening\nFinished · 100 % done"
    assert not window.page.pause.isEnabled()


def test_a_bad_name_is_a_sentence_and_starts_nothing(open_window, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window()
    form = window.form
    qtbot.waitUntil(lambda: form.choice is not None, timeout=LONG)
    form.data.which.setCurrentIndex(form.data.which.findData("other"))
    form.data.folder.set_text(str(small_set(tmp_path / "set", subjects=2).folder))
    qtbot.waitUntil(lambda: bool(form.facts.text()), timeout=LONG)
    form.name.setText("../elsewhere")
    form.start.click()
    assert "cannot be a name" in form.problem.text()
    form.name.setText("fine")
    form.holdout.setText("Anna")
    form.start.click()
    assert "people are named by their numbers" in form.problem.text()
    assert not runs_folder().exists()


def test_a_folder_that_is_no_data_set_is_told_of(open_window, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window()
    form = window.form
    qtbot.waitUntil(lambda: form.choice is not None, timeout=LONG)
    form.data.which.setCurrentIndex(form.data.which.findData("other"))
    form.data.folder.set_text(str(tmp_path))
    qtbot.waitUntil(lambda: "holds no dataset.json" in form.facts.text(), timeout=LONG)


def test_closing_the_window_leaves_the_run_and_reopening_finds_it(open_window, qtbot: QtBot) -> None:
    folder = a_run(manner="slow")
    first = open_window()
    qtbot.waitUntil(lambda: shows(first, JobState.RUNNING), timeout=LONG)
    first.close_down()
    assert look(folder).standing.alive
    second = open_window()
    qtbot.waitUntil(lambda: shows(second, JobState.RUNNING), timeout=LONG)
    assert second.page.name.text() == "mine"


def test_pause_and_resume(open_window, qtbot: QtBot) -> None:
    folder = a_run(manner="slow")
    window = open_window()
    qtbot.waitUntil(lambda: len(read_metrics(folder / "metrics.jsonl")) == 1, timeout=LONG)
    qtbot.waitUntil(lambda: "2 minutes left" in window.page.facts.text(), timeout=LONG)
    assert window.page.pause.text() == texts.PAUSE
    window.page.pause.click()
    qtbot.waitUntil(lambda: shows(window, JobState.STOPPED), timeout=LONG)
    assert window.page.notice.text() == texts.PAUSED and window.page.pause.text() == texts.RESUME
    window.page.pause.click()
    qtbot.waitUntil(lambda: shows(window, JobState.FINISHED), timeout=LONG)


@pytest.mark.parametrize(
    ("manner", "sentence", "remedy"),
    [
        ("fails", "data/mine: no such folder", texts.BEGIN_AGAIN),
        ("crashes", "MemoryError: no room", texts.BEGIN_AGAIN),
        ("vanishes", texts.ENDED_SILENTLY, texts.RESUME),
    ],
)
def test_a_failure_is_a_sentence_with_a_remedy(
    open_window, qtbot: QtBot, manner: str, sentence: str, remedy: str
) -> None:
    a_run(manner=manner)
    window = open_window()
    qtbot.waitUntil(lambda: shows(window, JobState.FAILED), timeout=LONG)
    assert window.page.notice.text() == sentence
    assert window.page.pause.text() == remedy and window.page.pause.isEnabled()
    window.page.show_log.click()
    assert window.page.log.isVisible()


def test_a_run_is_installed_under_a_name_and_never_over_another_without_a_yes(
    open_window, qtbot: QtBot
) -> None:
    folder = a_run()
    window = open_window()
    qtbot.waitUntil(lambda: shows(window, JobState.FINISHED), timeout=LONG)
    page = window.page
    page._install("mine")
    qtbot.waitUntil(lambda: "not an STGAT Live checkpoint" in page.outcome.text(), timeout=LONG)
    tiny_checkpoint(folder / "best.safetensors")
    page.install.click()
    (dialog,) = page.findChildren(QInputDialog)
    assert dialog.textValue() == "mine"
    dialog.accept()
    qtbot.waitUntil(lambda: page.outcome.text() == texts.installed("mine"), timeout=LONG)
    installed = user_models() / "mine.safetensors"
    installed.write_bytes(b"precious")
    page._install("mine")
    answer(qtbot, window, "Cancel")
    assert installed.read_bytes() == b"precious"
    qtbot.waitUntil(
        lambda: not any(box.isVisible() for box in window.findChildren(QMessageBox)), timeout=LONG
    )
    page._install("mine")
    answer(qtbot, window, texts.REPLACE)
    qtbot.waitUntil(lambda: installed.read_bytes() != b"precious", timeout=LONG)


def test_a_run_is_deleted_after_a_yes(open_window, qtbot: QtBot) -> None:
    folder = a_run(manner="slow")
    window = open_window()
    qtbot.waitUntil(lambda: shows(window, JobState.RUNNING), timeout=LONG)
    window.page.delete.click()
    answer(qtbot, window, texts.DELETE_NOW)
    qtbot.waitUntil(lambda: not folder.exists(), timeout=LONG)
    qtbot.waitUntil(lambda: window.pages.currentIndex() == 0 and window.none.isVisible(), timeout=LONG)
    assert list_runs() == []


def test_a_folder_removed_by_somebody_else_takes_the_run_off_the_list(open_window, qtbot: QtBot) -> None:
    folder = a_run()
    window = open_window()
    qtbot.waitUntil(lambda: shows(window, JobState.FINISHED), timeout=LONG)
    folder.rename(folder.parents[2] / "elsewhere")
    window.page.folder.click()
    assert window.page.outcome.text() == texts.FOLDER_GONE
    qtbot.waitUntil(lambda: window.list.count() == 0, timeout=LONG)


def test_a_raw_data_set_is_prepared_and_chosen(open_window, qtbot: QtBot, tmp_path: Path, home: Path) -> None:
    window = open_window()
    chooser = window.form.data
    qtbot.waitUntil(lambda: window.form.choice is not None, timeout=LONG)
    assert chooser.which.currentData() == "new"
    chooser.prepare.click()
    assert chooser.problem.text() == texts.SOURCE_MISSING
    (tmp_path / "slow takes").mkdir()
    chooser.source.set_text(str(tmp_path / "slow takes"))
    assert chooser.set_name.text() == "slow takes"
    chooser.set_name.setText("slow")
    chooser.prepare.click()
    qtbot.waitUntil(lambda: chooser.which.currentData() == "set:slow", timeout=LONG)
    qtbot.waitUntil(lambda: chooser.standing.text().startswith("3 of 4 recordings"), timeout=LONG)
    assert chooser.stop.text() == texts.STOP_PREPARING
    chooser.stop.click()
    qtbot.waitUntil(lambda: chooser.stop.text() == texts.CONTINUE_PREPARING, timeout=LONG)
    chooser.remove.click()
    answer(qtbot, window, texts.DELETE_NOW)
    qtbot.waitUntil(lambda: not (home / "data-sets" / "slow").exists(), timeout=LONG)


def test_the_menu_opens_it_and_the_window_closes_it(stage, qtbot: QtBot) -> None:
    window = stage(running()).window
    (feature,) = window.findChildren(Training)
    feature.show()
    dialog = feature.dialog
    qtbot.waitUntil(dialog.isVisible)
    feature.show()
    assert feature.dialog is dialog
    window.close()
    assert not dialog.isVisible()
