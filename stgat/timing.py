"""Calls timed in turns, in one process: whatever else the machine does slows all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Seconds of each call, in order, without the first ones that warm up."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def percentile(self, percent: float) -> float:
        """The smallest time that at least so many percent of the calls did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(percent) // 100) - 1))]

    def milliseconds(self) -> str:
        """Median and, in brackets, where the middle eight tenths lie."""
        low, mid, high = (1e3 * s for s in (self.percentile(10), self.median, self.percentile(90)))
        digits = 1 if mid < 100 else 0
        return f"{mid:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def in_turns(
    calls: Mapping[str, Callable[[], object]], rounds: int = 30, warm_up: int = 2, at_most_s: float = 60.0
) -> dict[str, Times]:
    """Time every call once a round; at least three rounds, and no new one after at_most_s."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(warm_up):
        for call in calls.values():
            call()
    started = time.perf_counter()
    for done in range(rounds):
        if done >= 3 and time.perf_counter() - started > at_most_s:
            break
        for name, call in calls.items():
            before = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - before)
    return {name: Times(tuple(seconds)) for name, seconds in times.items()}


def ratio(slow: Times, fast: Times) -> tuple[float, float, float]:
    """How many times as long one takes as the other: median, 10th and 90th percentile of the rounds."""
    rounds = Times(tuple(a / b for a, b in zip(slow.seconds, fast.seconds, strict=True)))
    return rounds.median, rounds.percentile(10), rounds.percentile(90)
