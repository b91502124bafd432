"""MediaPipe's 33 landmarks -> the 25 joints of NTU RGB+D (Kinect v2).

Every joint is a weighted mean of landmarks (weights sum to 1, some are negative: a point beyond two
landmarks), so the whole mapping is one (25, 33) matrix. It moves, turns and mirrors with the body, and
serves metres and pixels alike. docs/webcam.md has the table with the reasons.
"""

from __future__ import annotations

import numpy as np

from pose.landmarks import Landmark, Pose
from stgat.skeleton import NTU25, FloatArray

Weights = dict[Landmark, float]


def _mean(*landmarks: Landmark) -> Weights:
    return {landmark: 1.0 / len(landmarks) for landmark in landmarks}


def _sum(*terms: tuple[float, Weights]) -> Weights:
    total: Weights = {}
    for factor, point in terms:
        for landmark, weight in point.items():
            total[landmark] = total.get(landmark, 0.0) + factor * weight
    return total


def _along(start: Weights, end: Weights, fraction: float) -> Weights:
    """The point at that fraction of the way from start to end; beyond the end where it is above 1."""
    return _sum((1.0 - fraction, start), (fraction, end))


_HIPS = _mean(Landmark.LEFT_HIP, Landmark.RIGHT_HIP)
_SHOULDERS = _mean(Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)
_EARS = _mean(Landmark.LEFT_EAR, Landmark.RIGHT_EAR)
_EYES = _mean(Landmark.LEFT_EYE, Landmark.RIGHT_EYE)
_MOUTH = _mean(Landmark.MOUTH_LEFT, Landmark.MOUTH_RIGHT)

# Kinect's spine base lies below the line between MediaPipe's hips, an eighth of the trunk's length.
_SPINE_BASE = _along(_SHOULDERS, _HIPS, 1.12)
# Kinect's head is the middle of the skull: above the ears (eyes minus mouth points up) and behind them.
_HEAD = _sum((1.0, _EARS), (0.25, _EARS), (-0.25, _mean(Landmark.NOSE)), (0.4, _EYES), (-0.4, _MOUTH))


def _side(side: str) -> dict[str, Weights]:
    def point(name: str) -> Weights:
        return _mean(Landmark[f"{side.upper()}_{name}"])

    wrist, ankle = point("WRIST"), point("ANKLE")
    knuckles = _along(point("INDEX"), point("PINKY"), 0.5)
    return {
        f"{side} shoulder": point("SHOULDER"),
        f"{side} elbow": point("ELBOW"),
        f"{side} wrist": wrist,
        f"{side} hand": _along(wrist, knuckles, 0.9),
        f"{side} hand tip": _along(wrist, knuckles, 1.75),
        f"{side} thumb": point("THUMB"),
        # Kinect's hips are 15 cm apart, MediaPipe's 22 cm.
        f"{side} hip": _sum((1.0, _SPINE_BASE), (0.65, point("HIP")), (-0.65, _HIPS)),
        f"{side} knee": point("KNEE"),
        f"{side} ankle": ankle,
        f"{side} foot": _sum((1.0, ankle), (0.8, point("FOOT_INDEX")), (-0.8, point("HEEL"))),
    }


def _joint_weights() -> FloatArray:
    joints = {
        "spine base": _SPINE_BASE,
        "spine mid": _along(_SPINE_BASE, _SHOULDERS, 0.57),
        "spine shoulder": _SHOULDERS,
        "neck": _along(_SHOULDERS, _HEAD, 0.37),
        "head": _HEAD,
        **_side("left"),
        **_side("right"),
    }
    matrix = np.zeros((NTU25.num_joints, len(Landmark)))
    for row, name in enumerate(NTU25.joints):
        for landmark, weight in joints[name].items():
            matrix[row, landmark] = weight
    return matrix


#: (25, 33) joints = JOINT_WEIGHTS @ landmarks
JOINT_WEIGHTS = _joint_weights()

_USED = JOINT_WEIGHTS != 0.0

#: MediaPipe's world (x to the picture's right, y down, z away) -> Kinect camera space (x to the picture's
#: left, y up, z away): half a turn about z, so left stays left.
WORLD_TO_KINECT = np.array([-1.0, -1.0, 1.0])

#: How far outside the picture (in picture heights) a landmark's confidence is down to nothing.
_OUTSIDE_FADE = 0.25


def to_ntu(pose: Pose, image_size: tuple[int, int]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """One person's NTU joints.

    image_size: (width, height) of the picture in pixels.

    Returns joints_m (25, 3), metres, hip-centred, Kinect axes; confidence (25,), that of the least visible
    landmark a joint is made from, lower still where that lies outside the picture (it is a guess there,
    and never NaN); image_joints (25, 2), fractions of the picture's width and height.
    """
    joints = (JOINT_WEIGHTS @ pose.world_landmarks_m) * WORLD_TO_KINECT
    image_joints = JOINT_WEIGHTS @ pose.image_landmarks[:, :2]
    visible = landmark_confidence(pose, image_size)
    confidence = np.where(_USED, visible, 1.0).min(axis=1)
    return joints - joints[0], confidence, image_joints


def landmark_confidence(pose: Pose, image_size: tuple[int, int]) -> FloatArray:
    """(33,) in [0, 1]: each landmark's visibility, fading out within a quarter picture height of the edge."""
    width, height = image_size
    points = pose.image_landmarks[:, :2]
    outside = np.maximum(np.maximum(-points, points - 1.0), 0.0) * (width / height, 1.0)
    return pose.visibility * np.clip(1.0 - outside.max(axis=1) / _OUTSIDE_FADE, 0.0, 1.0)
