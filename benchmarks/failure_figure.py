"""The picture of one action that was not recognised, by benchmarks/failure_pictures.py."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from app.decisions import DecisionSettings
from app.entities import ActionEvent
from stgat.data.atomic import replacing
from stgat.retarget import UNSEEN_CONFIDENCE
from stgat.skeleton import NTU25, FloatArray, Skeleton

_BLUE, _ORANGE, _PURPLE, _GREY = "#2f6fb3", "#d98324", "#8b5fbf", "#586172"
_GREEN, _RED = "#3a9268", "#c8553d"
_PALE = "0.78"
_SHOWN = 8  # skeletons
_LEAST_HEIGHT_M, _LEAST_CELL_M = 1.3, 1.0
# Inches. Placed by hand: a skeleton is only drawn true where the panel's size is known beforehand.
_WIDTH, _HEIGHT = 9.0, 6.6
_LEFT, _RIGHT = 0.75, 0.2
_STRIP = (4.25, 1.75)  # bottom, height
_EVENTS = (3.72, 0.4)
_CURVES = (1.75, 1.85)
_MOTION = (0.55, 0.95)
_LETTER = 0.064  # width of one on average, at 8 points
_REST = "0.93"


@dataclass(frozen=True)
class Failure:
    """An action of a clip, and what was made of it.

    told: the top event's label, None where there is no event. curves: label -> (N,) smoothed probability at
    times_s, NaN at rest; the right label first. at_rest: label -> (N,) what the network says then, else NaN.
    motion_m_s: (N,). events, skeletons: of the same person.
    """

    clip: str
    right: str
    told: str | None
    curves: Mapping[str, FloatArray]
    at_rest: Mapping[str, FloatArray]
    times_s: FloatArray
    motion_m_s: FloatArray
    events: Sequence[ActionEvent]
    skeletons: Sequence[Skeleton]
    settings: DecisionSettings

    @property
    def title(self) -> str:
        """In words, what was said and what would be right."""
        if self.told == self.right:
            return f"{self.clip}: {self.right}, which is right"
        said = "nothing said" if self.told is None else f"“{self.told}” said"
        return f"{self.clip}: {said}; right would be “{self.right}”"


def draw_failure(path: Path, failure: Failure) -> None:
    """Write the picture, 900 pixels wide (PNG). Raises OSError."""
    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    width = _WIDTH - _LEFT - _RIGHT
    strip, events, curves, motion = (
        figure.add_axes((_LEFT / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT))
        for bottom, height in (_STRIP, _EVENTS, _CURVES, _MOTION)
    )
    ends = failure.skeletons[0].timestamp_s, failure.skeletons[-1].timestamp_s
    _strip(strip, failure.skeletons, ends, width / _STRIP[1])
    _events(events, failure, width)
    _curves(curves, failure)
    _motion(motion, failure)
    for axes in (events, curves, motion):
        axes.set_xlim(*ends)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in (curves, motion):
        _shade_rest(axes, failure)
    curves.tick_params(labelbottom=False)
    motion.set_xlabel("seconds")
    figure.text(_LEFT / _WIDTH, 1 - 0.3 / _HEIGHT, failure.title, fontsize=13, fontweight="bold", va="center")
    sides = "the person's right side is blue, the left orange"
    figure.text(
        1 - _RIGHT / _WIDTH, 1 - 0.55 / _HEIGHT, sides, fontsize=8, color=_GREY, ha="right", va="center"
    )
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def _strip(axes: Axes, skeletons: Sequence[Skeleton], ends: tuple[float, float], aspect: float) -> None:
    """Skeletons above the times they belong to; aspect: the panel's width over its height."""
    moments = ends[0] + (np.arange(_SHOWN) + 0.5) / _SHOWN * (ends[1] - ends[0])
    times = np.array([skeleton.timestamp_s for skeleton in skeletons])
    shown = [skeletons[int(np.abs(times - moment).argmin())] for moment in moments]
    bodies = np.stack([skeleton.joints_m for skeleton in shown])
    # The camera has the person's right at its left. Where they stand across the picture is left out.
    bodies = np.stack([bodies[:, :1, 0] - bodies[..., 0], bodies[..., 1]], axis=-1)
    low, high = float(np.nanmin(bodies[..., 1])), float(np.nanmax(bodies[..., 1]))
    cell = max(_LEAST_CELL_M, 2.1 * float(np.nanmax(np.abs(bodies[..., 0]))))
    height = max(_LEAST_HEIGHT_M, 1.05 * (high - low), _SHOWN * cell / aspect)
    cell = height * aspect / _SHOWN
    middle = (low + high) / 2
    for place, (skeleton, body) in enumerate(zip(shown, bodies, strict=True)):
        _body(axes, body + np.array([(place + 0.5) * cell, 0.0]), skeleton.confidence, height)
    axes.set(xlim=(0, _SHOWN * cell), ylim=(middle - height / 2, middle + height / 2))
    axes.set_axis_off()


