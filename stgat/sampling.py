"""Recordings of any frame rate -> the T frames a network takes."""

from __future__ import annotations

import numpy as np

from stgat.skeleton import FloatArray


def resample(
    joints: FloatArray, timestamps_s: FloatArray, num_frames: int, start_s: float, end_s: float
) -> FloatArray:
    """Joints at `num_frames` moments spread evenly over [start_s, end_s], by linear interpolation in time.

    joints: (T, V, 3), NaN where a joint is not known: each joint is interpolated between the moments at
        which it is, and held before the first and after the last. A joint that is never known is zero,
        relative to the first joint (V = 0): it rests on the root.
    timestamps_s: (T,) ascending.
    Returns (num_frames, V, 3) float32 without NaN.

    Raises ValueError where no joint is ever known, or the shapes do not fit.
    """
    if joints.ndim != 3 or len(joints) != len(timestamps_s):
        raise ValueError(
            f"expected joints (T, V, 3) and T timestamps, got {joints.shape}, {len(timestamps_s)}"
        )
    known = np.all(np.isfinite(joints), axis=-1)  # (T, V)
    if not known[:, 0].any():
        raise ValueError("the root joint is not known in any frame of the window")
    moments = np.linspace(start_s, end_s, num_frames)
    if known.all():
        return _interpolate(joints, timestamps_s, moments)
    out = np.empty((num_frames, joints.shape[1], 3), np.float32)
    for v in range(joints.shape[1]):
        seen = known[:, v]
        out[:, v] = _interpolate(joints[seen, v], timestamps_s[seen], moments) if seen.any() else out[:, 0]
    return out


def _interpolate(values: FloatArray, times: FloatArray, moments: FloatArray) -> FloatArray:
    """Linear interpolation of (T, ...) values at the moments, held beyond the ends."""
    right = np.clip(np.searchsorted(times, moments, side="right"), 1, max(1, len(times) - 1))
    if len(times) == 1:
        return np.repeat(np.asarray(values, np.float32), len(moments), axis=0)
    left = right - 1
    span = times[right] - times[left]
    share = np.clip((moments - times[left]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
    share = share.reshape(-1, *([1] * (values.ndim - 1)))
    return (values[left] * (1 - share) + values[right] * share).astype(np.float32)
