"""Presentation times as files give them, made into times that can be relied on."""

from __future__ import annotations

import math

#: Used where neither the pictures' times nor the stated rate say how long a picture lasts.
DEFAULT_FPS = 25.0
#: A stated rate outside this range is a mistake in the file's header, not a rate.
MIN_FPS, MAX_FPS = 0.1, 1000.0
#: A longer step, forward or back, is a clock that was set anew (joined recordings, broken headers).
MAX_STEP_S = 60.0


def sane_fps(*rates: object) -> float | None:
    """The first of the rates that is a believable number of pictures a second, else None."""
    for rate in rates:
        if rate:
            value = float(rate)  # type: ignore[arg-type]  # int, float and Fraction alike
            if MIN_FPS <= value <= MAX_FPS:
                return value
    return None


class Timeline:
    """Times relative to the first picture, strictly increasing, whatever the file says.

    A missing, repeated or slightly earlier time is replaced by the time before it plus one nominal interval;
    true times are used again as soon as they have caught up. After a step of more than MAX_STEP_S the file's
    clock is taken to have been set anew: the picture follows its predecessor by one interval, and later ones
    keep their distance to it.

    own_clock: the file's times are right and belong to something else too, as those of a recorded session do:
    they count from the file's own 0, whenever the first picture comes, and a long step is a long wait.
    """

    def __init__(self, fps: float | None, own_clock: bool = False) -> None:
        self._interval_s = 1.0 / (fps or DEFAULT_FPS)
        self._origin_s = 0.0 if own_clock else None
        self._max_step_s = math.inf if own_clock else MAX_STEP_S
        self._last_s: float | None = None

    def next(self, time_s: float | None) -> float:
        """The time to use, in seconds, for the next picture; time_s is what the file says of it, or None."""
        expected_s = 0.0 if self._last_s is None else self._last_s + self._interval_s
        if time_s is None:
            now_s = expected_s
        elif self._origin_s is None:
            now_s, self._origin_s = expected_s, time_s - expected_s
        else:
            now_s = time_s - self._origin_s
            if self._last_s is not None:
                if abs(now_s - self._last_s) > self._max_step_s:
                    now_s, self._origin_s = expected_s, time_s - expected_s
                elif now_s <= self._last_s:
                    now_s = expected_s
        self._last_s = now_s
        return now_s
