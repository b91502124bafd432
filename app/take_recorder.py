"""Recording short takes of one person: who is followed, when a take begins and ends, what is wrong with it.

Time is the source's own; nothing here looks at a clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.decisions import DecisionSettings
from stgat.motion import motion_m_s
from stgat.retarget import HIPS, UNSEEN_CONFIDENCE
from stgat.sampling import resample
from stgat.skeleton import FloatArray, Skeleton
from stgat.teaching.profiles import Take

LEAST_TAKE_S = 0.6  # what is shorter holds no action
LEAST_FRAMES = 5
LONGEST_GAP_S = 0.5
GONE_AFTER_S = 0.5
JUMP_S = 2.0  # a source that leaps so far in time was moved about in, or stood still
STILL_M_S = DecisionSettings().move_m_s  # somebody slower than this is taken for idle
OTHERS_SHARE = 0.3  # of a take's pictures
SPARE_TAKES = 3  # how many bad ones a series makes up for
_GRID_FPS = 20.0
_RECENT_S = 0.4  # a punch or a kick is over within half a second


class Phase(StrEnum):
    """What a recorder is about. WAITING is for somebody to come into view; PAUSE is between two takes."""

    WAITING = "waiting"
    COUNTDOWN = "countdown"
    RECORDING = "recording"
    PAUSE = "pause"
    DONE = "done"


class Flaw(StrEnum):
    """What speaks against a take, the gravest first."""

    NOBODY = "nobody"
    LOST = "lost"
    HIPS = "hips"
    STILL = "still"
    OTHERS = "others"


@dataclass(frozen=True)
class Recorded:
    """What one go at a take has given. take: None where there was hardly anybody to be seen."""

    take: Take | None
    flaws: tuple[Flaw, ...]


class TakeRecorder:
    """Records takes in a row, hands-free: waits for somebody, counts down, records, pauses, and again.

    takes: how many good ones are wanted; up to SPARE_TAKES more are recorded where some are not.
    length_s, countdown_s, pause_s: seconds. origin: what the takes say of where they are from.

    phase: see Phase. number: of the take under way, from 1. left_s: seconds until this phase ends; share: how
    much of it is over, 0 to 1; both mean nothing while WAITING. last: what the latest take was like.
    """

    def __init__(
        self,
        takes: int = 5,
        length_s: float = 3.0,
        countdown_s: float = 3.0,
        pause_s: float = 2.0,
        origin: str = "",
    ) -> None:
        self.takes, self.origin = takes, origin
        self._lengths = {Phase.COUNTDOWN: countdown_s, Phase.RECORDING: length_s, Phase.PAUSE: pause_s}
        self.phase = Phase.WAITING
        self.number = 1
        self.good = 0
        self.last: Recorded | None = None
        self._now_s = self._began_s = self._seen_s = -math.inf
        self._person: int | None = None
        self._frames: list[Skeleton] = []
        self._moments, self._crowded = 0, 0

    @property
    def left_s(self) -> float:
        length_s = self._lengths.get(self.phase, 0.0)
        return max(0.0, length_s - (self._now_s - self._began_s)) if length_s else 0.0

    @property
    def share(self) -> float:
        length_s = self._lengths.get(self.phase, 0.0)
        return min(1.0, (self._now_s - self._began_s) / length_s) if length_s else 0.0

    def add(
        self, skeletons: Sequence[Skeleton], timestamp_s: float, focus: int | None = None
    ) -> Recorded | None:
        """Take in who is in view at a moment; gives a take when one has ended with it.

        focus: the person to record if in view; otherwise it is the largest. A take follows one person only.
        A moment seen before is passed over. Where time goes back or leaps, a take under way begins anew.
        """
        if self.phase is Phase.DONE or timestamp_s == self._now_s:
            return None
        leapt = math.isfinite(self._now_s) and not 0 < timestamp_s - self._now_s <= JUMP_S
        self._now_s = timestamp_s
        if leapt:
            self._enter(Phase.WAITING)
        seen = [person for person in skeletons if np.isfinite(person.joints_m[0]).all()]
        if seen:
            self._seen_s = timestamp_s
        if self.phase is Phase.RECORDING:
            self._keep(seen, focus)
            return self._finish() if self.left_s <= 0 else None
        if self.phase is Phase.PAUSE and self.left_s <= 0:
            self._enter(Phase.WAITING)
        if self.phase is Phase.WAITING and seen:
            self._enter(Phase.COUNTDOWN)
        elif self.phase is Phase.COUNTDOWN and timestamp_s - self._seen_s > GONE_AFTER_S:
            self._enter(Phase.WAITING)
        elif self.phase is Phase.COUNTDOWN and self.left_s <= 0:
            self._enter(Phase.RECORDING)
            self._keep(seen, focus)
        return None

    def end_take(self) -> Recorded | None:
        """End the take under way before its time, and go on with the next; None where none is under way."""
        return self._finish() if self.phase is Phase.RECORDING else None

    def stop(self, cut: bool = False) -> Recorded | None:
        """No more takes. The one under way is given if it is long enough to be one.

        cut: the source has ended, not the person; the take then counts as lost on the way.
        """
        recorded = self.end_take()
        self._enter(Phase.DONE)
        if recorded is None or recorded.take is None:
            return None
        if cut and Flaw.LOST not in recorded.flaws:
            recorded = Recorded(recorded.take, (Flaw.LOST, *recorded.flaws))
        return recorded

    def _enter(self, phase: Phase) -> None:
        self.phase, self._began_s = phase, self._now_s
        if phase is Phase.RECORDING:
            self._person, self._frames, self._moments, self._crowded = None, [], 0, 0

    def _keep(self, seen: Sequence[Skeleton], focus: int | None) -> None:
        self._moments += 1
        self._crowded += len(seen) > 1
        if self._person is None and seen:
            self._person = choose_person(seen, focus).person_id
        self._frames += [person for person in seen if person.person_id == self._person]

    def _finish(self) -> Recorded:
        take = _take(self._frames, self.origin)
        if take is None:
            flaws: tuple[Flaw, ...] = (Flaw.NOBODY,)
        else:
            found = set(judge(take))
            seen_s = [frame.timestamp_s for frame in self._frames]
            ends = (seen_s[0] - self._began_s, self._now_s - seen_s[-1])
            if max(ends) > LONGEST_GAP_S:
                found.add(Flaw.LOST)
            if self._crowded > OTHERS_SHARE * self._moments:
                found.add(Flaw.OTHERS)
            flaws = tuple(flaw for flaw in Flaw if flaw in found)
        self.good += not flaws
        self.last = Recorded(take, flaws)
        ended = self.good >= self.takes or self.number >= self.takes + SPARE_TAKES
        self.number += not ended
        self._enter(Phase.DONE if ended else Phase.PAUSE)
        return self.last


def choose_person(skeletons: Sequence[Skeleton], focus: int | None) -> Skeleton:
    """The person of that number, else the one who is largest in the picture. At least one must be there."""
    return next(
        (person for person in skeletons if person.person_id == focus), max(skeletons, key=_size_in_picture)
    )


def judge(take: Take) -> tuple[Flaw, ...]:
    """What speaks against a take, as far as the take itself tells: lost, no hips, hardly any motion."""
    flaws = []
    if float(np.diff(take.timestamps_s).max(initial=0.0)) > LONGEST_GAP_S:
        flaws.append(Flaw.LOST)
    hips = np.nan_to_num(take.confidence[:, HIPS]).max(axis=1)
    if float(np.median(hips)) < UNSEEN_CONFIDENCE:
        flaws.append(Flaw.HIPS)
    if fastest_m_s(take) < STILL_M_S:
        flaws.append(Flaw.STILL)
    return tuple(flaws)


def fastest_m_s(take: Take) -> float:
    """How fast the person moved in the liveliest stretch of the take (stgat.motion.motion_m_s)."""
    start_s, end_s = float(take.timestamps_s[0]), float(take.timestamps_s[-1])
    count = max(4, round((end_s - start_s) * _GRID_FPS) + 1)
    grid = resample(take.joints_m, take.timestamps_s, count, start_s, end_s)
    step_s = (end_s - start_s) / (count - 1)
    least = min(count, max(4, round(_RECENT_S / step_s) + 1)) if step_s > 0 else count
    stretches = (grid[end - least : end] for end in range(least, count + 1))
    return max(motion_m_s(stretch, max(step_s, 1e-3) * (least - 1)) for stretch in stretches)


def _size_in_picture(person: Skeleton) -> float:
    if person.image_joints is None:  # then the nearest
        return -float(person.joints_m[0, 2])
    height = person.image_joints[np.isfinite(person.image_joints).all(axis=1), 1]
    return float(np.ptp(height)) if height.size else 0.0


def _take(frames: Sequence[Skeleton], origin: str) -> Take | None:
    if len(frames) < LEAST_FRAMES or frames[-1].timestamp_s - frames[0].timestamp_s < LEAST_TAKE_S:
        return None
    confidence: FloatArray = np.stack([np.nan_to_num(frame.confidence) for frame in frames])
    return Take(
        np.stack([frame.joints_m for frame in frames]),
        confidence,
        np.array([frame.timestamp_s for frame in frames]),
        origin,
    )
