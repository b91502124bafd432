"""The skeletons of the last minutes, so that a moment can be seen again; never a picture."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.entities import ActionEvent, Decision, Health, Snapshot, VideoFrame
from app.mannequin import paint
from app.sources.recording import in_front_of_camera, project, studio
from stgat.skeleton import Skeleton

KEPT_S = 600.0
#: Of a camera that is faster, so many moments a second are kept.
MOST_A_SECOND = 32.0
#: 10 minutes of two people at 32 a second; 600 bytes each.
MOST_SKELETONS = 40_000

#: An event is shown with so much before and after it.
BEFORE_S, AFTER_S = 1.0, 0.5

#: The figure's picture: its height and its width over its height.
HEIGHT_PX, ASPECT = 360, 4 / 3
#: The person has so much room around, as a share of their size; nobody is enlarged beyond this height.
ROOM, LEAST_HEIGHT = 0.18, 0.25


@dataclass(frozen=True)
class _Moment:
    """skeletons: person_id -> (25, 6) float32: x, y, z in metres, confidence, x and y in the picture."""

    time_s: float
    skeletons: dict[int, NDArray[np.float32]]


@dataclass(frozen=True)
class Scene:
    """One person's skeletons in a span of time, in a picture of their own.

    times_s: of each skeleton, ascending. said: the decisions on that person, ascending.
    """

    event: ActionEvent
    times_s: tuple[float, ...]
    skeletons: tuple[Skeleton, ...]
    said: tuple[Decision, ...]

    @property
    def start_s(self) -> float:
        return self.times_s[0]

    @property
    def end_s(self) -> float:
        return self.times_s[-1]

    def at(self, time_s: float) -> Skeleton:
        """The skeleton of that moment: the newest that is not later."""
        return self.skeletons[max(0, bisect_right(self.times_s, time_s) - 1)]

    def decision_at(self, time_s: float) -> Decision | None:
        """What was said then; None before the first decision."""
        i = bisect_right(self.said, time_s, key=lambda decision: decision.timestamp_s)
        return self.said[i - 1] if i else None


class SkeletonMemory:
    """Keeps what snapshots of a live session show. For one thread.

    Time that runs backwards means that the source began anew, and all is forgotten.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._moments: deque[_Moment] = deque()
        self._said: deque[Decision] = deque()
        self._aspect = ASPECT
        self._count = 0
        self._index = -1  # of the newest frame
        self._decisions: tuple[Decision, ...] = ()

    def __len__(self) -> int:
        """How many skeletons are kept."""
        return self._count

    @property
    def newest_s(self) -> float | None:
        """The newest moment kept."""
        return self._moments[-1].time_s if self._moments else None

    def take(self, snapshot: Snapshot) -> None:
        """Keep what is new in a snapshot."""
        frame = snapshot.frame
        if frame is not None and self._moments and frame.timestamp_s < self._moments[-1].time_s:
            self.clear()
        self._keep_decisions(snapshot.decisions)
        if frame is None or frame.index == self._index:
            return
        self._index = frame.index
        if self._moments and frame.timestamp_s - self._moments[-1].time_s < 1 / MOST_A_SECOND - 1e-6:
            return
        self._aspect = frame.image.shape[1] / max(1, frame.image.shape[0])
        kept = {skeleton.person_id: _packed(skeleton) for skeleton in snapshot.skeletons}
        if kept:
            self._moments.append(_Moment(frame.timestamp_s, kept))
            self._count += len(kept)
        self._forget(frame.timestamp_s - KEPT_S)

    def scene(self, event: ActionEvent) -> Scene | None:
        """What is kept of an event's person around it; None where its beginning is not kept."""
        start_s, end_s = event.start_s - BEFORE_S, event.end_s + AFTER_S
        moments = [
            (m.time_s, m.skeletons[event.person_id])
            for m in self._moments
            if start_s <= m.time_s <= end_s and event.person_id in m.skeletons
        ]
        # Seen from its first half on it is still worth a look.
        if len(moments) < 2 or moments[0][0] > (event.start_s + event.end_s) / 2:
            return None
        packed = np.stack([skeleton for _, skeleton in moments])  # (T, 25, 6)
        image_joints = packed[..., 4:]
        if not np.isfinite(image_joints).any():
            image_joints = project(in_front_of_camera(packed[..., :3]), self._aspect)
        if not np.isfinite(image_joints).all(axis=-1).any():
            return None
        image_joints = _in_own_picture(image_joints, self._aspect)
        return Scene(
            event,
            tuple(time_s for time_s, _ in moments),
            tuple(
                Skeleton(pose[:, :3], pose[:, 3], event.person_id, time_s, image)
                for (time_s, pose), image in zip(moments, image_joints, strict=True)
            ),
            tuple(
                d for d in self._said if d.person_id == event.person_id and start_s <= d.timestamp_s <= end_s
            ),
        )

    def _keep_decisions(self, decisions: tuple[Decision, ...]) -> None:
        if decisions is not self._decisions:
            self._decisions = decisions
            newest_s = self._said[-1].timestamp_s if self._said else -1.0
            self._said.extend(d for d in decisions if d.timestamp_s > newest_s)

    def _forget(self, before_s: float) -> None:
        while self._moments and (self._moments[0].time_s < before_s or self._count > MOST_SKELETONS):
            self._count -= len(self._moments.popleft().skeletons)
        while self._said and self._said[0].timestamp_s < before_s:
            self._said.popleft()


def figure(scene: Scene, time_s: float, room: NDArray[np.uint8] | None = None) -> Snapshot:
    """The person at that moment as a figure in a plain room, with what was said then.

    room: the empty one, as `studio_room` paints it.
    """
    skeleton, said = scene.at(time_s), scene.decision_at(time_s)
    picture = paint(studio_room() if room is None else room, [skeleton])
    frame = VideoFrame(picture, 0, skeleton.timestamp_s)
    return Snapshot(Health.RUNNING, frame, (skeleton,), () if said is None else (said,))


def studio_room() -> NDArray[np.uint8]:
    """The empty room a figure stands in."""
    return studio(round(HEIGHT_PX * ASPECT), HEIGHT_PX)


def _packed(skeleton: Skeleton) -> NDArray[np.float32]:
    packed = np.full((25, 6), np.nan, np.float32)
    packed[:, :3], packed[:, 3] = skeleton.joints_m, skeleton.confidence
    if skeleton.image_joints is not None:
        packed[:, 4:] = skeleton.image_joints
    return packed


def _in_own_picture(image_joints: NDArray[np.float32], aspect: float) -> NDArray[np.float32]:
    """(T, 25, 2) fractions of the camera's picture -> of a part of it that holds the person all the time."""
    points = image_joints * np.array([aspect, 1.0], np.float32)  # in heights of the picture
    seen = points[np.isfinite(points).all(axis=-1)]
    low, high = seen.min(axis=0), seen.max(axis=0)
    size = (high - low) * (1 + 2 * ROOM)
    height = max(float(size[1]), float(size[0]) / ASPECT, LEAST_HEIGHT)
    corner = (low + high) / 2 - np.array([height * ASPECT, height], np.float32) / 2
    return (points - corner) / np.array([height * ASPECT, height], np.float32)
