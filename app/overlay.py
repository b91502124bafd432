"""The skeleton drawn into a picture, for videos that are saved; and what left, right and sure look like.

The window draws the same skeleton as vectors (app.ui.video_view) with the colours and rules of this module.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from app.entities import Decision, State
from stgat.skeleton import NTU25, FloatArray, Skeleton

RGB = tuple[int, int, int]


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    MIDDLE = "middle"


#: Sky blue, orange and near-white: told apart with every common colour blindness, and by lightness
#: alone (Okabe and Ito, "Color Universal Design", 2008).
SIDE_COLOURS: dict[Side, RGB] = {
    Side.LEFT: (86, 180, 233),
    Side.RIGHT: (240, 160, 20),
    Side.MIDDLE: (240, 240, 236),
}
CASING: RGB = (12, 13, 16)  # a dark edge keeps the bones visible on bright clothes

#: A joint less sure than this is not drawn: it is a guess, and a stray limb misleads more than a gap.
FAINTEST = 0.05

#: From this confidence on a joint is drawn in full.
SURE = 0.85

#: A joint less sure than this is drawn hollow and its bones dashed, so that colour and strength do not tell
#: it alone. DASH: how long a dash and the gap after it are, in thicknesses of a bone.
UNSURE = 0.5
DASH = 1.6


def joint_side(joint: int) -> Side:
    """The side of the body an NTU 25 joint belongs to."""
    name = NTU25.joints[joint]
    return next((side for side in (Side.LEFT, Side.RIGHT) if name.startswith(side.value)), Side.MIDDLE)


def bone_side(child: int, parent: int) -> Side:
    """A bone is of a side as soon as one end is: collar bones and hips show which arm or leg they carry."""
    return next((s for s in (joint_side(child), joint_side(parent)) if s is not Side.MIDDLE), Side.MIDDLE)


JOINT_SIDES: tuple[Side, ...] = tuple(joint_side(joint) for joint in range(NTU25.num_joints))
BONES: tuple[tuple[int, int, Side], ...] = tuple((c, p, bone_side(c, p)) for c, p in NTU25.bones)


def confidence_opacity(confidence: FloatArray) -> NDArray[np.float64]:
    """Opacity in [0, 1]: fades with confidence; 0 where that is unknown or below FAINTEST."""
    sure = np.clip(np.nan_to_num(np.asarray(confidence, dtype=np.float64)), 0.0, 1.0)
    return np.where(sure < FAINTEST, 0.0, 0.15 + 0.85 * np.minimum(1.0, sure / SURE))


def joint_opacity(skeleton: Skeleton) -> NDArray[np.float64]:
    """(25,) opacity in [0, 1] over the picture; 0 for joints whose place in it is unknown, too."""
    opacity = confidence_opacity(skeleton.confidence)
    if skeleton.image_joints is None:
        return np.zeros_like(opacity)
    return np.where(np.isfinite(skeleton.image_joints).all(axis=1), opacity, 0.0)


def unsure(skeleton: Skeleton) -> NDArray[np.bool_]:
    """(25,) the joints that are poorly seen."""
    return ~(np.asarray(skeleton.confidence, dtype=np.float64) >= UNSURE)


def line_width(width: int, height: int) -> float:
    """Thickness of a bone, in pixels of a picture of that size."""
    return max(2.0, min(width, height) / 120.0)


def caption(person_id: int, decision: Decision | None) -> str:
    """The words beside a person's head: who, and what they do as far as it is known, and how sure that is."""
    if decision is None or decision.state is State.NO_PERSON:
        return f"Person {person_id}"
    if decision.state is State.ACTION and decision.label:
        return f"Person {person_id} · {decision.label} {decision.probability:.0%}"
    return f"Person {person_id} · {decision.state.value}"


def draw_overlay(
    image: NDArray[np.uint8], skeletons: Iterable[Skeleton], decisions: Sequence[Decision] = ()
) -> NDArray[np.uint8]:
    """A copy of the picture with every skeleton and its caption drawn on it.

    image: (H, W, 3) uint8 RGB. Skeletons without image_joints are left out; so are joints that are NaN
    or lie far outside the picture. Captions are written in ASCII, the only letters OpenCV can draw.

    >>> picture = draw_overlay(frame.image, snapshot.skeletons, snapshot.decisions)  # doctest: +SKIP
    """
    canvas = np.ascontiguousarray(image).copy()
    by_person = {decision.person_id: decision for decision in decisions}
    people = list(skeletons)
    for skeleton in people:
        _draw_skeleton(canvas, skeleton)
    for skeleton in people:  # captions last, so that no bone crosses one
        _draw_caption(canvas, skeleton, caption(skeleton.person_id, by_person.get(skeleton.person_id)))
    return canvas


def _pixels(skeleton: Skeleton, width: int, height: int) -> NDArray[np.int64]:
    """(25, 2) whole pixels; unknown joints are at 0, joints far outside are kept within OpenCV's reach."""
    joints = np.nan_to_num(np.asarray(skeleton.image_joints, dtype=np.float64))
    return np.rint(np.clip(joints, -2.0, 3.0) * (width, height)).astype(np.int64)


