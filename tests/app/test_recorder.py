"""A recording holds what was there, harms nobody, and ends well or badly without loss."""

from __future__ import annotations

import json
import shutil
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from app.entities import VideoFrame
from app.recorder import SessionRecorder
from app.recording_events import EventLog
from app.recording_folder import make_session_folder, session_name, why_stopped
from app.recording_parts import SkeletonParts
from app.recording_pictures import PictureQueue
from app.recording_sync import DiskSync
from app.recordings import load_recording
from app.results import PosedFrame, Result
from app.sources import FileSource, open_source, open_twice
from stgat.data.session_folder import part_files
from tests.app.recording_fakes import (
    FPS,
    PlayedSession,
    event,
    finish,
    going_on,
    people_at,
    record,
    until,
)


@pytest.fixture(autouse=True)
def _tidy(no_leaked_threads: None) -> None:
    pass


def frames_of(folder: Path) -> list:
    with open_source(str(folder)) as source:
        source.open()
        assert source.warning is None
        return list(source.frames())


def test_what_was_seen_comes_back_with_its_times_people_and_pictures(tmp_path: Path) -> None:
    folder = record(tmp_path, 45, people=2)
    frames = frames_of(folder)
    assert [frame.timestamp_s for frame in frames] == [index / FPS for index in range(45)]
    for index, frame in enumerate(frames):
        for given, found in zip(people_at(index, 2), frame.skeletons, strict=True):
            assert found.person_id == given.person_id
            np.testing.assert_array_equal(found.joints_m, np.float32(given.joints_m))
            np.testing.assert_array_equal(found.image_joints, np.float32(given.image_joints))
            np.testing.assert_array_equal(found.confidence, np.float32(given.confidence))
        assert frame.image.mean() == pytest.approx(index, abs=3)
    told = json.loads((folder / "session.json").read_text())
    assert (told["ended"], told["moments"], told["pictures"], told["problem"]) == (True, 45, 45, "")
    assert datetime.fromisoformat(told["started_at"]).tzinfo is not None


def test_frames_that_were_not_posed_are_in_the_video_and_nowhere_else(tmp_path: Path) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    for index in range(12):
        session.show(index, posed=index % 3 == 0)
    finish(recorder)
    folder = recorder.progress().folder
    with FileSource(folder / "video.mkv") as video:
        video.open()
        assert len(list(video.frames())) == 12
    frames = frames_of(folder)
    assert [round(frame.timestamp_s * FPS) for frame in frames] == [0, 3, 6, 9]
    assert [frame.image.mean() for frame in frames] == pytest.approx([0, 3, 6, 9], abs=2.5)


def test_moments_without_anybody_are_moments_all_the_same(tmp_path: Path) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    for index in range(10):
        session.show(index, people=0 if index < 5 else 1)
    finish(recorder)
    assert [len(frame.skeletons) for frame in frames_of(recorder.progress().folder)] == [0] * 5 + [1] * 5


def test_a_recording_that_begins_in_the_middle_begins_at_zero(tmp_path: Path) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    for index in range(300, 330):
        session.show(index)
    session.say(event("wave", 8.0, 9.5), event("clap", 9.8, 10.6))  # before it, and across its beginning
    finish(recorder)
    folder = recorder.progress().folder
    assert [frame.timestamp_s for frame in frames_of(folder)][:2] == pytest.approx([0.0, 1 / FPS])
    (line,) = (folder / "events.jsonl").read_text().splitlines()
    assert json.loads(line)["label"] == "clap"
    assert (json.loads(line)["start_s"], json.loads(line)["end_s"]) == pytest.approx((0.0, 0.6))


def test_skeleton_only_stores_no_picture(tmp_path: Path) -> None:
    folder = record(tmp_path, 20, skeleton_only=True)
    assert sorted(path.name for path in folder.rglob("*")) == [
        "events.jsonl", "part-0000.npz", "session.json", "skeletons",
    ]  # fmt: skip
    assert sum(path.stat().st_size for path in folder.rglob("*.npz")) < 50_000
    frames = frames_of(folder)
    assert len(frames) == 20 and frames[0].image.std() > 1  # a figure in a room


def test_promise_no_recording_is_overwritten(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 22, 14, 3, 5)
    first = make_session_folder(tmp_path, "Camera", moment, {"number": 1})
    (tmp_path / "2026-11-22 14-03-05 Camera (2)").write_text("mine")
    third = make_session_folder(tmp_path, "Camera", moment, {"number": 3})
    assert (first.name, third.name) == ("2026-11-22 14-03-05 Camera", "2026-11-22 14-03-05 Camera (3)")
    assert json.loads((first / "session.json").read_text()) == {"number": 1}
    assert (tmp_path / "2026-11-22 14-03-05 Camera (2)").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3


