"""Events as a table, JSON and subtitles, read again by other programs than the one that wrote them."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.entities import ActionEvent
from app.errors import OutputError
from app.exports import WRITERS, write_events

WAVE = ActionEvent("hand waving", 1.0304, 4.13, 0.9, 0)
JOG = ActionEvent("jog", 3600.5, 3661.25, 0.614, 0)
OTHER = ActionEvent("sit down", 2.0, 3.0, 0.75, 3)


def cues(path: Path) -> list[tuple[float, float, str]]:
    """Start, end and text of each cue, as FFmpeg reads them."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(container.streams.subtitles[0]) if p.size]
        return [
            (
                float(p.pts * p.time_base),
                float((p.pts + p.duration) * p.time_base),
                bytes(p).decode("utf-8").rstrip("\0"),
            )
            for p in packets
        ]


def test_a_table_has_a_row_an_event_by_their_start(tmp_path: Path) -> None:
    path = tmp_path / "events.CSV"
    write_events(path, [JOG, OTHER, WAVE], "clip.mp4")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["hand waving", "sit down", "jog"]
    assert rows[0] == {
        "label": "hand waving", "start_s": "1.03", "end_s": "4.13", "probability": "0.9", "person": "0",
    }  # fmt: skip


def test_json_tells_the_video_too(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    write_events(path, [OTHER], "clip.mp4")
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "schema": 1,
        "video": "clip.mp4",
        "events": [
            {"label": "sit down", "start_s": 2.0, "end_s": 3.0, "probability": 0.75, "person": 3},
        ],
    }


@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_subtitles_are_read_by_ffmpeg_as_they_were_meant(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events{suffix}"
    write_events(path, [JOG, WAVE], "clip.mp4")
    assert cues(path) == [(1.03, 4.13, "hand waving (90 %)"), (3600.5, 3661.25, "jog (61 %)")]
    write_events(path, [OTHER, WAVE], "clip.mp4")
    assert [text for _, _, text in cues(path)] == [
        "Person 0: hand waving (90 %)",
        "Person 3: sit down (75 %)",
    ]


@pytest.mark.parametrize("suffix", WRITERS)
def test_where_nothing_happened_there_is_a_file_that_says_so(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events{suffix}"
    write_events(path, [], "clip.mp4")
    expected = {
        ".csv": "label,start_s,end_s,probability,person\r\n",
        ".json": '{\n "schema": 1,\n "video": "clip.mp4",\n "events": []\n}\n',
        ".srt": "",
        ".vtt": "WEBVTT\n\n",
    }
    assert path.read_bytes() == expected[suffix].encode()


def test_a_label_is_text_and_no_markup(tmp_path: Path) -> None:
    path = tmp_path / "events.vtt"
    write_events(path, [ActionEvent("<b>x</b> & y\n\n00:00 --> 00:01", 0.0, 1.0, 0.5, 0)], "clip.mp4")
    assert path.read_text().splitlines()[2:] == [
        "00:00:00.000 --> 00:00:01.000",
        "&lt;b&gt;x&lt;/b&gt; &amp; y 00:00 --&gt; 00:01 (50 %)",
        "",
    ]


events = st.builds(
    ActionEvent,
    label=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30),
    start_s=st.floats(0, 1e5),
    end_s=st.floats(0, 1e5),
    probability=st.floats(0, 1),
    person_id=st.integers(0, 9),
)


@given(st.lists(events, max_size=5))
def test_whatever_the_labels_every_event_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, found: list[ActionEvent]
) -> None:
    folder = tmp_path_factory.mktemp("events")
    for suffix in WRITERS:
        write_events(folder / f"events{suffix}", found, "clip.mp4")
    with (folder / "events.csv").open(encoding="utf-8", newline="") as file:
        assert sorted(row["label"] for row in csv.DictReader(file)) == sorted(event.label for event in found)
    assert len(json.loads((folder / "events.json").read_text())["events"]) == len(found)
    for suffix in (".srt", ".vtt"):
        blocks = [part for part in (folder / f"events{suffix}").read_text().split("\n\n") if "-->" in part]
        assert len(blocks) == len(found)


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    taken = tmp_path / "events.csv"
    taken.mkdir()
    with pytest.raises(OutputError, match=r"events\.csv cannot be written \(it is a folder\)"):
        write_events(taken, [WAVE], "clip.mp4")


def test_a_disk_that_is_full_keeps_the_file_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "events.csv"
    kept.write_text("precious")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\); choose another"):
        write_events(kept, [WAVE], "clip.mp4")
    assert kept.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [kept]
