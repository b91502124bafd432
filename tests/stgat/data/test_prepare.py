"""From a data set to the prepared form: the same files however often it is ended; what is told of trouble."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from stgat.data import merge
from stgat.data.formats import FORMATS
from stgat.data.merge import natural_key
from stgat.data.parts import MISSING_REASON
from stgat.data.prepare import Phase, Progress, find_format, prepare
from stgat.data.prepared import open_prepared, write_prepared
from stgat.data.sequences import SkeletonSequence
from stgat.errors import DataError
from tests.stgat.data.files import write_folder
from tests.stgat.data.generated import Generated

REPOSITORY = Path(__file__).resolve().parents[3]
FILES = {"joints.npy", "samples.csv", "rejected.csv", "dataset.json", "plan.json"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "data").write_text("as far as a plan can see")
    return folder


def content(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def rejections(out: Path) -> list[str]:
    return (out / "rejected.csv").read_text().splitlines()[1:]


def test_every_recording_is_there_as_the_reader_gave_it(source: Path, tmp_path: Path) -> None:
    form = Generated()
    summary = prepare(form, source, tmp_path / "out")
    dataset = open_prepared(tmp_path / "out", verify=True)
    expected = list(form.sequences(source))
    assert dataset.samples.names == tuple(sequence.name for sequence in expected)
    for index, sequence in enumerate(expected):
        assert_array_equal(dataset.sample(index), sequence.joints_m.astype(np.float32))
        assert dataset.info.labels[dataset.samples.label[index]] == sequence.action
        assert dataset.samples.subject[index] == sequence.subject
    assert set(content(tmp_path / "out")) == FILES
    assert (summary.num_read, summary.already_done, summary.rejected) == (15, False, ())
    assert (dataset.info.format, dataset.info.num_rejected) == ("generated", 0)


def test_the_number_of_processes_changes_nothing(source: Path, tmp_path: Path) -> None:
    form = Generated(num_shards=5, faults={3: "reader", 7: "number", 12: "twice"})
    for jobs in (1, 3):
        prepare(form, source, tmp_path / str(jobs), jobs=jobs)
    assert content(tmp_path / "1") == content(tmp_path / "3")


class Enough(Exception):  # noqa: N818
    """Somebody ends the run."""


def ended_after(recordings: int) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if progress.done >= recordings:
            raise Enough

    return on_progress


@pytest.mark.parametrize("recordings", [0, 3, 5, 9, 15])
def test_an_ended_run_is_continued_to_the_same_files(source: Path, tmp_path: Path, recordings: int) -> None:
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


def test_a_part_that_a_power_cut_left_short_is_read_again(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(Enough):
        prepare(Generated(), source, out, on_progress=ended_after(12))
    joints = out / "parts" / "001.f32"
    joints.write_bytes(joints.read_bytes()[:-4])
    assert prepare(Generated(), source, out).num_read == 10


def test_what_cannot_be_used_is_listed_with_its_reason_and_does_not_stop_the_run(
    source: Path, tmp_path: Path
) -> None:
    faults = {0: "reader", 2: "number", 3: "nobody", 4: "shape", 5: "short", 6: "action", 9: "twice"}
    form = Generated(faults=faults | {12: "shard"}, known=tuple(f"A{n}" for n in range(12)))
    summary = prepare(form, source, tmp_path / "out", frozenset({"S010", "S000", "unheard of"}))
    where = f"{source}: "
    assert rejections(tmp_path / "out") == [
        f"S000,{MISSING_REASON}",
        f"S002,{where}S002: holds a coordinate that is no number",
        f"S003,{where}S003: nobody is in it: all coordinates are zero",
        f'S004,"{where}S004: expected joints (T, M, 25, 3), found (4, 1, 20, 3)"',
        f'S005,"{where}S005: expected joints (T, M, 25, 3), found (0, 2, 25, 3)"',
        f"S006,{where}S006: its action 'dance' is none of the data set's 12",
        "S001,a sample of this name came before it",
        f"S010,{MISSING_REASON}",
        "002,S012: the archive ends here",
    ]
    assert [refusal.name for refusal in summary.rejected] == ["S000", "S002", "S003"]
    assert summary.dataset.info.num_rejected == 9
    assert summary.dataset.samples.names == ("S001", "S007", "S008", "S011")
    assert_array_equal(summary.dataset.sample(2), form.recording(8).joints_m.astype(np.float32))


def test_a_reason_is_one_line(source: Path, tmp_path: Path) -> None:
    prepare(Generated(faults={0: "reader"}), source, tmp_path / "out")
    assert rejections(tmp_path / "out") == ["S000,S000: line 3: expected 25 joints"]


def test_labels_come_from_the_format_or_else_from_the_data_in_natural_order(
    source: Path, tmp_path: Path
) -> None:
    met = prepare(Generated(), source, tmp_path / "met").dataset
    assert met.info.labels == tuple(f"A{number}" for number in range(12))
    known = ("not met", *reversed(met.info.labels))
    given = prepare(Generated(known=known), source, tmp_path / "given").dataset
    assert given.info.labels == known
    assert_array_equal(given.samples.label, 12 - met.samples.label)
    assert sorted(["10", "9", "wave 2", "wave 10", "clap", "09"], key=natural_key) == [
        "09", "9", "10", "clap", "wave 2", "wave 10",
    ]  # fmt: skip


def test_what_is_finished_is_not_done_again(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare(Generated(), source, out)
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    again = prepare(Generated(), source, out)
    assert (again.already_done, again.num_read) == (True, 0)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert prepare(Generated(), source, out, restart=True).num_read == 15


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


def test_out_is_a_folder_of_its_own(source: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lies inside the data set itself; choose an OUT outside"):
        prepare(Generated(), source, source / "out")
    with pytest.raises(DataError, match="lies inside the data set itself"):
        prepare(Generated(), source, source)
    with pytest.raises(DataError, match="file: is a file; choose a new folder"):
        (tmp_path / "file").touch()
        prepare(Generated(), source, tmp_path / "file")
    work = tmp_path / "work"
    work.mkdir()
    (work / "dataset.json").write_text("somebody's own")
    for restart in (False, True):
        with pytest.raises(DataError, match="work: holds other things; choose a new or empty folder"):
            prepare(Generated(), source, work, restart=restart)
    assert (work / "dataset.json").read_text() == "somebody's own"


def test_restart_replaces_what_prepare_made_and_leaves_the_rest(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_prepared(out, Generated().sequences(source), [f"A{number}" for number in range(12)])
    (out / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds a prepared data set already; .* --restart to replace it"):
        prepare(Generated(), source, out)
    prepare(Generated(), source, out, restart=True)
    assert (out / "notes.txt").read_text() == "mine"


def test_where_nothing_can_be_used_the_first_reasons_are_told(tmp_path: Path, source: Path) -> None:
    strangers = {f"clip{number}.json": b'{"frames": []}' for number in range(5)}
    with pytest.raises(DataError) as caught:
        prepare(FORMATS["nw-ucla"], write_folder(tmp_path / "utd", strangers), tmp_path / "out")
    message = str(caught.value)
    assert "utd: none of its 5 recordings can be used as nw-ucla; is it the right data set? " in message
    assert "clip0.json: a name like a01_s01_e00_v01.json" in message
    assert message.endswith("; and 2 more")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    assert prepare(Generated(), source, tmp_path / "out").num_read == 15


def test_an_unknown_format_is_told_with_the_nearest_and_all() -> None:
    with pytest.raises(DataError, match="called 'nwucla'; did you mean nw-ucla") as caught:
        find_format("nwucla")
    assert all(name in str(caught.value) for name in FORMATS)
    with pytest.raises(DataError, match="called 'UTD_MHAD'; did you mean utd-mhad"):
        find_format("UTD_MHAD")
    assert find_format("utd-mhad") is FORMATS["utd-mhad"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_what_is_needed_and_the_run_can_be_continued(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    synced, real = [], os.fsync

    def fsync_on_a_full_disk(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 6:  # the plan, three files of the first part, and into the second
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


def test_a_fault_of_the_reader_itself_is_not_hidden(source: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        with pytest.raises(RuntimeError, match="the reader itself is wrong"):
            prepare(Generated(faults={7: "crash"}), source, tmp_path / str(jobs), jobs=jobs)


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
def test_an_interrupted_or_killed_run_leaves_no_process_and_is_continued(
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


def test_memory_does_not_grow_with_the_data(tmp_path: Path) -> None:
    """One shard of 90 MB, read, written and merged in a few MB."""
    code = """