def _body(axes: Axes, body: FloatArray, confidence: FloatArray, height: float) -> None:
    for child, parent in NTU25.bones:
        names = NTU25.joints[child] + NTU25.joints[parent]
        colour = _BLUE if "right" in names else _ORANGE if "left" in names else _GREY
        if min(confidence[child], confidence[parent]) < UNSEEN_CONFIDENCE:
            colour = _PALE
        axes.plot(*body[[child, parent]].T, color=colour, linewidth=2.2, solid_capstyle="round")
    axes.plot(*body[3], "o", color=_GREY, markersize=max(4.0, 16 / height))


def _events(axes: Axes, failure: Failure, width: float) -> None:
    """width: of the panel, in inches."""
    start_s, end_s = failure.skeletons[0].timestamp_s, failure.skeletons[-1].timestamp_s
    events = sorted(failure.events, key=lambda event: event.start_s)
    before = [start_s, *(event.end_s for event in events)]
    after = [*(event.start_s for event in events[1:]), end_s]
    for event, left_s, right_s in zip(events, before, after, strict=False):
        colour = _colour(failure, event.label)
        axes.barh(0, event.end_s - event.start_s, left=event.start_s, height=1, color=colour, alpha=0.35)
        middle = (event.start_s + event.end_s) / 2
        room = 2 * min(middle - left_s, right_s - middle) / (end_s - start_s) * width
        text = textwrap.fill(event.label, max(4, int(room / _LETTER)), max_lines=2, placeholder="…")
        axes.text(middle, 0, text, ha="center", va="center", fontsize=8)
    if not events:
        axes.text((start_s + end_s) / 2, 0, "none", ha="center", va="center", fontsize=9, color=_GREY)
    axes.set(ylim=(-0.5, 0.5), xticks=[], yticks=[0], yticklabels=["events"])
    axes.tick_params(left=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def _curves(axes: Axes, failure: Failure) -> None:
    for label, curve in failure.curves.items():
        right = label == failure.right
        look = {"color": _colour(failure, label), "linewidth": 2.6 if right else 1.6, "zorder": 2 + right}
        axes.plot(failure.times_s, curve, label=f"{label} (right)" if right else label, **look)
        axes.plot(failure.times_s, failure.at_rest[label], **look | {"linewidth": 1.2, "linestyle": "--"})
    axes.axhline(failure.settings.enter, color=_GREY, linewidth=0.8, linestyle=":")
    _note(axes, failure.settings.enter, f"named from {failure.settings.enter:.2f}")
    axes.set(ylim=(-0.03, 1.2), yticks=np.linspace(0, 1, 6), ylabel="probability")
    handles, labels = axes.get_legend_handles_labels()
    handles.append(Patch(facecolor=_REST, edgecolor="0.6", linestyle="--"))
    labels.append("at rest: thought, not said")
    axes.legend(handles, labels, loc="upper left", fontsize=9, frameon=False, ncols=4, borderaxespad=0.1)


def _motion(axes: Axes, failure: Failure) -> None:
    settings = failure.settings
    axes.plot(failure.times_s, failure.motion_m_s, color=_GREY, linewidth=1.6)
    top = 1.3 * max(float(failure.motion_m_s.max()), settings.move_m_s)
    for threshold in (settings.move_m_s, settings.still_m_s):
        axes.axhline(threshold, color=_GREY, linewidth=0.8, linestyle=":")
    axes.set(ylim=(0, top), ylabel="motion, m/s")
    _note(axes, top, f"moves from {settings.move_m_s:g}, still under {settings.still_m_s:g} m/s", "top")


def _note(axes: Axes, y: float, text: str, align: str = "bottom") -> None:
    """Small print at the right edge."""
    where = axes.get_yaxis_transform()
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.6, "pad": 0.8}  # below the curves
    axes.text(
        0.995, y, text, transform=where, ha="right", va=align, fontsize=8, color=_GREY, bbox=box, zorder=1.5
    )


def _shade_rest(axes: Axes, failure: Failure) -> None:
    """Grey where somebody is not known yet, or at rest."""
    rest = np.isnan(failure.curves[failure.right])
    edges = np.append(failure.times_s, failure.skeletons[-1].timestamp_s)
    axes.axvspan(failure.skeletons[0].timestamp_s, edges[0], color=_REST, linewidth=0)
    for place in np.flatnonzero(rest):
        axes.axvspan(edges[place], edges[place + 1], color=_REST, linewidth=0)


def _colour(failure: Failure, label: str) -> str:
    names = list(failure.curves)
    return (_GREEN, _RED, _PURPLE)[names.index(label)] if label in names else _PALE
