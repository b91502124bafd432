"""From a data set to the prepared form: what is read, what is rejected, and where it may be written."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from stgat.data.formats import FORMATS
from stgat.data.merge import natural_key
from stgat.data.parts import MISSING_REASON
from stgat.data.prepare import find_format, prepare
from stgat.data.prepared import open_prepared, write_prepared
from stgat.data.sequences import SkeletonSequence
from stgat.errors import DataError
from tests.stgat.data.files import write_folder, write_zip
from tests.stgat.data.generated import Generated, content

REPOSITORY = Path(__file__).resolve().parents[3]
FILES = {"joints.npy", "samples.csv", "rejected.csv", "dataset.json", "plan.json"}


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


def test_what_cannot_be_used_is_listed_with_its_reason_and_does_not_stop_the_run(
    source: Path, tmp_path: Path
) -> None:
    faults = {0: "reader", 2: "number", 3: "nobody", 4: "shape", 5: "short", 6: "action", 9: "twice"}
    form = Generated(faults=faults | {11: "name", 12: "shard"}, known=tuple(f"A{n}" for n in range(12)))
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
        f"{'S' * 501},{where}{'S' * 100}: its name {'S' * 40!r} is no plain text or too long",
        "002,S012: the archive ends here",
    ]
    assert [refusal.name for refusal in summary.rejected] == ["S000", "S002", "S003"]
    assert summary.dataset.info.num_rejected == 10
    assert summary.dataset.samples.names == ("S001", "S007", "S008")
    assert_array_equal(summary.dataset.sample(2), form.recording(8).joints_m.astype(np.float32))


def test_an_archive_is_opened_once_for_all_its_parts_and_then_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "S001C001P001R001A{:03}.skeleton"
    source = write_zip(tmp_path / "ntu.zip", {name.format(number): b"" for number in range(1, 61)})
    opened: list[zipfile.ZipFile] = []

    class Opened(zipfile.ZipFile):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            opened.append(self)

    monkeypatch.setattr("stgat.data.sequences.zipfile.ZipFile", Opened)
    monkeypatch.setattr("stgat.data.sequences.FILES_PER_SHARD", 10)
    with pytest.raises(DataError, match="none of its 60 recordings"):
        prepare(find_format("ntu60"), source, tmp_path / "out")
    assert len(opened) == 2  # to divide it, and to read its six parts
    assert all(archive.fp is None for archive in opened)


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


def test_a_fault_of_the_reader_itself_is_not_hidden(source: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        with pytest.raises(RuntimeError, match="the reader itself is wrong"):
            prepare(Generated(faults={7: "crash"}), source, tmp_path / str(jobs), jobs=jobs)


def test_memory_does_not_grow_with_the_data(tmp_path: Path) -> None:
    """One shard of 90 MB, read, written and merged in a few MB."""
    code = """
import resource, sys
from pathlib import Path
from stgat.data.prepare import prepare
from tests.stgat.data.generated import Generated, content

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
