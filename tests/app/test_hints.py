"""When somebody is told to step back, and that it does not flicker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.entities import VideoFrame
from app.hints import SAY_AFTER_S, TAKE_BACK_AFTER_S, Hint, Hints, is_dark
from stgat.skeleton import NTU25, Skeleton

HIPS = [NTU25.joints.index(name) for name in ("left hip", "right hip")]
ROOM = np.full((48, 64, 3), 120, np.uint8)


def person(hips: float = 0.95, y: float = 0.6, picture: bool = True) -> Skeleton:
    """Somebody whose hips have this confidence, at this height of the picture (1 is its lower edge)."""
    confidence = np.full(25, 0.95)
    confidence[HIPS] = hips
    joints = np.full((25, 2), 0.5)
    joints[HIPS, 1] = y
    return Skeleton(np.zeros((25, 3)), confidence, 1, 0.0, joints if picture else None)


CLOSE, WHOLE = person(hips=0.1, y=1.2), person()


def said(
    script: list[tuple[float, list[Skeleton]]], image: np.ndarray = ROOM, fps: int = 20
) -> list[Hint | None]:
    """What is said at each picture of (seconds, who is seen) one after the other."""
    hints, now, answers = Hints(), 0, []
    for seconds, seen in script:
        for _ in range(round(seconds * fps)):
            answers.append(hints.update(VideoFrame(image, now, now / fps), seen))
            now += 1
    return answers


def test_somebody_without_hips_is_told_to_step_back_until_they_show() -> None:
    answers = said([(2, [CLOSE]), (2, [WHOLE])])
    assert answers[:20] == [None] * 20
    assert set(answers[20:40]) == {Hint.STEP_BACK}
    assert answers[-20:] == [None] * 20


@pytest.mark.parametrize("seen", [[WHOLE], [CLOSE, WHOLE], [person(0.1, 1.2, picture=False)]])
def test_who_is_seen_well_or_comes_without_a_picture_is_told_nothing(seen: list[Skeleton]) -> None:
    assert set(said([(3, seen)])) == {None}


def test_a_hip_outside_the_picture_counts_for_nothing_however_sure_the_pose_is() -> None:
    assert said([(2, [person(0.9, 1.1)])])[-1] is Hint.STEP_BACK


def test_nobody_is_said_after_a_second_and_taken_back_at_once() -> None:
    answers = said([(2, []), (0.05, [WHOLE])])
    assert (answers[19], answers[-2], answers[-1]) == (None, Hint.NOBODY, None)


def test_a_dark_picture_says_so_and_light_changes_it_at_once() -> None:
    night = np.full((48, 64, 3), 8, np.uint8)
    assert said([(2, [])], night)[-1] is Hint.DARK
    assert is_dark(night)
    night[10:30, 10:30] = 200  # a screen, a lamp: something can be seen
    assert not is_dark(night)
    hints = Hints()
    for index in range(40):
        hints.update(VideoFrame(night // 25, index, index / 20), [])
    assert hints.hint is Hint.DARK
    assert hints.update(VideoFrame(ROOM, 40, 2.0), []) is Hint.NOBODY


def test_a_leap_in_a_film_is_no_while_and_a_slow_camera_is() -> None:
    for may_leap, said_then in ((True, None), (False, Hint.NOBODY)):
        hints = Hints()
        hints.update(VideoFrame(ROOM, 0, 0.0), [])
        assert hints.update(VideoFrame(ROOM, 1, 5.0), [], may_leap) is said_then


def test_a_film_that_begins_anew_begins_anew() -> None:
    hints = Hints()
    for index in range(40):
        hints.update(VideoFrame(ROOM, index, index / 20), [])
    assert hints.hint is Hint.NOBODY
    assert hints.update(VideoFrame(ROOM, 0, 0.0), []) is None


@given(st.lists(st.sampled_from([0.05, 0.35, 0.45, 0.6]), min_size=30, max_size=120))
def test_hips_that_come_and_go_do_not_make_it_flicker(confidences: list[float]) -> None:
    """Between two changes of mind lies at least the shorter of the two delays."""
    hints, changes, before = Hints(), [], None
    for index, hips in enumerate(confidences):
        now = hints.update(VideoFrame(ROOM, index, index / 10), [person(hips)])
        if now is not before:
            changes.append(index / 10)
            before = now
    gaps = np.diff(changes)
    assert (gaps >= min(SAY_AFTER_S, TAKE_BACK_AFTER_S) - 1e-6).all()


@given(st.integers(0, 20), st.integers(0, 20))
def test_any_picture_can_be_judged(height: int, width: int) -> None:
    assert is_dark(np.zeros((height, width, 3), np.uint8)) == (height * width > 0)
