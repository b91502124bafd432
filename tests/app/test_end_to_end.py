"""From a video file, or the bundled demo, to labelled output, with the real pose and the shipped model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.replay import replay
from app.road import RecognizerLoader


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def loader() -> RecognizerLoader:
    return RecognizerLoader(device="cpu")


def test_a_video_of_people_walking_becomes_labelled_json_lines(sports2d_demo: Path, tmp_path: Path) -> None:
    output = tmp_path / "walk.jsonl"
    result = CliRunner().invoke(
        cli, ["replay", str(sports2d_demo), "--headless", "--output", str(output), "--device", "cpu"]
    )
    assert result.exit_code == 0, result.output
    header, *middle, end = lines(output)
    assert (header["type"], header["schema"], header["model"]) == ("header", 1, "stgat-actions")
    assert header["video"] == str(sports2d_demo)
    assert header["fps"] == pytest.approx(30, abs=1)
    assert (end["type"], end["frames"], end["posed"]) == ("end", 230, 230)

    predictions = [line for line in middle if line["type"] == "prediction"]
    assert {line["state"] for line in predictions} <= {"action", "idle", "unknown", "no_person"}
    assert all(set(entry) == {"label", "probability"} for line in predictions for entry in line["top"])
    assert all(entry["label"] in header["labels"] for line in predictions for entry in line["top"])
    times = [line["time_s"] for line in predictions]
    assert times == sorted(times)

    events = [line for line in middle if line["type"] == "event"]
    assert all(0 <= event["start_s"] < event["end_s"] <= 230 / 29 for event in events)
    assert "walk" in {event["label"] for event in events}


def test_the_demo_is_recognised_for_what_it_shows(loader: RecognizerLoader) -> None:
    report = replay("demo", loader)
    assert [event.label for event in report.events] == [
        "hand waving",
        "jog",
        "arm curl",
        "boxing",
        "sit down",
        "stand up",
    ]
    assert report.counters.dropped == 0


def test_the_demo_is_idle_before_anything_happens(loader: RecognizerLoader, tmp_path: Path) -> None:
    output = tmp_path / "demo.jsonl"
    replay("demo", loader, output=output)
    early = [line for line in lines(output) if line["type"] == "prediction" and line["time_s"] < 1.0]
    assert early
    assert {line["state"] for line in early} == {"idle"}
