"""The actions of a session while it is recorded, one a line, as soon as they are over."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from app.entities import ActionEvent, Decision, State
from app.results import Result

#: An action that was said so shortly before the end, and has not come as an event yet, is one.
_STILL_SAID_S = 1.5
_SHORTEST_S = 0.8


class EventLog:
    """Takes in what is recognised, from any thread, and writes it in another. Times count from `start_s`."""

    def __init__(self) -> None:
        self.start_s = 0.0
        self._lock = threading.Lock()
        self._events: list[ActionEvent] = []
        self._said: dict[int, tuple[float, ActionEvent]] = {}  # person -> when, and the action so far
        self._file: IO[str] | None = None

    def take(self, result: Result) -> None:
        with self._lock:
            for event in result.events:
                self._said.pop(event.person_id, None)
                self._events.append(event)
            for decision in result.decisions or ():
                if (so_far := _so_far(decision)) is not None:
                    self._said[decision.person_id] = decision.timestamp_s, so_far
            if result.posed is not None:
                self._forget(result.posed.frame.timestamp_s - _STILL_SAID_S)

    def _forget(self, before_s: float) -> None:
        """What was said of people who have left since: with new ids all the time they would never end."""
        self._said = {person: said for person, said in self._said.items() if said[0] >= before_s}

    def open(self, path: Path) -> None:
        """Raises OSError; FileExistsError for a file that is there."""
        self._file = path.open("x", encoding="utf-8")

    def write(self) -> None:
        """Everything until now. Raises OSError."""
        with self._lock:
            events, self._events = self._events, []
        self._put(events)

    def close(self, end_s: float) -> None:
        """What is going on at the recording's end, at end_s of its own time, ends there. Raises OSError."""
        self.write()
        end_s += self.start_s
        with self._lock:
            going_on = [event for said_s, event in self._said.values() if end_s - said_s <= _STILL_SAID_S]
        self._put([event for event in going_on if event.end_s - event.start_s >= _SHORTEST_S])
        if self._file is not None:
            self._file.close()

    def _put(self, events: Sequence[ActionEvent]) -> None:
        if self._file is None:
            return
        for event in events:
            told = event.told()
            told["start_s"] = round(max(0.0, event.start_s - self.start_s), 3)
            told["end_s"] = round(event.end_s - self.start_s, 3)
            if told["end_s"] > told["start_s"]:  # not over before the recording began
                self._file.write(json.dumps(told, ensure_ascii=False) + "\n")
        self._file.flush()


def _so_far(decision: Decision) -> ActionEvent | None:
    if decision.state is not State.ACTION or decision.label is None or decision.since_s is None:
        return None
    return ActionEvent(
        decision.label, decision.since_s, decision.timestamp_s, decision.probability, decision.person_id
    )
