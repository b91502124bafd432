"""The picture of benchmarks/window_study.py: accuracy, delay and cost over what is varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stgat.data.atomic import replacing

#: What is varied -> what it is called.
TITLES = {"window_s": "window, s", "num_frames": "T, frames a window", "stride_s": "stride, s"}

_BLUE, _ORANGE, _GREEN, _GREY = "#2f6fb3", "#d98324", "#3a9268", "#586172"
#: Figure of a setting -> what its curve is called, its colour, and what makes it a share.
_ACCURACY = {
    "top1": ("top-1, trimmed sequences", _BLUE, 0.01),
    "frame_accuracy": ("frames right, untrimmed", _ORANGE, 1.0),
    "f1": ("F1@0.5, untrimmed", _GREEN, 1.0),
}

Curves = Mapping[str, Sequence[Mapping[str, float | None]]]


def draw_study(path: Path, varied: Curves, default: Mapping[str, float], name: str) -> None:
    """Write small multiples (PNG): a column for each thing varied, the default as a vertical line.

    varied: name in TITLES -> for each value, figures by name and the "value" itself. default: name -> value.
    name: of the network, for the title. Raises OSError.
    """
    figure = Figure(figsize=(9.6, 7.2), layout="constrained")
    axes = figure.subplots(3, len(TITLES), sharex="col", sharey="row")
    for column, (what, title) in enumerate(TITLES.items()):
        points = varied[what]
        accuracy, delay, cost = axes[:, column]
        for key, (label, colour, scale) in _ACCURACY.items():
            if not (key == "top1" and what == "stride_s"):  # the same whatever the stride
                _curve(accuracy, points, key, colour, scale, label)
        _curve(delay, points, "delay_s", _BLUE)
        _curve(cost, points, "cost_ms_per_s", _BLUE)
        cost.set_xlabel(title)
        cost.set_xticks([point["value"] for point in points])
        cost.tick_params(axis="x", labelrotation=90 if len(points) > 5 else 0)
        for one in (accuracy, delay, cost):
            one.axvline(default[what], color=_GREY, linewidth=5, alpha=0.2, zorder=0)
            one.spines[["top", "right"]].set_visible(False)
            one.grid(axis="y", color="0.92")
            one.set_axisbelow(True)
    for one, label in zip(axes[:, 0], ("share", "seconds from start to word", "ms of a core"), strict=True):
        one.set_ylabel(label)
    axes[0, 0].set_ylim(0, 1)
    axes[1, 0].set_ylim(bottom=0)
    axes[2, 0].set_ylim(bottom=0)
    for one, title in zip(
        axes[:, 0], ("Accuracy", "Delay, median of those found", "Cost of a second of video"), strict=True
    ):
        one.set_title(title, loc="left", fontsize=10, fontweight="bold")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.suptitle(f"{name}: one thing varied at a time; the grey band is the default", fontsize=11)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def _curve(
    axes: Axes,
    points: Sequence[Mapping[str, float | None]],
    key: str,
    colour: str,
    scale: float = 1.0,
    label: str = "",
) -> None:
    known = [(point["value"], scale * value) for point in points if (value := point[key]) is not None]
    axes.plot(*zip(*known, strict=True), "o-", color=colour, markersize=4, linewidth=1.6, label=label or None)
