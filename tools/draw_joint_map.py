"""Draws docs/images/joints.png: MediaPipe's 33 landmarks and the 25 NTU joints made from them, side by side.

    python tools/draw_joint_map.py [OUT.png]

The joints are computed by the mapping itself, so the picture cannot disagree with it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pose.landmarks import Landmark
from pose.ntu_mapping import JOINT_WEIGHTS
from stgat.skeleton import NTU25

ROOT = Path(__file__).resolve().parents[1]
LEFT, RIGHT, MIDDLE, BONE, INK = "#d1495b", "#2a6f97", "#5b5b66", "#c9c9d1", "#22222a"

# A person who faces us, arms out: x to our right (the person's left), y up, in half body heights. The head,
# the hands and the feet are drawn larger than life, for there is where the small numbers are.
_CENTRE = {"NOSE": (0.0, 1.52)}
_LEFT_HALF = {
    "EYE_INNER": (0.055, 1.63), "EYE": (0.115, 1.645), "EYE_OUTER": (0.175, 1.63), "EAR": (0.26, 1.55),
    "MOUTH": (0.07, 1.40), "SHOULDER": (0.34, 1.08), "ELBOW": (0.72, 0.82), "WRIST": (1.06, 0.62),
    "THUMB": (1.10, 0.78), "INDEX": (1.27, 0.62), "PINKY": (1.22, 0.44), "HIP": (0.22, 0.05),
    "KNEE": (0.29, -0.72), "ANKLE": (0.34, -1.44), "HEEL": (0.30, -1.60), "FOOT_INDEX": (0.52, -1.66),
}  # fmt: skip

_LANDMARK_BONES = (
    "MOUTH_LEFT MOUTH_RIGHT",
    "LEFT_SHOULDER RIGHT_SHOULDER RIGHT_HIP LEFT_HIP LEFT_SHOULDER",
    *(
        line.replace("*", side)
        for side in ("LEFT", "RIGHT")
        for line in (
            "NOSE *_EYE_INNER *_EYE *_EYE_OUTER *_EAR",
            "*_SHOULDER *_ELBOW *_WRIST *_PINKY *_INDEX *_WRIST *_THUMB",
            "*_HIP *_KNEE *_ANKLE *_HEEL *_FOOT_INDEX *_ANKLE",
        )
    ),
)  # fmt: skip

# Where a number stands beside its dot, in points; the left side's, mirrored for the right.
_OFFSETS = {
    "NOSE": (0, -11), "EYE_INNER": (-2, 9), "EYE": (3, 10), "EYE_OUTER": (8, 7), "EAR": (11, 0),
    "MOUTH": (9, -6), "SHOULDER": (7, 10), "ELBOW": (4, 11), "WRIST": (-7, -10), "THUMB": (0, 11),
    "INDEX": (12, 0), "PINKY": (8, -9), "HIP": (12, 2), "KNEE": (13, 0), "ANKLE": (-12, 2),
    "HEEL": (-10, -6), "FOOT_INDEX": (12, -2),
    "spine base": (0, -12), "spine mid": (11, 0), "spine shoulder": (13, -7), "neck": (11, 3),
    "head": (12, 6), "shoulder": (7, 10), "elbow": (4, 11), "wrist": (-7, -10), "hand": (-3, -12),
    "hand tip": (13, -2), "thumb": (0, 11), "hip": (11, 5), "knee": (13, 0), "ankle": (-12, 2),
    "foot": (12, -4),
}  # fmt: skip


def landmark_points() -> np.ndarray:
    points = np.zeros((len(Landmark), 2))
    for landmark in Landmark:
        name = (
            landmark.name.replace("LEFT_", "")
            .replace("RIGHT_", "")
            .replace("_LEFT", "")
            .replace("_RIGHT", "")
        )
        x, y = _CENTRE.get(name) or _LEFT_HALF[name]
        points[landmark] = (-x if "RIGHT" in landmark.name else x, y)
    return points


def draw(axes: Axes, title: str, points: np.ndarray, names: list[str], bones: list[tuple[int, int]]) -> None:
    axes.add_patch(
        Ellipse((0.0, 1.53), 0.52, 0.62, facecolor="none", edgecolor=BONE, linewidth=1.2, zorder=0)
    )
    for a, b in bones:
        axes.plot(*points[[a, b]].T, color=BONE, linewidth=3, solid_capstyle="round", zorder=1)
    for i, name in enumerate(names):
        side = name.split()[0] if name.split()[0] in ("left", "right") else name.split()[-1]
        colour = {"left": LEFT, "right": RIGHT}.get(side, MIDDLE)
        bare = name.replace("left", "").replace("right", "").strip()
        dx, dy = _OFFSETS.get(bare) or _OFFSETS[bare.upper().replace(" ", "_")]
        axes.scatter(*points[i], s=46, color=colour, edgecolor="white", linewidth=0.9, zorder=3)
        axes.annotate(
            str(i), points[i], (-dx if side == "right" else dx, dy), textcoords="offset points", ha="center",
            va="center", fontsize=9.5, color=colour, fontweight="bold", zorder=4,
        )  # fmt: skip
    axes.set_title(title, fontsize=14, color=INK, pad=10)
    axes.set(xlim=(-1.5, 1.5), ylim=(-1.95, 1.95), aspect="equal")
    axes.axis("off")


def list_names(axes: Axes, names: list[str]) -> None:
    axes.axis("off")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    step = 0.96 / 33
    top = 0.5 + step * len(names) / 2
    for i, name in enumerate(names):
        side = {"left": LEFT, "right": RIGHT}
        colour = next((c for word, c in side.items() if word in name.split()), MIDDLE)
        axes.text(
            0.16, top - step * i, str(i), ha="right", va="top", fontsize=9.5, color=colour, fontweight="bold"
        )
        axes.text(0.22, top - step * i, name, va="top", fontsize=9.5, color=INK)


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images" / "joints.png"
    points = landmark_points()
    landmark_names = [landmark.name.lower().replace("_", " ") for landmark in Landmark]
    landmark_bones = [
        (Landmark[a], Landmark[b])
        for line in _LANDMARK_BONES
        for a, b in zip(line.split(), line.split()[1:], strict=False)
    ]
    figure, axes = plt.subplots(
        1, 4, figsize=(15, 7.4), width_ratios=(1.15, 4, 4, 1.15), layout="constrained", dpi=110
    )
    list_names(axes[0], landmark_names)
    draw(axes[1], "MediaPipe: 33 landmarks", points, landmark_names, landmark_bones)
    axes[2].scatter(*points.T, s=7, color=BONE, zorder=2)
    draw(axes[2], "NTU RGB+D: 25 joints", JOINT_WEIGHTS @ points, list(NTU25.joints), list(NTU25.bones))
    list_names(axes[3], list(NTU25.joints))
    figure.supxlabel(
        "The person faces you: their left (red) is at your right. Numbers count from 0. "
        "Head, hands and feet are drawn larger than life; the pale dots are the landmarks again.",
        fontsize=10,
        color=MIDDLE,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, facecolor="white")


if __name__ == "__main__":
    main()
