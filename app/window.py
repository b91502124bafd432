"""The last seconds of everybody in view, ready for the network at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stgat.motion import motion_m_s
from stgat.preprocessing import Preprocessing, at_moments, to_network
from stgat.retarget import Bones, from_bones, to_bones, unseen_limbs
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


class _Track:
    """One person's moments, oldest first, in arrays with room to grow: a window of them is a slice.

    What can be told of a frame by itself, its bones on the one body, is worked out when it comes, not again
    for each of the windows that it is part of.
    """

    def __init__(self, on_one_body: bool, layout: str) -> None:
        self._on_one_body, self._layout = on_one_body, layout
        self._columns: list[FloatArray] = []
        self._first = self._past = 0

    def __len__(self) -> int:
        return self._past - self._first

    def append(self, skeleton: Skeleton, timestamp_s: float) -> None:
        joints = np.asarray(skeleton.joints_m, np.float64)
        row: list[FloatArray] = [np.float64(timestamp_s), skeleton.confidence]
        if self._on_one_body:
            bones = to_bones(joints[None], self._layout)
            row += [bones.hips_m[0], bones.offsets_m[0], bones.torso_m[0], bones.legs_m[0]]
        else:
            row.append(joints)
        if not self._columns or self._past == len(self._columns[0]):
            self._make_room(row)
        for column, value in zip(self._columns, row, strict=True):
            column[self._past] = value
        self._past += 1

    def _make_room(self, row: list[FloatArray]) -> None:
        size = max(64, 2 * len(self))
        columns = [np.empty((size, *np.shape(value))) for value in row]
        for new, old in zip(columns, self._columns, strict=False):
            new[: len(self)] = old[self._first : self._past]
        self._columns, self._first, self._past = columns, 0, len(self)

    def pop(self) -> None:
        self._past -= 1

    def popleft(self) -> None:
        self._first += 1

    @property
    def times(self) -> FloatArray:
        """(T,) seconds."""
        return self._column(0)

    @property
    def confidence(self) -> FloatArray:
        """(T, 25)"""
        return self._column(1)

    def body(self) -> FloatArray:
        """(T, 25, 3) the joints on the body wanted, as `window_joints` would make them of these frames."""
        if not self._on_one_body:
            return self._column(2)
        return from_bones(Bones(*(self._column(number) for number in range(2, 6))))

    def _column(self, number: int) -> FloatArray:
        return self._columns[number][self._first : self._past]


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
            track = self._tracks.get(skeleton.person_id)
            if track is None or timestamp_s - track.times[-1] > self.forget_after_s:
                on_one_body = self.preprocessing.body == "one-body-1"
                track = self._tracks[skeleton.person_id] = _Track(on_one_body, self.preprocessing.layout)
            if len(track) and track.times[-1] >= timestamp_s:
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
            unseen = unseen_limbs(track.confidence)
            joints = at_moments(track.body(), track.times, self.preprocessing, start_s, end_s, unseen)
            motion = motion_m_s(joints, self.preprocessing.window_s)
            windows.append(PersonWindow(person_id, joints, motion, start_s, end_s))
        return windows

    def _forget(self) -> None:
        oldest = self._now - self.preprocessing.window_s
        for person_id, track in list(self._tracks.items()):
            # One sample before the window stays, so that its first moment is interpolated, not held.
            while len(track) > 1 and track.times[1] <= oldest:
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
