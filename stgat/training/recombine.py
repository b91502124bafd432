"""Limbs that have no part in an action take another pose: the arm that rests, the arms of who walks.

People wave with a hand in the pocket, clap at a desk and sit down with their arms folded; the data sets show
few of these. In a share of the training windows, the limbs that have no part in the action therefore take a
pose that somebody else in the training data held, and keep it relative to the body.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from stgat.retarget import HIPS, SHOULDERS
from stgat.skeleton import FloatArray
from stgat.training.config import AugmentConfig, Parts

_ARMS = ((5, 6, 7, 21, 22), (9, 10, 11, 23, 24))
_LEGS = ((13, 14, 15), (17, 18, 19))
_WRISTS = (6, 10)
#: An arm whose wrist travels less than this share of the other's way rests.
_RESTING = 0.35
#: A thigh that points no steeper down than this, with a shin that hangs, belongs to somebody who sits.
_SITTING = np.cos(np.radians(55.0))


class Recombination:
    """The poses that limbs of a run's training sequences held, and which limbs each class leaves free.

    parts: of each class, in the order of the class numbers. sequences: joints (T, 25, 3) on the one body.
    """

    def __init__(self, parts: Sequence[Parts], sequences: Iterable[FloatArray]) -> None:
        self._parts = tuple(parts)
        arms, legs = [], []
        for joints in sequences:
            frames = joints[[0, len(joints) // 2, -1]].astype(np.float64)
            arms.append(_relative(frames, _ARMS, SHOULDERS, trunk_axes(frames)))
            seated = frames[_sits(frames)]
            legs.append(_relative(seated, _LEGS, HIPS, upright_axes(seated)))
        self.arms = np.concatenate(arms)  # (N, 2, 5, 3)
        self.seated_legs = np.concatenate(legs)  # (N, 2, 3, 3)

    def apply(
        self, joints: FloatArray, label: int, augment: AugmentConfig, rng: np.random.Generator
    ) -> FloatArray:
        """(T, 25, 3) on the one body, of a class, with other limbs and of another size of motion."""
        parts = self._parts[label]
        if parts in ("hand", "hands", "trunk") and rng.random() < augment.amplitude_share:
            joints = resize_motion(joints, rng.uniform(*augment.amplitude))
        if rng.random() < augment.other_arms:
            sides = free_arms(joints, parts)
            if sides:
                pose = self.arms[rng.integers(len(self.arms))]
                joints = _hold(joints, sides, _ARMS, SHOULDERS, pose, trunk_axes(joints))
        if parts in ("hand", "hands") and len(self.seated_legs) and rng.random() < augment.seated:
            pose = self.seated_legs[rng.integers(len(self.seated_legs))]
            joints = _hold(joints, (0, 1), _LEGS, HIPS, pose, upright_axes(joints))
        return joints


def free_arms(joints: FloatArray, parts: Parts) -> tuple[int, ...]:
    """Which arms, 0 left and 1 right, have no part in an action (T, 25, 3)."""
    if parts in ("legs", "trunk"):
        return (0, 1)
    if parts != "hand":
        return ()
    travelled = [
        np.linalg.norm(np.diff(joints[:, wrist] - joints[:, shoulder], axis=0), axis=-1).sum()
        for wrist, shoulder in zip(_WRISTS, SHOULDERS, strict=True)
    ]
    return tuple(side for side in (0, 1) if travelled[side] < _RESTING * travelled[1 - side])


def resize_motion(joints: FloatArray, factor: float) -> FloatArray:
    """(T, 25, 3) with each joint's way from its median place beside the root made longer or shorter."""
    root = joints[:, :1]
    body = joints - root
    middle = np.median(body, axis=0)
    return root + middle + factor * (body - middle)


def trunk_axes(joints: FloatArray) -> FloatArray:
    """(T, 25, 3) -> (T, 3, 3): rows from left to right shoulder, up the spine, and square to both."""
    shoulders = joints[:, SHOULDERS[1]] - joints[:, SHOULDERS[0]]
    middle = (joints[:, SHOULDERS[0]] + joints[:, SHOULDERS[1]]) / 2
    return _axes(shoulders, middle - joints[:, 0])


def upright_axes(joints: FloatArray) -> FloatArray:
    """(T, 25, 3) -> (T, 3, 3): rows from left to right hip without its slope, up, and square to both."""
    up = np.broadcast_to(np.array([0.0, 1.0, 0.0]), (len(joints), 3))
    return _axes(joints[:, HIPS[1]] - joints[:, HIPS[0]], up)


def _axes(across: FloatArray, up: FloatArray) -> FloatArray:
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-9)
    across = across - (across * up).sum(axis=-1, keepdims=True) * up
    across = across / np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    return np.stack([across, up, np.cross(across, up)], axis=1)


def _relative(
    joints: FloatArray, limbs: tuple[tuple[int, ...], ...], origins: tuple[int, ...], axes: FloatArray
) -> FloatArray:
    """(T, 25, 3) -> (T, 2, J, 3): each limb's joints from where it begins, along the body's axes."""
    parts = [joints[:, limb] - joints[:, [origin]] for limb, origin in zip(limbs, origins, strict=True)]
    return np.einsum("tljc,tac->tlja", np.stack(parts, axis=1), axes)


def _hold(
    joints: FloatArray,
    sides: tuple[int, ...],
    limbs: tuple[tuple[int, ...], ...],
    origins: tuple[int, ...],
    pose: FloatArray,
    axes: FloatArray,
) -> FloatArray:
    """(T, 25, 3) with these limbs in a pose (2, J, 3) that is kept along the body's axes (T, 3, 3)."""
    joints = joints.copy()
    for side in sides:
        held = np.einsum("ja,tac->tjc", pose[side], axes)
        joints[:, limbs[side]] = joints[:, [origins[side]]] + held
    return joints


def _sits(joints: FloatArray) -> FloatArray:
    """(T, 25, 3) -> (T,) whether both thighs lie and both shins hang."""
    sits = np.ones(len(joints), bool)
    for hip, (knee, ankle, _) in zip(HIPS, _LEGS, strict=True):
        thigh, shin = joints[:, knee] - joints[:, hip], joints[:, ankle] - joints[:, knee]
        sits &= -thigh[:, 1] < _SITTING * np.linalg.norm(thigh, axis=-1)
        sits &= -shin[:, 1] > np.cos(np.radians(40.0)) * np.linalg.norm(shin, axis=-1)
    return sits
