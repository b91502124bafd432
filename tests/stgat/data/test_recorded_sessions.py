"""A recorded session as training data: its events are the labels."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from stgat.data.formats import FORMATS
from stgat.data.labelled import DataConfig, load_sequences
from stgat.data.prepare import prepare
from stgat.data.sequences import Rejected
from stgat.data.session_folder import read_events
from stgat.errors import DataError
from tests.stgat.bodies import waving
from tests.stgat.data.files import write_folder, write_zip

FPS = 20.0
FORM = FORMATS["recordings"]


def part(begin_s: float, end_s: float, people: tuple[int, ...] = (7,)) -> bytes:
    times = np.arange(round(begin_s * FPS), round(end_s * FPS)) / FPS
    joints = np.stack([waving(times) + np.array([float(p), 0, 0]) for p in people], axis=1)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        joints_m=joints.astype(np.float32),
        confidence=np.ones(joints.shape[:3], np.float32),
        timestamps_s=times,
        person_ids=np.array(people),
    )
    return file.getvalue()


def line(label: str | None, start_s: float, end_s: float, person: int = 7) -> str:
    return json.dumps(
        {"label": label, "start_s": start_s, "end_s": end_s, "probability": 0.9, "person": person}
    )


LINES = [line("wave", 1.0, 3.0), line("clap", 9.0, 11.0), line("wave", 14.0, 15.0, 8)]


def session(folder: str = "", lines: list[str] | None = None) -> dict[str, bytes]:
    events = "".join(f"{one}\n" for one in (LINES if lines is None else lines))
    return {
        f"{folder}session.json": b'{"version": 1, "ended": false}',
        f"{folder}events.jsonl": events.encode(),
        f"{folder}video.mkv": b"not looked at",
        f"{folder}skeletons/part-0000.npz": part(0.0, 10.0),
        f"{folder}skeletons/part-0001.npz": part(10.0, 16.0, (8, 7)),
    }


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_each_event_is_a_sequence_of_its_own_person(tmp_path: Path, write) -> None:
    source = write(tmp_path / "s03_today", session("s03_today/") if write is write_zip else session())
    found = list(FORM.sequences(source))
    assert [(s.name, s.action, s.subject) for s in found] == [
        ("s03_today/0001", "wave", 3),
        ("s03_today/0002", "clap", 3),
        ("s03_today/0003", "wave", 3),
    ]
    assert [len(s.joints_m) for s in found] == [61, 61, 31]  # 30 a second, both ends included
    assert [s.joints_m.shape[1] for s in found] == [1, 2, 2]
    for sequence, begin_s, person in zip(found, (1.0, 9.0, 14.0), (7, 7, 8), strict=True):
        there = waving(np.array([begin_s]))[0, 0, 0] + person  # a metre beside the next
        assert sequence.joints_m[0, 0, 0, 0] == pytest.approx(there, abs=0.01)


def test_sessions_lie_beside_recordings_in_one_data_set(tmp_path: Path) -> None:
    source = write_folder(
        tmp_path / "all", session("mon/s01_a/") | session("s02_b/") | {"bow/s03_x.npz": part(0.0, 2.0)}
    )
    found = list(FORM.sequences(source))
    assert sorted({(s.action, s.subject) for s in found}) == [
        ("bow", 3), ("clap", 1), ("clap", 2), ("wave", 1), ("wave", 2),
    ]  # fmt: skip
    summary = prepare(FORM, source, tmp_path / "out")
    assert len(summary.dataset) == 7 and not summary.rejected


def test_corrected_lines_are_taken_as_they_stand(tmp_path: Path) -> None:
    lines = [line("bow", 1.0, 2.0), line("", 3.0, 4.0), line(None, 3.0, 4.0), "", line(" bow  down ", 5, 6)]
    found = list(FORM.sequences(write_folder(tmp_path / "mine", session(lines=lines))))
    assert [(s.name, s.action) for s in found] == [("mine/0001", "bow"), ("mine/0005", "bow down")]


def test_what_cannot_be_used_is_told_by_its_line_and_stops_nothing(tmp_path: Path) -> None:
    lines = ["{", line("wave", 3.0, 2.0), line("wave", 40.0, 41.0), line("wave", 1.0, 2.0, 9), LINES[0]]
    files = session(lines=lines) | {"skeletons/part-0002.npz": b"damaged"}
    found = list(FORM.read_all(write_folder(tmp_path / "mine", files)))
    reasons = [one.reason for one in found if isinstance(one, Rejected)]
    assert [one.action for one in found if not isinstance(one, Rejected)] == ["wave"]
    places = ("line 1:", "line 2:", "line 3:", "line 4:", "0002")
    assert [next(place for place in places if place in reason) for reason in reasons] == [
        "line 3:", "line 4:", "line 1:", "line 2:", "0002",
    ]  # fmt: skip
    assert all("events.jsonl" in reason or "part-0002.npz" in reason for reason in reasons)


def test_a_line_that_was_being_written_when_the_session_was_cut_off_is_no_problem() -> None:
    events, problems = read_events(b'{"label": "wave", "start_s": 0, "end_s": 1, "person": 1}\n{"lab', "x")
    assert ([event.label for event in events], problems) == (["wave"], [])
    events, problems = read_events(b'{"label": "wave", "start_s": 0, "end_s": 1, "person": 1}', "x")
    assert [event.label for event in events] == ["wave"]


@pytest.mark.parametrize(
    "told",
    [
        "[]", '"wave"', "1e999", line("wave", -1.0, 2.0), line("x" * 300, 1, 2), line("a\u202eb", 1, 2),
        line("a\nb", 1, 2), "\xed\xa0\x80",
        '{"label": "wave", "start_s": 0, "end_s": 1}', '{"label": 5, "start_s": 0, "end_s": 1, "person": 1}',
        '{"label": "wave", "start_s": 0, "end_s": NaN, "person": 1}', "[" * 50_000,
        '{"label": "wave", "start_s": 0, "end_s": 1, "person": true}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_action_is_a_problem(told: str) -> None:
    events, problems = read_events(told.encode() + b"\n", "events.jsonl")
    assert events == [] and len(problems) == 1 and problems[0].startswith("events.jsonl: line 1: ")


def test_a_session_without_events_or_of_another_form_is_rejected(tmp_path: Path) -> None:
    source = write_folder(
        tmp_path / "all", session("a/") | session("b/") | session("c/") | {"b/session.json": b"{}"}
    )
    (source / "c" / "events.jsonl").unlink()
    found = list(FORM.read_all(source))
    rejected = {one.name: one.reason for one in found if isinstance(one, Rejected)}
    assert set(rejected) == {"b/problem 1", "c/problem 1"}
    assert "does not describe" in rejected["b/problem 1"] and "is missing" in rejected["c/problem 1"]
    assert len(found) == 5


def test_a_folder_with_neither_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no \.npz file and no session"):
        FORM.shards(write_folder(tmp_path / "x", {"notes.txt": b""}))


def test_training_sees_what_came_before_and_after(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "all", session("s01_a/") | session("s02_b/"))
    config = DataConfig(
        format="recordings", path=folder, test_subjects=(2,), labels={"wave": "wave", "clap": "clap"}
    )
    data = load_sequences([config], ["wave", "clap"])
    clap = next(one for one in data.train if one.label == 1)
    assert clap.in_recording and clap.span_s == pytest.approx((9.0, 11.0), abs=0.04)
    assert clap.timestamps_s[0] == pytest.approx(6.0, abs=0.05)
    assert clap.timestamps_s[-1] == pytest.approx(14.0, abs=0.05)
    assert len(data.test) == 3 and not any(one.in_recording for one in data.test)


def test_the_folder_may_be_given_with_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_folder(tmp_path / "s04_x", session())
    monkeypatch.chdir(source)
    assert {s.name for s in FORM.sequences(Path())} == {"s04_x/0001", "s04_x/0002", "s04_x/0003"}
    shutil.rmtree(source / "skeletons")
    assert all(isinstance(one, Rejected) for one in FORM.read_all(Path()))
