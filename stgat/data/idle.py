"""Sequences of the class "idle": moments in which people keep still."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from stgat.motion import motion_m_s, walking_speed
from stgat.sampling import resample
from stgat.skeleton import FloatArray

_SAMPLES_PER_SECOND = 25.0

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


def spread(items: Sequence[T], at_most: int) -> list[T]:
    """At most so many of the items, evenly spread over them."""
    if len(items) <= at_most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, at_most).round().astype(int)] if at_most else []
