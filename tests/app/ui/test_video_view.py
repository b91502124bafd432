from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtGui import QColor

from app import overlay
from app.entities import Health, Snapshot, VideoFrame
from app.hints import Hint
from app.ui import texts
from app.ui.video_view import VideoView
from stgat.skeleton import NTU25, Skeleton
from tests.app.ui.fakes import decision, person

LEFT_KNEE, RIGHT_KNEE = NTU25.joints.index("left knee"), NTU25.joints.index("right knee")
HEAD = NTU25.joints.index("head")


@pytest.fixture
def view(qtbot):
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.show()
    return view


def show(view, skeletons=(), decisions=(), image=None):
    image = np.full((480, 640, 3), 90, np.uint8) if image is None else image
    view.show_snapshot(
        Snapshot(Health.RUNNING, VideoFrame(image, 0, 0.0), tuple(skeletons), tuple(decisions))
    )


def pixels(view):
    image = view.grab().toImage()
    return np.array(
        [[image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())]
    )


def colour_at(view, point):
    image = view.grab().toImage()
    return QColor(image.pixel(round(point.x()), round(point.y()))).getRgb()[:3]


def lone_joint(joint, confidence=1.0, at=(0.5, 0.5)):
    image = np.full((25, 2), np.nan)
    image[joint] = at
    return Skeleton(np.full((25, 3), np.nan), np.full(25, confidence), 1, 0.0, image)


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ((480, 640), (0, 0, 640, 480)),
        ((480, 480), (80, 0, 480, 480)),
        ((960, 540), (185, 0, 270, 480)),
        ((270, 1080), (0, 160, 640, 160)),
    ],
)
def test_the_picture_keeps_its_aspect_and_stands_in_the_middle(view, shape, box):
    show(view, image=np.zeros((*shape, 3), np.uint8))
    rect = view.picture_rect()
    assert (rect.x(), rect.y(), rect.width(), rect.height()) == pytest.approx(box)


def test_the_picture_is_painted_as_it_is_and_mirrored_on_demand(view):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :32], image[:, 32:] = (200, 10, 10), (10, 10, 200)
    show(view, image=image)
    painted = pixels(view)
    assert painted[240, 100].tolist() == [200, 10, 10]
    assert painted[240, 540].tolist() == [10, 10, 200]
    view.set_mirrored(True)
    assert np.abs(pixels(view)[:, ::-1] - painted).max() <= 1


@pytest.mark.parametrize("mirrored", [False, True])
def test_left_and_right_keep_their_colours_and_follow_the_mirror(view, mirrored):
    someone = person(0.0)
    show(view, [someone])
    view.set_mirrored(mirrored)
    for joint, side in ((LEFT_KNEE, overlay.Side.LEFT), (RIGHT_KNEE, overlay.Side.RIGHT)):
        x, y = someone.image_joints[joint]
        point = view.joint_position(someone, joint)
        assert (point.x(), point.y()) == pytest.approx((640 * (1 - x if mirrored else x), 480 * y))
        assert np.abs(np.subtract(colour_at(view, point), overlay.SIDE_COLOURS[side])).max() <= 8


def test_words_are_not_mirrored(view):
    show(view, [lone_joint(HEAD)], [decision()])
    plain = pixels(view)
    view.set_mirrored(True)
    assert np.array_equal(pixels(view), plain)


def test_joints_fade_with_confidence_and_vanish_when_it_is_none(view):
    def strength(confidence):
        show(view, [lone_joint(LEFT_KNEE, confidence)])
        return abs(colour_at(view, view.picture_rect().center())[2] - 90)

    strengths = [strength(confidence) for confidence in (0.01, 0.2, 0.6, 1.0)]
    assert strengths[0] == 0
    assert strengths == sorted(set(strengths))


def test_unknown_joints_are_not_painted(view):
    show(view)
    plain = pixels(view)
    nowhere = replace(person(0.0), image_joints=np.full((25, 2), np.nan))
    show(view, [nowhere, replace(nowhere, image_joints=None)], [decision()])
    assert np.array_equal(pixels(view), plain)


def test_some_nan_joints_and_some_outside_the_picture_do_no_harm(view):
    image = person(0.0).image_joints.copy()
    image[::3] = np.nan
    image[1] = (1e9, -1e9)
    image[2] = (np.inf, 0.5)
    show(view, [replace(person(0.0), image_joints=image, confidence=np.full(25, np.nan))])
    pixels(view)
    show(view, [replace(person(0.0), image_joints=image)])
    pixels(view)


def test_captions_of_heads_close_together_do_not_cover_each_other(view, monkeypatch):
    pills = []
    monkeypatch.setattr(VideoView, "_paint_pill", lambda self, painter, pill, words: pills.append(pill))
    show(view, [lone_joint(HEAD), replace(lone_joint(HEAD, at=(0.52, 0.51)), person_id=2)])
    view.grab()
    first, second = pills
    assert not first.intersects(second)