def test_promise_recordings_that_begin_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 22, 14, 3, 5)
    at_once = threading.Barrier(8)
    folders: list[Path] = []

    def make(number: int) -> None:
        at_once.wait()
        folders.append(make_session_folder(tmp_path, "Camera", moment, {"number": number}))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [json.loads((folder / "session.json").read_text())["number"] for folder in set(folders)]
    assert sorted(told) == list(range(8)) and len(list(tmp_path.iterdir())) == 8


def test_promise_a_name_that_is_taken_between_the_look_and_the_move_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 11, 22, 14, 3, 5)
    first = make_session_folder(tmp_path, "Camera", moment, {"number": 1})
    monkeypatch.setattr("os.path.lexists", lambda path: False)
    second = make_session_folder(tmp_path, "Camera", moment, {"number": 2})
    assert [json.loads((one / "session.json").read_text())["number"] for one in (first, second)] == [1, 2]


def test_promise_a_wall_clock_that_leaps_changes_a_recording_s_name_alone(tmp_path: Path) -> None:
    """Half past two comes twice in the night in which summer time ends; then the clock is set back a year."""
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    says = [
        datetime(2026, 10, 25, 2, 30, tzinfo=summer),
        datetime(2026, 10, 25, 2, 30, tzinfo=winter),
        datetime(2025, 10, 25, 2, 30, tzinfo=summer),
    ]
    for moment in says:
        session = PlayedSession()
        looks = iter((moment, moment, moment + timedelta(hours=5), moment - timedelta(days=400)))
        recorder = SessionRecorder(session, tmp_path, spec="camera:0", now=lambda looks=looks: next(looks))
        recorder.start()
        for index in range(30):
            session.show(index)
        finish(recorder)
        folder = recorder.progress().folder
        told = json.loads((folder / "session.json").read_text())
        assert datetime.fromisoformat(told["started_at"]) == moment
        assert told["duration_s"] == pytest.approx(29 / FPS, abs=1e-3)
        assert [frame.timestamp_s for frame in frames_of(folder)] == [index / FPS for index in range(30)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2025-10-25 02-30-00 Camera", "2026-10-25 02-30-00 Camera", "2026-10-25 02-30-00 Camera (2)",
    ]  # fmt: skip


@pytest.mark.parametrize("away_s", [59, 3600])
def test_promise_a_recording_goes_on_when_a_lost_camera_is_back(tmp_path: Path, away_s: int) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    back = 20 + round(away_s * FPS)
    indices = [*range(20), *range(back, back + 20)]
    for index in indices:
        session.show(index, width=64 if index < back else 128, height=48 if index < back else 96)
        until(lambda: recorder.caught_up)
    finish(recorder)
    assert not recorder.progress().problem
    folder = recorder.progress().folder
    frames = frames_of(folder)
    assert [frame.timestamp_s for frame in frames] == [index / FPS for index in indices]
    assert [frame.image.mean() for frame in frames] == pytest.approx([i % 200 for i in indices], abs=3)
    duration_s = json.loads((folder / "session.json").read_text())["duration_s"]
    assert duration_s == pytest.approx(indices[-1] / FPS, abs=1e-3)


@pytest.mark.parametrize(
    "source",
    [
        "../../etc",
        "a/b\\c",
        "..",
        "",
        "\0\n\t",
        "CON:",
        "x" * 300,
        ".hidden",
        "日本カメラ",
        "~",
        "C:\\Windows",
    ],
)
def test_promise_no_name_of_a_recording_leads_out_of_the_chosen_folder(tmp_path: Path, source: str) -> None:
    place = tmp_path / "chosen"
    folder = make_session_folder(place, source, datetime(2026, 1, 2, 3, 4, 5), {})
    assert folder.parent == place and list(tmp_path.iterdir()) == [place]
    assert folder.resolve().parent == place.resolve()
    assert len(folder.name.encode()) < 255 and not folder.name.endswith((" ", "."))
    assert session_name("日本カメラ", datetime(2026, 1, 2, 3, 4, 5)).endswith("日本カメラ")


