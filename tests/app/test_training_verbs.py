"""The verb `train`, as a person meets it: its lines, its refusals, and Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from app.cli import cli
from app.progress_file import read_progress
from app.training_progress import duration, epoch_line, is_first_process, shown
from stgat.checkpoint import read_metadata
from stgat.training.progress import Progress
from stgat.training.run_folder import RunFolder
from tests.stgat.training.prepared_sets import config_for, small_set

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a prepared set and a configuration, from which the verb is called."""
    small_set(tmp_path / "set", subjects=2)
    write(tmp_path / "tiny.yaml", name="tiny")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, **changes: Any) -> None:
    config = config_for(Path("set"), **{"epochs": 1, **changes})
    path.write_text(yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True)))


def run(*arguments: str):
    return CliRunner().invoke(cli, ["train", *arguments], prog_name="python main.py")


def told(result) -> str:
    """The one sentence of a verb that failed."""
    assert result.exit_code == 1, result.output
    (line,) = [line for line in result.stderr.splitlines() if line.strip()]
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def test_a_run_tells_each_epoch_and_what_came_of_it(workplace: Path) -> None:
    result = run("tiny.yaml", "epochs=2", "data.holdout_subjects=[2]")
    assert result.exit_code == 0, result.output
    lines = result.stderr.splitlines()
    assert [line[:11] for line in lines[:2]] == ["epoch   1/2", "epoch   2/2"]
    assert all(
        word in lines[0]
        for word in ("loss", "training top-1", "validation top-1", "samples/s", "waiting", "left")
    )
    metadata = read_metadata(workplace / "runs" / "tiny" / "best.safetensors")
    assert f"test top1: {metadata.metrics['top1']:.2f} %" in lines
    assert f"validation top1: {metadata.metrics['validation top1']:.2f} %" in lines
    assert lines[-1].startswith("Wrote runs/tiny/best.safetensors (sha256 ")
    kept = {path.name for path in (workplace / "runs" / "tiny").iterdir()}
    assert kept == {
        "config.yaml", "environment.json", "metrics.jsonl", "tensorboard", "last.safetensors",
        "best.safetensors",
    }  # fmt: skip


def test_promise_of_several_runs_one_that_was_killed_before_it_could_go_on_is_begun_again(
    workplace: Path,
) -> None:
    write(workplace / "second.yaml", name="second")
    assert run("tiny.yaml").exit_code == 0
    second = workplace / "runs" / "second"
    second.mkdir()
    (second / "metrics.jsonl").touch()  # the first file of a run; its last is the configuration
    result = run("tiny.yaml", "second.yaml", "--resume")
    assert result.exit_code == 0, result.output
    assert read_metadata(second / "best.safetensors").name == "second"


def test_a_folder_that_holds_a_run_is_refused_and_resumed(workplace: Path) -> None:
    assert run("tiny.yaml", "--output", "there").exit_code == 0
    before = (workplace / "there" / "best.safetensors").read_bytes()
    assert told(run("tiny.yaml", "--output", "there")).startswith(
        "there: holds a run already; go on with it by"
    )
    assert "was begun with epochs = 1, now it is 2" in told(
        run("tiny.yaml", "epochs=2", "--output", "there", "--resume")
    )
    assert run("tiny.yaml", "--output", "there", "--resume").exit_code == 0
    assert (workplace / "there" / "best.safetensors").read_bytes() == before
    (workplace / "there" / "last.safetensors").write_bytes(b"damaged")
    assert "there/last.safetensors: cannot be continued from" in told(
        run("tiny.yaml", "--output", "there", "--resume")
    )


def test_what_cannot_be_trained_is_one_sentence(workplace: Path) -> None:
    assert "epoch: unknown key; did you mean epochs?" in told(run("tiny.yaml", "epoch=2"))
    assert "nowhere: no such folder; `prepare` makes one" in told(run("tiny.yaml", "data.path=nowhere"))
    assert "did you mean ucla-xview?" in told(run("tiny.yaml", "data.split=ucla-xveiw"))
    assert "leave the key out" in told(run("tiny.yaml", "preprocessing.layout=kinect-v1-20"))
    assert "runs/tiny: holds no run to continue" in told(run("tiny.yaml", "--resume"))
    assert "set/samples.csv/run: cannot be made" in told(run("tiny.yaml", "--output", "set/samples.csv/run"))
    assert not (workplace / "runs").exists()  # nothing is begun that cannot be trained


def test_a_full_disk_is_one_sentence(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("stgat.training.run_folder.save_file", full)
    result = run("tiny.yaml", "epochs=1")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "Error: runs/tiny/last.safetensors: cannot be written (No space left on device); what was saved "
        "before is still there: make room on the disk, then the same command with --resume goes on"
    )


