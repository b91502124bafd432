"""What the pose estimator sees: MediaPipe's 33 landmarks of one person in one picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from stgat.skeleton import FloatArray


class Landmark(IntEnum):
    """The order of MediaPipe's pose landmarks; left and right are the person's own."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


@dataclass(frozen=True)
class Pose:
    """One person's landmarks in one picture.

    image_landmarks: (33, 3); x and y as fractions of the picture's width and height (may lie outside
        0..1), z in about the scale of x, smaller is nearer.
    world_landmarks_m: (33, 3) metres, origin between the hips; x to the picture's right, y down, z away
        from the camera.
    visibility: (33,) in [0, 1], how likely the landmark is inside the picture and not hidden.
    """

    image_landmarks: FloatArray
    world_landmarks_m: FloatArray
    visibility: FloatArray
