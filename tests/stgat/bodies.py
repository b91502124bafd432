"""People to test with: plausible standing bodies that can move, in any of the layouts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]

#: A person facing the sensor three metres away, in NTU 25: metres, x to the person's right.
STANDING = np.array([
    [0.0, 0.0, 3.0], [0.0, 0.3, 3.0], [0.0, 0.6, 2.98], [0.0, 0.72, 2.95],
    [-0.16, 0.48, 3.0], [-0.24, 0.25, 3.0], [-0.27, 0.03, 2.95], [-0.28, -0.04, 2.93],
    [0.17, 0.49, 3.0], [0.25, 0.26, 3.0], [0.28, 0.04, 2.96], [0.29, -0.03, 2.94],
    [-0.08, -0.01, 2.99], [-0.1, -0.35, 3.0], [-0.11, -0.71, 3.05], [-0.12, -0.76, 2.94],
    [0.08, -0.01, 2.99], [0.1, -0.34, 3.0], [0.11, -0.7, 3.05], [0.12, -0.75, 2.94],
    [0.0, 0.52, 2.99], [-0.29, -0.1, 2.92], [-0.26, -0.06, 2.9], [0.3, -0.09, 2.93], [0.27, -0.05, 2.91],
])  # fmt: skip

LEFT_FOREARM, LEFT_ELBOW = (6, 7, 21, 22), 5


def waving(times_s: Array, hz: float = 0.5, speed_m_s: float = 0.2) -> Array:
    """(T, 25, 3) somebody who swings the left forearm about the elbow, and walks to their right."""
    joints = np.repeat(STANDING[None], len(times_s), axis=0)
    swing = Rotation.from_euler("z", np.sin(2 * np.pi * hz * times_s)[:, None])
    for joint in LEFT_FOREARM:
        joints[:, joint] = swing.apply(STANDING[joint] - STANDING[LEFT_ELBOW]) + STANDING[LEFT_ELBOW]
    joints[:, :, 0] += speed_m_s * times_s[:, None]
    return joints


def random_poses(seed: int, T: int = 6, V: int = 25) -> Array:
    """(T, V, 3) joints with no order in them, no two of them near each other."""
    return np.random.default_rng(seed).normal(0.0, 1.0, (T, V, 3)) + np.array([0.0, 0.0, 4.0])


def turned(joints: Array, yaw_deg: float) -> Array:
    """Turned about the vertical through the sensor."""
    return joints @ Rotation.from_euler("y", yaw_deg, degrees=True).as_matrix().T
