"""MediaPipe's pose landmarker in video mode, for one person: a thin shell around the library."""

from __future__ import annotations

import contextlib
from pathlib import Path

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

from pose.landmarks import Pose
from pose.native_log import quiet_native_log
from pose.search import Sighting

_BLANK = np.full((64, 64, 3), 127, np.uint8)


class VideoLandmarker:
    """Follows one person from picture to picture; searches the picture while it follows nobody.

    Raises FileNotFoundError where there is no model file, and RuntimeError where MediaPipe cannot read it.
    """

    def __init__(self, model_path: Path) -> None:
        if not model_path.is_file():
            raise FileNotFoundError(f"there is no pose model file at {model_path}")
        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model_path)),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=1,
        )
        self._clock_ms = 0
        self._has_seen = False
        with quiet_native_log():
            self._landmarker = vision.PoseLandmarker.create_from_options(options)

    def look(self, image_rgb: NDArray[np.uint8], elapsed_s: float) -> Sighting | None:
        """The person in the picture, in fractions of its width and height.

        image_rgb: (H, W, 3), contiguous in memory. elapsed_s: the time since the last look; MediaPipe's own
        clock counts whole milliseconds and must go on, so at least one passes.
        """
        self._clock_ms += max(1, round(elapsed_s * 1000.0))
        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=image_rgb)
        # The library has notes for the first search and the first person, and is silent from then on.
        with contextlib.nullcontext() if self._has_seen else quiet_native_log():
            result = self._landmarker.detect_for_video(picture, self._clock_ms)
        if not result.pose_landmarks:
            return None
        self._has_seen = True
        image = np.array([(p.x, p.y, p.z, p.visibility, p.presence) for p in result.pose_landmarks[0]])
        world = np.array([(p.x, p.y, p.z) for p in result.pose_world_landmarks[0]])
        return Sighting(Pose(image[:, :3], world, image[:, 3]), image[:, 4])

    def forget(self) -> None:
        """Follow nobody: the next look searches. A picture of nothing is what makes MediaPipe let go."""
        self.look(_BLANK, 0.0)

    def close(self) -> None:
        self._landmarker.close()
