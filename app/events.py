"""Events of one person, with a start and an end, from what is said of them moment by moment."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.entities import ActionEvent


@dataclass
class _Event:
    label: str
    start_s: float
    end_s: float
    total: float = 0.0
    count: int = 0
    highest: float = 0.0
    counted: bool = False  # reported whatever the settings say by then

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


class EventTracker:
    """Joins what is said into events.

    merge_gap_s: an event that goes on after a gap of no more than this is one event; so one that is over is
        reported when it can no longer go on. Those that touch are one at any setting.
    min_event_s, sure: events that are shorter, or whose probability never reached the second, are not
        reported.

    Events of a person come in order and do not overlap.
    """

    def __init__(self, person_id: int, merge_gap_s: float, min_event_s: float, sure: float = 0.0) -> None:
        self._person_id = person_id
        self._merge_gap_s = merge_gap_s
        self._min_event_s = min_event_s
        self._sure = sure
        self._open: _Event | None = None
        self._over: _Event | None = None  # not reported yet, since it may go on
        self._reported_s = -math.inf

    def change(self, merge_gap_s: float, min_event_s: float, sure: float) -> None:
        """Go on by other settings; what is over already is not lost by them."""
        if self._over is not None:
            self._over.counted = self._counts(self._over)
        self._merge_gap_s, self._min_event_s, self._sure = merge_gap_s, min_event_s, sure

    @property
    def since_s(self) -> float | None:
        """When that began which is going on; None where nothing is."""
        return self._open.start_s if self._open else None

    def say(
        self, label: str | None, probability: float, since_s: float, moved_s: float
    ) -> tuple[ActionEvent, ...]:
        """An action, or None, is what is said now; returns the events that are settled by it.

        since_s: when it began, if it is news; what was said before ended then.
        moved_s: when the person last moved: the action lasts to then at least, while it is said.
        """
        if self._open is None or self._open.label != label:
            reported = self._close(since_s)
            if label is not None:
                self._begin(label, since_s)
        else:
            reported = []
        if self._open is not None:
            self._open.end_s = max(self._open.end_s, moved_s)
            self._open.total += probability
            self._open.count += 1
            self._open.highest = max(self._open.highest, probability)
        return (*reported, *self._settle(since_s))

    def rest(self, since_s: float) -> tuple[ActionEvent, ...]:
        """The person keeps still; what was going on ended when they last moved."""
        return (*self._close(math.inf), *self._settle(since_s))

    def finish(self) -> tuple[ActionEvent, ...]:
        """Nothing more will be said: whatever is going on ends when the person last moved."""
        return self.rest(math.inf)

    def _begin(self, label: str, since_s: float) -> None:
        over = self._over
        start_s = max(since_s, self._reported_s if over is None else over.end_s)
        if over is not None and over.label == label and start_s - over.end_s <= self._merge_gap_s:
            self._open, self._over = over, None
        else:
            self._open = _Event(label, start_s, start_s)

    def _close(self, until_s: float) -> list[ActionEvent]:
        event, self._open = self._open, None
        if event is None:
            return []
        event.end_s = max(event.start_s, min(event.end_s, until_s))
        if self._over is not None and not self._counts(event):
            return []  # a slip of the tongue, which parts nothing
        reported = self._report()
        self._over = event
        return reported

    def _settle(self, since_s: float) -> list[ActionEvent]:
        if self._over is None or since_s - self._over.end_s <= self._merge_gap_s:
            return []
        return self._report()

    def _counts(self, event: _Event) -> bool:
        return event.counted or (event.duration_s >= self._min_event_s and event.highest >= self._sure)

    def _report(self) -> list[ActionEvent]:
        event, self._over = self._over, None
        if event is None or not self._counts(event):
            return []
        self._reported_s = event.end_s
        probability = event.total / event.count
        return [ActionEvent(event.label, event.start_s, event.end_s, probability, self._person_id)]
