"""Which picture is to be seen at a moment, and which skeletons on it.

A picture waits for its own pose, so that bones lie where the body is; but only so long. When the pose is late
or skips a picture, that is shown all the same, with the newest skeletons there are: a picture that stands
still is worse than bones that trail. Nor do two pictures come so close together that a window which looks
sixty times a second would miss one.

Of a camera that has sent nothing for a while nobody knows who is in view now: with its first picture after
that, what was said and where bones lay before are over.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from app.entities import Decision, VideoFrame
from stgat.skeleton import Skeleton

#: So long a picture waits for its pose: nearly twice what the pose takes of one person on one core.
PATIENCE_S = 0.06
#: Least time between two pictures, a little more than between two looks of the window.
SPACING_S = 0.02
#: With more pictures than this to be shown, they are let through as they come.
BACKLOG = 3
KEPT = 12
#: A camera whose next picture comes so much later has been lost. A little less than a source waits before it
#: says so (app.sources.reconnect), so that whatever was said to be lost has been lost.
GAP_S = 0.9


@dataclass
class _Waiting:
    frame: VideoFrame
    captured_s: float
    since_s: float  # the time, in the source's, of the first picture after the gap before it
    posed_s: float | None = None  # or when it was known that it would not be
    skeletons: tuple[Skeleton, ...] | None = None


class Playout:
    """Told of every picture and every pose in order; what is seen follows from that and the time alone.

    All times are of one clock, in seconds. Nothing is seen before the first pose.

    gap_s: between two pictures, in the source's time: from such a gap on all is new.
    """

    def __init__(self, patience_s: float = PATIENCE_S, gap_s: float = math.inf) -> None:
        self._patience_s, self._gap_s = patience_s, gap_s
        self._captured_s = math.inf  # of the last picture; before the first there is no gap
        self._since_s = self._seen_since_s = -math.inf
        self._waiting: deque[_Waiting] = deque(maxlen=KEPT)
        self._frame: VideoFrame | None = None
        self._skeletons: tuple[Skeleton, ...] = ()
        self._shown_s = -math.inf
        self._begun = self._finished = False

    def captured(self, frame: VideoFrame, now_s: float) -> bool:
        """A picture has come; whether after a gap."""
        after_gap = frame.timestamp_s - self._captured_s > self._gap_s
        self._captured_s = frame.timestamp_s
        if after_gap:
            self._since_s = frame.timestamp_s
        self._waiting.append(_Waiting(frame, now_s, self._since_s))
        return after_gap

    def posed(self, frame: VideoFrame, skeletons: tuple[Skeleton, ...], now_s: float) -> None:
        """The pose of a picture is there; those before it will not get one any more."""
        waiting = self._waiting
        if not self._begun:
            self._begun = True
            while waiting and waiting[0].frame.index < frame.index:
                waiting.popleft()  # taken while the pose was being loaded
        if not any(entry.frame is frame for entry in waiting):  # shown already
            if frame.timestamp_s >= self._seen_since_s:
                self._skeletons = skeletons
            return
        for entry in waiting:
            if entry.posed_s is None:
                entry.posed_s = now_s
            if entry.frame is frame:
                entry.skeletons = skeletons
                return

    def forget(self) -> None:
        """The newest skeletons are of the past: pictures without a pose are seen without any."""
        self._skeletons = ()

    def finish(self) -> None:
        """There will be no more poses: what has one is seen at once, to the last."""
        self._finished = True

    def seen(self, now_s: float) -> tuple[VideoFrame | None, tuple[Skeleton, ...]]:
        """The picture of this moment and the skeletons on it; time does not go back from call to call."""
        waiting = self._waiting
        while self._begun and waiting:
            due_s = self._due_s(waiting[0])
            if due_s > now_s:
                break
            entry = waiting.popleft()
            self._frame, self._shown_s = entry.frame, due_s
            if entry.since_s > self._seen_since_s:
                self._seen_since_s, self._skeletons = entry.since_s, ()
            if entry.skeletons is not None:
                self._skeletons = entry.skeletons
        return self._frame, self._skeletons

    def current(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Those decisions, all of one moment; none where a gap has come since."""
        return decisions if decisions and decisions[0].timestamp_s >= self._since_s else ()

    def _due_s(self, entry: _Waiting) -> float:
        if self._finished:
            return -math.inf if entry.posed_s is not None else math.inf
        ready_s = entry.captured_s + self._patience_s
        if entry.posed_s is not None:
            ready_s = min(ready_s, entry.posed_s)
        return ready_s if len(self._waiting) > BACKLOG else max(ready_s, self._shown_s + SPACING_S)
