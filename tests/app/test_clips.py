"""Every development clip through the whole road: valid JSON lines, its own rate, somebody seen, ids kept."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import av
import pytest

from app.jsonl import JsonLines
from app.pipeline import Result, Session
from app.road import RecognizerLoader, make_extractor
from app.sources import open_source

ONE_PERSON = (
    "sit_stand_arms.mp4",
    "clap.mp4",
    "wave_right.mp4",
    "raise_right.mp4",
    "push_right.mp4",
    "bow.mp4",
    "cross_arms.mp4",
    "ntu_clapping.avi",
    "balance_60fps_portrait.mp4",
)
SEVERAL = ("outdoor_several_people.mp4", "three_people_aerobics.avi")

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def loader() -> RecognizerLoader:
    return RecognizerLoader(device="cpu")


class Replayed:
    """A clip replayed to a file, and who was seen in each frame."""

    def __init__(self, clip: Path, loader: RecognizerLoader, output: Path) -> None:
        self.ids: list[tuple[int, ...]] = []
        recognizer = loader()
        with JsonLines(output) as lines:

            def take(result: Result) -> None:
                lines.result(result)
                if result.posed is not None:
                    self.ids.append(tuple(skeleton.person_id for skeleton in result.posed.skeletons))

            session = Session(
                open_source(str(clip)),
                make_extractor,
                loader,
                lossless=True,
                on_open=lambda info: lines.header("stgat-actions", recognizer.labels, str(clip), info.fps),
                on_result=take,
            )
            session.start()
            assert session.wait(240)
            assert session.failure is None
            counters = session.snapshot().counters
            lines.end(counters.captured, counters.posed)
        self.lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


def frames_and_rate(clip: Path) -> tuple[int, float]:
    """What the file itself says, counted packet by packet."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        return sum(1 for packet in container.demux(stream) if packet.size), float(stream.average_rate)


@pytest.mark.parametrize("name", ONE_PERSON + SEVERAL)
def test_a_clip_replays_to_valid_lines_at_its_own_rate_with_people_found(
    shared_dir: Path, pose_model: Path, loader: RecognizerLoader, tmp_path: Path, name: str
) -> None:
    clip = shared_dir / "clips" / name
    frames, fps = frames_and_rate(clip)
    replayed = Replayed(clip, loader, tmp_path / "out.jsonl")

    header, *middle, end = replayed.lines
    assert header["type"] == "header"
    assert header["fps"] == pytest.approx(fps, rel=0.01)
    assert end["frames"] == end["posed"] == len(replayed.ids)
    assert end["frames"] == pytest.approx(frames, abs=1)
    labels = set(header["labels"])
    for line in middle:
        if line["type"] == "prediction":
            assert line["time_s"] == pytest.approx(line["frame"] / fps, abs=2 / fps)
            assert {entry["label"] for entry in line["top"]} <= labels
            assert (line["person"] is None) == (line["state"] == "no_person")
        else:
            assert line["label"] in labels
            assert 0 <= line["start_s"] < line["end_s"] <= frames / fps + 0.1

    if name in ONE_PERSON:
        assert sum(bool(ids) for ids in replayed.ids) >= 0.95 * frames
    if name == "three_people_aerobics.avi":
        pairs = Counter(ids for ids in replayed.ids if len(ids) == 2)
        assert pairs.most_common(1)[0][1] >= 0.80 * frames
