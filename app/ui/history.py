"""What was said, person by person; the timeline paints it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.entities import ActionEvent, Decision, State

#: Of a live session so much is kept, and of any session so many stretches.
KEPT_S = 900.0
MOST_STRETCHES = 10_000

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

    def as_event(self) -> ActionEvent:
        """An action's stretch as an event, be it over or not."""
        return ActionEvent(self.label or "", self.start_s, self.end_s, self.probability, self.person_id)


class History:
    """The last KEPT_S seconds as stretches; of a whole file everything that was looked at.

    Finished actions are the session's events, whose start and end the decision has weighed; what is idle,
    unknown or still going on is put together from the decisions as they come.

    lost: nothing is known of the present, as the camera is lost: then nothing goes on.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.now_s, self.lost = 0.0, False
        self.begin_s = math.inf  # of what is kept
        self._stretches: dict[int, list[Stretch]] = {}  # by their ends
        self.given: Sequence[ActionEvent] = ()  # the newest snapshot's events
        self._events: dict[int, list[ActionEvent]] = {}  # by their ends

    @property
    def events(self) -> list[ActionEvent]:
        """Those that are kept, by start."""
        return sorted((e for lane in self._events.values() for e in lane), key=lambda e: e.start_s)

    def update(
        self,
        now_s: float,
        decisions: Iterable[Decision],
        events: Sequence[ActionEvent],
        whole_file: bool = False,
    ) -> None:
        """Take in a snapshot.

        whole_file: time may go back, and events may lie ahead. Otherwise time that runs backwards means that
        the source began anew, and what is older than KEPT_S is forgotten.
        """
        if not whole_file and now_s < self.now_s - 0.5:
            self.clear()
        self.now_s = now_s
        self.begin_s = min(self.begin_s, now_s)
        if events is not self.given:
            self.given, self._events = events, {}
            for event in sorted(events, key=lambda event: event.end_s):
                self._events.setdefault(event.person_id, []).append(event)
        for decision in decisions:
            if decision.state is not State.NO_PERSON:
                self._add(decision)
        if not whole_file:
            self._forget(now_s - KEPT_S)

    def lanes(self, start_s: float = -math.inf, end_s: float = math.inf) -> dict[int, list[Stretch]]:
        """person_id -> stretches in that time, to be painted in that order: by start, the actions last.

        Persons are in ascending order; those who have nothing there are left out. Gaps are times of nothing
        known.
        """
        lanes: dict[int, list[Stretch]] = {}
        for person_id in sorted(self._stretches.keys() | self._events.keys()):
            said = self._stretches.get(person_id, [])
            lane = []
            for i in range(bisect_left(said, start_s, key=_end), len(said)):
                stretch = said[i]
                if stretch.start_s > end_s:
                    continue
                newest = i + 1 == len(said) or self.now_s <= stretch.end_s
                in_time = stretch.start_s <= self.now_s < stretch.end_s + LONGEST_GAP_S
                if in_time and newest and not self.lost:
                    stretch = replace(stretch, going_on=True)
                if stretch.state is not State.ACTION or self._untold(stretch):
                    lane.append(stretch)
            told = self._events.get(person_id, [])
            lane += [
                Stretch(person_id, State.ACTION, e.label, e.start_s, e.end_s, e.probability)
                for e in told[bisect_left(told, start_s, key=_end) :]
                if e.start_s <= end_s
            ]
            if lane:
                lanes[person_id] = _without_overlaps(lane)
        return lanes

    def _untold(self, action: Stretch) -> bool:
        """Whether an action pieced together from decisions must stand in for an event that is yet to come.

        An event follows the change of mind it ends with after a moment; what brings none was too short to
        be one, and is taken back.
        """
        if not (action.going_on or 0 <= self.now_s - action.end_s < LONGEST_WAIT_S):
            return False
        told = self._events.get(action.person_id, [])
        return not any(
            action.start_s <= e.start_s <= action.end_s
            or (e.start_s <= action.start_s and e.end_s >= action.end_s)
            for e in told[bisect_left(told, action.start_s, key=_end) :]
        )

    def _add(self, decision: Decision) -> None:
        said = self._stretches.setdefault(decision.person_id, [])
        time_s = start_s = decision.timestamp_s
        what = decision.state, decision.label
        i = bisect_left(said, time_s, key=_end)
        before = said[i - 1] if i > 0 else None
        after = said[i] if i < len(said) else None
        if after is not None and after.start_s <= time_s:  # seen before, or late
            if before is not None and 0 < after.start_s - before.end_s < LONGEST_GAP_S:
                _close_gap(said, i)
            return
        if before is not None and time_s - before.end_s < LONGEST_GAP_S:
            if (before.state, before.label) == what:
                said[i - 1] = replace(before, end_s=time_s, probability=decision.probability)
                return
            start_s = before.end_s
        elif (
            after is not None
            and after.start_s - time_s < LONGEST_GAP_S
            and (after.state, after.label) == what
        ):
            said[i] = replace(after, start_s=time_s)
            return
        if decision.since_s is not None:
            start_s = decision.since_s
            i = _give_way(said, i, start_s)
        of, state, label = decision.person_id, decision.state, decision.label
        said.insert(i, Stretch(of, state, label, start_s, time_s, decision.probability))
        if sum(map(len, self._stretches.values())) > MOST_STRETCHES:
            self._forget_farthest()

    def _forget(self, before_s: float) -> None:
        for person_id, said in list(self._stretches.items()):
            del said[: bisect_right(said, before_s, key=_end)]
            if not said:
                del self._stretches[person_id]
        for person_id, told in list(self._events.items()):
            del told[: bisect_right(told, before_s, key=_end)]
            if not told:
                del self._events[person_id]
        self.begin_s = max(self.begin_s, before_s)

    def _forget_farthest(self) -> None:
        """Of all stretches, the one farthest from now."""
        lanes = [(said, at) for said in self._stretches.values() if said for at in (0, -1)]
        said, at = max(lanes, key=lambda lane: abs(lane[0][lane[1]].end_s - self.now_s))
        del said[at]


def _end(of: Stretch | ActionEvent) -> float:
    return of.end_s


def _close_gap(said: list[Stretch], i: int) -> None:
    """Join the stretch at i and the one before it, between which nobody has looked."""
    before, after = said[i - 1], said[i]
    if (before.state, before.label) == (after.state, after.label):
        said[i - 1 : i + 1] = [replace(after, start_s=before.start_s)]
    else:
        said[i - 1] = replace(before, end_s=after.start_s)


def _give_way(said: list[Stretch], until: int, start_s: float) -> int:
    """Actions said before end where one that is dated back begins, or were only a part of it.

    until: where that one goes in the list; returns where it goes now.
    """
    kept = [
        replace(s, end_s=start_s) if s.state is State.ACTION and s.end_s > start_s else s
        for s in said[:until]
        if s.state is not State.ACTION or s.start_s < start_s
    ]
    said[:until] = sorted(kept, key=_end)
    return len(kept)


def _without_overlaps(lane: list[Stretch]) -> list[Stretch]:
    """The stretches by start, the actions last; what is said otherwise of an action's time gives way to it.

    The decision weighs an action's start and end afterwards, so its event reaches a little into what was
    said at the time.
    """
    actions = sorted((s for s in lane if s.state is State.ACTION), key=lambda s: s.start_s)
    others = sorted((s for s in lane if s.state is not State.ACTION), key=lambda s: s.start_s)
    for i, other in enumerate(others):
        # Actions of one person do not overlap, so their ends are in order as well.
        for action in actions[bisect_right(actions, other.start_s, key=_end) :]:
            if action.start_s >= other.end_s:
                break
            if action.start_s <= other.start_s < action.end_s:
                other = replace(other, start_s=action.end_s)
            elif other.start_s < action.start_s < other.end_s <= action.end_s:
                other = replace(other, end_s=action.start_s, going_on=False)
        others[i] = other
    return [s for s in others if s.end_s > s.start_s or s.going_on] + actions
