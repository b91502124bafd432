from __future__ import annotations

import numpy as np
import pytest

from pose.extractor import SkeletonExtractor
from pose.landmarks import Pose
from tests.pose.bodies import at, rotation, seen, standing

IMAGE = np.zeros((480, 640, 3), np.uint8)


class ScriptedEstimator:
    """Gives the poses of a script, one entry a call."""

    def __init__(self, script: list[list[Pose]]) -> None:
        self.script = iter(script)
        self.resets = 0
        self.closed = False

    def estimate(self, image_rgb: np.ndarray, timestamp_s: float) -> list[Pose]:
        return next(self.script)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed = True


def extract(script, fps=25, **options):
    with SkeletonExtractor(estimator=ScriptedEstimator(script), **options) as extractor:
        return [extractor.process(IMAGE, i / fps) for i in range(len(script))]


def test_a_skeleton_stands_in_the_room_in_kinect_axes():
    """Half a metre to the picture's right of a camera that looks straight at the hips, three metres away."""
    (skeleton,) = extract([[seen(standing(), (0.5, 0.0, 3.0))]])[0]
    assert skeleton.joints_m.shape == (25, 3)
    assert skeleton.joints_m[0] == pytest.approx([-0.5, -0.06, 3.0], abs=0.2)
    assert skeleton.joints_m[3, 1] > 0.5
    assert skeleton.joints_m[4, 0] < skeleton.joints_m[8, 0]
    assert skeleton.confidence.shape == (25,)
    assert skeleton.image_joints is not None
    assert skeleton.image_joints.shape == (25, 2)
    assert (skeleton.person_id, skeleton.timestamp_s) == (0, 0.0)


def test_people_come_sorted_by_id_whatever_order_they_are_found_in():
    left, right = at(0.2, height=0.6), at(0.8, height=0.5)
    frames = extract([[left, right], [right, left]])
    assert [[s.person_id for s in frame] for frame in frames] == [[0, 1], [0, 1]]
    first = [frame[0].image_joints[0, 0] for frame in frames]
    assert first == pytest.approx([0.2, 0.2], abs=0.01)


def test_a_person_who_is_not_seen_is_not_reported_and_keeps_the_id():
    person = [at(0.5)]
    frames = extract([person, [], [], person])
    assert [[s.person_id for s in frame] for frame in frames] == [[0], [], [], [0]]


def test_no_more_than_max_people_are_reported():
    crowd = [at(0.2), at(0.5), at(0.8)]
    assert [len(frame) for frame in extract([crowd] * 3, max_people=2)] == [2, 2, 2]


def test_joints_that_tremble_are_steadied():
    rng = np.random.default_rng(0)
    body = standing()
    script = []
    for _ in range(60):
        pose = seen(body, (0.0, 0.0, 3.0))
        script.append(
            [Pose(pose.image_landmarks, body + rng.normal(scale=0.01, size=(33, 3)), pose.visibility)]
        )
    joints = np.array([frame[0].joints_m for frame in extract(script)])
    relative = joints - joints[:, :1]
    assert relative[20:, 6].std(axis=0).max() < 0.009


def test_a_person_who_turns_round_keeps_left_and_right():
    """Seen from behind the left shoulder is at the picture's left: at larger x in Kinect space."""
    back = standing() @ rotation(np.array([0.0, 1.0, 0.0]), np.pi).T
    (skeleton,) = extract([[seen(back, (0.0, 0.0, 3.0))]])[0]
    assert skeleton.joints_m[4, 0] > skeleton.joints_m[8, 0]


def test_reset_forgets_everybody_and_close_closes_the_estimator():
    estimator = ScriptedEstimator([[at(0.2)], [at(0.8)], [at(0.8)]])
    extractor = SkeletonExtractor(estimator=estimator)
    extractor.process(IMAGE, 0.0)
    assert extractor.process(IMAGE, 0.04)[0].person_id == 1
    extractor.reset()
    assert estimator.resets == 1
    assert extractor.process(IMAGE, 0.0)[0].person_id == 0
    extractor.close()
    assert estimator.closed


def test_an_impossible_field_of_view_is_refused_before_anything_is_opened():
    with pytest.raises(ValueError, match="between 0 and 180"):
        SkeletonExtractor(horizontal_fov_deg=200.0, estimator=ScriptedEstimator([]))
