"""A camera that goes round a point in space, and where it sees things: all the 3-D there is in the window."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stgat.skeleton import FloatArray

NEAREST_M, FARTHEST_M = 1.0, 15.0
STEEPEST = math.radians(85)
#: What is nearer to the camera than this is not seen.
NEAR_PLANE_M = 0.1


@dataclass(frozen=True)
class OrbitCamera:
    """Looks at a point from `distance_m` away.

    yaw, pitch: radians; 0, 0 looks from where the sensor stands; yaw grows as the camera goes to its own
        right, pitch as it rises. focal: picture heights that 1 m takes up from 1 m away.
    """

    yaw: float = math.radians(25)
    pitch: float = math.radians(12)
    distance_m: float = 3.7
    focal: float = 1.45

    def turned(self, yaw: float, pitch: float) -> OrbitCamera:
        """Farther round and farther up, by radians; never over the top."""
        return replace(
            self,
            yaw=math.remainder(self.yaw + yaw, 2 * math.pi),
            pitch=min(STEEPEST, max(-STEEPEST, self.pitch + pitch)),
        )

    def zoomed(self, factor: float) -> OrbitCamera:
        """Nearer by a factor above 1, farther by one below it."""
        return replace(self, distance_m=min(FARTHEST_M, max(NEAREST_M, self.distance_m / factor)))

    def project(self, points_m: FloatArray, target_m: FloatArray) -> NDArray[np.float64]:
        """(..., 3) metres in Kinect camera space -> (..., 3) as seen with `target_m` in the middle.

        Of each point: how far to the right and how far down of the middle, in heights of the picture, and its
        distance in metres along the line of sight; NaN where it is not in front of the camera, or unknown.
        """
        x, up, away = np.moveaxis(np.asarray(points_m, np.float64) - target_m, -1, 0)
        right = -x  # Kinect's x grows to the sensor's left
        sin, cos = math.sin(self.yaw), math.cos(self.yaw)
        right, away = right * cos + away * sin, away * cos - right * sin
        sin, cos = math.sin(self.pitch), math.cos(self.pitch)
        up, away = up * cos + away * sin, away * cos - up * sin
        depth = self.distance_m + away
        depth = np.where(depth > NEAR_PLANE_M, depth, np.nan)
        scale = self.focal / depth
        return np.stack([right * scale, -up * scale, depth], axis=-1)
