"""Skeletons, moment by moment, to what the network says of everybody in view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.decisions import Observation
from app.models import answer_operations
from app.window import PersonWindow, SlidingWindow, network_input
from stgat.skeleton import Skeleton

if TYPE_CHECKING:
    from stgat.checkpoint import Metadata
    from stgat.recognizer import Recognizer

#: Least time between two answers of a network, in the source's time.
INTERVAL_S = 0.1
#: A network of no more operations a window than this answers every frame: about 6 ms of one core
#: (benchmarks/window_study.py), a fifth of the time between two frames.
LIGHT_OPERATIONS = 0.2e9


def answer_interval(metadata: Metadata) -> float:
    """How long to wait between two answers of a network, in seconds; 0 where it can keep up with a camera."""
    return 0.0 if answer_operations(metadata) <= LIGHT_OPERATIONS else INTERVAL_S


class Observer:
    """Keeps the last seconds of everybody in view and has the network look at them whenever it is due.

    interval_s: least time between two looks; None for what suits the network (answer_interval).
    Time is the source's own; where it goes back, all begins anew.

    looked_at: the windows of the last look, for whoever wants to know more of it.
    """

    def __init__(self, recognizer: Recognizer, interval_s: float | None = None) -> None:
        self._recognizer = recognizer
        suitable = answer_interval(recognizer.metadata) if interval_s is None else interval_s
        self._interval_s = suitable
        self._window = SlidingWindow(recognizer.metadata.preprocessing)
        self._now_s = self._last_s = self._due_s = -math.inf
        self.looked_at: tuple[PersonWindow, ...] = ()

    def add(self, skeletons: Sequence[Skeleton], timestamp_s: float) -> None:
        """Take in who was seen at a moment."""
        self._window.add(skeletons, timestamp_s)
        self._now_s = timestamp_s

    def observe(self) -> list[Observation] | None:
        """What is known of everybody at the newest moment; None where no answer is due yet."""
        if self._last_s <= self._now_s < self._due_s:
            return None
        # A little less than the interval: timestamps are rounded, and every third frame shall stay the third.
        self._last_s, self._due_s = self._now_s, self._now_s + self._interval_s * 0.999
        self.looked_at = tuple(self._window.people())
        return observe(self.looked_at, self._recognizer)


def in_groups(people: Sequence[PersonWindow], metadata: Metadata) -> list[list[PersonWindow]]:
    """Who is shown to the network together: each alone, or all where it was trained so."""
    if metadata.people > 1:
        return [list(people)] if people else []
    return [[person] for person in people]


def observe(people: Sequence[PersonWindow], recognizer: Recognizer) -> list[Observation]:
    """Recognise everybody of one moment: each alone, or together where the network was trained so."""
    if not people:
        return []
    metadata = recognizer.metadata
    groups = in_groups(people, metadata)
    inputs = [network_input(group, metadata.preprocessing, metadata.people) for group in groups]
    spans = [(group[0].start_s, group[0].end_s) for group in groups]
    predictions = recognizer.recognize(inputs, spans)
    return [
        Observation(person.person_id, person.motion_m_s, prediction)
        for group, prediction in zip(groups, predictions, strict=True)
        for person in group
    ]