def test_promise_pictures_wait_for_the_encoder_neither_long_nor_many() -> None:
    picture = np.zeros((10, 10, 3), np.uint8)
    queue = PictureQueue(waiting_s=0.45)
    for index in range(100):
        queue.offer(picture, index / 10)
    assert queue.dropped == 95
    assert [queue.take()[1] for _ in range(5)] == [9.5, 9.6, 9.7, 9.8, 9.9]
    small = PictureQueue(waiting_s=100.0, waiting_bytes=4 * picture.nbytes)
    for index in range(10):
        small.offer(picture, float(index))
    assert small.dropped == 6
    small.close()
    small.offer(picture, 99.0)
    assert [small.take() is not None for _ in range(5)] == [True] * 4 + [False]


def test_promise_a_slow_encoder_s_pictures_are_never_old() -> None:
    """Ten pictures a second of thirty are encoded; the file is behind by what may wait, from the first on."""
    queue = PictureQueue(waiting_s=0.6)
    behind = []
    for index in range(300):
        queue.offer(np.zeros((2, 2, 3), np.uint8), index / FPS)
        if index % 3 == 2:
            behind.append(index / FPS - queue.take()[1])
    assert max(behind) <= 0.6 + 1 / FPS and queue.dropped > 150


def test_an_encoder_that_cannot_keep_up_loses_pictures_and_no_skeleton(tmp_path: Path) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    for index in range(900):  # thirty seconds at once
        session.show(index)
    finish(recorder)
    progress = recorder.progress()
    assert progress.dropped > 0 and progress.pictures + progress.dropped == 900
    frames = frames_of(progress.folder)
    assert [round(frame.timestamp_s * FPS) for frame in frames] == list(range(900))
    assert all(len(frame.skeletons) == 1 for frame in frames)
    assert len(part_files(progress.folder)) == 3


