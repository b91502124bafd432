"""`prepare` as somebody meets it: what it makes, what it says, and what it says when it cannot."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from app.cli import cli
from app.preparing import Lines, shown
from stgat.data.prepare import Phase, Progress
from stgat.data.prepared import open_prepared
from tests.stgat.data.files import nw_ucla_file, write_folder, write_zip

REPOSITORY = Path(__file__).resolve().parents[2]


def run(*arguments: object):
    return CliRunner().invoke(cli, ["prepare", *map(str, arguments)], prog_name="python main.py")


def told(result) -> str:
    """The one sentence of a verb that failed."""
    assert result.exit_code == 1, result.output
    (line,) = [line for line in result.stderr.splitlines() if line.strip()]
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def recordings(subjects: int = 3, views: tuple[int, ...] = (1, 3), T: int = 6) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    return {
        f"all_sqe/a{action:02}_s{subject:02}_e00_v{view:02}.json": nw_ucla_file(rng.normal(size=(T, 20, 3)))
        for action in (1, 5, 12)
        for subject in range(1, subjects + 1)
        for view in views
    }


@pytest.mark.parametrize("jobs", [(), ("--jobs", 1)])
def test_it_makes_a_data_set_and_sums_it_up(tmp_path: Path, jobs: tuple) -> None:
    source = write_zip(tmp_path / "nw.zip", recordings() | {"all_sqe/a01_s09_e00_v01.json": b"{}"})
    result = run("nw-ucla", source, tmp_path / "out", *jobs)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    dataset = open_prepared(tmp_path / "out", verify=True)
    assert (len(dataset), dataset.info.num_rejected, dataset.info.source) == (18, 1, "nw.zip")
    lines = result.stderr.splitlines()
    assert "  18 samples of 3 classes by 3 subjects, 108 frames, up to 1 person in a sample; 0.0 MB" in lines
    assert f"  1 rejected, listed in {tmp_path / 'out' / 'rejected.csv'}:" in lines
    assert any("a01_s09_e00_v01.json: no 'skeletons'" in line for line in lines)
    assert any(line.startswith("  19 recordings read in ") for line in lines)
    again = run("nw-ucla", source, tmp_path / "out")
    assert again.exit_code == 0
    assert "is prepared already; --restart does it again." in again.stderr


def test_trouble_is_one_sentence(tmp_path: Path) -> None:
    source, out = write_folder(tmp_path / "nw", recordings()), tmp_path / "out"
    other = write_folder(tmp_path / "ntu", {"S001C001P001R001A001.skeleton": b"0\n"})
    assert "no data set format is called 'nw_uca'; did you mean nw-ucla?" in told(run("nw_uca", source, out))
    assert "nowhere: no such file or folder" in told(run("nw-ucla", tmp_path / "nowhere", out))
    assert "ntu: holds no .json file; is it the right data set?" in told(run("nw-ucla", other, out))
    assert "lies inside the data set itself" in told(run("nw-ucla", source, source / "out"))
    assert not out.exists()
    assert run("nw-ucla", source, out).exit_code == 0
    (source / "all_sqe" / "a01_s01_e00_v01.json").unlink()
    assert "choose another OUT, or give --restart" in told(run("nw-ucla", source, out))
    assert run("nw-ucla", source, out, "--restart").exit_code == 0
    locked = tmp_path / "file" / "out"
    locked.parent.touch()
    assert str(locked) in told(run("nw-ucla", source, locked))


@pytest.mark.parametrize("arguments", [["nw-ucla"], ["nw-ucla", "a", "b", "--jobs", "0"]], ids=" ".join)
def test_bad_usage_is_exit_code_two(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_says_how_to_go_on_and_going_on_does(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "nw", recordings(subjects=99, views=tuple(range(1, 9)), T=30))
    command = [sys.executable, "main.py", "prepare", "nw-ucla", source, tmp_path / "out", "--jobs", "2"]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("out/parts/*.csv")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert said.splitlines()[-1] == f"Stopped; the same command continues with what {tmp_path / 'out'} holds."
    assert not (tmp_path / "out" / "dataset.json").exists()
    result = run(*command[3:])
    assert result.exit_code == 0, result.output
    assert len(open_prepared(tmp_path / "out", verify=True)) == 3 * 99 * 8


def test_without_a_terminal_a_line_comes_every_five_seconds() -> None:
    text, now = io.StringIO(), [100.0]
    lines = Lines(Console(file=text, width=100), lambda: now[0])
    for done in range(20, 101):
        lines.tell(Progress(Phase.READ, done, 100, kept=20))
        now[0] += 0.25
    lines.tell(Progress(Phase.MERGE, 1, 100))
    assert text.getvalue().splitlines() == [
        "Reading: 40 of 100, 4/s, 0:00:15 left",
        "Reading: 60 of 100, 4/s, 0:00:10 left",
        "Reading: 80 of 100, 4/s, 0:00:05 left",
        "Reading: 100 of 100, 4/s, 0:00:00 left",
    ]


def test_on_a_terminal_a_bar_shows_count_speed_and_time_left() -> None:
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True, color_system=None)
    with shown(console) as tell:
        for done in (20, 40, 60):
            tell(Progress(Phase.READ, done, 100, kept=20))
            time.sleep(0.15)
        tell(Progress(Phase.MERGE, 5, 90))
    assert "Reading" in text.getvalue()
    assert " 60/100 " in text.getvalue()
    assert "/s" in text.getvalue()
    assert "Putting together" in text.getvalue()
