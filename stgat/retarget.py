"""Every skeleton on one body: directions kept, lengths fixed.

Sensors disagree about where joints are (the hip centre of a Kinect v1 sits well above the hips), and a
network reads such offsets before it reads motion. Rebuilding every skeleton, from training data and from
the live pose alike, on one body from the joints that all sensors share takes the difference away. What is
not shared is derived: the spine runs straight from the middle of the hips to the middle of the shoulders,
and hand tips and thumbs continue the hand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from stgat.skeleton import KINECT_V1_20, NTU25, NTU_BONE_LENGTHS_M, FloatArray

#: Name of this step in a checkpoint's preprocessing; a change of what it computes is a new name.
ONE_BODY = "one-body-1"

HIPS, SHOULDERS, HEAD = (12, 16), (4, 8), 3
TORSO_M = 0.299 + 0.222

# The bones whose lengths say how large a person is: both thighs and shins, and the torso.
_LEGS = ((13, 12), (14, 13), (17, 16), (18, 17))
_LEGS_M = (0.339 + 0.367 + 0.328 + 0.369) / 2

# Where a bone's direction is taken, if not from its own two joints; then the bones that have the direction
# from one joint to another, and these joints.
_DIRECTION_FROM = {21: (7, 6), 22: (7, 6), 23: (11, 10), 24: (11, 10)}
_OWN = [joint for joint, _, _ in NTU_BONE_LENGTHS_M if joint not in (1, 20, 2, 3, *HIPS, *SHOULDERS)]
_PARENTS = {joint: parent for joint, parent, _ in NTU_BONE_LENGTHS_M}
_ENDS, _STARTS = (
    [_DIRECTION_FROM.get(joint, (joint, _PARENTS[joint]))[end] for joint in _OWN] for end in (0, 1)
)
_LENGTHS_M = np.zeros(NTU25.num_joints)
for _joint, _, _length in NTU_BONE_LENGTHS_M:
    _LENGTHS_M[_joint] = _length

LAYOUTS = (NTU25.name, KINECT_V1_20.name)

#: The joints that must be seen for a limb to be known: elbow and wrist, knee and ankle.
LIMBS = {"left arm": (5, 6), "right arm": (9, 10), "left leg": (13, 14), "right leg": (17, 18)}

#: A limb whose joints are all less sure than this is not seen: the estimator fills in where it may be.
UNSEEN_CONFIDENCE = 0.3


def one_body(joints_m: FloatArray, layout: str = NTU25.name) -> FloatArray:
    """Rebuild skeletons on the one body.

    joints_m: (T, V, 3) metres of one person in `layout` (ntu25 or kinect-v1-20, whose head and limbs
        have the same numbers); NaN where a joint is not known.
    Returns (T, 25, 3) metres in the NTU layout. A bone of no length or with an unknown end leaves the
    joints beyond it at NaN. The root's path is scaled by how much the body was, so that a step stays a
    step of these legs.

    Raises ValueError for another layout or shape.
    """
    return from_bones(to_bones(joints_m, layout))


@dataclass(frozen=True)
class Bones:
    """What of `one_body` is known of each frame by itself, so that a sliding window works it out once.

    hips_m: (T, 3) the middle of the hips. offsets_m: (T, 25, 3) from each joint's parent to the joint on the
    one body, zero for the root. torso_m, legs_m: (T,) how long these were on the person.
    """

    hips_m: FloatArray
    offsets_m: FloatArray
    torso_m: FloatArray
    legs_m: FloatArray


def to_bones(joints_m: FloatArray, layout: str = NTU25.name) -> Bones:
    """The first half of `one_body`, frame by frame; raises as it does."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} cannot be put on one body; known: {', '.join(LAYOUTS)}")
    if joints_m.ndim != 3 or joints_m.shape[1] not in (20, 25) or joints_m.shape[2] != 3:
        raise ValueError(f"expected joints (T, 20 or 25, 3), got {joints_m.shape}")
    joints = np.asarray(joints_m, dtype=np.float64)
    hips = joints[:, HIPS].mean(axis=1)
    shoulders = joints[:, SHOULDERS].mean(axis=1)

    along = np.zeros((len(joints), NTU25.num_joints, 3))
    along[:, [1, 20]] = (shoulders - hips)[:, None]
    along[:, [2, 3]] = (joints[:, HEAD] - shoulders)[:, None]
    along[:, SHOULDERS] = joints[:, SHOULDERS] - shoulders[:, None]
    along[:, HIPS] = joints[:, HIPS] - hips[:, None]
    along[:, _OWN] = joints[:, _ENDS] - joints[:, _STARTS]
    offsets = np.zeros_like(along)
    offsets[:, 1:] = _LENGTHS_M[1:, None] * _unit(along[:, 1:])
    return Bones(hips, offsets, *_sizes(joints))


def from_bones(bones: Bones) -> FloatArray:
    """The second half of `one_body`, of a whole window: (T, 25, 3) metres."""
    body = bones.offsets_m.copy()
    body[:, 0] = bones.hips_m * _scale(bones.torso_m, bones.legs_m)
    for joint, parent, _ in NTU_BONE_LENGTHS_M:
        body[:, joint] += body[:, parent]
    return body.astype(np.float32)


