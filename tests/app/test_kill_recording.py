"""Recordings that are ended by force, by a few of the trials of benchmarks/kill_recording.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "kill_recording.py"


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL and RLIMIT_FSIZE are of POSIX")
def test_promise_what_was_recorded_until_a_second_before_the_end_is_there() -> None:
    """Killed, without more room, and with a wall clock that leaps."""
    ends = ("killed=4", "limit=3", "clock=2")
    command = [sys.executable, PROGRAM, *ends, "--most", "2.5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" 0 of them with less than promised") == len(ends)
