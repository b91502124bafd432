"""Where in a file one is, by the clock and by what a person asks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

SLOWEST, FASTEST = 0.25, 4.0
SHORTEST_LOOP_S = 0.1


class Playhead:
    """A moment that moves on at a rate, within what is known of the file, and round a loop. For one lock.

    at_s: the moment, as of the last `advance`. jumps: how often it has been set elsewhere.
    clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.at_s, self.jumps, self.paused = 0.0, 0, False
        self._rate = 1.0
        self._loop: tuple[float, float] | None = None
        self._clock, self._since = clock, clock()

    @property
    def rate(self) -> float:
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = min(max(rate, SLOWEST), FASTEST)

    @property
    def loop(self) -> tuple[float, float] | None:
        """(begin, end) in seconds, in that order and at least SHORTEST_LOOP_S apart, however it was set."""
        return self._loop

    @loop.setter
    def loop(self, loop: tuple[float, float] | None) -> None:
        if loop is not None:
            begin_s = max(0.0, min(loop))
            loop = begin_s, max(*loop, begin_s + SHORTEST_LOOP_S)
        self._loop = loop

    def jump(self, time_s: float, end_s: float) -> None:
        """Be at another moment, at most at end_s; what is no number is left out."""
        if not math.isnan(time_s):
            self.at_s = min(max(0.0, time_s), end_s)
            self.jumps += 1
            self.go_on()

    def go_on(self, from_s: float | None = None) -> None:
        """Let the clock begin now, from another moment if one is given."""
        self._since = self._clock()
        if from_s is not None and not self.paused:
            self.at_s = from_s

    def advance(self, known_s: float | None, complete: bool, standing: bool) -> None:
        """Move on by the clock: not past known_s, back at the loop's end, paused at the file's.

        known_s: the newest picture that is known, None before the first; complete: it is the file's last.
        standing: the clock does not count, since the picture of a jump is still being looked for.
        """
        now = self._clock()
        passed_s, self._since = (now - self._since) * self._rate, now
        end_s = known_s if complete and known_s is not None else math.inf
        self.at_s = min(self.at_s, end_s)
        if self.paused or standing or known_s is None:
            return
        self.at_s = max(self.at_s, min(self.at_s + passed_s, known_s))
        if self._loop is not None and self.at_s >= min(self._loop[1], end_s):
            self.jump(min(self._loop[0], end_s - SHORTEST_LOOP_S), end_s)
        elif self.at_s >= end_s:
            self.paused = True

    def wait_s(self, next_s: float | None) -> float | None:
        """How long until the picture at next_s is due, or the loop's end; None while nothing moves."""
        if self.paused or next_s is None:
            return None
        if self._loop is not None and self._loop[1] > self.at_s:
            next_s = min(next_s, self._loop[1])
        return max(0.0, next_s - self.at_s) / self._rate
