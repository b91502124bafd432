from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose import search
from pose.landmarks import Pose
from pose.search import Sighting, Window
from tests.pose.bodies import at, standing

sizes = st.tuples(st.integers(64, 2000), st.integers(64, 2000))


def inside(window: Window, width: int, height: int) -> bool:
    return 0 <= window.left < window.right <= width and 0 <= window.top < window.bottom <= height


@given(sizes, st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.floats(0.01, 3.0))
def test_every_window_lies_within_the_picture(size, x, y, tall):
    pose = at(x, y, tall)
    windows = [
        *search.windows_when_empty(*size),
        *search.windows_beside([pose], *size),
        search.around(pose, *size),
        search.around(pose, *size).grown(*size, 0.04),
    ]
    assert all(inside(window, *size) for window in windows)


@given(sizes)
def test_a_window_grows_until_it_is_the_whole_picture(size):
    window = Window(10, 10, 42, 42)
    for _ in range(200):
        window = window.grown(*size, 0.04)
    assert window == search.whole(*size)


def test_what_is_seen_in_a_window_is_placed_in_the_whole_picture():
    image = np.zeros((100, 200, 3), np.uint8)
    window = Window(50, 20, 150, 80)
    assert window.crop(image).shape == (60, 100, 3)
    placed = window.to_picture(at(0.5, 0.5), 200, 100).image_landmarks
    middle = placed[[23, 24], :2].mean(axis=0)
    np.testing.assert_allclose(middle, [0.5, 0.5])


def test_painting_hides_a_person_and_leaves_the_picture_it_was_given():
    image = np.full((360, 640, 3), 200, np.uint8)
    painted = search.paint_over(image, [at(0.5, 0.5, 0.6, aspect=640 / 360)])
    assert (image == 200).all()
    assert (painted[180, 320] == 127).all()
    assert (painted[180, 100] == 200).all()


def test_a_chair_is_not_taken_for_a_person():
    body = standing()
    sure = Pose(at(0.5).image_landmarks, body, np.full(33, 0.95))
    unseen_limbs = Pose(at(0.5).image_landmarks, body, np.full(33, 0.55))
    assert search.is_plausible(Sighting(sure, np.full(33, 0.99)))
    assert not search.is_plausible(Sighting(unseen_limbs, np.full(33, 0.99)))
    assert not search.is_plausible(Sighting(sure, np.full(33, 0.85)))


def test_legs_below_the_picture_do_not_make_a_person_less_plausible():
    """Somebody at a desk: measured, such a landmark has a visibility of 0.02 and a presence of 0.1."""
    pose = at(0.5, 0.95, 1.6)
    below = pose.image_landmarks[:, 1] > 1.0
    assert below.sum() >= 8
    seated = Pose(pose.image_landmarks, standing(), np.where(below, 0.02, 0.95))
    assert search.is_plausible(Sighting(seated, np.where(below, 0.1, 0.99)))


@pytest.mark.parametrize(("shift", "same"), [(0.0, True), (0.02, True), (0.1, False), (0.3, False)])
def test_one_person_found_twice_is_told_from_two_who_stand_close(shift, same):
    """At half the picture's height, 0.1 of it is two thirds of a shoulder's width."""
    assert search.is_same_person(at(0.5), at(0.5 + shift), aspect=1.0) is same


def test_what_is_left_of_a_painted_person_is_not_somebody_new():
    person = at(0.5, 0.5, 0.6)
    part = at(0.5, 0.5, 0.3)
    assert search.is_remnant(part, [person], 640, 640)
    assert not search.is_remnant(at(0.75, 0.5, 0.6), [person], 640, 640)
