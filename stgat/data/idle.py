"""Sequences of the class "idle": moments in which people keep still."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.ndimage import gaussian_filter1d

from stgat.motion import motion_m_s, walking_speed
from stgat.sampling import resample
from stgat.skeleton import FloatArray

_SAMPLES_PER_SECOND = 25.0
#: What `moving` calls still, over how long it smooths, and how little it does not judge.
_SLOW_M_S, _SLOW, _SMOOTH_S, _FEW, _SHORTEST_S = 0.2, 0.15, 0.1, 5, 0.4

T = TypeVar("T")


class IdleConfig(BaseModel):
    """Where a run's idle sequences come from.

    gap_s, walk_m_s: what lies between the labelled actions of an untrimmed recording counts from this length
        on, where nobody walks about faster than that.
    rest_s, still_m_s: the first or the last rest_s of a trimmed sequence counts where nobody moves faster
        (stgat.motion). rests: how many of these are taken at most from each part of each data set, spread
        evenly over it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gap_s: float = Field(default=0.6, gt=0)
    walk_m_s: float = Field(default=0.35, gt=0)
    rest_s: float = Field(default=0.6, gt=0.2)
    still_m_s: float = Field(default=0.12, gt=0)
    rests: int = Field(default=60, ge=0)


def staying(joints_m: FloatArray, timestamps_s: FloatArray, config: IdleConfig) -> list[slice]:
    """The ranges of frames of (T, 25, 3) in which somebody stays where they are, long enough to count."""
    still = walking_speed(joints_m, timestamps_s) < config.walk_m_s
    edges = np.flatnonzero(np.diff(still, prepend=False, append=False))
    ranges = [slice(int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True)]
    return [r for r in ranges if timestamps_s[r.stop - 1] - timestamps_s[r.start] >= config.gap_s]


def rests(
    joints_m: FloatArray, timestamps_s: FloatArray, config: IdleConfig
) -> Iterator[tuple[str, FloatArray, FloatArray]]:
    """The still beginning and end of a sequence: "start" or "end", joints (T, 25, 3) and times (T,)."""
    first, last = timestamps_s[0], timestamps_s[-1]
    if last - first < 2 * config.rest_s:
        return
    for place, begin in (("start", first), ("end", last - config.rest_s)):
        inside = (timestamps_s >= begin - 1e-6) & (timestamps_s <= begin + config.rest_s + 1e-6)
        if inside.sum() < 3:
            continue
        count = round(config.rest_s * _SAMPLES_PER_SECOND) + 1
        even = resample(joints_m, timestamps_s, count, begin, begin + config.rest_s)
        if motion_m_s(even, config.rest_s, recent_s=config.rest_s) <= config.still_m_s:
            yield place, joints_m[inside], timestamps_s[inside]


def moving(joints_m: FloatArray, timestamps_s: FloatArray) -> tuple[float, float]:
    """From when to when somebody moves in a sequence (T, 25, 3); all of it where that is hardly anything.

    Still are the frames at either end in which the five fastest joints are slower than _SLOW of the fastest
    moment, and than _SLOW_M_S.
    """
    times = timestamps_s
    whole = float(times[0]), float(times[-1])
    if len(times) < _FEW:
        return whole
    steps = np.maximum(np.diff(times), 1e-3)
    speed = np.linalg.norm(np.diff(joints_m, axis=0), axis=-1) / steps[:, None]
    speed = gaussian_filter1d(speed, _SMOOTH_S / float(np.median(steps)), axis=0)
    fastest = np.sort(speed, axis=1)[:, -5:].mean(axis=1)
    fast = np.flatnonzero(fastest > max(_SLOW_M_S, _SLOW * fastest.max()))
    if not len(fast):
        return whole
    begin_s, end_s = float(times[fast[0]]), float(times[fast[-1] + 1])
    return (begin_s, end_s) if end_s - begin_s > _SHORTEST_S else whole


def spread(items: Sequence[T], at_most: int) -> list[T]:
    """At most so many of the items, evenly spread over them."""
    if len(items) <= at_most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, at_most).round().astype(int)] if at_most else []
