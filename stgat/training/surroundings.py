"""Trimmed clips joined into streams, so that an action has something before it and after it.

Live, one action goes over into the next; most data sets cut it out, and a network that never saw what is
around an action takes the way to it, and the way back, for a part of it. Here a clip gets the end of another
before it and the beginning of a third after it, those of some that leave the body least way to go; the ways
between them are the class "idle".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from stgat.data.labelled import LabelledSequence
from stgat.retarget import HIPS
from stgat.skeleton import FloatArray

#: How much of a neighbour is kept.
KEPT_S = 2.5
#: Among how many neighbours, drawn at random, the nearest is taken.
CANDIDATES = 6
#: How fast the joint with the longest way moves from clip to clip, slowest and fastest; and the shortest way.
SPEED_M_S = (0.5, 1.5)
SHORTEST_S = 0.15
_STEPS = 6


@dataclass(frozen=True)
class Surrounded:
    """A sequence with what is around it; before_s, after_s: how long nothing is done before and after it."""

    sequence: LabelledSequence
    before_s: float = 0.0
    after_s: float = 0.0


class Surroundings:
    """Neighbours for the sequences of a run, of their own data set.

    sequences: the run's training sequences. idle_class: the number of the class "idle", whose sequences are
    no neighbours and get none. Those that already go on into their recording get none either.
    """

    def __init__(self, sequences: Iterable[LabelledSequence], idle_class: int) -> None:
        self.idle_class = idle_class
        self._clips: dict[str, list[LabelledSequence]] = {}
        for sequence in sequences:
            if self._joinable(sequence):
                self._clips.setdefault(sequence.dataset, []).append(sequence)
        self._ends = {
            name: tuple(poses(np.stack([clip.joints_m[i] for clip in clips])) for i in (0, -1))
            for name, clips in self._clips.items()
        }

    def around(self, sequence: LabelledSequence, rng: np.random.Generator) -> Surrounded:
        """The sequence between two others, or alone where it is not to be joined."""
        if not self._joinable(sequence):
            return Surrounded(sequence)
        clips = self._clips[sequence.dataset]
        first, last = self._ends[sequence.dataset]
        joints, times = sequence.joints_m.astype(np.float64), sequence.timestamps_s
        ways = []
        for after in (False, True):
            candidates = rng.integers(len(clips), size=CANDIDATES)
            mine = poses(joints[[-1 if after else 0]])
            apart = np.linalg.norm((first if after else last)[candidates] - mine, axis=-1)  # (candidates, V)
            nearest = int(apart.mean(axis=1).argmin())
            way_s = max(SHORTEST_S, float(apart[nearest].max()) / rng.uniform(*SPEED_M_S))
            joints, times = _join(joints, times, clips[candidates[nearest]], way_s, after)
            ways.append(way_s)
        span = (sequence.begin_s, sequence.begin_s + sequence.duration_s)
        still = span[0] - sequence.timestamps_s[0], sequence.timestamps_s[-1] - span[1]
        joined = replace(sequence, joints_m=joints, timestamps_s=times, span_s=span)
        return Surrounded(joined, float(ways[0] + still[0]), float(ways[1] + still[1]))

    def _joinable(self, sequence: LabelledSequence) -> bool:
        return sequence.label != self.idle_class and not sequence.in_recording


def poses(joints: FloatArray) -> FloatArray:
    """(N, V, 3) about the root and turned so that the hips, from left to right, lie along x."""
    return np.einsum("nvc,ndc->nvd", joints - joints[:, :1], _facing(joints))


def _join(
    joints: FloatArray, times: FloatArray, other: LabelledSequence, way_s: float, after: bool
) -> tuple[FloatArray, FloatArray]:
    """Joints (T, V, 3) and times with the beginning of another clip after them, or its end before.

    The other stands where the first stands, and faces where it faces.
    """
    theirs, clock = other.joints_m.astype(np.float64), other.timestamps_s
    kept = clock - clock[0] <= KEPT_S if after else clock[-1] - clock <= KEPT_S
    theirs, clock = theirs[kept], clock[kept]
    mine, met = (joints[-1:], theirs[:1]) if after else (joints[:1], theirs[-1:])
    turn = _facing(mine)[0].T @ _facing(met)[0]
    theirs = (theirs - met[:, :1]) @ turn.T + mine[:, :1]
    share = np.arange(1, _STEPS) / _STEPS
    eased = (share * share * (3.0 - 2.0 * share))[:, None, None]
    if after:
        way = mine + eased * (theirs[0] - mine)
        begin_s = times[-1] + way_s
        return (
            np.concatenate([joints, way, theirs]),
            np.concatenate([times, times[-1] + way_s * share, begin_s + clock - clock[0]]),
        )
    way = theirs[-1] + eased * (mine - theirs[-1])
    end_s = times[0] - way_s
    return (
        np.concatenate([theirs, way, joints]),
        np.concatenate([end_s + clock - clock[-1], end_s + way_s * share, times]),
    )


def _facing(joints: FloatArray) -> FloatArray:
    """(N, V, 3) -> (N, 3, 3): the turn about the vertical that lays the line of the hips along x."""
    across = joints[:, HIPS[1]] - joints[:, HIPS[0]]
    angle = np.arctan2(across[:, 2], across[:, 0])
    cos, sin, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([cos, zero, sin, zero, one, zero, -sin, zero, cos], axis=-1).reshape(-1, 3, 3)
