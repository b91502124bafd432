"""Whole sources through the road without a window: complete, repeatable, and careful with files."""

from __future__ import annotations

import _thread
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from app.entities import Snapshot
from app.errors import OutputError, SourceError
from app.pipeline import Session
from app.recordings import load_recording, save_recording
from app.replay import SessionError, extract_pose, replay, tell_recorded, to_recording
from app.road import RecognizerLoader as Loader
from app.sources import SourceInfo
from pose.models import PoseModelMissing
from stgat.data.recording_file import MAX_PEOPLE
from stgat.errors import CheckpointError
from stgat.retarget import one_body
from stgat.skeleton import Skeleton
from tests.app.fakes import METADATA, FakeExtractor, body, tiny_checkpoint, tiny_recording, tiny_video

pytestmark = pytest.mark.usefixtures("no_leaked_threads")


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Loader:
    return Loader(tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny.safetensors"), "cpu")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tiny_recording(tmp_path / "wave.npz")


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A video in which a fake pose sees somebody waving."""
    monkeypatch.setattr("app.road.make_extractor", FakeExtractor)
    monkeypatch.setattr("app.replay.make_extractor", FakeExtractor)
    return tiny_video(tmp_path / "clip.mkv")


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_schema(found: list[dict], labels: tuple[str, ...]) -> None:
    """Header first, end last, every line complete, times in order."""
    header, *middle, end = found
    assert header.keys() == {"type", "schema", "model", "labels", "video", "fps"}
    assert (header["type"], header["schema"], tuple(header["labels"])) == ("header", 1, labels)
    assert end.keys() == {"type", "frames", "posed"}
    assert end["type"] == "end"
    times = [line["time_s"] for line in middle if line["type"] == "prediction"]
    assert times == sorted(times)
    for line in middle:
        if line["type"] == "prediction":
            assert line.keys() == {"type", "time_s", "frame", "person", "top", "state"}
            assert line["state"] in ("action", "idle", "unknown", "no_person")
            assert (line["person"] is None) == (line["state"] == "no_person")
            assert all(entry.keys() == {"label", "probability"} for entry in line["top"])
            assert {entry["label"] for entry in line["top"]} <= set(labels)
        else:
            assert line.keys() == {"type", "label", "start_s", "end_s", "probability", "person"}
            assert line["type"] == "event"
            assert line["start_s"] <= line["end_s"]


def test_a_recording_becomes_complete_json_lines(loader: Loader, recording: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    opened: list[SourceInfo] = []
    frames: list[int] = []
    report = replay(str(recording), loader, output=output, on_open=opened.append, on_frame=frames.append)
    found = lines(output)
    check_schema(found, METADATA.labels)
    assert (found[0]["model"], found[0]["video"]) == ("fake", str(recording))
    assert found[0]["fps"] == pytest.approx(20)
    assert found[-1] == {"type": "end", "frames": 80, "posed": 80}
    assert frames == list(range(1, 81))
    assert opened[0].frame_count == 80
    counters = report.counters
    assert (counters.captured, counters.dropped, counters.posed) == (80, 0, 80)

    (event,) = [line for line in found if line["type"] == "event"]
    assert (event["label"], event["person"]) == ("hand waving", 0)
    assert event["start_s"] == pytest.approx(0.5, abs=0.3)
    assert event["end_s"] == pytest.approx(2.0, abs=1.0)
    states = [line["state"] for line in found if line["type"] == "prediction"]
    assert states[0] == "action"
    assert states[-1] == "idle"
    assert [e.label for e in report.events] == ["hand waving"]


def test_events_go_to_a_file_of_their_own(
    loader: Loader, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pipeline.KEPT_EVENTS", 0)  # a window forgets the oldest; a file does not
    report = replay(str(recording), loader, events=tmp_path / "events.json")
    content = json.loads((tmp_path / "events.json").read_text(encoding="utf-8"))
    assert content["video"] == str(recording)
    assert [event["label"] for event in content["events"]] == [event.label for event in report.events]
    assert [event["label"] for event in content["events"]] == ["hand waving"]


def test_where_events_cannot_go_is_told_before_anything_is_read(loader: Loader, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"events are written as \.csv, \.json, \.srt, \.vtt"):
        replay("no such video", loader, events=tmp_path / "events.txt")
    with pytest.raises(OutputError, match=r"no such folder.*choose another file"):
        replay("no such video", loader, events=tmp_path / "nowhere" / "events.csv")
    kept = tmp_path / "events.csv"
    kept.write_text("precious")
    with pytest.raises((SessionError, SourceError)):
        replay(str(tmp_path / "no such video"), loader, events=kept)
    assert kept.read_text() == "precious"


def test_a_session_that_fails_keeps_the_events_it_had(
    loader: Loader, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr("app.jsonl.JsonLines.result", fail)
    kept = tmp_path / "events.csv"
    with pytest.raises(SessionError, match="the disk is full"):
        replay(str(recording), loader, output=tmp_path / "out.jsonl", events=kept)
    assert kept.read_text().startswith("label,start_s,end_s,probability,person")


def test_two_replays_of_one_source_write_the_same_bytes(
    loader: Loader, recording: Path, tmp_path: Path
) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        replay(str(recording), loader, output=tmp_path / name)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_two_people_have_lines_and_events_of_their_own(loader: Loader, tmp_path: Path) -> None:
    recording = tiny_recording(tmp_path / "two.npz", people=2)
    output = tmp_path / "out.jsonl"
    replay(str(recording), loader, output=output)
    found = lines(output)
    check_schema(found, METADATA.labels)
    for kind in ("prediction", "event"):
        assert {line["person"] for line in found if line["type"] == kind} >= {0, 1}


def test_a_video_is_posed_frame_by_frame(loader: Loader, video: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    report = replay(str(video), loader, output=output)
    found = lines(output)
    check_schema(found, METADATA.labels)
    assert found[-1] == {"type": "end", "frames": 30, "posed": 30}
    assert found[0]["fps"] == pytest.approx(15, rel=0.02)
    assert [event.label for event in report.events] == ["hand waving"]
    assert report.warning == ""


def test_a_pose_slower_than_the_video_loses_no_frame(
    loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.road.make_extractor", lambda: FakeExtractor(delay_s=0.02))
    video = tiny_video(tmp_path / "fast.mkv", frames=30, fps=240.0)
    counters = replay(str(video), loader).counters
    assert (counters.captured, counters.posed, counters.dropped) == (30, 30, 0)


def test_a_saved_video_has_the_frames_and_times_of_its_source(
    loader: Loader, video: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "out.mkv"
    replay(str(video), loader, save_video=saved)
    frames = []
    for path in (video, saved):
        with av.open(str(path)) as container:
            frames.append(list(container.decode(video=0)))
    source, drawn = frames
    assert [f.time for f in drawn] == pytest.approx([f.time for f in source], abs=0.002)
    assert (drawn[0].width, drawn[0].height) == (64, 48)
    assert not np.allclose(
        drawn[20].to_ndarray(format="rgb24"), source[20].to_ndarray(format="rgb24"), atol=30
    )


def test_lines_go_to_the_terminal_where_asked(
    loader: Loader, recording: Path, capsys: pytest.CaptureFixture
) -> None:
    replay(str(recording), loader, to_stdout=True)
    check_schema([json.loads(line) for line in capsys.readouterr().out.splitlines()], METADATA.labels)


@pytest.mark.parametrize("content", [None, b"", b"just a text\n"], ids=["missing", "empty", "text"])
def test_a_source_that_cannot_be_played_leaves_older_outputs_alone(
    loader: Loader, tmp_path: Path, content: bytes | None
) -> None:
    source, output, saved = tmp_path / "clip.mp4", tmp_path / "out.jsonl", tmp_path / "out.mkv"
    if content is not None:
        source.write_bytes(content)
    output.write_text("precious")
    saved.write_bytes(b"precious")
    with pytest.raises(SessionError, match=r"clip\.mp4") as caught:
        replay(str(source), loader, output=output, save_video=saved)
    assert "\n" not in str(caught.value)
    assert output.read_text() == "precious"
    assert saved.read_bytes() == b"precious"


def test_a_missing_model_is_said_before_anything_is_touched(recording: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    output.write_text("precious")
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors: no such model file"):
        replay(str(recording), Loader(tmp_path / "nowhere.safetensors"), output=output)
    assert output.read_text() == "precious"


def test_a_source_is_never_overwritten_by_its_own_outputs(
    loader: Loader, video: Path, tmp_path: Path
) -> None:
    before = video.read_bytes()
    link = tmp_path / "link.mkv"
    link.symlink_to(video)
    for path in (video, link, tmp_path / "." / "clip.mkv"):
        with pytest.raises(OutputError, match="would be overwritten while it is read; choose another --save"):
            replay(str(video), loader, save_video=path)
        with pytest.raises(OutputError, match="choose another --output"):
            replay(str(video), loader, output=path)
    with pytest.raises(OutputError, match=r"x\.mkv cannot be both --output and --save-video"):
        replay(str(video), loader, output=tmp_path / "x.mkv", save_video=tmp_path / "x.mkv")
    with pytest.raises(OutputError, match=r"x\.csv cannot be both --output and --events"):
        replay(str(video), loader, output=tmp_path / "x.csv", events=tmp_path / "x.csv")
    assert video.read_bytes() == before


def test_an_output_that_cannot_be_written_stops_the_replay_with_its_sentence(
    loader: Loader, recording: Path, tmp_path: Path
) -> None:
    with pytest.raises(SessionError, match=r"out\.jsonl cannot be written .*choose another --output"):
        replay(str(recording), loader, output=tmp_path / "nowhere" / "out.jsonl")
    with pytest.raises(SessionError, match=r"out\.txt cannot be written as a video"):
        replay(str(recording), loader, save_video=tmp_path / "out.txt")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_disk_that_fills_up_stops_the_replay_with_its_sentence(loader: Loader, recording: Path) -> None:
    with pytest.raises((SessionError, OutputError), match="/dev/full cannot be written"):
        replay(str(recording), loader, output=Path("/dev/full"))


def test_ctrl_c_ends_a_replay_with_whole_lines_and_an_end(loader: Loader, tmp_path: Path) -> None:
    recording = tiny_recording(tmp_path / "long.npz", seconds=600)
    output = tmp_path / "out.jsonl"
    report = replay(
        str(recording),
        loader,
        output=output,
        on_frame=lambda frames: _thread.interrupt_main() if frames == 40 else None,
    )
    found = lines(output)
    check_schema(found, METADATA.labels)
    assert 40 <= found[-1]["frames"] < 12_000
    assert report.counters.captured == found[-1]["frames"]


def test_pose_saves_what_the_source_carries(recording: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.npz"
    frames: list[int] = []
    saved, warning = extract_pose(str(recording), output, on_frame=frames.append)
    original, found = load_recording(recording), load_recording(output)
    np.testing.assert_array_equal(found.joints_m, original.joints_m)
    np.testing.assert_allclose(found.timestamps_s, original.timestamps_s)
    np.testing.assert_allclose(found.confidence, original.confidence)
    assert (saved.num_frames, warning, frames[-1]) == (80, "", 80)


def test_pose_of_a_video_is_in_camera_space_and_on_one_body_where_asked(video: Path, tmp_path: Path) -> None:
    measured, _ = extract_pose(str(video), tmp_path / "measured.npz")
    rebuilt, _ = extract_pose(str(video), tmp_path / "rebuilt.npz", on_body=True)
    assert measured.joints_m.shape == (30, 1, 25, 3)
    assert measured.image_size == (64, 48)
    np.testing.assert_allclose(measured.joints_m[0, 0], body(0.0), atol=1e-5)
    np.testing.assert_allclose(rebuilt.joints_m[:, 0], one_body(measured.joints_m[:, 0]), atol=1e-5)


def test_pose_says_where_no_file_can_be_before_it_reads(video: Path, tmp_path: Path) -> None:
    frames: list[int] = []
    with pytest.raises(OutputError, match="there is no such folder"):
        extract_pose(str(video), tmp_path / "nowhere" / "out.npz", on_frame=frames.append)
    assert frames == []


def test_pose_needs_no_pose_model_where_the_source_has_the_skeletons(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> FakeExtractor:
        raise PoseModelMissing("no model")

    monkeypatch.setattr("app.replay.make_extractor", missing)
    saved, _ = extract_pose(str(recording), tmp_path / "out.npz")
    assert saved.num_frames == 80


def test_pose_of_a_video_without_people_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.replay.make_extractor", lambda: FakeExtractor(present=lambda t: False))
    video = tiny_video(tmp_path / "empty.mkv")
    with pytest.raises(SourceError, match=r"empty\.mkv: nobody was found in any of its 30 frames"):
        extract_pose(str(video), tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


def test_people_get_a_column_each_by_id_and_nan_where_they_are_not() -> None:
    def seen(person: int, x: float) -> Skeleton:
        return Skeleton(np.full((25, 3), x), np.full(25, 0.5), person, 0.0)

    found = to_recording([(seen(7, 1.0),), (), (seen(2, 2.0), seen(7, 3.0))], [0.0, 0.1, 0.2], (64, 48))
    x = found.joints_m[:, :, 0, 0]
    np.testing.assert_array_equal(x, [[np.nan, 1.0], [np.nan, np.nan], [2.0, 3.0]])
    np.testing.assert_array_equal(found.confidence[:, :, 0], [[0, 0.5], [0, 0], [0.5, 0.5]])
    assert to_recording([(), ()], [0.0, 0.1], (64, 48)) is None


def test_hours_of_people_who_come_and_go_share_the_columns_there_are(tmp_path: Path) -> None:
    """Somebody new every three seconds, for two of them; every tenth has company."""
    times = [i / 2 for i in range(360)]
    found = []
    for time_s in times:
        number, since_s = divmod(time_s, 3.0)
        ids = (int(number),) if number % 10 else (int(number), 1000 + int(number))
        found.append(
            tuple(Skeleton(np.full((25, 3), i / 1000), np.ones(25), i, time_s) for i in ids)
            if since_s <= 1.5
            else ()
        )
    recording = to_recording(found, times, (64, 48))
    assert recording.num_people == 2
    save_recording(tmp_path / "r.npz", recording)
    x = load_recording(tmp_path / "r.npz").joints_m[:, :, 0, 0]
    for row, skeletons in zip(x, found, strict=True):
        seen = sorted(row[np.isfinite(row)].tolist())
        assert seen == pytest.approx(sorted(s.person_id / 1000 for s in skeletons))


def test_more_people_at_once_than_a_recording_has_columns_for_leave_the_last_out() -> None:
    crowd = tuple(Skeleton(np.zeros((25, 3)), np.ones(25), i, 0.0) for i in range(MAX_PEOPLE + 4))
    assert to_recording([crowd, crowd], [0.0, 0.1], (64, 48)).num_people == MAX_PEOPLE


def test_what_no_recording_may_hold_is_unknown_in_it() -> None:
    joints = np.zeros((25, 3))
    joints[3], joints[4] = 1e300, 101.0
    far = Skeleton(joints, np.full(25, 1.5), 0, 0.0, np.full((25, 2), 1e4))
    recording = to_recording([(far,)], [0.0], (8, 8))
    assert np.isnan(recording.joints_m[0, 0, [3, 4]]).all() and not recording.joints_m[0, 0, 5].any()
    assert recording.confidence.max() == 1.0
    assert (recording.image_joints, recording.image_size) == (None, None)


@pytest.mark.parametrize("skeleton_only", [False, True])
def test_a_session_that_is_recorded_and_replayed_is_told_the_same(
    recording: Path, loader: Loader, tmp_path: Path, skeleton_only: bool
) -> None:
    first = replay(str(recording), loader, record=tmp_path / "kept", skeleton_only=skeleton_only)
    assert first.recorded is not None and first.recorded.folder is not None
    assert first.recorded.moments == first.counters.posed
    again = replay(str(first.recorded.folder), loader)
    assert (again.events, again.warning) == (first.events, "") and first.events
    about = json.loads((first.recorded.folder / "session.json").read_text())
    assert about["labels"] == list(loader().labels) and len(about["model"]["sha256"]) == 64
    assert f" s in {first.recorded.folder}: 80 moments" in tell_recorded(first.recorded)


def test_a_recording_that_fails_stops_nothing_else(recording: Path, loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    report = replay(str(recording), loader, record=tmp_path / "file")
    assert report.recorded is not None and report.events
    assert tell_recorded(report.recorded).startswith("Nothing can be recorded in")


def test_promise_a_lost_camera_is_said_without_a_window_too(
    loader: Loader, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    told = iter(["", "camera 0 is gone", "camera 0 is gone", ""])

    class Troubled(Session):
        def wait(self, timeout_s: float | None = None) -> bool:
            return len(said) == 2 and super().wait(timeout_s)

        def snapshot(self) -> Snapshot:
            return replace(super().snapshot(), trouble=next(told, ""))

    monkeypatch.setattr("app.road.Session", Troubled)
    replay(str(recording), loader, on_trouble=said.append)
    assert said == ["camera 0 is gone", ""]
