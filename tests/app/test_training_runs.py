"""Runs in processes of their own: found again, paused, continued, failed in several ways, removed."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import jobs
from app.data_sets import Origin, delete_set, list_sets, prepare_set, stop_preparing
from app.errors import OutputError
from app.jobs import Job, JobState
from app.processes import Identity
from app.training_configs import DEFAULT_CONFIG, describe, fit, overrides_for
from app.training_runs import (
    Plan,
    RunView,
    delete_run,
    list_runs,
    look,
    pause_run,
    read_metrics,
    resume_run,
    runs_folder,
    start_run,
)
from tests.app.test_processes import wait_until
from tests.stgat.training.prepared_sets import small_set

FAKE = Path(__file__).with_name("fake_train.py")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, and no process left in it."""
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    for folder in (tmp_path / "home").glob("*/*"):
        Job(folder).kill()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "program", lambda: [sys.executable, str(FAKE)])


def plan(name: str = "mine", manner: str = "quick", **changes: object) -> Plan:
    return Plan.model_validate({"name": name, "config": f"{manner}.yaml", "epochs": 3, **changes})


def until(folder: Path, *states: JobState, seconds: float = 60.0) -> RunView:
    deadline = time.monotonic() + seconds
    while True:
        view = look(folder)
        assert view is not None
        if view.state in states:
            return view
        assert time.monotonic() < deadline, view
        time.sleep(0.02)


ENDED = (JobState.STOPPED, JobState.FINISHED, JobState.FAILED)


@pytest.mark.usefixtures("fake")
class TestWithAFake:
    def test_a_run_goes_through_and_tells_its_curves(self) -> None:
        view = until(start_run(plan()), *ENDED)
        assert view.state is JobState.FINISHED and view.share == 1.0
        assert view.curve("top1") == [(1, 20.0), (2, 40.0), (3, 60.0)]
        assert view.curve("validation_top1")[-1] == (3, 30.0) and view.best == 30.0
        assert view.can_install and not view.can_resume
        assert view.log[-1] == "epoch 3/3"

    def test_a_run_is_found_by_its_folder_alone(self) -> None:
        folder = start_run(plan(manner="slow"))
        until(folder, JobState.RUNNING)
        (found,) = list_runs()  # which asks nobody who has started it
        assert (found.name, found.folder, found.standing.alive) == ("mine", folder, True)

    def test_pause_and_resume_go_on_where_it_was(self) -> None:
        folder = start_run(plan(manner="slow"))
        wait_until(lambda: read_metrics(folder / "metrics.jsonl"))
        pause_run(folder)
        view = until(folder, *ENDED)
        assert view.state is JobState.STOPPED and view.epochs_done == 1 and view.can_resume
        resume_run(folder)
        view = until(folder, *ENDED)
        assert view.state is JobState.FINISHED
        assert [epoch for epoch, _ in view.curve("loss")] == [1, 2, 3]

    def test_a_running_run_is_not_started_twice(self) -> None:
        folder = start_run(plan(manner="slow"))
        with pytest.raises(OutputError, match="mine is running already"):
            resume_run(folder)
        with pytest.raises(OutputError, match="There is a run called mine already"):
            start_run(plan())

    def test_a_failure_says_the_sentence_that_training_said(self) -> None:
        view = until(start_run(plan(manner="fails")), *ENDED)
        assert view.state is JobState.FAILED
        assert view.standing.message == "data/mine: no such folder"

    def test_a_crash_says_the_last_line_of_its_log(self) -> None:
        view = until(start_run(plan(manner="crashes")), *ENDED)
        assert (view.state, view.standing.message) == (JobState.FAILED, "MemoryError: no room")

    def test_a_run_that_was_killed_has_failed_without_a_word_and_can_go_on(self) -> None:
        folder = start_run(plan(manner="vanishes"))
        view = until(folder, *ENDED)
        assert (view.state, view.standing.message) == (JobState.FAILED, "")
        assert view.can_resume and view.epochs_done == 1
        resume_run(folder)
        assert until(folder, *ENDED).state is JobState.FINISHED

    def test_another_process_of_the_same_number_is_not_taken_for_the_run(self) -> None:
        folder = start_run(plan(manner="vanishes"))
        until(folder, *ENDED)
        Identity(os.getpid(), "another time").write(folder / "process.json")
        assert until(folder, *ENDED).state is JobState.FAILED
        delete_run(folder)  # and we are still here
        assert not folder.exists()

    def test_deleting_ends_the_process_and_removes_the_folder(self) -> None:
        folder = start_run(plan(manner="slow"))
        identity = Identity.read(folder / "process.json")
        assert identity is not None
        delete_run(folder)
        assert not folder.exists() and not identity.alive()
        assert list_runs() == []

    def test_a_folder_that_is_no_run_is_never_deleted(self, tmp_path: Path) -> None:
        precious = tmp_path / "precious"
        precious.mkdir()
        (precious / "run.json").write_text("{}")
        with pytest.raises(OutputError, match="not a run of this program"):
            delete_run(precious)
        with pytest.raises(OutputError, match="not a run of this program"):
            delete_run(runs_folder() / ".." / ".." / "precious")
        assert precious.exists()

    def test_a_run_whose_folder_was_removed_is_gone_and_cannot_be_resumed(self) -> None:
        folder = start_run(plan())
        until(folder, *ENDED)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        assert look(folder) is None and list_runs() == []
        with pytest.raises(OutputError, match="is gone or damaged"):
            resume_run(folder)

    @pytest.mark.parametrize("name", ["", "../other", "a/b", ".hidden", "con", "x" * 80])
    def test_a_name_cannot_lead_elsewhere(self, name: str) -> None:
        with pytest.raises((OutputError, ValueError)):
            start_run(plan(name=name))
        assert not runs_folder().exists() or list(runs_folder().iterdir()) == []

    def test_a_full_disk_is_a_sentence_and_leaves_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "write_text", full)
        with pytest.raises(OutputError, match=r"No space left on device.*check that the disk has room"):
            start_run(plan())
        assert list(runs_folder().iterdir()) == []

    def test_damaged_files_are_no_runs_and_no_figures(self, home: Path) -> None:
        folder = home / "runs" / "odd"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("[" * 100_000)
        assert list_runs() == []
        (folder / "metrics.jsonl").write_bytes(b'{"loss": 1}\nnull\n\xff\n{"loss": 2')
        assert read_metrics(folder / "metrics.jsonl") == ({"loss": 1},)

    def test_a_data_set_is_prepared_stopped_and_continued(self, tmp_path: Path) -> None:
        origin = Origin(form="recordings", source=tmp_path)
        folder = prepare_set("slow set", origin)
        wait_until(lambda: list_sets()[0].share == 0.75)
        assert list_sets()[0].standing.alive and not list_sets()[0].ready
        stop_preparing(folder)
        wait_until(lambda: not list_sets()[0].standing.alive)
        assert list_sets()[0].standing.state is JobState.STOPPED
        with pytest.raises(OutputError, match="There is a data set called slow set already"):
            prepare_set("slow set", Origin(form="ntu60", source=tmp_path))
        prepare_set("slow set", origin)
        delete_set(folder)
        assert list_sets() == []