import resource, sys
from pathlib import Path
from stgat.data.prepare import prepare
from tests.stgat.data.generated import Generated

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

source = Path(sys.argv[1])
prepare(Generated(num_shards=1, T=300), source, source.parent / "warm")
before = peak_mb()
out = prepare(Generated(num_shards=1, per_shard=600, T=300), source, source.parent / "out").dataset
print(out.joints.nbytes / 2**20, peak_mb() - before)
"""
    (tmp_path / "source").touch()
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "source")],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    size_mb, growth_mb = map(float, done.stdout.split())
    assert size_mb > 70
    assert growth_mb < 15


@pytest.mark.shared
def test_nw_ucla_is_prepared_whole(shared_dir: Path, tmp_path: Path) -> None:
    archive = shared_dir / "datasets" / "nw-ucla.zip"
    dataset = prepare(FORMATS["nw-ucla"], archive, tmp_path / "out", jobs=2).dataset
    assert (len(dataset), dataset.info.num_rejected) == (1484, 0)
    assert dataset.info.labels == FORMATS["nw-ucla"].labels
    assert np.bincount(dataset.samples.camera)[3] == 464
    first: SkeletonSequence = next(iter(FORMATS["nw-ucla"].sequences(archive)))
    assert dataset.samples.names[0] == first.name
    assert_array_equal(dataset.sample(0), first.joints_m)
