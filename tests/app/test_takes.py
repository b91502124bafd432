"""A take is the part of a clip in which one person does something, or a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.errors import SourceError
from app.recordings import SkeletonRecording, save_recording
from app.takes import MARGIN_S, take_from_skeletons, take_from_source
from stgat.errors import TeachingError
from stgat.skeleton import Skeleton
from tests.stgat.bodies import STANDING, waving

FPS = 25.0


def acting(seconds: float = 4.0, begin_s: float = 1.5, end_s: float = 3.0) -> np.ndarray:
    """(T, 25, 3) somebody who stands, waves once, and stands again."""
    times = np.arange(round(seconds * FPS)) / FPS
    moving = np.clip(times, begin_s, end_s) - begin_s
    return waving(moving, hz=2.0, speed_m_s=0.0)


def frames(*people: np.ndarray) -> list[tuple[float, list[Skeleton]]]:
    return [
        (i / FPS, [Skeleton(joints[i], np.ones(25), n, i / FPS) for n, joints in enumerate(people)])
        for i in range(len(people[0]))
    ]


def saved(path: Path, *people: np.ndarray) -> Path:
    joints = np.stack(people, axis=1)
    save_recording(path, SkeletonRecording(joints, np.ones(joints.shape[:3]), np.arange(len(joints)) / FPS))
    return path


def test_a_take_is_cut_to_the_motion_and_a_margin() -> None:
    take = take_from_skeletons(frames(acting()), "camera")
    assert take.origin == "camera" and take.timestamps_s[0] == 0.0
    assert take.duration_s == pytest.approx(1.5 + 2 * MARGIN_S, abs=0.25)


def test_of_several_people_the_one_who_acts_is_taken() -> None:
    still = np.repeat(STANDING[None] + [1.0, 0, 0], len(acting()), axis=0)
    take = take_from_skeletons(frames(still, acting()))
    assert abs(take.joints_m[:, 0, 0]).max() < 0.5


def test_two_who_act_are_refused() -> None:
    with pytest.raises(TeachingError, match="two people"):
        take_from_skeletons(frames(acting(), acting() + np.array([1.0, 0, 0])))


def test_nobody_and_nothing_are_told_apart() -> None:
    with pytest.raises(TeachingError, match="nobody was seen"):
        take_from_skeletons([(i / FPS, []) for i in range(50)])
    with pytest.raises(TeachingError, match="nobody was seen"):
        take_from_skeletons([])
    with pytest.raises(TeachingError, match="nobody moves"):
        take_from_skeletons(frames(np.repeat(STANDING[None], 100, axis=0)))


def test_what_is_too_long_or_broken_by_absence_is_refused() -> None:
    with pytest.raises(TeachingError, match="cut it"):
        take_from_skeletons(frames(acting(40.0, 1.0, 39.0)))
    seen = frames(acting(6.0, 0.0, 6.0))
    with pytest.raises(TeachingError, match="out of sight"):
        take_from_skeletons(seen[:50] + seen[100:])
    with pytest.raises(TeachingError, match="too short"):
        take_from_skeletons(frames(acting(0.4, 0.0, 0.4)))


def test_joints_that_are_lost_for_a_while_do_not_matter() -> None:
    joints = acting().copy()
    joints[40:60, 7] = np.nan
    assert take_from_skeletons(frames(joints)).duration_s > 1.0


def test_a_recording_gives_a_take_of_the_part_that_is_named(tmp_path: Path) -> None:
    twice = np.concatenate([acting(), acting()])
    path = saved(tmp_path / "twice.npz", twice)
    take = take_from_source(path, start_s=4.0)
    assert take.origin == "twice.npz" and take.duration_s == pytest.approx(2.1, abs=0.25)
    with pytest.raises(TeachingError, match="after the start"):
        take_from_source(path, start_s=3.0, end_s=2.0)
    with pytest.raises(TeachingError, match=r"twice\.npz: nobody moves"):
        take_from_source(path, end_s=1.2)


def test_a_camera_a_missing_file_and_a_cancelled_reading_are_told(tmp_path: Path) -> None:
    with pytest.raises(TeachingError, match="file"):
        take_from_source("camera:0")
    with pytest.raises(SourceError):
        take_from_source(tmp_path / "absent.npz")
    with pytest.raises(TeachingError, match="cancelled"):
        take_from_source(saved(tmp_path / "a.npz", acting()), cancelled=lambda: True)