def unseen_limbs(confidence: FloatArray, threshold: float = UNSEEN_CONFIDENCE) -> frozenset[str]:
    """The limbs that were not seen (of LIMBS): all their joints have a median confidence under threshold.

    confidence: (T, 25) in [0, 1], T > 0, of one person over a window. The median, since one good glimpse
    says as little of where a limb is in the rest of the window as one bad frame does of where it is not.
    """
    median = np.median(confidence[:, _LIMB_JOINTS], axis=0)  # (limbs, 2)
    unseen = np.flatnonzero((median < threshold).all(axis=1))
    names = tuple(LIMBS)
    return frozenset(names[i] for i in unseen)


def rest_limbs(joints: FloatArray, limbs: Collection[str]) -> FloatArray:
    """A copy in which these limbs hang straight down at rest.

    joints: (T, 25, 3) metres on the one body, y up. limbs: names of LIMBS.
    An arm hangs from its shoulder with the hand, a leg from its hip; the foot points forward, level and
    square to the line of the shoulders (to the camera, while that line has no direction). What a limb hangs
    from and all else are as they were; a limb on an unknown shoulder or hip is unknown.

    Raises ValueError for another shape or limb.
    """
    if joints.ndim != 3 or joints.shape[1:] != (NTU25.num_joints, 3):
        raise ValueError(f"expected joints (T, 25, 3), got {joints.shape}")
    for limb in limbs:
        if limb not in LIMBS:
            raise ValueError(f"no limb {limb!r}; known: {', '.join(LIMBS)}")
    rested = joints.copy()
    forward = _forward(joints) if not _FEET.keys().isdisjoint(limbs) else None
    for limb in limbs:
        origin, hanging, offsets = _HANGING[limb]
        rested[:, hanging] = joints[:, origin, None] + offsets.astype(joints.dtype)
        if forward is not None and limb in _FEET:
            foot, ankle, length = _FEET[limb]
            rested[:, foot] = rested[:, ankle] + length * forward
    return rested


def _forward(joints: FloatArray) -> FloatArray:
    """(T, 3) the level unit vectors square to the shoulders, away from the back: up x (left to right)."""
    across = joints[:, SHOULDERS[1]] - joints[:, SHOULDERS[0]]
    forward = np.zeros_like(across)
    forward[:, 0], forward[:, 2] = across[:, 2], -across[:, 0]
    lengths = np.hypot(forward[:, 0], forward[:, 2])
    forward[~(lengths > 1e-6)] = (0.0, 0.0, -1.0)
    return forward / np.where(lengths > 1e-6, lengths, 1.0)[:, None]


_LIMB_JOINTS = np.array(list(LIMBS.values()))
_LENGTH = {joint: length for joint, _, length in NTU_BONE_LENGTHS_M}


def _hanging(origin: int, chains: tuple[tuple[int, ...], ...]) -> tuple[int, list[int], FloatArray]:
    """A joint, what hangs straight down from it, and where: (len(joints), 3) metres from the origin."""
    drop = {
        chain[i]: sum(_LENGTH[joint] for joint in chain[: i + 1])
        for chain in chains
        for i in range(len(chain))
    }
    return origin, list(drop), np.array([[0.0, -metres, 0.0] for metres in drop.values()])


_HANGING = {
    "left arm": _hanging(4, ((5, 6, 7, 21), (5, 6, 7, 22))),
    "right arm": _hanging(8, ((9, 10, 11, 23), (9, 10, 11, 24))),
    "left leg": _hanging(12, ((13, 14),)),
    "right leg": _hanging(16, ((17, 18),)),
}
_FEET = {"left leg": (15, 14, _LENGTH[15]), "right leg": (19, 18, _LENGTH[19])}


def body_scale(joints: FloatArray) -> float:
    """How many times larger the one body is than this person, (T, V, 3) -> one number in [0.5, 2].

    The median over frames of torso and legs; of the torso alone where no leg is known. 1 where nothing is.
    """
    return _scale(*_sizes(joints))


def _sizes(joints: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(T,) the length of the torso and the mean length of the legs in each frame; NaN where not known."""
    hips, shoulders = joints[:, HIPS].mean(axis=1), joints[:, SHOULDERS].mean(axis=1)
    legs = sum(np.linalg.norm(joints[:, a] - joints[:, b], axis=-1) for a, b in _LEGS) / 2
    return np.linalg.norm(shoulders - hips, axis=-1), legs


def _scale(torso_m: FloatArray, legs_m: FloatArray) -> float:
    torso, legs = _median(torso_m), _median(legs_m)
    measured, own = (torso + legs, TORSO_M + _LEGS_M) if np.isfinite(torso + legs) else (torso, TORSO_M)
    if not np.isfinite(measured) or measured <= 0:
        return 1.0
    return float(np.clip(own / measured, 0.5, 2.0))


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 1e-6, lengths, np.nan)


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")
