"""The one normalisation, for training windows and live windows alike.

Three are known, by the name a checkpoint carries:

    upright-1     for one camera and one body: the person is moved to the origin, measured in torso lengths
                  and turned about the vertical to face the camera. What the application's own models use.
    ntu-authors-1 what the STGAT authors did to NTU RGB+D, for checkpoints of theirs.
    identity-1    nothing: for joints that come normalised, such as Kinetics-Skeleton's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from stgat.retarget import SHOULDERS, TORSO_M
from stgat.skeleton import KINECT_V1_20, NTU25, FloatArray

Normalization = Literal["upright-1", "ntu-authors-1", "identity-1"]

#: The axis of the normalised skeleton that points up, and about which people turn.
VERTICAL: dict[Normalization, int] = {"upright-1": 1, "ntu-authors-1": 2, "identity-1": 1}

_ROOT, _LEFT_ELBOW = 0, 5  # in both layouts below, like the shoulders
_SPINE_SHOULDER = {NTU25.name: 20, KINECT_V1_20.name: 2}


def normalize_upright(joints_m: FloatArray, layout: str = NTU25.name) -> FloatArray:
    """Move, scale and turn a window of skeletons on the one body.

    joints_m: (T, M, V, 3) metres in `layout` (ntu25 or kinect-v1-20), the first person first; an absent
        person is all zeros and stays so.
    The origin is the median place of the first person's root, the unit a torso (stgat.retarget), and the
    first person's mean shoulder line lies in the plane of the picture. Up stays up: which way somebody
    leans is not taken away, nor is where they move during the window. Raises ValueError for another layout.
    """
    _spine_shoulder(layout)
    joints = np.asarray(joints_m, dtype=np.float64)
    present = np.any(joints != 0, axis=(2, 3))  # (T, M)
    if not present[:, 0].any():
        return np.zeros_like(joints, dtype=np.float32)
    first = joints[present[:, 0], 0]
    origin = np.median(first[:, _ROOT], axis=0)
    across = (first[:, SHOULDERS[1]] - first[:, SHOULDERS[0]]).mean(axis=0)
    turned = (joints - origin) @ _turn_about(1, across).T / TORSO_M
    return np.where(present[..., None, None], turned, 0.0).astype(np.float32)


def normalize_ntu(joints_m: FloatArray, layout: str = NTU25.name) -> FloatArray:
    """The STGAT authors' preparation of NTU RGB+D samples.

    joints_m: (T, M, V, 3) metres in `layout` (ntu25 or kinect-v1-20); absent people and frames are zeros.
    Frames without anybody at the start are closed up; then the hip of the first body's first
    frame becomes the origin, its spine (joint 1 to 21, 1-based) the unit and the z axis, and its left elbow
    (joint 6) lies above x.
    Returns (min(T, 300), M, V, 3) float32. Raises ValueError for another layout.
    """
    spine_shoulder = _spine_shoulder(layout)
    joints = np.asarray(joints_m, dtype=np.float64).copy()
    for m in range(joints.shape[1]):
        person = joints[:, m]
        kept = person[np.any(person != 0, axis=(1, 2))]
        if m == 0 and len(kept) == 0:
            return np.zeros_like(joints[:300], dtype=np.float32)
        if not np.any(person[0]):
            joints[:, m] = 0
            joints[: len(kept), m] = kept
    present = np.any(joints != 0, axis=-1, keepdims=True)
    joints = np.where(present, joints - joints[0, 0, _ROOT], 0.0)
    spines = np.linalg.norm(joints[:, 0, spine_shoulder] - joints[:, 0, _ROOT], axis=-1)
    if spines.any():
        joints = joints / spines[np.argmax(spines > 0)]
    joints = joints @ _rotation_onto_z(joints[0, 0, spine_shoulder] - joints[0, 0, _ROOT]).T
    joints = joints @ _turn_about(2, joints[0, 0, _LEFT_ELBOW] - joints[0, 0, spine_shoulder]).T
    return joints[:300].astype(np.float32)


def keep_as_is(joints: FloatArray, layout: str = NTU25.name) -> FloatArray:
    """(T, M, V, 3), already normalised, in any layout."""
    return np.asarray(joints, dtype=np.float32)


#: The preparation STGAT was published with, as others know it.
normalize = normalize_ntu

#: Each takes joints (T, M, V, 3) and the name of their layout.
NORMALIZERS: dict[Normalization, Callable[[FloatArray, str], FloatArray]] = {
    "upright-1": normalize_upright,
    "ntu-authors-1": normalize_ntu,
    "identity-1": keep_as_is,
}


def _spine_shoulder(layout: str) -> int:
    if layout not in _SPINE_SHOULDER:
        raise ValueError(
            f"skeletons of layout {layout!r} have no spine to be turned by; known: {NTU25.name}, "
            f"{KINECT_V1_20.name}"
        )
    return _SPINE_SHOULDER[layout]


def _turn_about(axis: int, direction: FloatArray) -> FloatArray:
    """Rotation about y (1) or z (2) that brings a direction above the x axis; none where it cannot."""
    other = 3 - axis
    x, sideways = direction[0], direction[other]
    length = np.hypot(x, sideways)
    if length < 1e-6:
        return np.eye(3)
    rotation = np.eye(3)
    rotation[0, 0] = rotation[other, other] = x / length
    rotation[0, other], rotation[other, 0] = sideways / length, -sideways / length
    return rotation


def _rotation_onto_z(vector: FloatArray) -> FloatArray:
    """The shortest rotation that brings a vector onto the z axis (Rodrigues' formula)."""
    length = np.linalg.norm(vector)
    if length < 1e-6:
        return np.eye(3)
    unit = vector / length
    turn = np.cross(unit, np.array([0.0, 0.0, 1.0]))
    sine2, cosine = turn @ turn, unit[2]
    if sine2 < 1e-12:
        return np.diag([1.0, np.sign(cosine), np.sign(cosine)])
    K = np.array([[0, -turn[2], turn[1]], [turn[2], 0, -turn[0]], [-turn[1], turn[0], 0]])
    return np.eye(3) + K + K @ K * (1 - cosine) / sine2