def test_a_real_run_is_paused_continued_and_ends(tmp_path: Path) -> None:
    """Two epochs of the small network, in a process, on made-up people."""
    data = small_set(tmp_path / "set", subjects=3).folder
    config = describe(DEFAULT_CONFIG)
    overrides = overrides_for(
        config, name='a: "b"', epochs=2, device="cpu", data=data, split="all", holdout=fit(data).holdout
    )
    folder = start_run(Plan(name="real", config=config.path, overrides=overrides, epochs=2))
    pause_run(folder)  # before its first step, too
    view = until(folder, *ENDED, seconds=200)
    assert view.state is JobState.STOPPED, view.log
    resume_run(folder)
    view = until(folder, *ENDED, seconds=200)
    assert view.state is JobState.FINISHED, view.log
    assert len(view.curve("validation_loss")) == 2 and view.can_install


@pytest.mark.parametrize(
    "value", ["9" * 4000, "1e999", "NaN", "-Infinity", "true", '"x"', "[[]]", "-1", "null"]
)
def test_promise_figures_that_are_none_are_not_shown(home: Path, value: str) -> None:
    folder = runs_folder() / "mine"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(plan().model_dump_json())
    names = ("state", "message", "epoch", "step", "steps", "seconds_left", "samples_per_s")
    progress = ", ".join(f'"{name}": {value}' for name in names)
    (folder / "progress.json").write_text(f"{{{progress}}}")
    (folder / "process.json").write_text(f'{{"pid": {value}, "began": {value}}}')
    (folder / "metrics.jsonl").write_text(f'{{"top1": {value}}}\n{{"top1": 50}}\n')
    view = look(folder)
    assert view is not None and view.seconds_left is None and view.epochs_done >= 1
    assert 0.0 <= view.share <= 1.0
    assert view.best == 50.0
    assert all(abs(figure) < 1e15 for _, figure in view.curve("top1"))
    assert view.standing.message.isprintable()


def test_promise_a_run_s_files_that_never_end_are_not_waited_for(home: Path) -> None:
    folder = runs_folder() / "mine"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(plan().model_dump_json())
    for name in ("progress.json", "process.json", "metrics.jsonl", "data-set.json"):
        os.mkfifo(folder / name)
    view = look(folder)
    assert view is not None and view.metrics == () and view.state is JobState.FAILED
    (folder / "run.json").unlink()
    (folder / "run.json").symlink_to("/dev/zero")
    assert look(folder) is None
