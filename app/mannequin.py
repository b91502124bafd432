"""Paints a figure where a recording has skeletons but no picture, so that there is somebody to look at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from stgat.skeleton import NTU25, Skeleton

#: Thickness of each limb in metres at its two ends: (child, parent) joints of NTU 25 -> (child, parent).
_LIMBS = {
    (5, 4): (0.085, 0.11), (6, 5): (0.06, 0.08), (7, 6): (0.065, 0.055), (21, 7): (0.05, 0.06),
    (9, 8): (0.085, 0.11), (10, 9): (0.06, 0.08), (11, 10): (0.065, 0.055), (23, 11): (0.05, 0.06),
    (13, 12): (0.115, 0.165), (14, 13): (0.08, 0.11), (15, 14): (0.075, 0.08),
    (17, 16): (0.115, 0.165), (18, 17): (0.08, 0.11), (19, 18): (0.075, 0.08),
    (2, 20): (0.10, 0.12),
}  # fmt: skip
_TORSO = (4, 8, 16, 12)
_HEAD, _NECK = 3, 2
_HEAD_M = 0.20
_TONE = np.array([148, 155, 168], np.float64)  # a cool grey, that the overlay's colours stand out from
_CIRCLE = np.linspace(0.0, 2 * np.pi, 24, endpoint=False)


def paint(image: NDArray[np.uint8], skeletons: Sequence[Skeleton]) -> NDArray[np.uint8]:
    """A copy of the picture (H, W, 3) with everybody in it, the farthest first.

    Skeletons without image_joints, and limbs with an unknown end, are left out.
    """
    canvas = image.copy()
    height, width = canvas.shape[:2]
    for skeleton in sorted(skeletons, key=lambda s: -float(np.nan_to_num(s.joints_m[0, 2]))):
        if skeleton.image_joints is not None:
            _paint_one(canvas, skeleton, skeleton.image_joints * (width, height))
    return canvas


def _paint_one(canvas: NDArray[np.uint8], skeleton: Skeleton, points: NDArray[np.float64]) -> None:
    scale = _pixels_per_metre(skeleton, points)
    if not np.isfinite(scale) or scale > canvas.shape[0]:
        return
    depth = skeleton.joints_m[:, 2]
    parts = [(float(depth[[a, b]].mean()), (a, b)) for a, b in _LIMBS]
    parts += [(float(depth[list(_TORSO)].mean()), _TORSO), (float(depth[_HEAD]), (_HEAD,))]
    middle = float(np.nanmean(depth))
    for z, joints in sorted((part for part in parts if np.isfinite(part[0])), reverse=True):
        shown_by = [_HEAD, _NECK] if joints == (_HEAD,) else list(joints)
        if not np.isfinite(points[shown_by]).all():
            continue
        # What is nearer catches more light.
        tone = tuple(float(c) for c in np.clip(_TONE * (1.0 - 0.55 * (z - middle)), 30, 235))
        cv2.fillConvexPoly(canvas, _outline(joints, points, scale), tone, cv2.LINE_AA, 4)


def _outline(joints: tuple[int, ...], points: NDArray[np.float64], scale: float) -> NDArray[np.int32]:
    """The convex outline of a limb, the torso or the head, in sixteenths of a pixel."""
    if joints == (_HEAD,):
        up = points[_HEAD] - points[_NECK]
        centre = points[_HEAD] + 0.1 * up
        shape = _circle(centre, scale * _HEAD_M / 2, stretch=1.2)
    elif joints == _TORSO:
        shape = np.concatenate([_circle(points[j], scale * 0.065) for j in _TORSO])
    else:
        a, b = joints
        thick = _LIMBS[a, b]
        shape = np.concatenate(
            [_circle(points[a], scale * thick[0] / 2), _circle(points[b], scale * thick[1] / 2)]
        )
    return cv2.convexHull(np.round(np.clip(shape, -1e4, 1e4) * 16).astype(np.int32))


def _circle(centre: NDArray[np.float64], radius: float, stretch: float = 1.0) -> NDArray[np.float64]:
    return centre + radius * np.stack([np.cos(_CIRCLE), stretch * np.sin(_CIRCLE)], axis=1)


def _pixels_per_metre(skeleton: Skeleton, points: NDArray[np.float64]) -> float:
    """From the bones that lie most across the line of sight, for depth foreshortens the others."""
    children, parents = np.array(NTU25.bones[:20]).T
    across = np.linalg.norm((skeleton.joints_m[children] - skeleton.joints_m[parents])[:, :2], axis=1)
    pixels = np.linalg.norm(points[children] - points[parents], axis=1)
    usable = np.isfinite(across) & np.isfinite(pixels) & (across > 0.1)
    return float(np.median(pixels[usable] / across[usable])) if usable.any() else float("nan")
