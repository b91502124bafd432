"""A recording that is ended by force, by a few of the trials of benchmarks/kill_recording.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "kill_recording.py"


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL and RLIMIT_FSIZE are of POSIX")
@pytest.mark.parametrize(
    "options",
    [("--times", "5", "--most", "2.5"), ("--times", "3", "--limit", "60000")],
    ids=["killed", "no more room"],
)
def test_what_was_recorded_until_a_second_before_the_end_is_there(options: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, PROGRAM, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 of them with less than promised" in done.stdout
