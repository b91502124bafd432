"""Where a person stands in the room: the root's motion, recovered from one ordinary camera.

MediaPipe gives a body in metres around its own hips, and the same body's outline in the picture. A pinhole
camera of an assumed field of view and a body of an assumed size (that of NTU RGB+D) leave one place for it
to stand.
"""

from __future__ import annotations

import math

import numpy as np

from pose.smoothing import OneEuroFilter
from stgat.skeleton import NTU25, NTU_BONE_LENGTHS_M, FloatArray

# Only long bones say how large somebody is: two centimetres matter less there.
_LONG_M = 0.2
_BONES = [bone for bone in NTU_BONE_LENGTHS_M if bone[2] >= _LONG_M]
_ENDS, _STARTS = (np.array([bone[end] for bone in _BONES]) for end in (0, 1))
_LENGTHS_M = np.array([length for _, _, length in _BONES])
# MediaPipe shortens an arm that points at the camera; on people who stand still the depth wanders least so.
_TRUST = np.array(
    [0.3 if "elbow" in NTU25.joints[child] + NTU25.joints[parent] else 1.0 for child, parent, _ in _BONES]
)

#: The joints whose places in the picture are trusted: no hands and feet, which are small and fast.
_ANCHORS = np.unique(
    np.concatenate([_STARTS, _ENDS, [NTU25.joints.index(name) for name in ("neck", "head")]])
)


def focal_length(image_size: tuple[int, int], fov_deg: float) -> float:
    """The focal length in pixels of a camera with that field of view along the picture's longer side.

    The longer side: a camera turned upright sees the same angle, only standing. Raises ValueError for an
    angle outside (0, 180).
    """
    if not 0.0 < fov_deg < 180.0:
        raise ValueError(f"the field of view must lie between 0 and 180 degrees, not {fov_deg:g}")
    return max(image_size) / 2.0 / math.tan(math.radians(fov_deg) / 2.0)


def body_scale(joints_m: FloatArray, confidence: FloatArray) -> float:
    """What a body (25, 3) must be multiplied by to have NTU's size: a ratio of total bone lengths.

    A bone counts as much as its less certain end; where nothing is certain, all count a little.
    """
    weights = _TRUST * (np.minimum(confidence[_STARTS], confidence[_ENDS]) + 1e-3)
    lengths = np.linalg.norm(joints_m[_STARTS] - joints_m[_ENDS], axis=1)
    return float(weights @ _LENGTHS_M / max(weights @ lengths, 1e-6))


def solve_translation(
    points_m: FloatArray, rays: FloatArray, weights: FloatArray, depth_m: float | None = None
) -> FloatArray:
    """The translation (3,) that puts points (J, 3) on their rays, in the weighted least-squares sense.

    rays: (J, 2) x / z and y / z of each point's line of sight, in the points' axes.
    weights: (J,), not negative, not all zero.
    depth_m: the translation's z where it is known already.

    Each point gives two equations that are linear in t: x + t_x = a (z + t_z), y + t_y = b (z + t_z).
    """
    w = weights / weights.sum()
    # rays * z - xy, so that t_xy = rays * t_z + offset; subtracting the means leaves t_z alone.
    offset = rays * points_m[:, 2:] - points_m[:, :2]
    mean_ray, mean_offset = w @ rays, w @ offset
    if depth_m is None:
        spread = rays - mean_ray
        depth_m = -float((w[:, None] * spread * (offset - mean_offset)).sum()) / max(
            float((w[:, None] * spread**2).sum()), 1e-12
        )
    return np.array([*(mean_ray * depth_m + mean_offset), depth_m])


class RootTracker:
    """One person's place in the room over time.

    Depth is the weak direction: it follows from the size of the outline alone, so the body's scale and the
    depth are smoothed (One-Euro), depth the more. Sideways and up follow the picture at that depth without
    delay.

    fov_deg: the camera's field of view along the picture's longer side.
    """

    def __init__(self, fov_deg: float = 60.0) -> None:
        focal_length((1, 1), fov_deg)
        self.fov_deg = fov_deg
        self._scale = OneEuroFilter(min_cutoff_hz=0.5, max_gap_s=1.0)
        self._depth = OneEuroFilter(min_cutoff_hz=0.5, beta=3.0, max_gap_s=1.0)

    def place(
        self,
        joints_m: FloatArray,
        confidence: FloatArray,
        image_joints: FloatArray,
        image_size: tuple[int, int],
        timestamp_s: float,
    ) -> tuple[FloatArray, FloatArray]:
        """The body at NTU's size, hip-centred (25, 3), and its root (3,) in Kinect camera space, metres.

        joints_m, confidence, image_joints: as to_ntu gives them. image_size: (width, height) in pixels.
        """
        width, height = image_size
        scale = self._scale(np.array([body_scale(joints_m, confidence)]), timestamp_s)[0]
        body = joints_m * scale
        pixels = (image_joints[_ANCHORS] - 0.5) * (width, height)
        rays = -pixels / focal_length(image_size, self.fov_deg)
        weights = confidence[_ANCHORS] ** 2 + 1e-4
        points = body[_ANCHORS]
        depth = np.array([max(solve_translation(points, rays, weights)[2], 0.2)])
        # Smoothed as a logarithm: an outline's error is a share of its size, near and far.
        smooth = float(np.exp(self._depth(np.log(depth), timestamp_s)[0]))
        return body, solve_translation(points, rays, weights, smooth)
