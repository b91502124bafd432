"""The verb: which runs it starts, what it prints, and what it says of a wrong wish."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.benchmark import road
from app.cli import main
from tests.app.benchmark.test_figures import PERFECT
from tests.app.fakes import tiny_checkpoint, tiny_video

HOURS = {"model": "m", "hours": 0.5, "seconds": 60.0, "memory_mb": [400.0, 401.0], "grown_mb": 1.0}


class Runs:
    """In place of the processes: remembers their arguments."""

    def __init__(self, failure: str = "") -> None:
        self.commands: list[list[str]] = []
        self.failure = failure

    def __call__(self, command: list[str], **options) -> subprocess.CompletedProcess[str]:
        arguments = command[command.index("run") + 1 :]
        self.commands.append(arguments)
        if "--pictures" in arguments:
            assert list(Path(arguments[arguments.index("--pictures") + 1]).glob("*.jpg"))
        told = HOURS if "--hours" in arguments else replace(PERFECT, cpu=0.4).as_json()
        return subprocess.CompletedProcess(command, bool(self.failure), json.dumps(told) + "\n", self.failure)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    made = Runs()
    monkeypatch.setattr(road.subprocess, "run", made)
    return made


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["benchmark", "road", *arguments])
    return int(ended.value.code or 0)


def test_both_models_nobody_and_the_hours_are_run_on_a_video(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = str(tiny_video(tmp_path / "clip.mp4"))
    assert call("--source", video, "--seconds", "5", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told.keys() == {"source", "size", "fps", "runs", "idle", "hours"}
    models = [Path(arguments[arguments.index("--model") + 1]).stem for arguments in runs.commands]
    assert models == ["stgat-actions", "stgat-actions-small", "stgat-actions", "stgat-actions-small"]
    assert ["--nobody" in arguments for arguments in runs.commands] == [False, False, True, False]


def test_the_table_has_every_bar_and_stage(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--source", str(tiny_video(tmp_path / "clip.mp4")), "--model", "stgat-actions") == 0
    said = capsys.readouterr().out
    for words in (
        "| pictures not shown | 0 | 0 | yes |",
        "| pose | 20.0 / 25.0 / 30.0 |",
        "memory grown in 0.50 h",
    ):
        assert words in said
    assert "NO" not in said


def test_the_demo_is_said_to_be_without_the_pose(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--hours", "0", "--model", "stgat-actions-small") == 0
    assert "the pose is not part of these figures" in capsys.readouterr().out
    (arguments,) = runs.commands
    assert "--pictures" not in arguments


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--source", "camera:0"], 1, "is a camera"),
        (["--source", "no-such.mp4"], 1, "no-such.mp4"),
        (["--model", "no-such-model"], 1, "no-such-model"),
        (["--size", "large"], 1, "no picture size"),
        (["--size", "any"], 2, "--size"),
        (["--seconds", "0"], 2, "--seconds"),
    ],
)
def test_a_wrong_wish_is_told(
    runs: Runs, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == code
    assert words in capsys.readouterr().err
    assert runs.commands == []


def test_what_a_run_said_is_said_where_it_fails(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs.failure = "noise\nError: nobody was recognised: give a video\n"
    assert call() == 1
    assert "Error: nobody was recognised: give a video" in capsys.readouterr().err


def test_a_run_is_started_through_the_programs_own_door(tmp_path: Path) -> None:
    """The hidden verb, in a process of its own, on the demo."""
    model = tiny_checkpoint(tmp_path / "tiny.safetensors")
    command = [sys.executable, str(Path(road.__file__).parents[2] / "main.py"), "benchmark", "run"]
    options = ["--model", str(model), "--hours", "0.0001", "--seconds", "20"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["hours"] >= 0.0001
