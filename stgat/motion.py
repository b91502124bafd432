"""How fast somebody moves."""

from __future__ import annotations

import numpy as np

from stgat.skeleton import FloatArray


def motion_m_s(joints_m: FloatArray, window_s: float, recent_s: float = 0.8, step_s: float = 0.2) -> float:
    """How fast somebody moved in the last `recent_s` seconds, in metres a second.

    joints_m: (T, V, 3), evenly spread over window_s. The speed is that of the five fastest joints,
    relative to the root, or of the root across the picture if that is faster; depth, which one camera
    sees worst, counts for the limbs only. Positions are compared `step_s` apart, so that jitter from
    frame to frame is not taken for motion; the median over the moments is the answer.
    """
    per_frame = window_s / (len(joints_m) - 1)
    step = max(1, round(step_s / per_frame))
    recent = joints_m[-max(step + 1, round(recent_s / per_frame) + 1) :]
    limbs = recent - recent[:, :1]
    speed = np.linalg.norm(limbs[step:] - limbs[:-step], axis=-1) / (step * per_frame)
    fastest = np.sort(speed, axis=1)[:, -5:].mean(axis=1)
    root = np.linalg.norm(recent[step:, 0, :2] - recent[:-step, 0, :2], axis=-1) / (step * per_frame)
    return float(np.median(np.maximum(fastest, root)))


def walking_speed(joints_m: FloatArray, timestamps_s: FloatArray, over_s: float = 0.8) -> FloatArray:
    """(T,) how fast the root of (T, V, 3) travels over the floor, in metres a second, around each moment.

    From where it was over_s / 2 before to where it is as long after, or as far as is known.
    """
    root, times = joints_m[:, 0, [0, 2]], timestamps_s
    before = np.searchsorted(times, times - over_s / 2)
    after = np.minimum(np.searchsorted(times, times + over_s / 2), len(times) - 1)
    span = np.maximum(times[after] - times[before], 1e-3)
    return np.linalg.norm(root[after] - root[before], axis=1) / span
