"""Processes that outlive their starter are known again, and no other is taken for them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app import processes
from app.processes import Identity, began_at, start_detached

SLEEP = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]


def wait_until(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def sleeper(tmp_path: Path):
    identity = start_detached(SLEEP, tmp_path / "log.txt", tmp_path)
    yield identity
    identity.kill()
    wait_until(lambda: not identity.alive())


def test_a_process_is_found_again_by_what_was_written_down(sleeper: Identity, tmp_path: Path) -> None:
    sleeper.write(tmp_path / "process.json")
    again = Identity.read(tmp_path / "process.json")
    assert again == sleeper and again.alive()
    wait_until(lambda: (tmp_path / "log.txt").read_text() == "here\n")


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are POSIX's")
def test_it_has_a_session_of_its_own_so_that_a_closed_terminal_does_not_end_it(sleeper: Identity) -> None:
    assert os.getsid(sleeper.pid) == sleeper.pid != os.getsid(0)


def test_a_number_that_is_another_process_by_now_is_not_taken_for_it(sleeper: Identity) -> None:
    stale = Identity(sleeper.pid, "before the last restart of the computer 12")
    assert not stale.alive()
    stale.kill()
    assert sleeper.alive()  # and nobody else was ended


def test_who_was_ended_is_gone_though_nobody_has_asked_after_them(sleeper: Identity) -> None:
    sleeper.kill()
    wait_until(lambda: not sleeper.alive())
    sleeper.kill()  # once more does no harm


def test_a_child_that_nobody_waits_for_counts_as_ended(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        wait_until(lambda: began_at(child.pid) is None)  # a zombie, on POSIX
    finally:
        child.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "1", "began": "x"}', '{"pid": -1, "began": "x"}'])
def test_a_file_that_is_damaged_names_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "process.json").write_text(text)
    assert Identity.read(tmp_path / "process.json") is None
    assert Identity.read(tmp_path / "none.json") is None


@pytest.mark.skipif(sys.platform == "win32", reason="ps is POSIX's")
def test_where_there_is_no_proc_ps_says_when_a_process_began() -> None:
    begun = processes._began_ps(os.getpid())
    if begun is None:
        pytest.skip("no ps here")
    assert begun == processes._began_ps(os.getpid())
    assert processes._began_ps(2**22 + 1) is None
