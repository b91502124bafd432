"""The whole road on a real video: a man on a low building jumps down, a woman walks by in front of it."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from pose.extractor import SkeletonExtractor
from pose.native_log import quiet_native_log
from stgat.skeleton import NTU25, Skeleton

JOINT = {name: i for i, name in enumerate(NTU25.joints)}


@pytest.fixture(scope="module")
def people(pose_model: Path, sports2d_demo: Path) -> list[tuple[Skeleton, ...]]:
    """The first five of eight seconds, 150 frames."""
    found = []
    with SkeletonExtractor() as extractor, av.open(sports2d_demo) as container:
        for frame in container.decode(video=0):
            found.append(extractor.process(frame.to_ndarray(format="rgb24"), float(frame.time)))
            if len(found) == 150:
                break
    return found


def paths(people: list[tuple[Skeleton, ...]]) -> dict[int, list[Skeleton]]:
    by_id: dict[int, list[Skeleton]] = {}
    for skeletons in people:
        for skeleton in skeletons:
            by_id.setdefault(skeleton.person_id, []).append(skeleton)
    return by_id


def test_somebody_is_found_in_nearly_every_frame_and_both_keep_one_id(people):
    assert np.mean([bool(frame) for frame in people]) > 0.95
    assert set(paths(people)) == {0, 1}


def test_every_number_is_finite_and_confidence_is_a_share(people):
    for skeleton in (skeleton for frame in people for skeleton in frame):
        assert np.isfinite(skeleton.joints_m).all()
        assert ((skeleton.confidence >= 0) & (skeleton.confidence <= 1)).all()


def test_the_man_stands_upright_facing_the_camera_high_up_in_the_picture(people):
    standing = [s for s in paths(people)[0] if s.timestamp_s < 1.8]
    joints = np.median([s.joints_m for s in standing], axis=0)
    assert joints[JOINT["left shoulder"], 0] < joints[JOINT["right shoulder"], 0] - 0.2
    assert joints[JOINT["head"], 1] - joints[JOINT["spine base"], 1] == pytest.approx(0.7, abs=0.12)
    assert joints[JOINT["spine base"], 1] - joints[JOINT["left ankle"], 1] == pytest.approx(0.7, abs=0.12)
    assert joints[0, 1] > 0.5  # above the camera's axis
    assert 4.0 < joints[0, 2] < 9.0


def test_the_woman_walks_several_metres_from_the_pictures_right_to_its_left(people):
    woman = paths(people)[1]
    x = np.array([s.joints_m[0, 0] for s in woman])
    t = np.array([s.timestamp_s for s in woman])
    assert x[-1] - x[0] > 2.0  # Kinect's x grows to the picture's left
    assert 0.7 < np.polyfit(t, x, 1)[0] < 2.0  # metres a second: a walk
    depth = np.array([s.joints_m[0, 2] for s in woman])
    assert depth.std() < 0.5


def test_the_woman_shows_the_camera_her_left_side(people):
    sides = [
        s.joints_m[JOINT["left shoulder"], 2] - s.joints_m[JOINT["right shoulder"], 2]
        for s in paths(people)[1]
    ]
    assert np.mean(np.array(sides) < 0) > 0.9


def test_both_have_the_bones_of_a_grown_person(people):
    for skeletons in paths(people).values():
        joints = np.array([s.joints_m for s in skeletons])
        for a, b, length in (
            ("spine base", "spine shoulder", 0.521),
            ("left hip", "left knee", 0.339),
            ("right knee", "right ankle", 0.369),
        ):
            measured = np.median(np.linalg.norm(joints[:, JOINT[a]] - joints[:, JOINT[b]], axis=1))
            assert measured == pytest.approx(length, rel=0.2), f"{a} to {b}"


def test_a_person_cut_at_the_hips_is_found_and_the_legs_are_known_to_be_a_guess(pose_model, sports2d_demo):
    """As at a desk: the man from his hips up, in the first second."""
    with SkeletonExtractor() as extractor, av.open(sports2d_demo) as container:
        for frame in itertools.islice(container.decode(video=0), 30):
            picture = frame.to_ndarray(format="rgb24")[20:250, 450:900]
            (man,) = extractor.process(picture, float(frame.time))
            assert man.confidence[JOINT["left shoulder"]] > 0.9
            assert max(man.confidence[JOINT["left knee"]], man.confidence[JOINT["right ankle"]]) < 0.3
            assert np.isfinite(man.joints_m).all()


def test_the_library_writes_nothing_to_the_users_terminal(pose_model, sports2d_demo):
    """Its native code has notes for the first search and the first person; a fresh process meets both."""
    script = """
import sys, av
from pose.extractor import SkeletonExtractor
found = 0
with SkeletonExtractor() as extractor, av.open(sys.argv[1]) as container:
    for frame in container.decode(video=0):
        found += bool(extractor.process(frame.to_ndarray(format="rgb24"), float(frame.time)))
        if found == 2:
            break
print(found)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(sports2d_demo)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_what_else_is_written_to_stderr_is_passed_on(capfd):
    with quiet_native_log():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nsomething went wrong\n")
    assert capfd.readouterr().err == "something went wrong\n"
