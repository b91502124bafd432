"""From probabilities over time to what is said: an action, idle or unknown, and events with start and end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from app.entities import ActionEvent, Decision, State
from app.events import EventTracker
from stgat.labels import IDLE
from stgat.skeleton import FloatArray

if TYPE_CHECKING:
    from stgat.recognizer import Prediction


class DecisionSettings(BaseModel):
    """How sure and how slow a decision is.

    smoothing_s: time constant of the average over probabilities.
    enter, leave: an action is named when its smoothed probability reaches the first, and kept until it
        falls under the second or another action is ahead of it by `margin`. Under `enter`, with nothing
        named, the answer is "unknown". Its event begins where the probability rose over the second.
    move_m_s, still_m_s: somebody who moves faster than the first is doing something; slower than the
        second for `idle_after_s`, they are idle. Not at once: an action is best told just after it ended,
        when the window holds all of it. The event ends with the motion all the same.
    lag_s: how long the network's answer trails the motion, since its window looks back: another thing said
        began, and what was said before ended, so much earlier.
    linger_s: how much longer than that an action is still said when it is over and nothing follows, since
        its motion has not left the window.
    merge_gap_s: an action that goes on after a gap no longer than this is one event.
    min_event_s, sure: events that are shorter, or whose smoothed probability never reached the second, are
        not reported. What is said at the moment stays the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    smoothing_s: float = Field(default=0.2, ge=0.0, le=10.0)
    enter: float = Field(default=0.55, ge=0.0, le=1.0)
    leave: float = Field(default=0.25, ge=0.0, le=1.0)
    margin: float = Field(default=0.05, ge=0.0, le=1.0)
    move_m_s: float = Field(default=0.18, ge=0.0)
    still_m_s: float = Field(default=0.08, ge=0.0)
    idle_after_s: float = Field(default=0.9, ge=0.0)
    lag_s: float = Field(default=0.7, ge=0.0, le=5.0)
    linger_s: float = Field(default=0.7, ge=0.0, le=5.0)
    merge_gap_s: float = Field(default=0.3, ge=0.0, le=5.0)
    min_event_s: float = Field(default=0.8, ge=0.0)
    sure: float = Field(default=0.0, ge=0.0, le=1.0)


@dataclass(frozen=True)
class Observation:
    """What is known of one person at one moment."""

    person_id: int
    motion_m_s: float
    prediction: Prediction


class Decider:
    """Decides for everybody in view. Time is the source's own; nothing here looks at a clock.

    Where time goes back everything that is going on ends, and all begins anew.
    """

    def __init__(self, settings: DecisionSettings | None = None) -> None:
        self.settings = settings or DecisionSettings()
        self._now_s = -math.inf
        self._people: dict[int, _Person] = {}

    def change(self, settings: DecisionSettings) -> None:
        """Decide by these from the next moment on; what is going on goes on."""
        self.settings = settings
        for person in self._people.values():
            person.change(settings)

    def update(
        self, observations: Sequence[Observation], timestamp_s: float, frame_index: int
    ) -> tuple[tuple[Decision, ...], tuple[ActionEvent, ...]]:
        """Decisions on those who were observed, and the events that this moment ended."""
        events: list[ActionEvent] = []
        decisions: list[Decision] = []
        if timestamp_s < self._now_s:
            events += self.finish()
        self._now_s = timestamp_s
        seen = {observation.person_id for observation in observations}
        for person_id in self._people.keys() - seen:
            events += self._people.pop(person_id).finish()
        for observation in observations:
            person = self._people.get(observation.person_id)
            if person is None:
                person = self._people[observation.person_id] = _Person(
                    observation.person_id, self.settings, timestamp_s
                )
            decision, ended = person.update(observation, timestamp_s, frame_index)
            decisions.append(decision)
            events += ended
        return tuple(decisions), tuple(events)

    def finish(self) -> tuple[ActionEvent, ...]:
        """The source has ended: whatever is still going on ends with it."""
        events = [event for person in self._people.values() for event in person.finish()]
        self._people.clear()
        return tuple(events)


