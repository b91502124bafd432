"""Two kills of `prepare` and of `train`, by the program that makes fifty."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "kill_work.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="process groups and SIGKILL are of POSIX")
@pytest.mark.parametrize(
    "options",
    [("prepare", "--samples", "60"), ("train", "--samples", "120", "--epochs", "3")],
    ids=lambda o: o[0],
)
def test_promise_killed_work_goes_on_to_the_same_result(tmp_path: Path, options: tuple[str, ...]) -> None:
    report = tmp_path / "report.md"
    command = [sys.executable, PROGRAM, *options, "--times", "2", "--forked", "--report", report]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "2 kills, 0 with a different result"
    assert "that of the uninterrupted run 2 of 2 times" in report.read_text()