@pytest.mark.parametrize("size", [(160, 120), (20, 300), (900, 20), (1, 1)])
@pytest.mark.parametrize("shape", [(480, 640), (1280, 720), (1, 1), (3, 2000), (0, 0)])
def test_any_picture_is_painted_in_any_size_with_any_message(view, size, shape):
    view.setMinimumSize(1, 1)
    view.resize(*size)
    show(view, [person(0.0)], [decision()], image=np.zeros((*shape, 3), np.uint8))
    for message in (
        texts.STARTING,
        texts.HINTS[Hint.NOBODY],
        texts.failed("camera:0", "w " * 200, False),
        None,
    ):
        view.set_message(message)
        assert not view.grab().isNull()


def test_a_picture_that_is_a_view_of_another_is_painted_rightly(view):
    image = np.zeros((96, 128, 3), np.uint8)
    image[:, :64] = (0, 200, 0)
    show(view, image=image[::2, 10:60][:, ::-1])
    assert pixels(view)[240, 320].tolist() == [0, 200, 0]


def test_a_message_is_readable_by_screen_readers_and_dims_the_picture(view):
    show(view, image=np.full((48, 64, 3), 250, np.uint8))
    view.set_message(texts.failed("camera:0", "The camera was unplugged.", True))
    assert view.accessibleDescription() == "Camera lost. The camera was unplugged."
    assert pixels(view)[5, 5].max() < 120
    assert view.rect().contains(view.button.geometry())
    view.set_message(None)
    assert view.accessibleDescription() == ""
    assert not view.button.isVisible()


def test_the_waiting_wheel_turns(view, monkeypatch):
    view.set_message(texts.STARTING)
    painted = []
    for moment_s in (10.0, 10.4):
        monkeypatch.setattr("app.ui.video_view.time.monotonic", lambda now_s=moment_s: now_s)
        painted.append(pixels(view))
    assert not np.array_equal(*painted)


def two_joints(confidence):
    image = np.full((25, 2), np.nan)
    image[LEFT_KNEE], image[NTU25.joints.index("left ankle")] = (0.5, 0.2), (0.5, 0.8)
    return Skeleton(np.full((25, 3), np.nan), np.full(25, confidence), 1, 0.0, image)


def test_bones_of_a_poorly_seen_joint_are_dashed_and_the_joint_is_hollow(view):
    def shin(confidence):
        show(view, [two_joints(confidence)])
        painted = pixels(view)
        column = (painted[120:360, 320] != 90).any(axis=1)
        return int((np.diff(column.astype(int)) == -1).sum()), painted[96, 320].max()

    assert shin(0.6)[0] == 0
    gaps, middle_of_the_knee = shin(0.4)
    assert gaps > 5
    assert middle_of_the_knee < 90  # a hole in a ring


def test_the_caption_says_who_does_what_and_how_sure_that_is(view, monkeypatch):
    said = []
    monkeypatch.setattr(VideoView, "_paint_pill", lambda self, painter, pill, words: said.append(words))
    show(view, [lone_joint(HEAD)], [decision()])
    view.grab()
    assert said == ["Person 1 · Wave 86 %"]


def test_the_skeleton_can_be_hidden_and_its_caption_stays(view, monkeypatch):
    show(view, [person(0.0)], [decision()])
    knee = view.joint_position(person(0.0), LEFT_KNEE)
    view.show_skeleton(False)
    assert colour_at(view, knee) == (90, 90, 90)
    assert (pixels(view)[:150] != 90).any()


def moving_hand(time_s):
    image = np.full((25, 2), np.nan)
    image[NTU25.joints.index("left hand")] = (0.2 + 0.4 * time_s, 0.5)
    return Skeleton(np.full((25, 3), np.nan), np.ones(25), 1, time_s, image)


def test_a_hand_leaves_a_trail_where_it_is_asked_for_thinner_and_fainter_with_age(view):
    image = np.full((480, 640, 3), 90, np.uint8)
    for index in range(31):
        time_s = index / 30
        view.show_snapshot(
            Snapshot(Health.RUNNING, VideoFrame(image, index, time_s), (moving_hand(time_s),), ())
        )
    assert colour_at(view, view.rect().center()) == (90, 90, 90)
    view.show_trails(True)
    painted = np.abs(pixels(view).astype(int) - 90).max(axis=2)
    old, new = painted[:, 150], painted[:, 340]
    assert 0 < old.max() < new.max()
    assert 0 < (old > 10).sum() < (new > 10).sum()
    view.set_mirrored(True)
    assert np.abs(pixels(view).astype(int) - 90).max(axis=2)[:, 640 - 340].max() > 10
    view.clear()
    show(view)
    assert (pixels(view) == 90).all()
