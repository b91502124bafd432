"""Where to look for people who are not followed yet, and whether what was found is somebody new.

MediaPipe's detector sees a picture shrunk to 224 pixels and answers with the one person it is surest of: it
overlooks who is small, and never gets past who is large. So the people known already are painted over, and
the rest of the picture is looked at in pieces. Measured beside a followed person, the piece on either side
finds small neighbours in more than nine of ten pictures where the whole picture finds them in one of seven.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pose.landmarks import Pose
from stgat.skeleton import FloatArray

Image = NDArray[np.uint8]


class Window(NamedTuple):
    """A part of a picture in pixels; right and bottom are the first column and row outside it."""

    left: int
    top: int
    right: int
    bottom: int

    def crop(self, image: Image) -> Image:
        """A contiguous copy of that part of the picture (MediaPipe reads the buffer as it lies in memory)."""
        return np.ascontiguousarray(image[self.top : self.bottom, self.left : self.right])

    def to_picture(self, pose: Pose, width: int, height: int) -> Pose:
        """A pose seen in this window, in fractions of the whole picture."""
        scale = np.array([self.right - self.left, self.bottom - self.top, self.right - self.left])
        scale = scale / (width, height, width)
        offset = np.array([self.left / width, self.top / height, 0.0])
        return Pose(pose.image_landmarks * scale + offset, pose.world_landmarks_m, pose.visibility)

    def grown(self, width: int, height: int, share: float) -> Window:
        """The window with every edge moved out by that share of its size, within the picture."""
        dx, dy = int((self.right - self.left) * share) + 1, int((self.bottom - self.top) * share) + 1
        return Window(
            max(self.left - dx, 0),
            max(self.top - dy, 0),
            min(self.right + dx, width),
            min(self.bottom + dy, height),
        )


@dataclass(frozen=True)
class Sighting:
    """A pose, and how sure the network is that each landmark (33,) lies in the picture it saw, 0 to 1."""

    pose: Pose
    presence: FloatArray


def whole(width: int, height: int) -> Window:
    return Window(0, 0, width, height)


def around(pose: Pose, width: int, height: int) -> Window:
    """Somewhat more than the place where somebody was."""
    low, high = _box(pose, width, height)
    return _square((low + high) / 2, 2.2 * float((high - low).max()), width, height)


def windows_when_empty(width: int, height: int) -> Iterator[Window]:
    """One round of looking for the first person: the whole picture in turn with three overlapping parts."""
    side = 0.65 * max(width, height)
    for share in (0.5, 0.2, 0.8):
        yield whole(width, height)
        centre = (share * width, height / 2) if width >= height else (width / 2, share * height)
        yield _square(np.array(centre), side, width, height)


def windows_beside(others: Sequence[Pose], width: int, height: int) -> Iterator[Window]:
    """One round of looking for one more: what lies to the left and to the right of each, then everything."""
    for other in others:
        low, high = _box(other, width, height)
        middle = int(np.clip((low[0] + high[0]) / 2, 0, width))
        if middle > 0.1 * width:
            yield Window(0, 0, middle, height)
        if width - middle > 0.1 * width:
            yield Window(middle, 0, width, height)
    yield whole(width, height)


def paint_over(image: Image, poses: Sequence[Pose]) -> Image:
    """A copy of the picture in which the hull of each pose, with a margin for clothes and hair, is grey."""
    painted = image.copy()
    height, width = image.shape[:2]
    for pose in poses:
        hull = _hull(pose, width, height)
        margin = int(0.12 * np.ptp(hull, axis=0).max()) + 1
        cv2.fillConvexPoly(painted, hull, (127, 127, 127))
        cv2.polylines(painted, [hull], True, (127, 127, 127), margin)
    return painted


def is_plausible(sighting: Sighting) -> bool:
    """Whether it looks like a person. The detector also answers to chairs and coats.

    Of a chair the network says that shoulders and hips are there, but it does not see the limbs, and it is
    less sure that there are landmarks at all. What lies outside the picture that was looked at says nothing:
    people sit at desks.
    """
    points = sighting.pose.image_landmarks[:, :2]
    inside = ((points >= 0.0) & (points <= 1.0)).all(axis=1)
    if inside.sum() < 8:  # less than a face
        return False
    return bool(sighting.presence[inside].mean() > 0.95 and sighting.pose.visibility[inside].mean() > 0.68)


def is_same_person(a: Pose, b: Pose, aspect: float) -> bool:
    """Whether two poses of one picture are one person found twice: most landmarks lie on each other.

    aspect: the picture's width / height. Two people in an embrace share a box, but not their landmarks.
    """
    points_a, points_b = (pose.image_landmarks[:, :2] * (aspect, 1.0) for pose in (a, b))
    size = max(np.ptp(points_a, axis=0).max(), np.ptp(points_b, axis=0).max(), 1e-6)
    return bool(np.median(np.linalg.norm(points_a - points_b, axis=1)) < 0.1 * size)


def is_remnant(pose: Pose, others: Sequence[Pose], width: int, height: int) -> bool:
    """Whether a pose is what paint has left of somebody: nearly all of it lies within their hull."""
    points = (pose.image_landmarks[:, :2] * (width, height)).astype(np.float32)
    for other in others:
        hull = _hull(other, width, height)
        inside = [cv2.pointPolygonTest(hull, (float(x), float(y)), False) >= 0 for x, y in points]
        if np.mean(inside) > 0.8:
            return True
    return False


def _box(pose: Pose, width: int, height: int) -> tuple[FloatArray, FloatArray]:
    points = pose.image_landmarks[:, :2] * (width, height)
    return points.min(axis=0), points.max(axis=0)


def _hull(pose: Pose, width: int, height: int) -> NDArray[np.int32]:
    points = np.clip(pose.image_landmarks[:, :2], -1.0, 2.0) * (width, height)
    return np.asarray(cv2.convexHull(points.astype(np.int32))[:, 0], dtype=np.int32)


def _square(centre: FloatArray, side: float, width: int, height: int) -> Window:
    """A square of that side, as near to the centre as the picture lets it; cut where it is larger."""
    w, h = min(int(max(side, 32.0)), width), min(int(max(side, 32.0)), height)
    left = int(np.clip(centre[0] - w / 2, 0, width - w))
    top = int(np.clip(centre[1] - h / 2, 0, height - h))
    return Window(left, top, left + w, top + h)
