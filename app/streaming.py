"""Recognition measured on untrimmed recordings, along the same road as live and with the same decisions.

The network runs once over a recording (`watch`); what is decided on its answers (`decide`) can then be had
for any settings in no time, and be compared with the truth (`score`).
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.continual import make_observer
from app.decisions import Decider, DecisionSettings, Observation
from app.entities import ActionEvent
from stgat.data.utkinect import Recording
from stgat.motion import walking_speed
from stgat.recognizer import Recognizer
from stgat.retarget import one_body
from stgat.skeleton import KINECT_V1_20, Skeleton
from stgat.training.segments import (
    Matches,
    Span,
    edit_score,
    match_segments,
    mostly_in,
    onset_delays,
    outside,
    overlap_s,
    right_moments,
)

#: The label of walking, and from which speed and for how long somebody who moves about is walking; what is
#: shorter than the last of these beside it is its ragged end.
WALK, WALK_M_S, WALK_S, SHORT_S = "walk", 0.35, 0.4, 1.0

#: Intersection over union from which a segment counts as found.
OVERLAPS = (0.1, 0.25, 0.5)


@dataclass(frozen=True)
class Moment:
    """What the network said at one moment, of everybody in view."""

    timestamp_s: float
    frame_index: int
    observations: tuple[Observation, ...]


@dataclass(frozen=True)
class Watched:
    """A recording as the network saw it, and what is done in it.

    truth: the actions the model has a label for, by that label, in order. left_out: the others, by their own
        names; what is said there counts neither for nor against.
    walked: where nothing is labelled and the person walks about all the same (stgat.motion.walking_speed).
    """

    name: str
    subject: int
    duration_s: float
    moments: tuple[Moment, ...]
    truth: tuple[Span, ...]
    left_out: tuple[Span, ...]
    walked: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Said:
    """What was said of a recording: at each moment (None for idle or unknown), and as events in the end."""

    moments: tuple[tuple[float, str | None], ...]
    events: tuple[Span, ...]


@dataclass(frozen=True)
class Score:
    """Counts of one recording; adds up to those of many.

    recordings: how many. matches: overlap -> segments found, wrong and missed.
    in_action, in_idle: right and all moments, see stgat.training.segments.right_moments. Said live, of the
        moment it was said at, so what comes late is wrong.
    edits: edit score of each recording. delays: of each true segment, None where never found.
    false_events: events at least half of which is time without any labelled action. idle_s: seconds of that.
    at_left_out: (name of the action without a label, event said there instead) of each such event.
    """

    recordings: int = 0
    matches: dict[float, Matches] = field(default_factory=lambda: dict.fromkeys(OVERLAPS, Matches()))
    in_action: tuple[int, int] = (0, 0)
    in_idle: tuple[int, int] = (0, 0)
    edits: tuple[float, ...] = ()
    delays: tuple[float | None, ...] = ()
    false_events: int = 0
    idle_s: float = 0.0
    at_left_out: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(
            self.recordings + other.recordings,
            {overlap: self.matches[overlap] + other.matches[overlap] for overlap in OVERLAPS},
            (self.in_action[0] + other.in_action[0], self.in_action[1] + other.in_action[1]),
            (self.in_idle[0] + other.in_idle[0], self.in_idle[1] + other.in_idle[1]),
            self.edits + other.edits,
            self.delays + other.delays,
            self.false_events + other.false_events,
            self.idle_s + other.idle_s,
            self.at_left_out + other.at_left_out,
        )

    def figures(self) -> dict[str, float | int | None]:
        """The figures by name: shares in [0, 1], seconds, events a minute; None where nothing was there."""
        found = [delay for delay in self.delays if delay is not None]
        right, all_moments = self.in_action[0] + self.in_idle[0], self.in_action[1] + self.in_idle[1]
        return {
            "recordings": self.recordings,
            "segments": len(self.delays),
            "frame_accuracy": _share(right, all_moments),
            "accuracy_in_action": _share(*self.in_action),
            "accuracy_in_idle": _share(*self.in_idle),
            **{f"f1@{overlap}": self.matches[overlap].f1 for overlap in OVERLAPS},
            "edit": statistics.fmean(self.edits) if self.edits else None,
            "median_delay_s": statistics.median(found) if found else None,
            "never_found": _share(len(self.delays) - len(found), len(self.delays)),
            "false_events_a_minute": 60 * self.false_events / self.idle_s if self.idle_s else None,
            "idle_minutes": self.idle_s / 60,
        }


def watch(
    recording: Recording,
    recognizer: Recognizer,
    labels: Mapping[str, str],
    interval_s: float | None = None,
) -> Watched:
    """Run the network over a recording frame by frame, as often as live or every interval_s.

    labels: the recording's names of actions -> the model's. Actions it lacks, or whose label the model does
        not know, are left out of the truth.

    The skeletons are put on NTU's joints at once, scaled by the person's median size in the whole recording.
    """
    joints = one_body(recording.joints_m, KINECT_V1_20.name)
    confidence = np.ones(joints.shape[1])
    observer = make_observer(recognizer, interval_s)
    moments = []
    for index, (pose, time) in enumerate(zip(joints, recording.timestamps_s.tolist(), strict=True)):
        observer.add([Skeleton(pose, confidence, 0, time)], time)
        observations = observer.observe()
        if observations is not None:
            moments.append(Moment(time, index, tuple(observations)))
    truth: list[Span] = []
    left_out: list[Span] = []
    for segment in recording.segments:
        label = labels.get(segment.action, "")
        part, name = (truth, label) if label in recognizer.labels else (left_out, segment.action)
        part.append(Span(name, segment.start_s, segment.end_s))
    return Watched(
        name=recording.name,
        subject=recording.subject,
        duration_s=float(recording.timestamps_s[-1]),
        moments=tuple(moments),
        truth=tuple(truth),
        left_out=tuple(left_out),
        walked=walks(recording),
    )


def walks(recording: Recording) -> tuple[Span, ...]:
    """Where nothing is labelled and the person's root travels over the floor, for WALK_S at least."""
    times = recording.timestamps_s
    labelled = [Span("", segment.start_s, segment.end_s) for segment in recording.segments]
    walking = walking_speed(recording.joints_m, times) >= WALK_M_S
    walking &= np.array(outside(times.tolist(), labelled))
    edges = np.flatnonzero(np.diff(walking, prepend=False, append=False))
    spans = [Span(WALK, times[a], times[b - 1]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return tuple(span for span in spans if span.end_s - span.start_s >= WALK_S)


def decide(watched: Watched, settings: DecisionSettings | None = None) -> Said:
    """What the application says of a recording with one person in it."""
    decider = Decider(settings)
    moments: list[tuple[float, str | None]] = []
    events: list[ActionEvent] = []
    for moment in watched.moments:
        decisions, ended = decider.update(moment.observations, moment.timestamp_s, moment.frame_index)
        moments.append((moment.timestamp_s, decisions[0].label if decisions else None))
        events += ended
    events += decider.finish()
    spans = sorted((Span(e.label, e.start_s, e.end_s) for e in events), key=lambda s: s.start_s)
    return Said(tuple(moments), tuple(spans))


def score(watched: Watched, said: Said, allow_walks: bool = False) -> Score:
    """Compare what was said with the truth.

    An event that lies mostly (by more than half) in actions that are left out is not counted at all, nor is a
    moment there.

    allow_walks: the labels are not complete, people walk between their actions and on after a labelled walk.
    With this, "walk" said where the person does walk and nothing is labelled is not counted, neither as an
    event, nor as a part of one, nor at a moment, and that time is not idle. Anything else said there is wrong
    as ever.
    """
    truth, left_out = watched.truth, watched.left_out
    walked = watched.walked if allow_walks else ()
    known = [event for event in said.events if not mostly_in(event, left_out)]
    events = [left for event in known if (left := _beside(event, walked, truth))]
    times = [time for time, _ in said.moments]
    free = zip(said.moments, outside(times, left_out), outside(times, walked), strict=True)
    counted = [moment for moment, told, stays in free if told and (stays or moment[1] != WALK)]
    in_action, in_idle = right_moments(truth, counted)
    labelled = (*truth, *left_out)
    return Score(
        recordings=1,
        matches={overlap: match_segments(truth, events, overlap) for overlap in OVERLAPS},
        in_action=in_action,
        in_idle=in_idle,
        edits=(edit_score([span.label for span in truth], [event.label for event in events]),),
        delays=tuple(onset_delays(truth, said.moments)),
        false_events=sum(not mostly_in(event, labelled) for event in events),
        idle_s=watched.duration_s - overlap_s(Span("", 0.0, watched.duration_s), (*labelled, *walked)),
        at_left_out=tuple(
            (_most_overlapped(event, left_out).label, event.label)
            for event in said.events
            if mostly_in(event, left_out)
        ),
    )


def total(scores: Sequence[Score]) -> Score:
    """The counts of many recordings added up."""
    return sum(scores, Score())


def _beside(event: Span, walked: Sequence[Span], truth: Sequence[Span]) -> Span | None:
    """What is left of a walk beside where the person walks unlabelled: its longest part.

    None where that is short (SHORT_S) and nothing is labelled there: an event's ends are not that sharp.
    """
    if event.label != WALK:
        return event
    edges = [event.start_s, *(edge for span in walked for edge in (span.start_s, span.end_s)), event.end_s]
    parts = [
        Span(WALK, max(start, event.start_s), min(end, event.end_s))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if min(end, event.end_s) > max(start, event.start_s)
    ]
    longest = max(parts, key=lambda part: part.end_s - part.start_s, default=None)
    if longest is None or (longest.end_s - longest.start_s < SHORT_S and not overlap_s(longest, truth)):
        return None
    return longest


def _most_overlapped(event: Span, spans: Sequence[Span]) -> Span:
    return max(spans, key=lambda span: overlap_s(event, [span]))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
