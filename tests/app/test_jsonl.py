"""Results as JSON lines: what each line holds, and that it is there when it was written."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from app.entities import ActionEvent, Decision, State, VideoFrame
from app.errors import OutputError
from app.jsonl import JsonLines
from app.pipeline import PosedFrame, Result
from stgat.skeleton import Skeleton

SOMEBODY = (Skeleton(np.zeros((25, 3)), np.ones(25), 3, 1.5),)
DECISION = Decision(3, 1.5, 45, State.ACTION, "wave", 0.7, (("wave", 0.700049), ("clap", 0.3)))
EVENT = ActionEvent("wave", 0.123456, 1.5, 0.66666, 3)


def result(
    decisions: tuple[Decision, ...] | None,
    events: tuple[ActionEvent, ...] = (),
    skeletons: tuple[Skeleton, ...] = SOMEBODY,
) -> Result:
    frame = VideoFrame(np.zeros((2, 2, 3), np.uint8), 45, 1.5)
    return Result(PosedFrame(frame, skeletons, 0.0), decisions, events)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_kind_of_line_is_as_the_schema_says(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with JsonLines(path) as out:
        out.header("tiny", ("wave", "clap"), "clip.mp4", 29.97)
        out.result(result((DECISION,), (EVENT,)))
        out.end(100, 99)
    top = [{"label": "wave", "probability": 0.7}, {"label": "clap", "probability": 0.3}]
    assert lines(path) == [
        {
            "type": "header", "schema": 1, "model": "tiny", "labels": ["wave", "clap"],
            "video": "clip.mp4", "fps": 29.97,
        },
        {"type": "prediction", "time_s": 1.5, "frame": 45, "person": 3, "top": top, "state": "action"},
        {
            "type": "event", "label": "wave", "start_s": 0.123, "end_s": 1.5, "probability": 0.6667,
            "person": 3,
        },
        {"type": "end", "frames": 100, "posed": 99},
    ]  # fmt: skip


def test_nobody_in_view_is_a_line_with_no_person(tmp_path: Path) -> None:
    with JsonLines(tmp_path / "out.jsonl") as out:
        out.result(result((), skeletons=()))
    (line,) = lines(tmp_path / "out.jsonl")
    assert line == {
        "type": "prediction", "time_s": 1.5, "frame": 45, "person": None, "top": [], "state": "no_person",
    }  # fmt: skip


@pytest.mark.parametrize(
    "silent",
    [result(None), result(None, skeletons=()), result(())],
    ids=["not due", "not due, nobody", "seen too shortly"],
)
def test_a_frame_without_a_decision_writes_nothing(tmp_path: Path, silent: Result) -> None:
    with JsonLines(tmp_path / "out.jsonl") as out:
        out.result(silent)
    assert lines(tmp_path / "out.jsonl") == []


def test_the_end_of_the_source_still_writes_its_events(tmp_path: Path) -> None:
    with JsonLines(tmp_path / "out.jsonl") as out:
        out.result(Result(None, None, (EVENT,)))
    assert [line["type"] for line in lines(tmp_path / "out.jsonl")] == ["event"]


def test_a_source_that_states_no_rate_has_null(tmp_path: Path) -> None:
    with JsonLines(tmp_path / "out.jsonl") as out:
        out.header("tiny", ("wave",), "camera:0", None)
    assert lines(tmp_path / "out.jsonl")[0]["fps"] is None


def test_each_line_is_there_before_the_next_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with JsonLines(path) as out:
        for written in range(1, 4):
            out.result(result((DECISION,)))
            assert path.read_bytes().endswith(b"\n")
            assert len(lines(path)) == written


def test_any_label_and_any_file_name_survive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels, video = ("über die Schulter sehen", "挥手"), "clip \udcff\n.mp4"
    path = tmp_path / "out.jsonl"
    with JsonLines(path) as out:
        out.header("tiny", labels, video, None)
    (line,) = lines(path)
    assert (tuple(line["labels"]), line["video"]) == (labels, video)
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")  # no terminal can do less
    monkeypatch.setattr(sys, "stdout", terminal)
    with JsonLines(None) as out:
        out.header("tiny", labels, video, None)
    assert terminal.buffer.getvalue() == path.read_bytes()


def test_the_terminal_stays_open_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines(None) as out:
        out.end(1, 1)
    print("still here")
    assert capsys.readouterr().out == '{"type": "end", "frames": 1, "posed": 1}\nstill here\n'


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "no folder" / "out.jsonl", tmp_path):
        with pytest.raises(OutputError, match=rf"{path} cannot be written \(.+\); choose another --output"):
            JsonLines(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_named() -> None:
    with pytest.raises(OutputError, match="/dev/full cannot be written"):  # noqa: SIM117
        with JsonLines(Path("/dev/full")) as out:
            out.end(1, 1)
