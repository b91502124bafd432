"""The clips' report: which event is on top, who is ranked against whom, what counts as stillness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.entities import ActionEvent, Decision, State, VideoFrame
from app.errors import SourceError
from app.pipeline import PosedFrame, Result
from app.recordings import SkeletonRecording, save_recording
from app.road import RecognizerLoader
from benchmarks.clips import EXPECTED, Tally, clips_table, run, sources, summary_table
from stgat.labels import IDLE
from stgat.skeleton import Skeleton
from tests.stgat.bodies import STANDING, waving


def decision(time_s: float, state: State, label: str | None, *top: tuple[str, float]) -> Decision:
    return Decision(0, time_s, 0, state, label, top[0][1], top)


def watched(joints: np.ndarray, state: State, label: str | None, *top: tuple[str, float]) -> Tally:
    """A tally that saw these joints at 10 frames a second and heard the same decision at each of them."""
    tally = Tally()
    picture = np.zeros((16, 16, 3), np.uint8)
    for i, body in enumerate(joints):
        time_s = i / 10
        skeletons = (Skeleton(body, np.ones(25), 0, time_s),)
        posed = PosedFrame(VideoFrame(picture, i, time_s), skeletons, captured_at=0.0)
        tally.take(Result(posed, (decision(time_s, state, label, *top),), ()))
    return tally


def event(label: str, start_s: float, end_s: float, probability: float) -> ActionEvent:
    return ActionEvent(label, start_s, end_s, probability, person_id=0)


def test_the_top_event_is_the_one_of_most_time_and_probability() -> None:
    tally = Tally(events=[event("throw", 0, 1, 0.9), event("bow", 1, 4, 0.4), event("push", 4, 4.5, 1.0)])
    assert tally.top_event() == tally.events[1]
    assert tally.top_event(but=["bow"]) == tally.events[0]
    assert Tally().top_event() is None


def test_actions_of_one_clip_are_not_ranked_against_each_other() -> None:
    tally = Tally(
        best={"walk": 0.9, "stand up": 0.8, "sit down": 0.7, "throw": 0.75},
        events=[event("stand up", 2, 4, 0.6), event("sit down", 0, 1, 0.6)],
    )
    sit, stand = tally.verdicts("sit_stand_arms.mp4")
    assert (sit.label, sit.rank, sit.top_event, sit.first, sit.among_three) == (
        "sit down", 2, True, False, True,
    )  # fmt: skip
    assert (stand.label, stand.rank, stand.top_event, stand.first) == ("stand up", 1, True, True)
    (clap,) = tally.verdicts("clap.mp4")
    assert (clap.rank, clap.top_event, clap.among_three) == (None, False, False)
    assert tally.verdicts("balance_60fps_portrait.mp4") == []


def test_idle_is_no_action_to_be_ranked_nor_an_event() -> None:
    tally = watched(np.repeat(STANDING[None], 20, axis=0), State.ACTION, IDLE, (IDLE, 0.9), ("bow", 0.1))
    tally.take(Result(None, None, (event(IDLE, 0, 3, 0.9), event("bow", 3, 4, 0.3))))
    assert tally.ranking() == ["bow"]
    assert [found.label for found in tally.events] == ["bow"]
    assert set(tally.still) == {State.IDLE}


def test_only_what_is_said_of_somebody_still_counts_as_said_of_stillness() -> None:
    still = watched(np.repeat(STANDING[None], 20, axis=0), State.ACTION, "bow", ("bow", 0.6))
    assert still.still == {State.ACTION: 15}  # nothing is known of the first half second
    moving = watched(waving(np.arange(20) / 10, hz=1.0), State.ACTION, "bow", ("bow", 0.6))
    assert moving.still[State.ACTION] < 5


def test_what_is_likeliest_while_somebody_is_idle_is_not_ranked() -> None:
    assert watched(np.repeat(STANDING[None], 9, axis=0), State.IDLE, None, ("bow", 0.9)).ranking() == []


def test_the_summary_counts_each_of_the_eight_actions() -> None:
    assert sum(map(len, EXPECTED.values())) == 8
    right = {clip: Tally(frames=1, best=dict.fromkeys(labels, 0.9)) for clip, labels in EXPECTED.items()}
    wrong = {clip: Tally(frames=1, best={"draw X": 0.9}) for clip in EXPECTED}
    rows = list(
        zip(*(column.cells for column in summary_table({"a": right, "b": wrong}).columns), strict=True)
    )
    assert [row[:4] for row in rows] == [("a", "0", "8", "8"), ("b", "0", "0", "0")]
    assert clips_table("a", right).row_count == len(EXPECTED)


def test_recordings_stand_in_for_clips_of_the_same_name(tmp_path: Path) -> None:
    clips, poses = tmp_path / "clips", tmp_path / "poses"
    with pytest.raises(SourceError, match="is no folder of clips"):
        sources(clips)
    clips.mkdir()
    with pytest.raises(SourceError, match="holds no video"):
        sources(clips)
    for name in ("bow.mp4", "notes.txt", "clap.avi"):
        (clips / name).touch()
    assert sources(clips) == {"bow.mp4": clips / "bow.mp4", "clap.avi": clips / "clap.avi"}
    assert sources(clips, named=True) == {"bow.mp4": clips / "bow.mp4"}
    with pytest.raises(SourceError, match=r"bow\.npz: is not there; make it with `python main.py pose"):
        sources(clips, poses)
    poses.mkdir()
    for name in ("bow.npz", "clap.npz"):
        (poses / name).touch()
    assert sources(clips, poses) == {"bow.mp4": poses / "bow.npz", "clap.avi": poses / "clap.npz"}


def test_a_recording_goes_the_whole_road(tmp_path: Path) -> None:
    times = np.arange(0.0, 3.0, 0.1)
    joints = waving(times, hz=1.0, speed_m_s=0.0)[:, None]
    recording = SkeletonRecording(joints, np.ones((len(times), 1, 25)), times)
    save_recording(tmp_path / "wave.npz", recording)
    tally = run(tmp_path / "wave.npz", RecognizerLoader(device="cpu"))
    assert tally.frames == len(times)
    assert tally.people == {1: len(times)}
    assert tally.ranking()
