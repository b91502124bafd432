"""A folder into one report: broken files, what is kept, being stopped, and names that mean harm."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import subprocess
import threading
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from app import batch
from app.batch import BatchResult, FileResult, Progress, find_files, run_batch
from app.batch_report import COLUMNS, as_csv, as_html, ticks, timeline, write_report
from app.cli import cli
from app.entities import ActionEvent
from app.errors import OutputError, SourceError
from app.program import program
from app.road import RecognizerLoader
from tests.app.fakes import tiny_checkpoint, tiny_recording
from tests.app.recording_fakes import record

NOW = datetime(2026, 3, 1, 9, 30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two recordings, one of them in a folder of its own, and a file that is no video."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    tiny_recording(tmp_path / "in" / "b.npz")
    tiny_recording(tmp_path / "in" / "sub" / "a.npz", people=2)
    (tmp_path / "in" / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "in" / "notes.txt").write_text("left alone")
    (tmp_path / "in" / ".hidden.npz").write_text("left alone")
    return tmp_path / "in"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "m.safetensors")


def test_one_bad_file_does_not_stop_the_others(folder: Path, model: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    result = run_batch(folder, tmp_path / "out", RecognizerLoader(model, "cpu"), on_progress=told.append)
    assert [file.file for file in result.files] == ["b.npz", "broken.mp4", "sub/a.npz"]
    first, broken, second = result.files
    assert first.events[0].label == "hand waving" and first.duration_s > 3
    assert {event.person_id for event in second.events} == {0, 1}
    assert "is not a video" in broken.error and not result.stopped
    assert next((p.done, p.num_files, p.file) for p in told) == (0, 3, "b.npz")


def test_what_has_not_changed_is_not_looked_at_again(folder: Path, model: Path, tmp_path: Path) -> None:
    def kept(of: Path = model) -> list[bool]:
        return [f.kept for f in run_batch(folder, tmp_path / "out", RecognizerLoader(of, "cpu")).files]

    before = run_batch(folder, tmp_path / "out", RecognizerLoader(model, "cpu"))
    assert not any(file.kept for file in before.files)
    after = run_batch(folder, tmp_path / "out", RecognizerLoader(model, "cpu"))
    assert [file.kept for file in after.files] == [True, False, True]  # what failed is tried again
    assert [len(file.events) for file in after.files] == [len(file.events) for file in before.files]
    os.utime(folder / "b.npz", ns=(1, 1))
    assert kept() == [False, False, True]
    for file in (tmp_path / "out" / "results").iterdir():
        file.write_text('{"version": 1, "events": "harm"}')
    assert kept() == [False, False, False]
    other = tmp_path / "other.safetensors"
    other.write_bytes(model.read_bytes())
    assert kept(other) == [True, False, True]  # the same model by another name
    tiny_checkpoint(other)
    assert kept(other) == [False, False, False]


def test_a_batch_that_is_stopped_keeps_what_is_done(folder: Path, model: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    loader = RecognizerLoader(model, "cpu")
    result = run_batch(folder, tmp_path / "out", loader, stop=stop, on_file=lambda _: stop.set())
    assert result.stopped and [file.file for file in result.files] == ["b.npz"]
    assert run_batch(folder, tmp_path / "out", loader).files[0].kept


def test_a_full_disk_ends_the_batch_with_a_sentence(
    folder: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(batch, "replacing", full)
    with pytest.raises(OutputError, match="No space left on device.*goes on from here"):  # noqa: RUF043
        run_batch(folder, tmp_path / "out", RecognizerLoader(model, "cpu"))


def test_which_files_are_found(folder: Path, tmp_path: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "own.npz").write_text("the report's own")
    names = [path.name for path in find_files(folder, folder / "out")]
    assert names == ["b.npz", "broken.mp4", "a.npz"]
    assert [path.name for path in find_files(folder, subfolders=False)] == ["b.npz", "broken.mp4"]
    with pytest.raises(SourceError, match="no such folder"):
        find_files(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no video or recording"):
        find_files(tmp_path / "empty")


def test_a_recorded_session_is_looked_at_once_and_another_program_s_session_json_hides_nothing(
    model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    session = record(folder, 400)  # in two parts
    (folder / "others").mkdir()
    (folder / "others" / "session.json").write_text('{"tabs": []}')
    tiny_recording(folder / "others" / "c.npz")
    assert find_files(folder) == [session / "session.json", folder / "others" / "c.npz"]
    first, _ = run_batch(folder, tmp_path / "out", RecognizerLoader(model, "cpu")).files
    assert first.file == f"{session.name}/session.json" and not first.error
    assert first.duration_s == pytest.approx(399 / 30)
    assert [event.label for event in first.events] == ["hand waving"]


def test_a_file_that_is_gone_when_its_turn_comes_is_an_error_of_its_own(
    folder: Path, model: Path, tmp_path: Path
) -> None:
    loader = RecognizerLoader(model, "cpu")
    out = tmp_path / "out"
    result = run_batch(
        folder, out, loader, on_file=lambda _: (folder / "sub" / "a.npz").unlink(missing_ok=True)
    )
    assert "cannot be read" in result.files[2].error


# The report

EVIL = '<script>alert("x")</script>&'


def result_of(*files: FileResult, folder: str = "films", planned: int = 0) -> BatchResult:
    return BatchResult(Path(folder), files, planned or len(files), "a model", "ab" * 32)


def event(label: str = "wave", start: float = 1.0, person: int = 0) -> ActionEvent:
    return ActionEvent(label, start, start + 2.0, 0.876, person)


def test_the_table_has_a_row_an_event() -> None:
    rows = list(
        csv.reader(as_csv(result_of(FileResult('a,"b".mp4', 9.0, (event(), event("sit", 4.0))))).splitlines())
    )
    assert rows == [
        list(COLUMNS),
        ['a,"b".mp4', "1.0", "3.0", "0", "wave", "0.876"],
        ['a,"b".mp4', "4.0", "6.0", "0", "sit", "0.876"],
    ]


def test_nothing_from_outside_is_taken_for_html() -> None:
    evil = FileResult(EVIL, 5.0, (event(EVIL), event(EVIL, 3.0, 1)), warning=EVIL)
    page = as_html(result_of(evil, FileResult(EVIL, error=EVIL + "\0\n"), folder=EVIL), NOW)
    assert "<script" not in page and "alert(&quot;x&quot;)" in page
    assert "http" not in page.replace("http-equiv", "")  # nothing is loaded from anywhere
    for picture in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(picture)  # well-formed
    body = page[page.index("<body>") : page.index("</body>")] + "</body>"
    ElementTree.fromstring(body)


def test_the_page_tells_what_was_found_and_what_was_not() -> None:
    files = (
        FileResult("one.mp4", 83.0, (event(), event("sit down", 70.0, 2))),
        FileResult("quiet.mp4", 3.0, warning="one.mp4 ends early"),
        FileResult("bad.mp4", error="bad.mp4 is not a video"),
    )
    page = as_html(result_of(*files, planned=5), NOW)
    for words in (
        "Actions in films", "3 files, 2 events", "stopped after 3 of 5 files", "1 file could not be read",
        "bad.mp4 is not a video", "1:23 long · 2 events", "No action was recognised.", "one.mp4 ends early",
        "Person 2", "1 March 2026, 09:30", "88 %",
    ):  # fmt: skip
        assert words in page, words


def test_the_picture_shows_each_event_at_its_time() -> None:
    picture = timeline(FileResult("x", 10.0, (event("wave", 0.0), event("sit", 8.0))))
    bars = [
        (float(rect.attrib["x"]), float(rect.attrib["width"]))
        for rect in ElementTree.fromstring(picture).iter("rect")
    ]
    plot = 960 - 210 - 16
    assert bars[0] == pytest.approx((210, 0.2 * plot), abs=0.1)
    assert sum(bars[1]) == pytest.approx(960 - 16, abs=0.1)


@pytest.mark.parametrize("length", [0.1, 1.0, 9.9, 61.0, 3601.0, 1e5])
def test_ticks_are_few_and_within(length: float) -> None:
    moments = ticks(length)
    assert moments[0] == 0 and moments[-1] <= length and 1 <= len(moments) <= 11


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_report(tmp_path, result_of(FileResult("a", 1.0, (event(),))), NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(tmp_path, result_of(), NOW)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


# The verb


def test_the_verb_tells_a_person_and_leaves_a_report(folder: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(cli, ["batch", str(folder), "--output", str(out), "--model", str(model)])
    assert done.exit_code == 1, done.output  # one file could not be read
    assert "could not be read" in done.stderr and f"Wrote {out / 'report.html'}" in done.stderr
    assert {path.name for path in out.iterdir()} == {"report.csv", "report.html", "results"}
    assert CliRunner().invoke(cli, ["batch", str(tmp_path / "none"), "--output", str(out)]).exit_code == 1


def test_the_verb_tells_a_program_and_stops_with_its_input(folder: Path, model: Path, tmp_path: Path) -> None:
    command = [*program(), "batch", str(folder), "--output", str(tmp_path / "out")]
    options = ["--model", str(model), "--device", "cpu", "--progress-json", "--stop-with-input"]
    done = subprocess.run(
        [*command, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (1, 130), done.stderr  # the input ends at once, but a file may be done by then
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["type"] == "end" and Path(lines[-1]["html"]).is_file()
    assert lines[-1]["stopped"] == (done.returncode == 130)
