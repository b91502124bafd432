"""Random changes that make a motion-capture window look like what a webcam will deliver."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from stgat.data.labelled import LabelledSequence
from stgat.normalize import VERTICAL
from stgat.preprocessing import Preprocessing, to_network
from stgat.retarget import one_body, rest_limbs
from stgat.sampling import resample
from stgat.skeleton import NTU25, FloatArray
from stgat.training.config import AugmentConfig
from stgat.training.recombine import Recombination
from stgat.training.surroundings import Surrounded, Surroundings

#: Joint v of a mirrored skeleton is joint MIRROR[v] of the original (NTU layout).
MIRROR = NTU25.mirror()

#: An error in depth is so many times an error across the picture.
_DEPTH_IS_WEAK = np.array([1.0, 1.0, 2.0])

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
    recombination: Recombination | None = None,
    surroundings: Surroundings | None = None,
) -> tuple[FloatArray, int]:
    """One random training example: network input (C, T, V, 1) and its class.

    mirrored_class: (K,) the class that each class becomes when left and right change places.
    recombination, surroundings: of the run's training sequences; None leaves every limb its own, and every
    clip alone.
    """
    surrounded = Surrounded(sequence)
    if surroundings is not None and rng.random() < augment.joined_share:
        surrounded = surroundings.around(sequence, rng)
        sequence = surrounded.sequence
    label = sequence.label
    if preprocessing.lookahead_s is not None and rng.random() < augment.moment_share:
        start_s, end_s, outside = choose_moment(surrounded, preprocessing, augment, rng)
        if outside and surroundings is not None:
            label = surroundings.idle_class
    else:
        start_s, end_s = choose_window(sequence, augment, rng)
    joints, times = slower_camera(sequence.joints_m, sequence.timestamps_s, augment, rng)
    joints = resample(joints, times, preprocessing.num_frames, start_s, end_s).astype(np.float64)
    if recombination is not None:
        joints = recombination.apply(joints, label, augment, rng)
    if augment.mirror and rng.random() < 0.5:
        joints = mirror(joints)
        label = int(mirrored_class[label])
    joints = smooth(joints, (end_s - start_s) / (len(joints) - 1), augment, rng)
    joints = distort(bend(joints, augment, rng), augment, rng)
    joints = wander(joints, augment, rng)
    # Errors change bone lengths, which the live road then takes away: so does this one.
    joints = one_body(joints)
    limbs = unseen_limbs(augment, rng)
    if limbs:
        joints = rest_limbs(joints, limbs)
    window = to_network(joints[:, None], preprocessing)
    angle = np.deg2rad(rng.uniform(-augment.yaw_deg, augment.yaw_deg))
    return turn(window, angle, VERTICAL[preprocessing.normalization]), label


def choose_moment(
    surrounded: Surrounded, preprocessing: Preprocessing, augment: AugmentConfig, rng: np.random.Generator
) -> tuple[float, float, bool]:
    """Start and end of a window around a random moment, and whether that is before or after the action."""
    sequence, before_s, after_s = surrounded.sequence, surrounded.before_s, surrounded.after_s
    outside = before_s + after_s > 0.0 and bool(rng.random() < augment.idle_share)
    if outside:
        moment = rng.uniform(-before_s, after_s)
        moment += sequence.duration_s if moment > 0.0 else 0.0
    else:
        moment = rng.uniform(augment.first_moment, 1.0) * sequence.duration_s
    factor = rng.uniform(0.8, 1.2)
    end_s = sequence.begin_s + moment + factor * (preprocessing.lookahead_s or 0.0)
    return float(end_s - factor * preprocessing.window_s), float(end_s), outside


def choose_window(
    sequence: LabelledSequence, augment: AugmentConfig, rng: np.random.Generator
) -> tuple[float, float]:
    """Start and end of a random window.

    Where it reaches beyond what was recorded, the first or last pose is held.
    """
    duration = sequence.duration_s
    if duration <= augment.window_s[1] and rng.random() < augment.tight_share:
        length = duration * rng.uniform(0.75, 1.0)
    else:
        length = rng.uniform(*augment.window_s)
    slack = duration - length
    start = sequence.begin_s + rng.uniform(min(0.0, slack), max(0.0, slack))
    return float(start), float(start + length)


def mirror(joints: FloatArray) -> FloatArray:
    """(..., 25, 3) with left and right changed."""
    return joints[..., MIRROR, :] * np.array([-1.0, 1.0, 1.0])


def slower_camera(
    joints: FloatArray, times: FloatArray, augment: AugmentConfig, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """(T, 25, 3) and (T,) as a camera of another frame rate would have caught them; never more frames."""
    if augment.frames_per_second is None or len(times) < 3:
        return joints, times
    step = 1.0 / rng.uniform(*augment.frames_per_second)
    slots = np.floor((times - times[0]) / step + rng.random())
    kept = np.flatnonzero(np.diff(slots, prepend=-1.0))
    return joints[kept], times[kept]


def bend(joints: FloatArray, augment: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    """(T, 25, 3): each part of the body turned by a rotation that stays the same through the window.

    Sensors differ in where they see a bone point, by ten degrees and more, and people in how they hold
    themselves; an action is in how the parts move from there.
    """
    joints = joints.copy()
    degrees = np.array([getattr(augment.bend_deg, part) for part, _, _ in _PARTS])
    turns = Rotation.from_rotvec(rng.normal(size=(len(_PARTS), 3)) * degrees[:, None], degrees=True)
    for (_, centre, moved), rotation in zip(_PARTS, turns.as_matrix(), strict=True):
        origin = joints[:, centre : centre + 1]
        joints[:, moved] = origin + (joints[:, moved] - origin) @ rotation.T
    return joints


def distort(joints: FloatArray, augment: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    """(T, 25, 3): a tilted camera, depth seen too flat or too deep, joints that jitter and drift."""
    pitch = rng.normal(0.0, augment.tilt_deg) + rng.uniform(-augment.pitch_deg, augment.pitch_deg)
    roll = rng.normal(0.0, augment.tilt_deg)
    joints = joints @ Rotation.from_euler("xz", (pitch, roll), degrees=True).as_matrix().T
    if rng.random() < augment.flat_share:
        joints = _stretch_depth(joints, 0.0)
    elif rng.random() < 0.5:
        joints = _stretch_depth(joints, rng.uniform(*augment.depth))
    jitter = rng.normal(0.0, augment.jitter_m, joints.shape)
    error = (jitter + augment.drift_m * slow_noise(joints.shape, rng)) * _DEPTH_IS_WEAK
    error[:, 0] = 0.0
    return joints + error


def wander(joints: FloatArray, augment: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    """(T, 25, 3): where somebody stands, as one camera tells it: not at all, or with an error in depth."""
    root = joints[:, :1]
    if rng.random() < augment.root_still_share:
        return joints - root + np.median(root, axis=0)
    error = augment.root_drift_m * slow_noise(root.shape, rng)
    return joints + error * np.array([1.0, 1.0, 5.0])


def smooth(joints: FloatArray, step_s: float, augment: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    """(T, 25, 3), step_s apart, without the jitter of a depth sensor, which an estimate from video lacks."""
    sigma = rng.uniform(0.0, augment.smooth_s) / step_s
    return gaussian_filter1d(joints, sigma, axis=0, mode="nearest") if sigma > 0.2 else joints


def unseen_limbs(augment: AugmentConfig, rng: np.random.Generator) -> tuple[str, ...]:
    """What is out of the picture in a window."""
    limbs: tuple[str, ...] = ("left leg", "right leg") if rng.random() < augment.unseen_legs else ()
    if rng.random() < augment.unseen_arm:
        limbs += ("left arm",) if rng.random() < 0.5 else ("right arm",)
    return limbs


def slow_noise(shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """(T, ...) noise that changes over an eighth of the window, of standard deviation 1."""
    noise = gaussian_filter1d(rng.normal(size=shape), sigma=shape[0] / 8, axis=0)
    return noise / max(float(noise.std()), 1e-9)


def _stretch_depth(joints: FloatArray, factor: float) -> FloatArray:
    root = joints[:, :1]
    return root + (joints - root) * np.array([1.0, 1.0, factor])


def turn(window: FloatArray, angle: float, vertical: int = 1) -> FloatArray:
    """Turn network input (C=3, T, V, M) about the axis `vertical` by an angle in radians."""
    i, j = (vertical + 1) % 3, (vertical + 2) % 3
    rotation = np.eye(3, dtype=np.float32)
    rotation[i, i] = rotation[j, j] = np.cos(angle)
    rotation[j, i] = np.sin(angle)
    rotation[i, j] = -rotation[j, i]
    return np.einsum("dc,ctvm->dtvm", rotation, window)
