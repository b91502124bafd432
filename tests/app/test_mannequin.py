"""The figure that stands in for a picture."""

from __future__ import annotations

import numpy as np
import pytest

from app.mannequin import paint
from app.sources import open_source
from app.sources.recording import project, studio
from stgat.skeleton import Skeleton


@pytest.fixture(scope="module")
def standing() -> np.ndarray:
    """(25, 3) somebody who stands: the demo's first frame."""
    with open_source("demo") as demo:
        demo.open()
        (skeleton,) = next(demo.frames()).skeletons or ()
        return np.asarray(skeleton.joints_m, dtype=np.float64)


def person(standing: np.ndarray, x: float = 0.0, person_id: int = 0) -> Skeleton:
    joints = standing + np.array([x, 0.0, 0.0])
    return Skeleton(joints, np.ones(25), person_id, 0.0, project(joints, 16 / 9))


def test_a_figure_appears_where_the_joints_are_and_nowhere_else(standing: np.ndarray) -> None:
    room = studio(640, 360)
    image = paint(room, [person(standing)])
    changed = np.argwhere((image != room).any(axis=2))
    joints = person(standing).image_joints * [640, 360]
    assert (np.abs(changed[:, 1].min() - joints[:, 0].min()) < 30).all()
    assert changed[:, 1].max() < joints[:, 0].max() + 30
    for x, y in joints.round().astype(int):
        if 0 <= y < 360:
            assert (image[y, x] != room[y, x]).any()


def test_the_room_is_not_painted_over(standing: np.ndarray) -> None:
    room = studio(320, 180)
    before = room.copy()
    paint(room, [person(standing)])
    assert (room == before).all()


def test_two_people_are_both_painted(standing: np.ndarray) -> None:
    room = studio(640, 360)
    image = paint(room, [person(standing, -0.7, 0), person(standing, 0.7, 1)])
    changed = (image != room).any(axis=2)
    assert changed[:, :320].any()
    assert changed[:, 320:].any()


@pytest.mark.parametrize("joints", [[13, 14], [3], [4], list(range(25))])
def test_unknown_joints_leave_out_their_limbs(standing: np.ndarray, joints: list[int]) -> None:
    skeleton = person(standing)
    skeleton.image_joints[joints] = np.nan
    skeleton.joints_m[joints] = np.nan
    paint(studio(320, 180), [skeleton])


def test_nobody_and_a_skeleton_without_a_place_in_the_picture_leave_the_room_empty(
    standing: np.ndarray,
) -> None:
    room = studio(320, 180)
    lost = Skeleton(standing, np.ones(25), 0, 0.0, None)
    assert (paint(room, [lost]) == room).all()


def test_the_demo_shows_somebody_in_every_frame() -> None:
    with open_source("demo") as demo:
        info = demo.open()
        room = studio(info.width, info.height)
        for frame in list(demo.frames())[::60]:
            assert (frame.image != room).any()