def test_a_loss_that_is_no_number_is_one_sentence(workplace: Path) -> None:
    result = run("tiny.yaml", "learning_rate=1e30", "warmup_epochs=0", "epochs=5")
    assert result.exit_code == 1
    assert "Before it: step" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["epochs=3"], ["tiny.yaml", "other.yaml", "--output", "there"]],
    ids=["no file", "one folder"],
)
def test_bad_usage_is_exit_code_two(workplace: Path, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


class PowerCutError(Exception):
    pass


def test_of_several_runs_those_that_have_not_begun_begin_on_resume(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(workplace / "first.yaml", name="first")
    write(workplace / "second.yaml", name="second")
    with monkeypatch.context() as during:

        def cut(*arguments: object) -> None:
            raise PowerCutError

        during.setattr(RunFolder, "save_state", cut)
        assert isinstance(run("first.yaml", "second.yaml").exception, PowerCutError)
    assert not (workplace / "runs" / "second").exists()
    again = run("first.yaml", "second.yaml", "--resume")
    assert again.exit_code == 0, again.output
    assert "Wrote runs/first/best.safetensors" in again.stderr
    assert "Wrote runs/second/best.safetensors" in again.stderr


def test_ctrl_c_stops_within_seconds_and_resume_finishes(workplace: Path) -> None:
    write(workplace / "long.yaml", name="long", epochs=20, batch_size=2)
    process = subprocess.Popen(
        [sys.executable, str(REPOSITORY / "main.py"), "train", "long.yaml"],
        cwd=workplace,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("epoch   1/20")
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
        seconds = time.monotonic() - started
    finally:
        process.kill()
    assert process.returncode == 130
    assert seconds < 30  # a second or two; more where the machine is busy
    last = rest.splitlines()[-1]
    assert last.startswith("Training stopped in epoch ")
    assert last.endswith("the same command with --resume goes on from there.")
    assert (workplace / "runs" / "long" / "last.safetensors").exists()
    epoch = int(last.split()[4].rstrip(","))
    resumed = run("long.yaml", "--resume")
    assert resumed.exit_code == 0, resumed.output
    epochs = [int(line[5:9]) for line in resumed.stderr.splitlines() if line.startswith("epoch")]
    assert epochs == list(range(epoch, 21))
    assert 1 < epoch < 20


def test_a_stop_file_stops_as_ctrl_c_does_and_the_progress_file_says_so(workplace: Path) -> None:
    follow = ("--progress", "progress.json", "--stop-file", "stop")
    for folder in ("whole", "parts"):
        write(workplace / f"{folder}.yaml", name="same", epochs=2)
    assert run("whole.yaml", "--output", "whole", *follow).exit_code == 0
    assert read_progress(Path("progress.json")) == {"state": "finished"}
    Path("stop").touch()
    stopped = run("parts.yaml", "--output", "parts", *follow)
    assert stopped.exit_code == 130 and "stopped in epoch 1, step 2 of " in stopped.stderr
    assert read_progress(Path("progress.json")) == {"state": "stopped"}
    Path("stop").unlink()
    assert run("parts.yaml", "--output", "parts", "--resume", *follow).exit_code == 0
    whole, parts = (Path(name, "best.safetensors").read_bytes() for name in ("whole", "parts"))
    assert whole == parts  # as if it had never been stopped
    assert run("parts.yaml", "data.path=nowhere", "--output", "new", *follow).exit_code == 1
    failed = read_progress(Path("progress.json"))
    assert failed["state"] == "failed" and "nowhere: no such folder" in failed["message"]


# On the terminal


STEP = Progress(
    epoch=2, epochs=30, step=4, steps=4, loss=0.5, top1=75.0, learning_rate=0.01, samples_per_s=1234.5,
    waiting=1.25, seconds_left=3725, validation={"top1": 50.0},
)  # fmt: skip


def test_a_line_an_epoch() -> None:
    assert epoch_line(STEP) == (
        "epoch   2/30  loss 0.500  training top-1  75.0 %  validation top-1  50.0 %  rate 0.0100  "
        "1234 samples/s  waiting 1.2 %  1:02:05 left"
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3600, "1:00:00"), (93660, "26:01:00")]
)
def test_durations_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("terminal", "bar"), [(True, True), (False, False)])
def test_a_bar_is_for_terminals(terminal: bool, bar: bool) -> None:
    seen = io.StringIO()
    console = Console(force_terminal=terminal, width=200, soft_wrap=True, color_system=None, file=seen)
    with shown(console) as report:
        report(replace(STEP, step=3))
        report(STEP)
    assert epoch_line(STEP) in seen.getvalue()
    assert seen.getvalue().count("epoch   2/30") == 1
    assert ("━" in seen.getvalue()) == bar


def test_one_of_several_processes_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert is_first_process()
    monkeypatch.setenv("LOCAL_RANK", "1")  # devices=2
    assert not is_first_process()
    monkeypatch.setenv("LOCAL_RANK", "0")  # torchrun, on the second host
    monkeypatch.setenv("RANK", "8")
    assert not is_first_process()
