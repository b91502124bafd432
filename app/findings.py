"""What was found in each picture of a file, kept for as long as the file is open."""

from __future__ import annotations

import threading
from bisect import bisect_right

from app.entities import ActionEvent, Decision
from app.pipeline import Result
from stgat.skeleton import Skeleton

#: Times closer than this are one.
SAME_S = 1e-6


class Findings:
    """Times, skeletons, decisions and events of a file, from its beginning to where the analysis has come.

    The pictures themselves are not kept: an hour of one person is about 200 MB without them. Safe from any
    thread; pictures are counted from 0.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times_s: list[float] = []
        self._skeletons: list[tuple[Skeleton, ...]] = []
        self._decisions: list[tuple[Decision, ...]] = []  # in force at each picture
        self._events: tuple[ActionEvent, ...] = ()
        self._complete = False

    def add(self, result: Result) -> None:
        """Take in the next result of a session that loses nothing."""
        with self._lock:
            if result.events:
                self._events += result.events
            if result.posed is None:
                self._complete = True
                return
            before = self._decisions[-1] if self._decisions else ()
            self._times_s.append(result.posed.frame.timestamp_s)
            self._skeletons.append(result.posed.skeletons)
            self._decisions.append(before if result.decisions is None else result.decisions)

    @property
    def complete(self) -> bool:
        """The file has been gone through to its end."""
        return self._complete

    @property
    def events(self) -> tuple[ActionEvent, ...]:
        """All that have ended so far, oldest first."""
        return self._events

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
            return self._skeletons[number], self._decisions[number]
