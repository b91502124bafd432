"""Crash reports: ten at most, on this machine, and found again after a hard crash."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.crash_reports import KEPT, STALE_S, CrashReports

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_newest_ten_are_kept(tmp_path: Path) -> None:
    reports = CrashReports(tmp_path / "crash-reports")
    written = [reports.write(f"report {number}") for number in range(KEPT + 3)]
    assert reports.reports() == sorted(written[3:], reverse=True)
    assert reports.reports()[0].read_text() == f"report {KEPT + 2}"


def test_text_of_any_kind_can_be_written(tmp_path: Path) -> None:
    path = CrashReports(tmp_path).write("a name that is no text: \udcff")
    assert path is not None
    assert "\\udcff" in path.read_text()


def test_a_folder_that_cannot_be_made_makes_nothing_worse(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    reports = CrashReports(tmp_path / "file" / "crash-reports")
    assert reports.write("x") is None
    assert reports.watch() is None
    reports.close()
    assert reports.reports() == []


def crash(folder: Path, how: str) -> subprocess.CompletedProcess[str]:
    code = (
        f"from pathlib import Path; import ctypes, os\nfrom app.crash_reports import CrashReports\n"
        f"reports = CrashReports(Path({str(folder)!r}))\nreports.watch()\n{how}\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="another signal there")
def test_a_hard_crash_is_found_by_the_next_start_and_told_once(tmp_path: Path) -> None:
    done = crash(tmp_path, "import faulthandler; faulthandler._sigsegv()")
    assert done.returncode < 0
    fault_was_on = faulthandler.is_enabled()
    reports = CrashReports(tmp_path)
    try:
        found = reports.watch("STGAT Live 9")
        assert found is not None
        text = found.read_text()
        assert text.startswith("STGAT Live 9\n")
        assert "Segmentation fault" in text
        assert "line 5" in text  # where it was
        assert CrashReports(tmp_path)._find_faults("") is None
    finally:
        reports.close()
        if fault_was_on:
            faulthandler.enable()


def test_promise_the_report_of_a_hard_crash_names_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    (tmp_path / "running-1.txt").write_text('File "/home/anna/stgat/app/x.py", line 5 in y')
    found = CrashReports(tmp_path)._find_faults("STGAT Live 9")
    assert found is not None
    assert found.read_text() == 'STGAT Live 9\nFile "~/stgat/app/x.py", line 5 in y'


def test_a_start_that_ends_well_leaves_nothing_behind(tmp_path: Path) -> None:
    assert crash(tmp_path, "reports.close()").returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_another_window_that_still_runs_is_left_alone_until_it_is_long_gone(tmp_path: Path) -> None:
    other = tmp_path / "running-1.txt"
    other.touch()
    reports = CrashReports(tmp_path)
    assert reports._find_faults("") is None
    assert other.exists()
    os.utime(other, (time.time() - STALE_S - 10,) * 2)
    assert reports._find_faults("") is None
    assert not other.exists()
