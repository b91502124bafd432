"""A sample of a data set as pictures: seen by the sensor, and from the side, on one scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.inspect.text import Canvas, text_width, write
from stgat.skeleton import OPENPOSE18, OPENPOSE18_SHIFTED, FloatArray, Layout

RGB = tuple[int, int, int]

BACKGROUND: RGB = (21, 23, 28)
PANEL: RGB = (27, 30, 37)
GRID: RGB = (41, 45, 54)
BRIGHT: RGB = (233, 235, 239)
MUTED: RGB = (160, 168, 181)
#: Told apart with every common colour blindness (Okabe and Ito, "Color Universal Design", 2008).
PEOPLE: tuple[RGB, ...] = ((86, 180, 233), (240, 160, 20), (0, 190, 140), (225, 135, 185), (240, 228, 66))

#: These have places in a picture and how sure they are, where others have metres.
PLANAR = (OPENPOSE18.name, OPENPOSE18_SHIFTED.name)
#: Width over height of the pictures Kinetics-Skeleton was made from; their places are fractions of both.
_PICTURE_ASPECT = 340 / 256

PANEL_SIZE = 420
_MARGIN, _HEADER, _FOOTER = 16, 64, 40
#: How much of a panel people take, and where in it the lowest joint is; above them is room for their names.
_FILLED, _FLOOR = 0.73, 0.92
_SIXTEENTHS = 4  # cv2 takes places in 2**-4 pixels
_HEAD_RADIUS = 0.085


@dataclass(frozen=True)
class Clip:
    """A sample to be shown.

    joints_m: (T, M, V, 3) metres, y up, z away from the sensor; of the PLANAR layouts fractions of the
    picture and the joint's confidence. Who is absent is all zeros.
    title, subtitle: what it is called, and what else is known of it.
    """

    joints_m: FloatArray
    layout: Layout
    frames_per_second: float
    title: str
    subtitle: str = ""


@dataclass(frozen=True)
class _View:
    """One panel. points: (T, M, V, 2) to the right and up; depth: (T, M, V), what is far is painted first."""

    name: str
    points: FloatArray
    depth: FloatArray


def pictures(clip: Clip) -> Iterator[NDArray[np.uint8]]:
    """Each frame as a picture (H, W, 3) uint8 RGB; all of one size, with even sides."""
    joints = np.asarray(clip.joints_m, dtype=np.float64)
    planar = clip.layout.name in PLANAR
    present = joints.any(axis=(2, 3))  # (T, M)
    known = (joints[..., 2] > 0) if planar else np.broadcast_to(present[..., None], joints.shape[:3])
    views = _planar_views(joints) if planar else _views(joints)
    placed, pixels_per_unit = _place(views, known)
    backdrop = _backdrop(clip, views, placed, pixels_per_unit, planar)
    painter = _Painter(clip.layout, 0.0 if planar else _HEAD_RADIUS * pixels_per_unit)
    for t in range(len(joints)):
        canvas = backdrop.copy()
        for view, points in zip(views, placed, strict=True):
            people = [m for m in range(joints.shape[1]) if known[t, m].any()]
            for m in sorted(people, key=lambda m: -float(view.depth[t, m][known[t, m]].mean())):
                painter.paint(canvas, points[t, m], view.depth[t, m], known[t, m], m)
            if joints.shape[1] > 1:
                _name_people(canvas, {m: points[t, m][known[t, m]] for m in people})
        _footer(canvas, t, len(joints), clip.frames_per_second)
        yield canvas


def _views(joints: FloatArray) -> list[_View]:
    """In the sensor's space x grows to the left of its picture, so a picture shows -x to the right."""
    x, y, z = np.moveaxis(joints, -1, 0)
    return [
        _View("front, as the sensor sees it", np.stack([-x, y], axis=-1), z),
        _View("side, the sensor is on the left", np.stack([z, y], axis=-1), x),
    ]


def _planar_views(joints: FloatArray) -> list[_View]:
    x, y, _ = np.moveaxis(joints, -1, 0)
    return [_View("in the picture", np.stack([x * _PICTURE_ASPECT, y], axis=-1), np.zeros_like(x))]


def _place(views: Sequence[_View], known: NDArray[np.bool_]) -> tuple[list[FloatArray], float]:
    """The points of each view in pixels of the whole picture, and how many pixels a unit has.

    All views have one scale and one height of the floor. A stray joint of a frame or two may fall outside.
    """
    boxes = []
    for view in views:
        points = view.points[known] if known.any() else np.zeros((1, 2))
        boxes.append(np.percentile(points, (0.3, 99.7), axis=0))  # (2, 2) low and high
    low_y, high_y = min(box[0, 1] for box in boxes), max(box[1, 1] for box in boxes)
    extent = max(high_y - low_y, *(box[1, 0] - box[0, 0] for box in boxes), 1e-6)
    scale = _FILLED * PANEL_SIZE / extent
    placed = []
    for number, (view, box) in enumerate(zip(views, boxes, strict=True)):
        left, top = _corner(number)
        middle_x = box[:, 0].mean()
        x = left + PANEL_SIZE / 2 + (view.points[..., 0] - middle_x) * scale
        y = top + _FLOOR * PANEL_SIZE - (view.points[..., 1] - low_y) * scale
        placed.append(np.stack([x, y], axis=-1))
    return placed, scale


