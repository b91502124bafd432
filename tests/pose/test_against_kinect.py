"""The mapped joints against real recordings of a Kinect v2: axes, left and right, lengths."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from pose.extractor import SkeletonExtractor
from pose.ntu_mapping import to_ntu
from stgat.skeleton import NTU25
from tests.pose.bodies import seen, standing

pytestmark = pytest.mark.shared

JOINT = {name: i for i, name in enumerate(NTU25.joints)}
#: Joint to parent, metres: the medians over NTU RGB+D, as stgat.retarget has them.
NTU_LENGTHS_M = {
    ("spine mid", "spine base"): 0.299, ("spine shoulder", "spine mid"): 0.222,
    ("neck", "spine shoulder"): 0.074, ("head", "neck"): 0.126,
    ("left shoulder", "spine shoulder"): 0.158, ("left elbow", "left shoulder"): 0.239,
    ("left wrist", "left elbow"): 0.230, ("right shoulder", "spine shoulder"): 0.169,
    ("right elbow", "right shoulder"): 0.233, ("right wrist", "right elbow"): 0.234,
    ("left hip", "spine base"): 0.083, ("left knee", "left hip"): 0.339,
    ("left ankle", "left knee"): 0.367, ("left foot", "left ankle"): 0.120,
    ("right hip", "spine base"): 0.072, ("right knee", "right hip"): 0.328,
    ("right ankle", "right knee"): 0.369, ("right foot", "right ankle"): 0.109,
}  # fmt: skip


def read_first_body(text: str) -> np.ndarray:
    """(T, 25, 3) of the first body; raises StopIteration for a file that ends too early."""
    lines = iter(text.splitlines())
    frames = []
    for _ in range(int(next(lines))):
        for body in range(int(next(lines))):
            next(lines)  # what the sensor says of the body
            joints = [[float(v) for v in next(lines).split()[:3]] for _ in range(int(next(lines)))]
            if body == 0:
                frames.append(joints)
    return np.array(frames)


@pytest.fixture(scope="module")
def recordings(shared_dir: Path) -> dict[str, np.ndarray]:
    whole = {}
    with zipfile.ZipFile(shared_dir / "datasets" / "ntu-samples.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".skeleton"):
                try:
                    whole[name] = read_first_body(archive.read(name).decode())
                except StopIteration:  # two files of the sample are broken
                    continue
    assert len(whole) == 13
    return whole


@pytest.fixture(scope="module")
def clapping(shared_dir: Path, pose_model: Path) -> np.ndarray:
    """(T, 25, 3) from the colour video of an NTU recording, which is a mirror image and is flipped here."""
    with SkeletonExtractor(horizontal_fov_deg=84.1) as extractor:  # a Kinect v2's colour camera
        found = [
            extractor.process(picture[:, ::-1], time_s)
            for picture, time_s in pictures(shared_dir / "clips" / "ntu_clapping.avi")
        ]
    assert all(len(people) == 1 for people in found)
    return np.array([people[0].joints_m for people in found])


def pictures(path: Path) -> Iterator[tuple[np.ndarray, float]]:
    with av.open(path) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24"), float(frame.time)


def handedness(joints: np.ndarray) -> np.ndarray:
    """Above 0 where right x up x forward is a left-handed triple, whichever way a person (T, 25, 3) faces.

    Forward is where the toes point. Nothing but a mirror changes the sign.
    """
    right = joints[:, JOINT["right shoulder"]] - joints[:, JOINT["left shoulder"]]
    up = joints[:, JOINT["head"]] - joints[:, JOINT["spine base"]]
    feet = [
        joints[:, JOINT[f"{side} foot"]] - joints[:, JOINT[f"{side} ankle"]] for side in ("left", "right")
    ]
    return -np.einsum("ti,ti->t", np.cross(right, up), feet[0] + feet[1])


def is_median_above_zero(values: np.ndarray) -> bool:
    return bool(np.median(values) > 0)


def test_kinect_people_who_face_the_sensor_have_the_left_shoulder_at_smaller_x(recordings):
    for name, joints in recordings.items():
        across = joints[:, JOINT["right shoulder"]] - joints[:, JOINT["left shoulder"]]
        assert is_median_above_zero(across[:, 0]), name
        assert is_median_above_zero(joints[:, JOINT["head"], 1] - joints[:, JOINT["spine base"], 1]), name
        assert is_median_above_zero(joints[:, 0, 2] - 1.0), name


def test_mapped_bodies_have_the_handedness_of_kinect_bodies(recordings, clapping):
    """Were an axis turned or left and right swapped anywhere on the road, the sign would differ."""
    kinect = {is_median_above_zero(handedness(joints)) for joints in recordings.values()}
    assert len(kinect) == 1
    drawn = to_ntu(seen(standing()), (640, 480))[0]
    assert {is_median_above_zero(handedness(drawn[None]))} == kinect
    assert {is_median_above_zero(handedness(clapping))} == kinect
    assert {is_median_above_zero(handedness(clapping * (-1.0, 1.0, 1.0)))} != kinect


def test_a_flipped_ntu_video_gives_a_person_who_faces_the_sensor_like_a_kinect_recording(clapping):
    assert (clapping[:, JOINT["left shoulder"], 0] < clapping[:, JOINT["right shoulder"], 0]).all()
    assert (clapping[:, JOINT["left wrist"], 2] < clapping[:, JOINT["spine base"], 2]).mean() > 0.9
    assert (clapping[:, JOINT["head"], 1] > clapping[:, JOINT["spine base"], 1] + 0.5).all()


def test_the_root_of_an_ntu_video_lies_where_ntu_subjects_stand(clapping, recordings):
    """NTU's subjects stand between two and five metres from the sensor, and this one does not walk."""
    depths = np.array([joints[:, 0, 2].mean() for joints in recordings.values()])
    assert depths.min() - 0.5 < clapping[:, 0, 2].mean() < depths.max() + 0.5
    assert clapping[:, 0].std(axis=0).max() < 0.08


def test_hands_that_clap_meet_in_front_of_the_chest(clapping):
    apart = np.linalg.norm(clapping[:, JOINT["left hand"]] - clapping[:, JOINT["right hand"]], axis=1)
    assert apart.min() < 0.15
    height = clapping[:, [JOINT["left hand"], JOINT["right hand"]], 1].mean(axis=1)
    assert (height > clapping[:, JOINT["spine base"], 1]).mean() > 0.8
    assert (height < clapping[:, JOINT["head"], 1]).all()


def test_the_assumed_lengths_are_those_of_the_recordings(recordings):
    """Each sample's median within a fifth of the published median, for most bones of most people."""
    ratios = [
        np.median(np.linalg.norm(joints[:, JOINT[a]] - joints[:, JOINT[b]], axis=1)) / length
        for joints in recordings.values()
        for (a, b), length in NTU_LENGTHS_M.items()
    ]
    assert np.mean(np.abs(np.log(ratios)) < np.log(1.2)) > 0.75


def test_mapped_bone_lengths_agree_with_ntus_medians(clapping):
    """Trunk, thighs and shins within 12 %, arms (they point at the camera) and short bones within 25 %."""
    for (a, b), length in NTU_LENGTHS_M.items():
        measured = np.median(np.linalg.norm(clapping[:, JOINT[a]] - clapping[:, JOINT[b]], axis=1))
        tolerance = 0.12 if {"mid", "knee"} & {*a.split(), *b.split()} else 0.25
        assert measured == pytest.approx(length, rel=tolerance), f"{a} to {b}"
