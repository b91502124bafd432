"""The one normalisation, for training windows and live windows alike.

Four are known, by the name a checkpoint carries:

    upright-1     for one camera and one body: the person is moved to the origin, measured in torso lengths
                  and turned about the vertical to face the camera. What the application's own models use.
    upright-causal-1
                  the same from what has been seen up to each frame, for networks that take frames as they
                  come (stgat.continual): where the person is and faces is a running mean.
    ntu-authors-1 what the STGAT authors did to NTU RGB+D, for checkpoints of theirs.
    identity-1    nothing: for joints that come normalised, such as Kinetics-Skeleton's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from stgat.retarget import SHOULDERS, TORSO_M
from stgat.skeleton import KINECT_V1_20, NTU25, FloatArray

Normalization = Literal["upright-1", "upright-causal-1", "ntu-authors-1", "identity-1"]

#: Those in which a frame depends on none after it.
CAUSAL: tuple[Normalization, ...] = ("upright-causal-1", "identity-1")

#: The axis of the normalised skeleton that points up, and about which people turn.
VERTICAL: dict[Normalization, int] = {
    "upright-1": 1, "upright-causal-1": 1, "ntu-authors-1": 2, "identity-1": 1,
}  # fmt: skip

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


class CausalUpright:
    """`normalize_upright` frame by frame: feed it a clip at once or in pieces, what comes out is the same.

    The origin and the shoulder line are running means of the first person's root and of their line from
    shoulder to shoulder: m_t = m_{t-1} + (x_t - m_{t-1}) / min(t, MEMORY) over the frames t = 1, 2, ... in
    which they are present. That is the mean of the first MEMORY frames, and an exponential one from there on.
    Raises ValueError for a layout without shoulders.
    """

    #: Frames. At the rates networks look at people, 12 to 24 a second, one to two seconds.
    MEMORY = 24

    def __init__(self, layout: str = NTU25.name) -> None:
        _spine_shoulder(layout)
        self._seen = 0
        self._mean = np.zeros((2, 3))  # root, and from shoulder to shoulder

    def __call__(self, joints_m: FloatArray) -> FloatArray:
        """The next frames (T, M, V, 3) in metres, absent people all zeros -> the same, normalised."""
        joints = np.asarray(joints_m, dtype=np.float64)
        present = np.any(joints != 0, axis=(2, 3))  # (T, M)
        normalized = np.zeros(joints.shape, np.float32)
        for t, frame in enumerate(joints):
            if present[t, 0]:
                now = np.stack((frame[0, _ROOT], frame[0, SHOULDERS[1]] - frame[0, SHOULDERS[0]]))
                self._seen += 1
                self._mean += (now - self._mean) / min(self._seen, self.MEMORY)
            if self._seen:
                origin, across = self._mean
                turned = (frame - origin) @ (_turn_about(1, across).T / TORSO_M)
                normalized[t] = np.where(present[t, :, None, None], turned, 0.0)
        return normalized


def normalize_upright_causal(joints_m: FloatArray, layout: str = NTU25.name) -> FloatArray:
    """A clip (T, M, V, 3) as CausalUpright gives it from its first frame on. Raises ValueError as that."""
    return CausalUpright(layout)(joints_m)


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


def streaming_normalizer(name: Normalization, layout: str) -> Callable[[FloatArray], FloatArray]:
    """What normalises one stream in pieces as NORMALIZERS[name] does whole clips.

    Takes the next frames (T, M, V, 3). Raises ValueError for a normalisation that looks ahead.
    """
    if name == "upright-causal-1":
        return CausalUpright(layout)
    if name == "identity-1":
        return keep_as_is
    raise ValueError(f"normalization {name} looks ahead: frames cannot be normalised as they come")


#: The preparation STGAT was published with, as others know it.
normalize = normalize_ntu

#: Each takes joints (T, M, V, 3) and the name of their layout.
NORMALIZERS: dict[Normalization, Callable[[FloatArray, str], FloatArray]] = {
    "upright-1": normalize_upright,
    "upright-causal-1": normalize_upright_causal,
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
