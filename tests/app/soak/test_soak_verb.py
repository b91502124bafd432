"""The verb, in a process of its own: three minutes of people, a Ctrl-C, and wishes that cannot be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from tests.app.fakes import tiny_checkpoint

MAIN = Path(__file__).resolve().parents[3] / "main.py"


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(tiny_checkpoint(tmp_path / "tiny.safetensors"))


def command(model: str, hours: float, *options: str) -> list[str]:
    soak = ["soak", "--hours", f"{hours}", "--accelerate", "--model", model, "--device", "cpu"]
    return [sys.executable, str(MAIN), *soak, "--change-every", "0.4", "--seed", "3", *options]


def test_promise_three_minutes_of_people_leave_no_thread_no_handle_and_no_memory(
    model: str, tmp_path: Path
) -> None:
    """People come and go, are recorded and played; sources, settings and models change."""
    page = tmp_path / "soak.md"
    options = ("--json", "--output", str(page))
    done = subprocess.run(
        command(model, 0.05, *options), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["played_h"] >= 0.05
    assert {bar["figure"]: bar["met"] for bar in told["bars"]} == dict.fromkeys(
        (
            "memory grown after warm-up",
            "threads at the ends of stretches",
            "handles at the ends of stretches",
            "failures",
            "threads left when the window is closed",
        ),
        True,
    )
    counts = told["counts"]
    assert counts["sessions"] > 10
    assert counts["people who came"] > 10
    assert counts["recordings made"] >= 3
    assert "| failures | 0 | 0 | yes |" in page.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_ends_it_with_a_report_on_what_ran(model: str) -> None:
    running = subprocess.Popen(
        [*command(model, 100.0), "--say-every", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert "h played in" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    page, _ = running.communicate(timeout=60)
    assert running.returncode in (0, 1)
    assert "hours played in" in page
    assert "| failures | 0 | 0 | yes |" in page


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--hours", "0"], 2, "--hours"),
        (["--device", "tpu"], 2, "--device"),
        (["--model", "no-such-model"], 1, "no-such-model"),
        (["--source", "no-such.mp4"], 1, "no-such.mp4"),
        (["--output", "no-such-folder/soak.md"], 1, "there is no such folder"),
    ],
)
def test_a_wish_that_cannot_be_is_told(options: list[str], code: int, words: str) -> None:
    result = CliRunner().invoke(cli, ["soak", *options])
    assert result.exit_code == code
    assert words in result.output
