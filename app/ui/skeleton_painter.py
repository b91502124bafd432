"""Skeletons and the hands' trails as vectors: what they look like in every view of the window.

Left and right are told by colour and lightness, a poorly seen joint by its form as well: hollow, and its
bones dashed (app.overlay, which draws the same into saved videos).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from app import overlay


class Joint(NamedTuple):
    """at: in the widget's coordinates. opacity: 0 to 1. unsure: poorly seen."""

    at: QPointF
    opacity: float
    unsure: bool


def colour(rgb: overlay.RGB, opacity: float = 1.0) -> QColor:
    made = QColor(*rgb)
    made.setAlphaF(min(1.0, max(0.0, opacity)))
    return made


def bone_pen(ink: QColor, width: float, dash: float | None) -> QPen:
    """dash: the length of dash and gap in pixels; None for a whole line."""
    if dash is None:
        return QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    pen = QPen(ink, width, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([dash / width, dash / width])  # Qt counts in widths of the pen
    return pen


def paint_bone(
    painter: QPainter, start: Joint, end: Joint, side: overlay.Side, thickness: float, edge: bool = False
) -> None:
    """One bone in its side's colour, or its dark edge; dashed where an end is poorly seen."""
    rgb = overlay.CASING if edge else overlay.SIDE_COLOURS[side]
    dash = overlay.DASH * thickness if start.unsure or end.unsure else None
    ink = colour(rgb, min(start.opacity, end.opacity))
    painter.setPen(bone_pen(ink, thickness + 2 if edge else thickness, dash))
    painter.drawLine(start.at, end.at)


def paint_joint(painter: QPainter, joint: Joint, side: overlay.Side, thickness: float) -> None:
    """A disc in its side's colour; a ring where the joint is poorly seen."""
    ink, edge = overlay.SIDE_COLOURS[side], overlay.CASING
    radius = 0.85 * thickness
    if joint.unsure:
        # The ring is stronger than the rest, so that the form is seen where the colour has faded.
        painter.setPen(QPen(colour(ink, 0.4 + 0.6 * joint.opacity), max(1.2, 0.4 * thickness)))
        painter.setBrush(colour(edge, joint.opacity))
        radius = 1.1 * thickness
    else:
        painter.setPen(QPen(colour(edge, joint.opacity), 1))
        painter.setBrush(colour(ink, joint.opacity))
    painter.drawEllipse(joint.at, radius, radius)


def paint_skeleton(painter: QPainter, joints: Mapping[int, Joint], thickness: float) -> None:
    """One person; joints that are not there are left out, and the bones that end in them."""
    bones = [(joints[c], joints[p], side) for c, p, side in overlay.BONES if c in joints and p in joints]
    for edge in (True, False):  # all edges below all bones, so that none cuts a neighbour
        for start, end, side in bones:
            paint_bone(painter, start, end, side, thickness, edge)
    for number, joint in joints.items():
        paint_joint(painter, joint, overlay.JOINT_SIDES[number], thickness)


def paint_trail(
    painter: QPainter, points: Iterable[tuple[QPointF, float]], side: overlay.Side, thickness: float
) -> None:
    """points: (where, freshness 0 to 1), oldest first; the older, the thinner and the fainter."""
    for (start, _), (end, fresh) in pairwise(points):
        ink = colour(overlay.SIDE_COLOURS[side], 0.9 * fresh)
        width = max(1.0, 1.4 * thickness * fresh)
        painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(start, end)