def test_promise_pictures_belong_to_their_moments_also_where_the_first_were_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk takes a second to make the folder; what waited too long meanwhile is not in the video."""
    answers = threading.Event()

    def slow(*args) -> Path:
        assert answers.wait(10)
        return make_session_folder(*args)

    monkeypatch.setattr("app.recorder.make_session_folder", slow)
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    for index in range(40):
        session.show(index)
    answers.set()
    until(lambda: recorder.caught_up)
    for index in range(40, 60):
        session.show(index)
        until(lambda: recorder.caught_up)
    finish(recorder)
    dropped = recorder.progress().dropped
    assert 20 <= dropped < 40
    folder = recorder.progress().folder
    frames = frames_of(folder)
    expected = [max(index, dropped) for index in range(60)]
    assert [frame.image.mean() for frame in frames] == pytest.approx(expected, abs=3)
    both = open_twice(str(folder))
    assert both is not None
    read, shown = both
    with read, shown:
        read.open()
        list(read.frames())
        shown.open()
        for time_s in (0.0, 1.0, 1.5, 0.5, 1.9):
            found = shown.seek(time_s)
            assert found is not None
            np.testing.assert_array_equal(found.image, frames[found.index].image)


def test_promise_an_encoder_that_fails_in_any_way_stops_the_recording_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args) -> None:
        raise MemoryError("no room for a picture")

    monkeypatch.setattr("app.video_writer.VideoWriter.write", fail)
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    session.show(0)
    until(lambda: recorder.progress().over)
    progress = recorder.progress()
    assert "no room for a picture" in progress.problem and progress.pictures == 0
    assert json.loads((progress.folder / "session.json").read_text())["ended"] is False
    assert "Traceback" in caplog.text
    assert progress.moments == 1


def test_promise_a_recording_goes_on_where_the_picture_changes_its_size(tmp_path: Path) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    session.show(0)
    session.show(1, width=128, height=96)
    session.show(2, width=65, height=49)
    finish(recorder)
    assert not recorder.progress().problem
    assert {frame.image.shape for frame in frames_of(recorder.progress().folder)} == {(48, 64, 3)}


def test_a_part_holds_at_most_sixteen_people_and_begins_anew_for_more(tmp_path: Path) -> None:
    parts = SkeletonParts(tmp_path / "skeletons", (64, 48))
    for index in range(20):
        parts.add(index / FPS, people_at(index, 1, ids=(100 + index,)))
    parts.write()
    recordings = [load_recording(path) for path in part_files(tmp_path)]
    assert [one.person_ids for one in recordings] == [tuple(range(100, 116)), tuple(range(116, 120))]


def test_what_no_recording_may_hold_is_unknown_in_it(tmp_path: Path) -> None:
    parts = SkeletonParts(tmp_path / "skeletons", (64, 48))
    (one,) = people_at(0)
    one.joints_m[3], one.confidence[:], one.image_joints[4] = [0.0, 2e3, 1.0], 1.5, [np.inf, 0.0]
    parts.add(0.0, (one,))
    parts.add(0.0, (one,))  # no later: passed over
    parts.write()
    (recording,) = [load_recording(path) for path in part_files(tmp_path)]
    assert np.isnan(recording.joints_m[0, 0, 3, 1]) and recording.num_frames == 1
    assert recording.confidence.max() == 1.0 and np.isnan(recording.image_joints[0, 0, 4, 0])


def test_what_goes_on_at_the_end_ends_with_the_recording(tmp_path: Path) -> None:
    log = EventLog()
    log.open(tmp_path / "events.jsonl")
    log.take(Result(None, (going_on("wave", 1.0, 2.0), going_on("clap", 2.0, 2.2, person=2)), ()))
    log.take(Result(None, (going_on("wave", 1.0, 4.0),), ()))
    log.take(Result(None, (going_on("bow", 3.9, 4.0, person=3),), ()))  # too short to be one
    log.close(4.1)
    (line,) = (tmp_path / "events.jsonl").read_text().splitlines()
    assert (json.loads(line)["label"], json.loads(line)["end_s"]) == ("wave", 4.0)


def test_promise_nothing_is_kept_of_people_who_left_without_an_event() -> None:
    """A recording may last for days, in which everybody who comes has a new id."""
    log = EventLog()
    for number in range(200):
        frame = VideoFrame(np.zeros((2, 2, 3), np.uint8), number, float(number))
        said = (going_on("clapping", number - 0.5, float(number), person=number),)
        log.take(Result(PosedFrame(frame, (), 0.0), said, ()))
    assert len(log._said) <= 2


def test_without_a_posed_frame_nothing_is_left_behind(tmp_path: Path) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    session.show(0, posed=False)
    finish(recorder)
    progress = recorder.progress()
    assert (progress.folder, progress.problem, progress.over) == (None, "", True)
    assert list(tmp_path.iterdir()) == []


# What goes wrong


def test_promise_a_folder_that_is_removed_stops_the_recording_with_a_sentence(tmp_path: Path) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path / "here", spec="camera:0")
    recorder.start()
    session.show(0)
    until(lambda: recorder.progress().moments)
    shutil.rmtree(tmp_path / "here")
    session.show(1)
    until(lambda: recorder.progress().over)
    assert recorder.progress().problem == (
        f"The recording in {tmp_path / 'here'} has stopped: the folder has been removed or renamed. "
        "Record again, or choose another folder."
    )
    assert session.listeners == []
    session.show(2)  # recognition goes on


def test_a_place_that_is_a_file_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path / "file" / "inside", spec="camera:0")
    recorder.start()
    until(lambda: recorder.progress().over)
    assert recorder.progress().problem == (
        f"Nothing can be recorded in {tmp_path / 'file' / 'inside'}: a file is where the folder should be. "
        "Choose another folder."
    )
    assert (tmp_path / "file").read_text() == "mine"


def test_the_sentences_say_what_to_do(tmp_path: Path) -> None:
    assert "the disk is full. What was recorded is kept. Make room" in why_stopped(OSError(28, "x"), tmp_path)
    assert "may not be written to. Choose another" in why_stopped(PermissionError(13, "x"), tmp_path)
    assert "Input/output error. What was recorded is kept" in why_stopped(
        OSError(5, "Input/output error"), tmp_path
    )


def test_it_may_be_stopped_from_any_thread_and_more_than_once(tmp_path: Path) -> None:
    session = PlayedSession()
    recorder = SessionRecorder(session, tmp_path, spec="camera:0")
    recorder.start()
    session.show(0)
    threads = [threading.Thread(target=recorder.stop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.wait(5)
    assert len(frames_of(recorder.progress().folder)) == 1


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to name what is synced")
def test_promise_the_disk_is_synced_for_what_has_changed_and_nobody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    slow = threading.Event()

    def sync(number: int) -> None:
        synced.append(Path(f"/proc/self/fd/{number}").resolve().name)
        slow.wait(5)

    (tmp_path / "skeletons").mkdir()
    (tmp_path / "skeletons" / "part-0000.npz").write_bytes(b"a")
    (tmp_path / "video.mkv").write_bytes(b"a")
    names: list[Path] = []
    monkeypatch.setattr("app.recording_sync.sync_folder", names.append)
    disk = DiskSync(tmp_path, every_s=0.01, sync=sync)
    until(lambda: bool(synced))
    disk.end()  # though the disk does not answer
    slow.set()
    until(lambda: not any(thread.name == "stgat-recording-sync" for thread in threading.enumerate()))
    assert synced == ["video.mkv", "part-0000.npz"]  # the newest part last: it may be replaced until then
    assert set(names) == {tmp_path / "skeletons", tmp_path, tmp_path.parent}
