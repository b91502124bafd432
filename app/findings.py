"""What was found in each picture of a file, kept for as long as the file is open."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable

from app.decisions import Decider, DecisionSettings, Observation
from app.entities import ActionEvent, Decision
from app.pipeline import Result
from app.sources.picture_index import SAME_S
from app.window import PersonWindow, SlidingWindow
from stgat.preprocessing import Preprocessing
from stgat.skeleton import Skeleton

#: So many moments are decided on without letting go of the lock.
_AT_ONCE = 50


class Findings:
    """Times, skeletons, decisions and events of a file, from its beginning to where the analysis has come.

    Decisions are made here, from what the network said of each moment, so that they can be made anew by other
    settings. The pictures themselves are not kept: an hour of one person is about 200 MB without them. Safe
    from any thread; pictures are counted from 0.
    """

    def __init__(self, settings: DecisionSettings | None = None) -> None:
        self._lock = threading.Lock()
        self._times_s: list[float] = []
        self._indices: list[int] = []
        self._skeletons: list[tuple[Skeleton, ...]] = []
        self._observed: list[tuple[Observation, ...] | None] = []
        self._complete = False
        self._verdicts = _Verdicts(settings)

    def add(self, result: Result) -> None:
        """Take in the next result of a session that loses nothing."""
        with self._lock:
            if result.posed is None:
                self._verdicts.finish()
                self._complete = True
                return
            self._times_s.append(result.posed.frame.timestamp_s)
            self._indices.append(result.posed.frame.index)
            self._skeletons.append(result.posed.skeletons)
            self._observed.append(result.observations)
            self._decide_next(self._verdicts)

    def decide_anew(self, settings: DecisionSettings, give_up: Callable[[], bool]) -> bool:
        """Decide by these on the whole file, also on what is yet to come; False where given up.

        Until it has got through, all stays as it was; an hour of film takes some seconds.
        """
        verdicts = _Verdicts(settings)
        while True:
            with self._lock:
                if give_up():  # asked with the lock held: an older wish must not win over a newer one
                    return False
                left = len(self._times_s) - len(verdicts.decisions)
                if left <= _AT_ONCE:
                    for _ in range(left):
                        self._decide_next(verdicts)
                    if self._complete:
                        verdicts.finish()
                    self._verdicts = verdicts
                    return True
            for _ in range(_AT_ONCE):
                self._decide_next(verdicts)

    def _decide_next(self, verdicts: _Verdicts) -> None:
        number = len(verdicts.decisions)
        verdicts.add(self._observed[number], self._times_s[number], self._indices[number])

    @property
    def complete(self) -> bool:
        """The file has been gone through to its end."""
        return self._complete

    @property
    def events(self) -> tuple[ActionEvent, ...]:
        """All that have ended so far, oldest first."""
        return self._verdicts.events

    @property
    def last_s(self) -> float | None:
        """The newest picture's time; None before the first."""
        with self._lock:
            return self._times_s[-1] if self._times_s else None

    def number_at(self, time_s: float) -> int | None:
        """The last picture at or before that time, or the first; None where that is not known yet."""
        with self._lock:
            if not self._times_s or (not self._complete and time_s > self._times_s[-1] + SAME_S):
                return None
            return max(0, bisect_right(self._times_s, time_s + SAME_S) - 1)

    def time_s(self, number: int) -> float | None:
        """When a picture comes; None where it has not been met, or there is none."""
        with self._lock:
            return self._times_s[number] if 0 <= number < len(self._times_s) else None

    def of(self, number: int) -> tuple[tuple[Skeleton, ...], tuple[Decision, ...]]:
        """Who was seen in a picture, and what was said then."""
        with self._lock:
            return self._skeletons[number], self._verdicts.decisions[number]

    def people_at(self, number: int, preprocessing: Preprocessing) -> list[PersonWindow]:
        """The windows that a network looked at, or would have, when this picture came."""
        with self._lock:
            # Somebody who was seen before the window, and again in it, is bridged as it was then.
            first = bisect_right(self._times_s, self._times_s[number] - 2 * preprocessing.window_s)
            span = slice(max(0, first - 1), number + 1)
            seen = list(zip(self._times_s[span], self._skeletons[span], strict=True))
        window = SlidingWindow(preprocessing)
        for time_s, skeletons in seen:
            window.add(skeletons, time_s)
        return window.people()


class _Verdicts:
    """What is said of the pictures one after the other, by one choice of settings."""

    def __init__(self, settings: DecisionSettings | None) -> None:
        self.decisions: list[tuple[Decision, ...]] = []  # in force at each picture
        self.events: tuple[ActionEvent, ...] = ()
        self._decider = Decider(settings)

    def add(self, observed: tuple[Observation, ...] | None, time_s: float, index: int) -> None:
        """The next picture; None where nothing was looked at."""
        said = self.decisions[-1] if self.decisions else ()
        if observed is not None:
            said, ended = self._decider.update(observed, time_s, index)
            self.events += ended
        self.decisions.append(said)

    def finish(self) -> None:
        """The end of the file ends what goes on."""
        self.events += self._decider.finish()
