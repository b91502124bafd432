"""Who is who from frame to frame: poses in, lasting ids out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from pose.landmarks import Landmark, Pose
from stgat.skeleton import FloatArray

_TORSO = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP]


@dataclass
class _Track:
    person_id: int
    centre: FloatArray  # (2,) of the torso, in picture heights
    size: float  # of the torso, in picture heights
    velocity: FloatArray  # (2,) picture heights a second
    seen_s: float


class Tracker:
    """Gives every pose the id of the person it belongs to.

    Poses go to the tracks whose predicted torsos are nearest, all of them together; the distance is
    counted in torso sizes, so that it means the same near and far, plus the change of size. The prediction is
    constant velocity: of two people who cross, each keeps walking.

    max_people: at most so many people at once, those who are briefly out of sight included.
    max_gap_s: a person not seen for longer is dropped; who comes back later gets a new id.
    max_distance: in torso sizes; a pose further than this from every prediction is somebody else.
    """

    def __init__(self, max_people: int = 2, max_gap_s: float = 1.0, max_distance: float = 2.0) -> None:
        self.max_people = max_people
        self.max_gap_s = max_gap_s
        self.max_distance = max_distance
        self.reset()

    def reset(self) -> None:
        """Forget everybody; ids start at 0 again."""
        self._tracks: list[_Track] = []
        self._next_id = 0
        self._now_s = -np.inf

    @property
    def person_ids(self) -> frozenset[int]:
        """The people being followed, those briefly out of sight included."""
        return frozenset(track.person_id for track in self._tracks)

    def update(self, poses: Sequence[Pose], timestamp_s: float, aspect: float = 1.0) -> list[int | None]:
        """The id of each pose, None for those beyond max_people.

        timestamp_s: an earlier time than the last forgets everybody's motion, and their ids with it.
        aspect: the picture's width / height.
        """
        if timestamp_s < self._now_s:
            self._tracks = []
        self._now_s = timestamp_s
        self._tracks = [t for t in self._tracks if timestamp_s - t.seen_s <= self.max_gap_s]
        ids: list[int | None] = [None] * len(poses)
        torsos = [_torso(pose, aspect) for pose in poses]
        for track_index, pose_index in self._assign(torsos, timestamp_s):
            track = self._tracks[track_index]
            _advance(track, *torsos[pose_index], timestamp_s)
            ids[pose_index] = track.person_id
        # Strangers: the largest first, so that the order in which poses come does not decide who is followed.
        strangers = sorted((i for i, known in enumerate(ids) if known is None), key=lambda i: -torsos[i][1])
        for i in strangers[: self.max_people - len(self._tracks)]:
            centre, size = torsos[i]
            self._tracks.append(_Track(self._next_id, centre, size, np.zeros(2), timestamp_s))
            ids[i] = self._next_id
            self._next_id += 1
        return ids

    def _assign(self, torsos: list[tuple[FloatArray, float]], timestamp_s: float) -> list[tuple[int, int]]:
        if not self._tracks or not torsos:
            return []
        dt = np.array([timestamp_s - track.seen_s for track in self._tracks])
        sizes = np.array([track.size for track in self._tracks])
        predicted = np.array(
            [t.centre + t.velocity * min(gap, 0.5) for t, gap in zip(self._tracks, dt, strict=True)]
        )
        centres = np.array([centre for centre, _ in torsos])
        new_sizes = np.array([size for _, size in torsos])
        scale = np.maximum(sizes[:, None], new_sizes[None, :])
        distance = np.linalg.norm(predicted[:, None] - centres[None, :], axis=-1) / scale
        distance += np.abs(np.log(new_sizes[None, :] / sizes[:, None]))
        # Forbidden pairs cost more than any allowed assignment, and are dropped afterwards.
        cost = np.where(distance <= self.max_distance, distance, 1e3)
        return [(row, column) for row, column in cheapest_pairs(cost) if cost[row, column] < 1e3]


def cheapest_pairs(cost: FloatArray) -> list[tuple[int, int]]:
    """The pairs (row, column) of least total cost, each row and column at most once, as many as there can be.

    cost: (rows, columns). Tries all, which is for a handful of people. (scipy.optimize.linear_sum_assignment
    finds the same, but its import takes half a second of an application's start; a test compares the two.)
    """
    rows, columns = cost.shape
    if rows > columns:
        return sorted((row, column) for column, row in cheapest_pairs(cost.T))
    best = min(permutations(range(columns), rows), key=lambda chosen: cost[range(rows), chosen].sum())
    return list(enumerate(best))


def _torso(pose: Pose, aspect: float) -> tuple[FloatArray, float]:
    """Centre (2,) and size of the torso in picture heights.

    The size is the longer of shoulder to hip and shoulder to shoulder: seen from the side one of them
    shrinks.
    """
    corners = pose.image_landmarks[_TORSO, :2] * (aspect, 1.0)
    left_shoulder, right_shoulder, left_hip, right_hip = corners
    height = np.linalg.norm((left_shoulder + right_shoulder - left_hip - right_hip) / 2)
    width = np.linalg.norm(left_shoulder - right_shoulder)
    return corners.mean(axis=0), max(float(height), float(width), 1e-3)


def _advance(track: _Track, centre: FloatArray, size: float, timestamp_s: float) -> None:
    dt = timestamp_s - track.seen_s
    if dt > 0:
        # The velocity's time constant is 0.15 s: long enough to outlast a jitter, short enough to turn round.
        gain = 1.0 - np.exp(-dt / 0.15)
        track.velocity = track.velocity + gain * ((centre - track.centre) / dt - track.velocity)
        track.size += gain * (size - track.size)
    track.centre = centre
    track.seen_s = timestamp_s
