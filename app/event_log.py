"""All events of a session, however long it is; a snapshot has only the newest."""

from __future__ import annotations

from collections.abc import Sequence

from app.entities import ActionEvent
from app.pipeline import KEPT_EVENTS


class EventLog:
    """Collects events from snapshots that are looked at now and then. For one thread.

    gaps: how often so many events came between two looks that some may have been missed.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """A new session begins."""
        self.gaps = 0
        self._events: list[ActionEvent] = []
        self._known: set[ActionEvent] = set()
        self._seen: Sequence[ActionEvent] = ()

    @property
    def events(self) -> list[ActionEvent]:
        """In the order in which they came."""
        return list(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def take(self, events: Sequence[ActionEvent]) -> list[ActionEvent]:
        """Those of a snapshot's events that are new."""
        if events is self._seen:
            return []
        new = [event for event in dict.fromkeys(events) if event not in self._known]
        if self._events and len(new) == len(events) >= KEPT_EVENTS:
            self.gaps += 1
        self._seen = events
        self._events += new
        self._known.update(new)
        return new
