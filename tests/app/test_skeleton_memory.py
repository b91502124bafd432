from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from app import skeleton_memory
from app.entities import ActionEvent
from app.skeleton_memory import KEPT_S, SkeletonMemory, figure
from stgat.skeleton import NTU25
from tests.app.ui.fakes import decision, frame, person, running


def remember(memory, start_s, end_s, rate=10, people=(1,), **changes):
    for number in range(round(start_s * rate), round(end_s * rate)):
        time_s = number / rate
        memory.take(
            running(
                frame=frame(number, time_s),
                skeletons=tuple(person(time_s, p) for p in people),
                decisions=tuple(decision(p, time_s=time_s) for p in people),
                **changes,
            )
        )


WAVE = ActionEvent("wave", 4.0, 6.0, 0.9, 1)


def test_an_event_is_given_with_a_little_before_and_after_it():
    memory = SkeletonMemory()
    remember(memory, 0, 10, people=(1, 2))
    scene = memory.scene(WAVE)
    assert (scene.start_s, scene.end_s) == pytest.approx((3.0, 6.5))
    assert {skeleton.person_id for skeleton in scene.skeletons} == {1}
    assert scene.at(5.04).timestamp_s == pytest.approx(5.0)
    assert scene.decision_at(5.04).timestamp_s == pytest.approx(5.0)
    assert scene.decision_at(2.0) is None


def test_the_person_is_wholly_in_the_picture_all_the_time():
    memory = SkeletonMemory()
    remember(memory, 0, 10)
    for skeleton in memory.scene(WAVE).skeletons:
        assert (skeleton.image_joints > 0).all()
        assert (skeleton.image_joints < 1).all()
    heights = [np.ptp(s.image_joints[:, 1]) for s in memory.scene(WAVE).skeletons]
    assert max(heights) > 0.5  # and not far away


def test_the_figure_stands_where_its_joints_are():
    memory = SkeletonMemory()
    remember(memory, 0, 10)
    scene = memory.scene(WAVE)
    snapshot = figure(scene, 5.0)
    image = snapshot.frame.image
    x, y = scene.at(5.0).image_joints[NTU25.joints.index("spine mid")]
    centre = image[round(y * image.shape[0]), round(x * image.shape[1])]
    assert centre.min() > 100
    assert image[2, 2].max() < 60
    assert snapshot.decisions == (scene.decision_at(5.0),)


def test_a_recording_without_a_camera_is_looked_at_from_the_front():
    memory = SkeletonMemory()
    for number in range(100):
        body = replace(person(number / 10), image_joints=None)
        memory.take(running(frame=frame(number, number / 10), skeletons=(body,)))
    assert np.isfinite(memory.scene(WAVE).at(5.0).image_joints).all()


def test_joints_that_nobody_knows_are_no_trouble():
    memory = SkeletonMemory()
    for number in range(100):
        body = person(number / 10)
        body.joints_m[20:] = np.nan
        body.image_joints[20:] = np.nan
        memory.take(running(frame=frame(number, number / 10), skeletons=(body,)))
    assert figure(memory.scene(WAVE), 5.0).frame.image.std() > 5


@pytest.mark.parametrize("known", [(0.0, 1.0), (5.5, 9.0)], ids=["before", "only its end"])
def test_a_moment_that_was_not_seen_is_not_made_up(known):
    memory = SkeletonMemory()
    remember(memory, *known)
    assert memory.scene(WAVE) is None


def test_after_ten_minutes_a_moment_is_forgotten():
    memory = SkeletonMemory()
    remember(memory, 0, 10)
    remember(memory, KEPT_S + 8, KEPT_S + 9)
    assert memory.scene(WAVE) is None


def test_there_is_an_end_to_what_is_kept(monkeypatch):
    monkeypatch.setattr(skeleton_memory, "MOST_SKELETONS", 50)
    memory = SkeletonMemory()
    remember(memory, 0, 20, people=(1, 2))
    assert len(memory) <= 50


def test_of_a_fast_camera_not_every_picture_is_kept():
    memory = SkeletonMemory()
    remember(memory, 0, 4, rate=120)
    assert 80 < len(memory) <= 4 * 32


def test_no_picture_is_kept():
    memory = SkeletonMemory()
    picture = frame(0, 0.0)
    image = weakref.ref(picture.image)
    memory.take(running(frame=picture))
    del picture
    gc.collect()
    assert image() is None


def test_the_same_snapshot_seen_again_changes_nothing():
    memory = SkeletonMemory()
    snapshot = running(5)
    for _ in range(3):
        memory.take(snapshot)
    assert len(memory) == 1


def test_time_that_runs_backwards_begins_anew():
    memory = SkeletonMemory()
    remember(memory, 0, 10)
    remember(memory, 0, 1)
    assert len(memory) == 10
    assert memory.newest_s == pytest.approx(0.9)
