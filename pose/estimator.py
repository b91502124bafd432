"""MediaPipe's pose landmarker, for one person or two.

MediaPipe's own search for several people looks at the whole picture at once and finds the second person
only when the two stand apart and large. Here every person has a landmarker of their own in video mode,
which follows them without searching; while one is free, it looks at the rest of the picture a few times a
second.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Self

import cv2
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

from pose.landmarks import Pose
from pose.native_log import quiet_native_log

Image = NDArray[np.uint8]


class PoseEstimator:
    """Finds up to max_people people in pictures of one video.

    model_path: the .task file (pose.models).
    search_interval_s: while somebody is in view, how often to look for somebody else.

    Raises FileNotFoundError where there is no model file, and RuntimeError where MediaPipe cannot read it.
    """

    def __init__(self, model_path: Path, max_people: int = 2, search_interval_s: float = 0.25) -> None:
        if not model_path.is_file():
            raise FileNotFoundError(f"there is no pose model file at {model_path}")
        self._landmarkers = [_open_landmarker(model_path) for _ in range(max_people)]
        self._finalizer = weakref.finalize(self, _close_all, self._landmarkers)
        self._clocks_ms = 0
        self._search_interval_s = search_interval_s
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._last_s = None
        self._poses: list[Pose | None] = [None] * len(self._landmarkers)
        self._searched_s = -np.inf

    def estimate(self, image_rgb: Image, timestamp_s: float) -> list[Pose]:
        """The people in one picture, in no particular order.

        image_rgb: (H, W, 3) uint8 RGB.
        """
        image = np.ascontiguousarray(image_rgb)  # MediaPipe takes the buffer as it lies in memory
        self._clocks_ms += 40
        for i, landmarker in enumerate(self._landmarkers):
            others = [p for j, p in enumerate(self._poses) if p is not None and j != i]
            if self._poses[i] is None:
                if others and timestamp_s - self._searched_s < self._search_interval_s:
                    continue
                self._searched_s = timestamp_s
                picture = _paint_over(image, others)
            else:
                picture = image
            with quiet_native_log():
                result = landmarker.detect_for_video(mp.Image(mp.ImageFormat.SRGB, picture), self._clocks_ms)
            pose = _to_pose(result)
            if pose is not None and any(_same_person(pose, other) for other in others):
                pose = None
            self._poses[i] = pose
        return [pose for pose in self._poses if pose is not None]

    def close(self) -> None:
        """Free the landmarkers; may be called twice."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_landmarker(model_path: Path) -> vision.PoseLandmarker:
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model_path)),
        running_mode=vision.RunningMode.VIDEO,
        num_poses=1,
    )
    with quiet_native_log():
        return vision.PoseLandmarker.create_from_options(options)


def _close_all(landmarkers: list[vision.PoseLandmarker]) -> None:
    while landmarkers:
        landmarkers.pop().close()


def _to_pose(result: vision.PoseLandmarkerResult) -> Pose | None:
    if not result.pose_landmarks:
        return None
    image = np.array([(p.x, p.y, p.z, p.visibility) for p in result.pose_landmarks[0]])
    world = np.array([(p.x, p.y, p.z) for p in result.pose_world_landmarks[0]])
    return Pose(image[:, :3], world, image[:, 3])


def _paint_over(image: Image, poses: list[Pose]) -> Image:
    if not poses:
        return image
    painted = image.copy()
    height, width = image.shape[:2]
    for pose in poses:
        points = (pose.image_landmarks[:, :2] * (width, height)).astype(np.int32)
        cv2.fillConvexPoly(painted, cv2.convexHull(points), (127, 127, 127))
    return painted


def _same_person(a: Pose, b: Pose) -> bool:
    """Whether two poses of one picture are one person found twice: most landmarks lie on each other."""
    points_a, points_b = a.image_landmarks[:, :2], b.image_landmarks[:, :2]
    size = max(np.ptp(points_a, axis=0).max(), np.ptp(points_b, axis=0).max(), 1e-6)
    return bool(np.median(np.linalg.norm(points_a - points_b, axis=1)) < 0.1 * size)
