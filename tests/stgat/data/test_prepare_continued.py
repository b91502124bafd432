"""A run of `prepare` that is ended by a person, a signal or a full disk, and continued to the same files."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stgat.data import merge
from stgat.data.plan import clear
from stgat.data.prepare import Phase, Progress, prepare
from stgat.data.prepared import open_prepared
from stgat.errors import DataError
from tests.stgat.data.generated import Generated, content
from tests.stgat.power_cut import Disk, PowerCutError

REPOSITORY = Path(__file__).resolve().parents[3]


class Enough(Exception):  # noqa: N818
    """Somebody ends the run."""


def ended_after(recordings: int) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if progress.done >= recordings:
            raise Enough

    return on_progress


@pytest.mark.parametrize("recordings", [0, 3, 5, 9, 15])
def test_promise_an_ended_preparation_is_continued_to_the_same_files(
    source: Path, tmp_path: Path, recordings: int
) -> None:
    form, out = Generated(faults={1: "reader"}), tmp_path / "out"
    with pytest.raises(Enough):
        prepare(form, source, out, on_progress=ended_after(recordings))
    assert not (out / "dataset.json").exists()
    assert not list(out.rglob(".*")), "nothing half written stays"
    with pytest.raises(DataError, match="`prepare` did not finish"):
        open_prepared(out)
    seen: list[Progress] = []
    summary = prepare(form, source, out, on_progress=seen.append)
    finished = max(0, recordings - 1) // 5 * 5  # a recording is told before its part is closed
    assert summary.num_read == 15 - finished
    assert seen[0] == Progress(Phase.READ, finished, 15, finished)
    assert seen[-1] == Progress(Phase.MERGE, 14, 14)
    prepare(form, source, tmp_path / "at once")
    assert content(out) == content(tmp_path / "at once")


def test_a_run_ended_while_merging_reads_nothing_again(source: Path, tmp_path: Path) -> None:
    def on_progress(progress: Progress) -> None:
        if progress.phase is Phase.MERGE and progress.done == 7:
            raise Enough

    with pytest.raises(Enough):
        prepare(Generated(), source, tmp_path / "out", on_progress=on_progress)
    assert prepare(Generated(), source, tmp_path / "out").num_read == 0
    prepare(Generated(), source, tmp_path / "at once")
    assert content(tmp_path / "out") == content(tmp_path / "at once")


def test_promise_a_part_that_a_power_cut_left_short_is_read_again(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(Enough):
        prepare(Generated(), source, out, on_progress=ended_after(12))
    joints = out / "parts" / "001.f32"
    joints.write_bytes(joints.read_bytes()[:-4])
    assert prepare(Generated(), source, out).num_read == 10


@pytest.mark.parametrize("new_names", [True, False], ids=["new names", "old names"])
def test_promise_a_power_cut_at_any_moment_of_prepare_loses_no_result(
    source: Path, tmp_path: Path, new_names: bool
) -> None:
    form = Generated(num_shards=2, per_shard=2)
    with pytest.MonkeyPatch.context() as patch:
        (tmp_path / "at once").mkdir()
        disk = Disk(patch, tmp_path / "at once")
        prepare(form, source, tmp_path / "at once")
    assert disk.calls == 3 * 11  # the plan, two parts of three files, and the four of the data set
    for cut_after in range(1, disk.calls + 1):
        out = tmp_path / str(cut_after)
        out.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            cut = Disk(patch, out, cut_after)
            with pytest.raises(PowerCutError):
                prepare(form, source, out)
        cut.leave(new_names)
        try:
            open_prepared(out, verify=True)
        except DataError as error:
            assert "did not finish" in str(error)
        prepare(form, source, out)
        assert content(out) == content(tmp_path / "at once")


def test_promise_a_preparation_killed_before_its_plan_was_written_is_begun_again(
    source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "parts").mkdir(parents=True)
    (out / ".plan.json.tmp").write_text('{"version"')
    assert prepare(Generated(), source, out).num_read == 15


def test_promise_a_restart_that_is_killed_is_begun_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    for whole in (False, True):
        for number in range(1, 100):
            with pytest.raises(Enough):
                prepare(Generated(), source, out, restart=True, on_progress=ended_after(12))
            if whole:
                prepare(Generated(), source, out)
            removed = 0
            really_unlink = os.unlink

            def unlink(path: Path, number: int = number, really=really_unlink) -> None:
                nonlocal removed
                removed += 1
                if removed > number:
                    raise Enough
                really(path)

            with monkeypatch.context() as patch:
                patch.setattr(os, "unlink", unlink)
                try:
                    clear(out)
                    break
                except Enough:
                    pass
            assert prepare(Generated(), source, out).dataset.info.num_samples == 15
        assert number > 4


@pytest.mark.parametrize("finished", [True, False])
def test_a_folder_begun_with_other_things_is_not_mixed_with_these(
    source: Path, tmp_path: Path, finished: bool
) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    other.write_text("another source")
    if finished:
        prepare(Generated(), source, out)
    else:
        with pytest.raises(Enough):
            prepare(Generated(), source, out, on_progress=ended_after(8))
    end = "; choose another OUT, or give --restart to begin anew$"
    with pytest.raises(DataError, match=f"out: was begun from generated .*source{end}"):
        prepare(Generated(), other, out)
    with pytest.raises(DataError, match=f"with another list of missing samples{end}"):
        prepare(Generated(), source, out, frozenset({"S001"}))
    with pytest.raises(DataError, match=f"or from a source with other files{end}"):
        prepare(Generated(per_shard=6), source, out)
    (source / "data").write_text("another text")
    with pytest.raises(DataError, match=f"when the source had 1 files of 24 bytes in all.*{end}"):
        prepare(Generated(), source, out)
    assert prepare(Generated(), source, out, restart=True).num_read == 15


def test_a_run_that_finished_no_part_may_be_followed_by_any_other(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Enough):
        prepare(Generated(), source, tmp_path / "out", on_progress=ended_after(3))
    assert prepare(Generated(per_shard=7), source, tmp_path / "out").num_read == 21


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_what_is_needed_and_the_run_can_be_continued(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    synced, real = [], os.fsync

    def fsync_on_a_full_disk(descriptor: int) -> None:
        synced.append(descriptor)
        if (
            len(synced) == 10
        ):  # the plan, three files of the first part, each with its folder; then the second
            raise OSError(number, os.strerror(number))
        real(descriptor)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync_on_a_full_disk)
        with pytest.raises(DataError, match=r"out: the disk is full \(some \d+ MB are needed, [\d,]+ MB are"):
            prepare(Generated(T=2000), source, out)
    assert not list(out.rglob(".*"))
    assert prepare(Generated(T=2000), source, out).num_read == 10


def test_too_little_room_to_merge_is_told_before_it_is_tried(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    usage = type("Usage", (), {"free": 10_000})
    with monkeypatch.context() as patch:
        patch.setattr("stgat.data.prepare.shutil.disk_usage", lambda _: usage)
        patch.setattr(merge, "replacing", None)
        with pytest.raises(DataError, match=r"the disk is full .* which continues where this run ended"):
            prepare(Generated(), source, out)
    assert prepare(Generated(), source, out).num_read == 0


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("how", "delay_s"),
    [(signal.SIGINT, 0.05), (signal.SIGINT, 60.0), (signal.SIGKILL, 0.05)],
    ids=["Ctrl-C", "Ctrl-C in a recording that takes a minute", "kill -9"],
)
def test_promise_an_interrupted_or_killed_preparation_leaves_no_process_and_is_continued(
    source: Path, tmp_path: Path, how: signal.Signals, delay_s: float
) -> None:
    out, pids = tmp_path / "out", tmp_path / "pids"
    pids.mkdir()
    command = [sys.executable, "-m", "tests.stgat.data.generated", source, out, "2", str(delay_s), pids]
    run = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        ready = (lambda: list(out.glob("parts/*.csv"))) if delay_s < 1 else (lambda: list(pids.iterdir()))
        assert wait_until(ready, 60)
        if how is signal.SIGINT:
            os.killpg(run.pid, how)  # as a terminal does: to all processes
        else:
            run.kill()
        asked = time.monotonic()
        _, said = run.communicate(timeout=30)
        assert time.monotonic() - asked < 4  # two seconds on an idle machine
    finally:
        run.kill()
    workers = [int(path.name) for path in pids.iterdir()]
    assert wait_until(lambda: not any(map(alive, workers)), 5)
    assert run.returncode != 0
    if how is signal.SIGINT:
        assert said.count("Traceback") == 1, said  # the caller's, none of a worker
        assert said.strip().endswith("KeyboardInterrupt")
        assert not list(out.rglob(".*.tmp")) or delay_s > 1
    form = Generated(num_shards=8)
    continued = prepare(form, source, out)
    assert continued.num_read < 40 or delay_s > 1
    prepare(form, source, tmp_path / "at once")
    assert content(out) == content(tmp_path / "at once")
