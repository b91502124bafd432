"""People without end: recorded skeletons who come, stay and go, alone or together, and cross; or nobody."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.recordings import load_recording
from app.sources.recording import HORIZONTAL_FIELD_OF_VIEW_DEG, demo_source, in_front_of_camera, project
from stgat.skeleton import NTU25, FloatArray, Skeleton

SCENES = ("nobody", "one", "two", "three", "crossing")
WALK_M_S = 1.2
#: How far from the camera people stand, and how far beyond the picture's edge they wait.
DEPTHS_M, BEYOND_M = (2.4, 4.2), 0.6
#: The picture's half width at a metre's distance.
HALF_WIDTH = math.tan(math.radians(HORIZONTAL_FIELD_OF_VIEW_DEG / 2))


@dataclass(frozen=True)
class Track:
    """What one person of the demo does, at a place of its own: the root is near x = z = 0.

    joints_m, confidence: (T, 25, 3) and (T, 25), at fps.
    """

    joints_m: FloatArray
    confidence: FloatArray
    fps: float


@dataclass(frozen=True)
class _Part:
    """One person's way through the room: at x_m[i] at times_s[i], not there before and after."""

    person_id: int
    times_s: tuple[float, ...]
    x_m: tuple[float, ...]
    depth_m: float
    track: Track
    first: float  # which of the track's frames they begin with
    pace: float
    mirrored: bool


class People:
    """Who is in the room at a moment, by a seed; every person who comes in has an id that nobody had before.

    ids: where the ids come from. aspect: of the picture they are to be seen in, its width over its height.
    """

    def __init__(self, rng: np.random.Generator, ids: Iterator[int], aspect: float) -> None:
        self._rng, self._ids, self._aspect = rng, ids, aspect
        self._tracks = demo_tracks()
        self._parts: list[_Part] = []
        self._until_s = 0.0  # so far it is known who comes

    def at(self, time_s: float) -> tuple[Skeleton, ...]:
        """Everybody in the picture; time does not go back from call to call."""
        while self._until_s <= time_s:
            self._until_s += self._scene(str(self._rng.choice(SCENES)), self._until_s)
        self._parts = [part for part in self._parts if part.times_s[-1] > time_s]
        seen = (self._skeleton(part, time_s) for part in self._parts if part.times_s[0] <= time_s)
        return tuple(skeleton for skeleton in seen if skeleton is not None)

    def _scene(self, name: str, start_s: float) -> float:
        """Write down who comes in a scene; returns after how many seconds the next may begin."""
        draw = self._rng.uniform
        if name == "nobody":
            return float(draw(5.0, 20.0))
        if name == "crossing":
            depth, way = float(draw(*DEPTHS_M)), 1 if draw() < 0.5 else -1
            lengths = [
                self._cast(start_s, direction, -direction, depth + apart, 0.0)
                for direction, apart in ((way, 0.0), (-way, 0.7))
            ]
        else:
            count = SCENES.index(name)
            lengths = [
                self._cast(
                    start_s + float(draw(0.0, 6.0)),
                    1 if draw() < 0.5 else -1,
                    1 if draw() < 0.5 else -1,
                    float(draw(*DEPTHS_M)),
                    float(draw(8.0, 45.0)),
                    place=(2 * (number + 1) / (count + 1) - 1) * 0.8,
                )
                for number in range(count)
            ]
        return max(lengths) - start_s + float(draw(-2.0, 3.0))

    def _cast(
        self, start_s: float, side: int, leaves: int, depth_m: float, stays_s: float, place: float = 0.0
    ) -> float:
        """Let a person come from a side, stay at a place (-1 to 1) and leave; returns when they are gone."""
        outside, there = HALF_WIDTH * depth_m + BEYOND_M, HALF_WIDTH * depth_m * place
        x_m = (side * outside, there, there, leaves * outside)
        came_s = start_s + abs(x_m[0] - there) / WALK_M_S
        left_s = came_s + stays_s
        times_s = (start_s, came_s, left_s, left_s + abs(x_m[3] - there) / WALK_M_S)
        track = self._tracks[int(self._rng.integers(len(self._tracks)))]
        first, pace = float(self._rng.uniform(0, len(track.joints_m))), float(self._rng.uniform(0.8, 1.25))
        mirrored = bool(self._rng.uniform() < 0.5)
        self._parts.append(_Part(next(self._ids), times_s, x_m, depth_m, track, first, pace, mirrored))
        return times_s[-1]

    def _skeleton(self, part: _Part, time_s: float) -> Skeleton | None:
        """The person at that moment; None where they are beyond the picture's edge, or were not recorded."""
        x_m = float(np.interp(time_s, part.times_s, part.x_m))
        if abs(x_m) > HALF_WIDTH * part.depth_m:
            return None
        passed = part.first + (time_s - part.times_s[0]) * part.track.fps * part.pace
        index = reflected(int(passed), len(part.track.joints_m))
        joints, confidence = part.track.joints_m[index], part.track.confidence[index]
        if not np.isfinite(joints[0]).all():
            return None
        if part.mirrored:
            other = NTU25.mirror()
            joints, confidence = joints[other] * (-1.0, 1.0, 1.0), confidence[other]
        joints = np.add(joints, (x_m, 0.0, part.depth_m), dtype=np.float32)
        image_joints = project(joints, self._aspect)
        return Skeleton(joints, confidence, part.person_id, time_s, image_joints)


def reflected(number: int, count: int) -> int:
    """Where one is who goes from 0 to count - 1 and back, over and over, after so many steps."""
    turn = number % max(1, 2 * count - 2)
    return min(turn, 2 * count - 2 - turn)


def demo_tracks() -> tuple[Track, ...]:
    """The people of the bundled demo. Raises SourceError where the installation lacks it."""
    recording = load_recording(demo_source().path)
    joints = in_front_of_camera(recording.joints_m)
    tracks = []
    for person in range(recording.num_people):
        there = np.flatnonzero(np.isfinite(joints[:, person, 0]).all(axis=-1))
        if there.size:
            span = slice(int(there[0]), int(there[-1]) + 1)
            moved = joints[span, person] - np.nanmedian(joints[span, person, :1], axis=0) * (1.0, 0.0, 1.0)
            known = np.isfinite(moved).all(axis=-1)
            confidence = np.where(known, recording.confidence[span, person], 0.0).astype(np.float32)
            tracks.append(Track(moved, confidence, recording.fps or 30.0))
    return tuple(tracks)
