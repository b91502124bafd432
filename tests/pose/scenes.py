"""A world of coloured paper people, and a landmarker that sees it the way MediaPipe sees the real one.

Each person is an outline filled with one colour, on black. The landmarker answers with one person a look,
follows whom it has found, and overlooks whoever is small in the picture it is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pose.landmarks import Pose
from pose.search import Sighting
from tests.pose.bodies import standing

WIDTH, HEIGHT = 640, 360


@dataclass(frozen=True)
class PaperPerson:
    colour: int  # the red channel; green and blue are 0
    x: float  # the middle, in fractions of the picture's width
    height: float = 0.6  # in fractions of the picture's height
    is_chair: bool = False


def picture(*people: PaperPerson, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """Who comes later stands in front."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    for person in people:
        body = standing()[:, :2]
        scale = person.height * height / np.ptp(body[:, 1])
        middle = (body.max(axis=0) + body.min(axis=0)) / 2
        points = (body - middle) * scale + (person.x * width, height / 2)
        colour = (person.colour, 0, 255 * person.is_chair)
        cv2.fillConvexPoly(image, cv2.convexHull(points.round().astype(np.int32)), colour)
    return image


class PaperLandmarker:
    """Implements the protocol of pose.estimator.Landmarker."""

    def __init__(self, smallest: float = 0.3) -> None:
        self.smallest = smallest  # of the picture's height, for the search
        self.following: int | None = None
        self.looks = 0
        self.closed = False

    def look(self, image_rgb: np.ndarray, elapsed_s: float) -> Sighting | None:
        assert not self.closed
        assert image_rgb.flags.c_contiguous
        assert elapsed_s >= 0
        self.looks += 1
        red = np.where(image_rgb[..., 1] == 0, image_rgb[..., 0], 0)
        if self.following is not None and (red == self.following).sum() < 20:
            self.following = None
            return None
        if self.following is None:
            self.following = self._largest(red)
        if self.following is None:
            return None
        return self._sighting(red, image_rgb)

    def _largest(self, red: np.ndarray) -> int | None:
        colours, counts = np.unique(red[red > 0], return_counts=True)
        for colour in colours[np.argsort(-counts)]:
            rows = np.nonzero((red == colour).any(axis=1))[0]
            if np.ptp(rows) > self.smallest * len(red):
                return int(colour)
        return None

    def _sighting(self, red: np.ndarray, image: np.ndarray) -> Sighting:
        ys, xs = np.nonzero(red == self.following)
        is_chair = image[ys[0], xs[0], 2] > 0
        body = standing()
        low, high = np.array([xs.min(), ys.min()]), np.array([xs.max(), ys.max()])
        share = (body[:, :2] - body[:, :2].min(axis=0)) / np.ptp(body[:, :2], axis=0)
        points = (low + share * (high - low)) / (image.shape[1], image.shape[0])
        visibility = np.full(33, 0.5 if is_chair else 0.97)
        pose = Pose(np.column_stack([points, body[:, 2]]), body, visibility)
        return Sighting(pose, np.full(33, 0.9 if is_chair else 0.99))

    def forget(self) -> None:
        self.following = None

    def close(self) -> None:
        self.closed = True