def _draw_skeleton(canvas: NDArray[np.uint8], skeleton: Skeleton) -> None:
    opacity, doubtful = joint_opacity(skeleton), unsure(skeleton)
    if not opacity.any():
        return
    height, width = canvas.shape[:2]
    points = _pixels(skeleton, width, height)
    thickness = line_width(width, height)
    left, top, right, bottom = _bounds(points[opacity > 0], width, height, margin=round(2 * thickness) + 2)
    if left >= right or top >= bottom:
        return
    points = points - (left, top)
    region = canvas[top:bottom, left:right]
    # OpenCV draws without opacity, so paint and its mask are drawn apart and blended once.
    paint = np.zeros_like(region)
    mask = np.zeros(region.shape[:2], np.uint8)
    casing, bone = round(thickness + 2), max(1, round(thickness))
    # Faint strokes first: a sure joint is never hidden by an unsure one.
    strokes = sorted((min(opacity[c], opacity[p]), c, p, side) for c, p, side in BONES)
    strokes = [stroke for stroke in strokes if stroke[0] > 0]
    for colour_of, size in ((None, casing), (SIDE_COLOURS, bone)):
        for alpha, child, parent, side in strokes:
            ends = np.stack([points[child], points[parent]])
            dashed = doubtful[child] or doubtful[parent]
            for piece in _dashes(ends, DASH * thickness + bone) if dashed else [ends]:
                start, end = piece.tolist()
                cv2.line(paint, start, end, colour_of[side] if colour_of else CASING, size, cv2.LINE_8)
                cv2.line(mask, start, end, round(255 * alpha), size, cv2.LINE_8)
    radius = round(0.9 * thickness) + 1
    for joint in np.argsort(opacity):
        if opacity[joint] > 0:
            centre = points[joint].tolist()
            colour = SIDE_COLOURS[JOINT_SIDES[joint]]
            cv2.circle(paint, centre, radius, colour, cv2.FILLED, cv2.LINE_8)
            cv2.circle(mask, centre, radius, round(255 * opacity[joint]), cv2.FILLED)
            if doubtful[joint]:
                cv2.circle(paint, centre, max(1, round(0.55 * radius)), CASING, cv2.FILLED, cv2.LINE_8)
    alpha = mask[..., None].astype(np.float32) / 255.0
    region[...] = np.rint(region * (1.0 - alpha) + paint * alpha).astype(np.uint8)


def _dashes(ends: NDArray[np.int64], dash: float) -> list[NDArray[np.int64]]:
    """Pieces (2, 2) of the line between two points, a gap after each; a whole number, that ends with one.

    dash: the length of a piece and of a gap, in pixels; OpenCV's round ends reach into the gap.
    """
    length = float(np.linalg.norm(ends[1] - ends[0]))
    count = int(np.clip(length / (2 * dash), 1, 50))
    marks = np.linspace(0.0, 1.0, 2 * count)[:, None] if count > 1 else np.array([[0.25], [0.75]])
    along = np.rint(ends[0] + marks * (ends[1] - ends[0])).astype(np.int64)
    return list(along.reshape(-1, 2, 2))


def _bounds(points: NDArray[np.int64], width: int, height: int, margin: int) -> tuple[int, int, int, int]:
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin + 1
    return max(0, int(low[0])), max(0, int(low[1])), min(width, int(high[0])), min(height, int(high[1]))


def head_anchor(skeleton: Skeleton) -> tuple[float, float] | None:
    """Where a caption belongs, in fractions of the picture: the head, else the highest joint drawn."""
    opacity = joint_opacity(skeleton)
    if skeleton.image_joints is None or not opacity.any():
        return None
    head = NTU25.joints.index("head")
    drawn = np.flatnonzero(opacity > 0)
    joint = head if opacity[head] > 0 else drawn[np.argmin(skeleton.image_joints[drawn, 1])]
    x, y = skeleton.image_joints[joint]
    return float(x), float(y)


def _draw_caption(canvas: NDArray[np.uint8], skeleton: Skeleton, words: str) -> None:
    anchor = head_anchor(skeleton)
    if anchor is None:
        return
    height, width = canvas.shape[:2]
    words = unicodedata.normalize("NFKD", words.replace("·", "-")).encode("ascii", "ignore").decode()
    scale = max(0.35, min(width, height) / 900.0)
    stroke = max(1, round(scale * 1.6))
    (text_w, text_h), below = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, stroke)
    pad = round(8 * scale) + 2
    box_w, box_h = text_w + 2 * pad, text_h + below + 2 * pad
    x = round(np.clip(anchor[0] * width + 0.04 * height, 0, max(0, width - box_w)))
    y = round(np.clip(anchor[1] * height - 0.06 * height - box_h, 0, max(0, height - box_h)))
    box = canvas[y : y + box_h, x : x + box_w]
    box[...] = box // 4 + np.array(CASING, np.uint8) // 2
    at = (x + pad, y + pad + text_h)
    colour = SIDE_COLOURS[Side.MIDDLE]
    cv2.putText(canvas, words, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, stroke, cv2.LINE_AA)
