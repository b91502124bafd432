"""People for the tests: a body in metres, and what a camera would see of it."""

from __future__ import annotations

import math

import numpy as np

from pose.landmarks import Landmark, Pose

#: (33, 3) metres in MediaPipe's axes (x to the picture's right, y down, z away), standing, facing the camera,
#: toes and hands towards it. About 1.7 m tall. The person's left is at the picture's right.
_HALF = {
    "EYE_INNER": (0.02, -0.62, -0.11), "EYE": (0.03, -0.62, -0.11), "EYE_OUTER": (0.04, -0.62, -0.10),
    "EAR": (0.07, -0.60, -0.01), "SHOULDER": (0.16, -0.47, 0.0), "ELBOW": (0.21, -0.22, 0.02),
    "WRIST": (0.22, -0.02, -0.06), "PINKY": (0.23, 0.05, -0.09), "INDEX": (0.20, 0.05, -0.11),
    "THUMB": (0.19, 0.01, -0.10), "HIP": (0.11, 0.0, 0.0), "KNEE": (0.10, 0.41, -0.02),
    "ANKLE": (0.10, 0.78, 0.03), "HEEL": (0.10, 0.82, 0.05), "FOOT_INDEX": (0.13, 0.84, -0.10),
}  # fmt: skip


def standing() -> np.ndarray:
    body = np.zeros((33, 3))
    body[Landmark.NOSE] = (0.0, -0.59, -0.13)
    body[Landmark.MOUTH_LEFT], body[Landmark.MOUTH_RIGHT] = (0.03, -0.55, -0.11), (-0.03, -0.55, -0.11)
    for name, (x, y, z) in _HALF.items():
        body[Landmark[f"LEFT_{name}"]] = (x, y, z)
        body[Landmark[f"RIGHT_{name}"]] = (-x, y, z)
    return body


def mirrored(body: np.ndarray) -> np.ndarray:
    """The body as a mirror shows it: x turned round, and each landmark under the other side's name."""
    swap = [Landmark[_other_side(landmark.name)] for landmark in Landmark]
    return body[swap] * (-1.0, 1.0, 1.0)


def _other_side(name: str) -> str:
    table = {"LEFT": "RIGHT", "RIGHT": "LEFT"}
    return "_".join(table.get(word, word) for word in name.split("_"))


def rotation(axis: np.ndarray, angle: float) -> np.ndarray:
    """Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(angle) * k + (1 - math.cos(angle)) * k @ k


def seen(
    world: np.ndarray,
    place: tuple[float, float, float] = (0.0, 0.0, 3.0),
    image_size: tuple[int, int] = (640, 480),
    fov_deg: float = 60.0,
    visibility: np.ndarray | float = 1.0,
) -> Pose:
    """The pose of a body whose origin stands at `place` (MediaPipe's axes), through a pinhole camera."""
    points = world + np.array(place)
    focal = max(image_size) / 2 / math.tan(math.radians(fov_deg) / 2)
    pixels = focal * points[:, :2] / points[:, 2:]
    image = np.column_stack([pixels / image_size + 0.5, world[:, 2]])
    return Pose(image, world.copy(), np.broadcast_to(np.asarray(visibility, dtype=float), 33).copy())


def at(x: float, y: float = 0.5, height: float = 0.5, aspect: float = 1.0) -> Pose:
    """A standing person with the hips at that point of the picture and of that height (all in fractions)."""
    body = standing()
    scale = height / np.ptp(body[:, 1])
    image = body * scale * (1.0 / aspect, 1.0, 1.0) + (x, y, 0.0)
    return Pose(image, body, np.full(33, 0.99))