def _corner(number: int) -> tuple[int, int]:
    """Left and top of a panel."""
    return _MARGIN + number * (PANEL_SIZE + _MARGIN), _HEADER


def _backdrop(
    clip: Clip, views: Sequence[_View], placed: Sequence[FloatArray], scale: float, planar: bool
) -> Canvas:
    """What stays the same in all frames."""
    width = _MARGIN + len(views) * (PANEL_SIZE + _MARGIN)
    canvas = np.full((_HEADER + PANEL_SIZE + _FOOTER, width, 3), BACKGROUND, np.uint8)
    size = 19 if text_width(clip.title, 19) <= width - 2 * _MARGIN else 14
    write(canvas, clip.title, (_MARGIN, 12 + (19 - size) // 2), size, BRIGHT, width - 2 * _MARGIN)
    write(canvas, clip.subtitle, (_MARGIN, 38), 13, MUTED, width - 2 * _MARGIN)
    for number, view in enumerate(views):
        left, top = _corner(number)
        panel = canvas[top : top + PANEL_SIZE, left : left + PANEL_SIZE]
        panel[:] = PANEL
        if not planar:
            _grid(panel, scale)
        write(canvas, view.name, (left + 10, top + 8), 12, MUTED, PANEL_SIZE - 20)
    left, top = _corner(0)
    words = "darker: the body's right side"
    write(canvas, words, (left + 10, top + PANEL_SIZE - 24), 11, MUTED, PANEL_SIZE // 2)
    return canvas


def _grid(panel: Canvas, scale: float) -> None:
    """Lines half a metre apart, from the lowest joint up, and how long a metre is."""
    size, step = panel.shape[0], 0.5 * scale
    floor = _FLOOR * size
    for y in np.arange(floor, 0, -step):
        panel[round(y) : round(y) + 1] = GRID
    for x in np.concatenate([np.arange(size / 2, size, step), np.arange(size / 2 - step, 0, -step)]):
        panel[:, round(x) : round(x) + 1] = GRID
    end, below = size - 14, size - 12
    length_m = 1.0 if scale < size / 2 else 0.5
    start = round(end - length_m * scale)
    cv2.line(panel, (start, below), (end, below), MUTED, 2)
    write(panel, f"{length_m:g} m", (start, below - 18), 11, MUTED, 60)


class _Painter:
    """Bones and joints of one layout. head_radius: in pixels; 0 for none."""

    def __init__(self, layout: Layout, head_radius: float) -> None:
        self._layout = layout
        self._head = layout.joints.index("head") if "head" in layout.joints and head_radius else None
        self._head_radius = head_radius
        self._shades = {False: 1.0, True: 0.62}
        self._right = [name.startswith("right") for name in layout.joints]

    def paint(
        self, canvas: Canvas, points: FloatArray, depth: FloatArray, known: NDArray[np.bool_], person: int
    ) -> None:
        """points: (V, 2) pixels. The body's right side is darker, so that left and right can be told."""
        bones = [bone for bone in self._layout.bones if known[list(bone)].all()]
        for child, parent in sorted(bones, key=lambda bone: -float(depth[list(bone)].mean())):
            colour = self._colour(person, self._right[child] or self._right[parent])
            ends = _fixed(points[child]), _fixed(points[parent])
            cv2.line(canvas, *ends, PANEL, 8, cv2.LINE_AA, _SIXTEENTHS)
            cv2.line(canvas, *ends, colour, 4, cv2.LINE_AA, _SIXTEENTHS)
        for joint in np.flatnonzero(known):
            at, colour = _fixed(points[joint]), self._colour(person, self._right[joint])
            radius = self._head_radius if joint == self._head else 3.4
            cv2.circle(canvas, at, round(radius * 16), colour, cv2.FILLED, cv2.LINE_AA, _SIXTEENTHS)

    def _colour(self, person: int, right: bool) -> RGB:
        r, g, b = PEOPLE[person % len(PEOPLE)]
        shade = self._shades[right]
        return round(r * shade), round(g * shade), round(b * shade)


def _fixed(point: FloatArray) -> tuple[int, int]:
    x, y = np.clip(point, -2000, 4000) * 2**_SIXTEENTHS
    return round(x), round(y)


def _name_people(canvas: Canvas, points: Mapping[int, FloatArray]) -> None:
    """A name over each head, those of people close together one above the other."""
    taken: list[tuple[int, int]] = []
    for person, joints in points.items():
        x, y = joints[np.argmin(joints[:, 1])]
        at = round(x) - 28, round(y) - 34
        while any(abs(at[0] - other[0]) < 62 and abs(at[1] - other[1]) < 16 for other in taken):
            at = at[0], at[1] - 4
        taken.append(at)
        write(canvas, f"Person {person + 1}", at, 13, PEOPLE[person % len(PEOPLE)], 90)


def _footer(canvas: Canvas, frame: int, num_frames: int, fps: float) -> None:
    height, width = canvas.shape[:2]
    y, left, right = height - 20, _MARGIN, width - _MARGIN - 170
    done = left + (right - left) * (frame + 1) // num_frames
    cv2.line(canvas, (left, y), (right, y), GRID, 4)
    cv2.line(canvas, (left, y), (done, y), MUTED, 4)
    words = f"{frame / fps:.2f} s   frame {frame + 1} of {num_frames}"
    write(canvas, words, (right + 14, y - 9), 12, MUTED, 160)
