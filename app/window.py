"""The last seconds of everybody in view, ready for the network at any moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from stgat.motion import motion_m_s
from stgat.preprocessing import Preprocessing, to_network, window_joints
from stgat.retarget import unseen_limbs
from stgat.skeleton import FloatArray, Skeleton


@dataclass(frozen=True)
class PersonWindow:
    """One person's last seconds at the network's T moments.

    joints_m: (T, V, 3) metres, no NaN; the first pose is held where the person came later.
    motion_m_s: how fast the person has moved of late, see `motion_m_s`.
    """

    person_id: int
    joints_m: FloatArray
    motion_m_s: float
    start_s: float
    end_s: float


@dataclass
class _Track:
    times: deque[float] = field(default_factory=deque)
    joints: deque[FloatArray] = field(default_factory=deque)
    confidence: deque[FloatArray] = field(default_factory=deque)

    def append(self, skeleton: Skeleton, timestamp_s: float) -> None:
        self.times.append(timestamp_s)
        self.joints.append(skeleton.joints_m)
        self.confidence.append(skeleton.confidence)

    def pop(self) -> None:
        for column in (self.times, self.joints, self.confidence):
            column.pop()

    def popleft(self) -> None:
        for column in (self.times, self.joints, self.confidence):
            column.popleft()


class SlidingWindow:
    """Keeps the skeletons of the last `preprocessing.window_s` seconds, by their timestamps.

    min_span_s: how long somebody must have been seen before there is a window of them.
    forget_after_s: how long somebody may be out of sight before what is known of them is dropped.
    A gap shorter than that is bridged by interpolation. A clock that goes back empties the buffer. What
    becomes of limbs that the camera did not see is for `preprocessing.unseen_limbs` to say.
    """

    def __init__(
        self, preprocessing: Preprocessing, min_span_s: float = 0.5, forget_after_s: float = 1.0
    ) -> None:
        self.preprocessing = preprocessing
        self.min_span_s = min_span_s
        self.forget_after_s = forget_after_s
        self._tracks: dict[int, _Track] = {}
        self._now = float("-inf")

    def add(self, skeletons: Sequence[Skeleton], timestamp_s: float) -> None:
        """Take in who was seen at a moment; nobody is as good an answer as somebody."""
        if timestamp_s < self._now:
            self._tracks.clear()
        self._now = timestamp_s
        for skeleton in skeletons:
            if not np.isfinite(skeleton.joints_m).all(axis=-1)[0]:
                continue
            track = self._tracks.setdefault(skeleton.person_id, _Track())
            if track.times and track.times[-1] >= timestamp_s:
                track.pop()
            track.append(skeleton, timestamp_s)
        self._forget()

    def people(self) -> list[PersonWindow]:
        """A window of everybody who has been in view for long enough, by id."""
        end_s, start_s = self._now, self._now - self.preprocessing.window_s
        windows = []
        for person_id, track in sorted(self._tracks.items()):
            if track.times[-1] - track.times[0] < self.min_span_s:
                continue
            times = np.array(track.times)
            unseen = unseen_limbs(np.stack(track.confidence))
            joints = window_joints(np.stack(track.joints), times, self.preprocessing, start_s, end_s, unseen)
            motion = motion_m_s(joints, self.preprocessing.window_s)
            windows.append(PersonWindow(person_id, joints, motion, start_s, end_s))
        return windows

    def _forget(self) -> None:
        oldest = self._now - self.preprocessing.window_s
        for person_id, track in list(self._tracks.items()):
            # One sample before the window stays, so that its first moment is interpolated, not held.
            while len(track.times) > 1 and track.times[1] <= oldest:
                track.popleft()
            if self._now - track.times[-1] > self.forget_after_s:
                del self._tracks[person_id]


def network_input(
    people: Sequence[PersonWindow], preprocessing: Preprocessing, num_people: int
) -> FloatArray:
    """Windows of one moment -> (C, T, V, num_people); missing people are zeros."""
    joints = np.zeros((preprocessing.num_frames, num_people, *people[0].joints_m.shape[1:]), np.float32)
    for m, person in enumerate(people[:num_people]):
        joints[:, m] = person.joints_m
    return to_network(joints, preprocessing)
