"""What was said in the last half minute, person by person; the timeline paints it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.entities import ActionEvent, Decision, State

SPAN_S = 30.0

#: Decisions further apart than this do not belong to one stretch: the person was away in between.
LONGEST_GAP_S = 1.0

#: An action that is over waits so long for its event.
LONGEST_WAIT_S = 2.0


@dataclass(frozen=True)
class Stretch:
    """A time in which one thing was said of a person.

    state: ACTION, IDLE or UNKNOWN. going_on: it has not ended yet, as far as is known.
    """

    person_id: int
    state: State
    label: str | None
    start_s: float
    end_s: float
    probability: float
    going_on: bool = False


class History:
    """The last SPAN_S seconds as stretches.

    Finished actions are the session's events, whose start and end the decision has weighed; what is idle,
    unknown or still going on is put together from the decisions as they come.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.now_s = 0.0
        self._stretches: dict[int, list[Stretch]] = {}
        self._events: tuple[ActionEvent, ...] = ()

    def update(self, now_s: float, decisions: Iterable[Decision], events: Sequence[ActionEvent]) -> None:
        """Take in a snapshot; time that runs backwards means that the source began anew."""
        if now_s < self.now_s - 0.5:
            self.clear()
        self.now_s = now_s
        self._events = tuple(event for event in events if event.end_s > now_s - SPAN_S)
        for decision in decisions:
            self._add(decision)
        for person_id, stretches in list(self._stretches.items()):
            kept = [s for s in stretches if s.end_s > now_s - SPAN_S]
            if kept:
                self._stretches[person_id] = kept
            else:
                del self._stretches[person_id]

    def lanes(self) -> dict[int, list[Stretch]]:
        """person_id -> stretches to be painted in that order, by start with the actions last.

        Persons are in ascending order. Gaps are times of nothing known.
        """
        lanes: dict[int, list[Stretch]] = {}
        for person_id, stretches in self._stretches.items():
            *past, last = stretches
            last = replace(last, going_on=self.now_s - last.end_s < LONGEST_GAP_S)
            lanes[person_id] = [s for s in (*past, last) if s.state is not State.ACTION or self._untold(s)]
        for e in self._events:
            action = Stretch(e.person_id, State.ACTION, e.label, e.start_s, e.end_s, e.probability)
            lanes.setdefault(e.person_id, []).append(action)
        return {person_id: _without_overlaps(lanes[person_id]) for person_id in sorted(lanes)}

    def _untold(self, action: Stretch) -> bool:
        """Whether an action pieced together from decisions must stand in for an event that is yet to come.

        An event follows the change of mind it ends with after a moment; what brings none was too short to
        be one, and is taken back.
        """
        fresh = action.going_on or self.now_s - action.end_s < LONGEST_WAIT_S
        told = any(
            e.person_id == action.person_id
            and (e.end_s >= action.end_s or action.start_s <= e.start_s <= action.end_s)
            for e in self._events
        )
        return fresh and not told

    def _add(self, decision: Decision) -> None:
        if decision.state is State.NO_PERSON:
            return
        stretches = self._stretches.setdefault(decision.person_id, [])
        time_s = start_s = decision.timestamp_s
        if stretches:
            last = stretches[-1]
            if time_s <= last.end_s:
                return  # seen before, or late
            if time_s - last.end_s < LONGEST_GAP_S:
                if (last.state, last.label) == (decision.state, decision.label):
                    stretches[-1] = replace(last, end_s=time_s, probability=decision.probability)
                    return
                start_s = last.end_s
        if decision.since_s is not None:
            start_s = decision.since_s
            _give_way(stretches, start_s)
        of, state, label = decision.person_id, decision.state, decision.label
        stretches.append(Stretch(of, state, label, start_s, time_s, decision.probability))


def _give_way(stretches: list[Stretch], start_s: float) -> None:
    """Actions said before end where one that is dated back begins, or were only a part of it."""
    stretches[:] = [s for s in stretches if s.state is not State.ACTION or s.start_s < start_s]
    for i, earlier in enumerate(stretches):
        if earlier.state is State.ACTION and earlier.end_s > start_s:
            stretches[i] = replace(earlier, end_s=start_s)


def _without_overlaps(lane: list[Stretch]) -> list[Stretch]:
    """The stretches by start, the actions last; what is said otherwise of an action's time gives way to it.

    The decision weighs an action's start and end afterwards, so its event reaches a little into what was
    said at the time.
    """
    actions = sorted((s for s in lane if s.state is State.ACTION), key=lambda s: s.start_s)
    others = sorted((s for s in lane if s.state is not State.ACTION), key=lambda s: s.start_s)
    for action in actions:
        for i, other in enumerate(others):
            if action.start_s <= other.start_s < action.end_s:
                others[i] = replace(other, start_s=action.end_s)
            elif other.start_s < action.start_s < other.end_s <= action.end_s:
                others[i] = replace(other, end_s=action.start_s, going_on=False)
    return [s for s in others if s.end_s > s.start_s or s.going_on] + actions