class _Person:
    def __init__(self, person_id: int, settings: DecisionSettings, now_s: float) -> None:
        self.person_id = person_id
        self.settings = settings
        self.seen_s = now_s  # since when
        self.smoothed: FloatArray | None = None
        self.likely_s: FloatArray | None = None  # since when each class has been at or above `leave`
        self.updated_s = 0.0
        self.changed_s = -math.inf  # when the settings last did
        self.moving = False
        self.moved_s = -math.inf
        self.onset_s: float | None = None  # when the motion began that nothing has been said of yet
        self.named: str | None = None
        self.events = EventTracker(person_id, settings.merge_gap_s, settings.min_event_s, settings.sure)

    def change(self, settings: DecisionSettings) -> None:
        self.settings, self.changed_s = settings, self.updated_s
        self.events.change(settings.merge_gap_s, settings.min_event_s, settings.sure)

    def update(
        self, observation: Observation, now_s: float, frame_index: int
    ) -> tuple[Decision, tuple[ActionEvent, ...]]:
        prediction = observation.prediction
        self._gate(observation.motion_m_s, now_s)
        if not self.moving:
            # What was seen before a rest says nothing of what comes after it.
            self.smoothed = self.likely_s = self.named = None
            top = _top(prediction.probabilities, prediction.labels)
            ended = self.events.rest(now_s)
            return self._decision(State.IDLE, None, 0.0, top, now_s, frame_index), ended

        smoothed = self._smooth(prediction.probabilities, now_s)
        self.named, probability = self._choose(smoothed, prediction.labels)
        action = None if self.named == IDLE else self.named
        self._follow(smoothed, now_s)
        since_s = self._since(action, prediction, now_s)
        ended = self.events.say(action, probability, since_s, self.moved_s)
        if self.named is not None:
            self.onset_s = None
        state = State.UNKNOWN if self.named is None else State.IDLE if action is None else State.ACTION
        top = _top(smoothed, prediction.labels)
        return self._decision(state, action, probability, top, now_s, frame_index), ended

    def finish(self) -> tuple[ActionEvent, ...]:
        """End the event that is going on."""
        return self.events.finish()

    def _gate(self, motion_m_s: float, now_s: float) -> None:
        threshold = self.settings.still_m_s if self.moving else self.settings.move_m_s
        if motion_m_s >= threshold:
            if not self.moving:
                self.moving, self.onset_s = True, now_s
            self.moved_s = now_s
        elif now_s - self.moved_s >= self.settings.idle_after_s:
            self.moving, self.onset_s = False, None

    def _follow(self, smoothed: FloatArray, now_s: float) -> None:
        """Keep since when each class has been likely."""
        if self.likely_s is None:
            self.likely_s = np.full(len(smoothed), math.inf)
        self.likely_s = np.where(smoothed >= self.settings.leave, np.minimum(self.likely_s, now_s), math.inf)

    def _since(self, action: str | None, prediction: Prediction, now_s: float) -> float:
        """When that began which is said now, if it is news: an action, or None for none."""
        if self.onset_s is not None:
            # The first action after a rest began when the motion did, not when it was understood.
            return max(self.onset_s, prediction.window_start_s)
        told_s = now_s
        if action is None:
            # What was said until the settings changed was right by those it was said by.
            told_s = max(told_s - self.settings.linger_s, self.changed_s + self.settings.lag_s)
        elif self.likely_s is not None and self.events.since_s is None:
            # It was likely before it was sure; while something else is said, it begins when it is ahead.
            told_s = min(now_s, float(self.likely_s[prediction.labels.index(action)]))
            told_s = max(told_s, prediction.window_start_s + self.settings.lag_s)
        return max(told_s - self.settings.lag_s, self.seen_s)

    def _smooth(self, probabilities: FloatArray, now_s: float) -> FloatArray:
        if self.smoothed is None or self.settings.smoothing_s == 0:
            self.smoothed = np.asarray(probabilities, dtype=np.float64)
        else:
            share = 1.0 - math.exp(-(now_s - self.updated_s) / self.settings.smoothing_s)
            self.smoothed = self.smoothed + share * (probabilities - self.smoothed)
        self.updated_s = now_s
        return self.smoothed

    def _choose(self, smoothed: FloatArray, labels: tuple[str, ...]) -> tuple[str | None, float]:
        """The class to name, or None for unknown, and its probability or that of the likeliest."""
        best = int(smoothed.argmax())
        probability = float(smoothed[best])
        if self.named is not None:
            kept = float(smoothed[labels.index(self.named)])
            if kept >= self.settings.leave and probability - kept <= self.settings.margin:
                return self.named, kept
        return (labels[best] if probability >= self.settings.enter else None), probability

    def _decision(
        self,
        state: State,
        label: str | None,
        probability: float,
        top: tuple[tuple[str, float], ...],
        now_s: float,
        frame_index: int,
    ) -> Decision:
        since_s = self.events.since_s
        return Decision(self.person_id, now_s, frame_index, state, label, probability, top, since_s)


def _top(probabilities: FloatArray, labels: tuple[str, ...], count: int = 5) -> tuple[tuple[str, float], ...]:
    best = np.argsort(-probabilities, kind="stable")[:count]
    return tuple((labels[i], float(probabilities[i])) for i in best)
