from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app import overlay
from app.entities import State
from app.overlay import SIDE_COLOURS, Side, draw_overlay
from stgat.skeleton import NTU25
from tests.app.ui.fakes import decision, person

LEFT_KNEE, RIGHT_KNEE = NTU25.joints.index("left knee"), NTU25.joints.index("right knee")
HEAD = NTU25.joints.index("head")
GREY = 90


def picture(height=480, width=640):
    return np.full((height, width, 3), GREY, np.uint8)


def only(joint, confidence=1.0, **changes):
    image = np.full((25, 2), np.nan)
    image[joint] = changes.pop("at", (0.5, 0.5))
    return replace(person(0.0), image_joints=image, confidence=np.full(25, confidence), **changes)


def test_sides_are_told_from_the_joints_names():
    sides = dict(zip(NTU25.joints, overlay.JOINT_SIDES, strict=True))
    assert sides["left thumb"] is Side.LEFT
    assert sides["right hip"] is Side.RIGHT
    assert sides["spine shoulder"] is sides["head"] is Side.MIDDLE
    assert [side for _, _, side in overlay.BONES].count(Side.LEFT) == 10
    assert [side for _, _, side in overlay.BONES].count(Side.RIGHT) == 10
    assert len(overlay.BONES) == 24


def test_the_side_colours_differ_in_lightness_too():
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in SIDE_COLOURS.values())
    assert min(np.diff(light)) > 1.5
    assert light[-1] - light[0] > 60


@pytest.mark.parametrize("joint", [LEFT_KNEE, RIGHT_KNEE, HEAD])
def test_joints_are_drawn_where_they_are_in_their_sides_colour(joint):
    someone = person(0.0)
    drawn = draw_overlay(picture(), [someone])
    x, y = np.rint(someone.image_joints[joint] * (640, 480)).astype(int)
    assert drawn[y, x].astype(int) == pytest.approx(SIDE_COLOURS[overlay.JOINT_SIDES[joint]], abs=8)


def test_the_given_picture_is_left_alone():
    image = picture()
    draw_overlay(image, [person(0.0)], [decision()])
    assert (image == GREY).all()


def test_joints_fade_with_confidence_and_vanish_when_it_is_none():
    def strength(confidence):
        drawn = draw_overlay(picture(), [only(LEFT_KNEE, confidence)])
        return abs(int(drawn[240, 320, 2]) - GREY)

    strengths = [strength(c) for c in (0.0, 0.01, 0.1, 0.5, 1.0)]
    assert strengths[:2] == [0, 0]
    assert strengths[1:] == sorted(set(strengths[1:]))


def test_a_bone_needs_both_its_ends():
    someone = person(0.0)
    image = someone.image_joints.copy()
    shin = (image[LEFT_KNEE] + image[NTU25.joints.index("left ankle")]) / 2
    x, y = np.rint(shin * (640, 480)).astype(int)
    whole = draw_overlay(picture(), [someone])
    image[NTU25.joints.index("left ankle")] = np.nan
    cut = draw_overlay(picture(), [replace(someone, image_joints=image)])
    assert (whole[y, x] != GREY).any()
    assert (cut[y, x] == GREY).all()


@pytest.mark.parametrize("image_joints", [None, np.full((25, 2), np.nan)])
def test_a_skeleton_that_is_nowhere_in_the_picture_leaves_no_trace(image_joints):
    nowhere = replace(person(0.0), image_joints=image_joints)
    assert (draw_overlay(picture(), [nowhere], [decision()]) == GREY).all()


@pytest.mark.parametrize("shape", [(480, 640), (1280, 720), (24, 24), (1, 1), (8, 900)])
def test_joints_far_outside_and_any_shape_of_picture_do_no_harm(shape):
    image = person(0.0).image_joints * 40 - 20
    image[3] = (1e12, -1e12)
    image[4] = (np.inf, np.nan)
    drawn = draw_overlay(
        picture(*shape), [replace(person(0.0), image_joints=image), person(1.0)], [decision()]
    )
    assert drawn.shape == (*shape, 3)
    assert drawn.dtype == np.uint8


def test_a_picture_that_is_a_view_can_be_drawn_on():
    drawn = draw_overlay(picture(960, 1280)[::2, ::-2], [person(0.0)])
    assert (drawn != GREY).any()


@pytest.mark.parametrize("at", [(0.5, 0.5), (0.99, 0.01), (0.0, 0.99)])
def test_the_caption_stands_near_the_head_and_inside_the_picture(at):
    head = only(HEAD, at=at)
    plain, said = (
        draw_overlay(picture(), [head]),
        draw_overlay(picture(), [head], [decision(label="put on a hat")]),
    )
    assert (plain != said).any()  # another caption
    rows, columns = np.nonzero((said != GREY).any(axis=2))
    assert abs(rows.mean() / 480 - at[1]) < 0.2
    assert abs(columns.mean() / 640 - at[0]) < 0.35


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "Person 3"),
        (decision(3, label="clap"), "Person 3 · clap 86%"),
        (decision(3, State.IDLE), "Person 3 · idle"),
        (decision(3, State.UNKNOWN), "Person 3 · unknown"),
        (decision(3, State.NO_PERSON), "Person 3"),
    ],
)
def test_the_words_beside_the_head(said, words):
    assert overlay.caption(3, said) == words


def test_without_a_head_the_caption_is_at_the_highest_joint():
    image = person(0.0).image_joints.copy()
    image[[HEAD, NTU25.joints.index("neck")]] = np.nan
    image[LEFT_KNEE] = (0.3, 0.02)
    assert overlay.head_anchor(replace(person(0.0), image_joints=image)) == pytest.approx((0.3, 0.02))


def test_a_poorly_seen_joint_is_hollow_whatever_its_colour():
    sure, doubtful = (draw_overlay(picture(), [only(LEFT_KNEE, c)]) for c in (0.55, 0.45))
    ring = 4  # pixels from the middle
    assert np.abs(sure[240, 320].astype(int) - sure[240, 320 + ring]).max() < 8
    assert np.abs(doubtful[240, 320].astype(int) - doubtful[240, 320 + ring]).max() > 40


def test_bones_of_a_poorly_seen_joint_are_dashed():
    someone = person(0.0)
    knee, ankle = LEFT_KNEE, NTU25.joints.index("left ankle")
    image = np.full((25, 2), np.nan)
    image[knee], image[ankle] = (0.5, 0.2), (0.5, 0.8)

    def gaps(confidence):
        drawn = draw_overlay(
            picture(), [replace(someone, image_joints=image, confidence=np.full(25, confidence))]
        )
        shin = (drawn[110:370, 320] != GREY).any(axis=1)
        return int((np.diff(shin.astype(int)) == -1).sum())

    assert gaps(0.6) == 0
    assert gaps(0.4) > 5


def test_confidence_that_is_not_known_counts_as_poor():
    doubtful = overlay.unsure(
        replace(person(0.0), confidence=np.array([np.nan, 0.49, 0.5, 1.0] + [0.0] * 21))
    )
    assert doubtful[:4].tolist() == [True, True, False, False]
