"""Random changes that make a motion-capture window look like what a webcam will deliver."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from stgat.data.labelled import LabelledSequence
from stgat.normalize import VERTICAL
from stgat.preprocessing import Preprocessing, to_network
from stgat.retarget import one_body
from stgat.sampling import resample
from stgat.skeleton import NTU25, FloatArray
from stgat.training.config import AugmentConfig

#: Joint v of a mirrored skeleton is joint MIRROR[v] of the original (NTU layout).
MIRROR = NTU25.mirror()

_LEFT_HAND, _RIGHT_HAND = (7, 21, 22), (11, 23, 24)
_ARMS = (4, 5, 6, *_LEFT_HAND, 8, 9, 10, *_RIGHT_HAND)
#: What is held in its own way: (part, the joint it turns about, the joints that turn), in the NTU layout and
#: from the root outwards.
_PARTS = (
    ("spine", 0, (1, 20, 2, 3, *_ARMS)), ("head", 20, (2, 3)),
    ("arms", 4, (5, 6, *_LEFT_HAND)), ("arms", 5, (6, *_LEFT_HAND)),
    ("arms", 8, (9, 10, *_RIGHT_HAND)), ("arms", 9, (10, *_RIGHT_HAND)),
    ("legs", 12, (13, 14, 15)), ("legs", 13, (14, 15)), ("feet", 14, (15,)),
    ("legs", 16, (17, 18, 19)), ("legs", 17, (18, 19)), ("feet", 18, (19,)),
)  # fmt: skip


def training_window(
    sequence: LabelledSequence,
    preprocessing: Preprocessing,
    augment: AugmentConfig,
    mirrored_class: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, int]:
    """One random training example: network input (C, T, V, 1) and its class.

    mirrored_class: (K,) the class that each class becomes when left and right change places.
    """
    start_s, end_s = choose_window(sequence, augment, rng)
    joints = resample(
        sequence.joints_m, sequence.timestamps_s, preprocessing.num_frames, start_s, end_s
    ).astype(np.float64)
    label = sequence.label
    if augment.mirror and rng.random() < 0.5:
        joints = mirror(joints)
        label = int(mirrored_class[label])
    joints = distort(bend(joints, augment, rng), augment, rng)
    # Errors change bone lengths, which the live road then takes away: so does this one.
    joints = one_body(joints)
    window = to_network(joints[:, None], preprocessing)
    angle = np.deg2rad(rng.uniform(-augment.yaw_deg, augment.yaw_deg))
    return turn(window, angle, VERTICAL[preprocessing.normalization]), label


def choose_window(
    sequence: LabelledSequence, augment: AugmentConfig, rng: np.random.Generator
) -> tuple[float, float]:
    """Start and end of a random window. Where it reaches beyond the clip, the first or last pose is held."""
    duration = sequence.duration_s
    if duration <= augment.window_s[1] and rng.random() < augment.tight_share:
        length = duration * rng.uniform(0.75, 1.0)
    else:
        length = rng.uniform(*augment.window_s)
    slack = duration - length
    start = sequence.timestamps_s[0] + rng.uniform(min(0.0, slack), max(0.0, slack))
    return float(start), float(start + length)


def mirror(joints: FloatArray) -> FloatArray:
    """(..., 25, 3) with left and right changed."""
    return joints[..., MIRROR, :] * np.array([-1.0, 1.0, 1.0])


def bend(joints: FloatArray, augment: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    """(T, 25, 3): each part of the body turned by a rotation that stays the same through the window.

    Sensors differ in where they see a bone point, by ten degrees and more, and people in how they hold
    themselves; an action is in how the parts move from there.
    """
    joints = joints.copy()
    for part, centre, moved in _PARTS:
        degrees = getattr(augment.bend_deg, part)
        rotation = Rotation.from_rotvec(rng.normal(0.0, degrees, 3), degrees=True).as_matrix()
        origin = joints[:, centre : centre + 1]
        joints[:, moved] = origin + (joints[:, moved] - origin) @ rotation.T
    return joints


def distort(joints: FloatArray, augment: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    """(T, 25, 3): a tilted camera, depth seen too flat or too deep, joints that jitter and drift."""
    root = joints[:, :1]
    tilt = Rotation.from_euler("xz", rng.normal(0.0, augment.tilt_deg, 2), degrees=True).as_matrix()
    joints = joints @ tilt.T
    if rng.random() < 0.5:
        root = joints[:, :1]
        factor = np.array([1.0, 1.0, rng.uniform(*augment.depth)])
        joints = root + (joints - root) * factor
    jitter = rng.normal(0.0, augment.jitter_m, joints.shape)
    drift = gaussian_filter1d(rng.normal(0.0, 1.0, joints.shape), sigma=len(joints) / 8, axis=0)
    drift *= augment.drift_m / max(float(drift.std()), 1e-9)
    error = (jitter + drift) * np.array([1.0, 1.0, 2.0])  # depth is the weakest
    error[:, 0] = 0.0
    return joints + error


def turn(window: FloatArray, angle: float, vertical: int = 1) -> FloatArray:
    """Turn network input (C=3, T, V, M) about the axis `vertical` by an angle in radians."""
    i, j = (vertical + 1) % 3, (vertical + 2) % 3
    rotation = np.eye(3, dtype=np.float32)
    rotation[i, i] = rotation[j, j] = np.cos(angle)
    rotation[j, i] = np.sin(angle)
    rotation[i, j] = -rotation[j, i]
    return np.einsum("dc,ctvm->dtvm", rotation, window)
