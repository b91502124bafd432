"""Pictures of how far a network's confidence can be trusted: reliability, and risk against coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stgat.data.atomic import replacing
from stgat.training.calibration import Reliability
from stgat.training.open_set import RiskCoverage

_BLUE, _RED, _GREY = "#2f6fb3", "#c8553d", "#586172"
_FEW = 10  # windows of which a share says little
_COLOURS = ("#2f6fb3", "#d98324", "#3a9268", "#8b5fbf")


def save_reliability(path: Path, panels: Sequence[tuple[str, Reliability]]) -> None:
    """Write reliability diagrams side by side (PNG), each under its title. Raises OSError.

    Bars are how often the windows of each bin of confidence are right, the strokes their mean confidence:
    where the bar ends above the stroke the network is not sure enough, below it too sure. Under them the
    share of windows in each bin.
    """
    figure = Figure(figsize=(4.6 * len(panels), 5.0), layout="constrained")
    axes = figure.subplots(2, len(panels), sharex=True, squeeze=False, height_ratios=(4, 1))
    most = max(float((bins.count / bins.count.sum()).max()) for _, bins in panels)
    for column, (title, bins) in enumerate(panels):
        upper, lower = axes[:, column]
        _draw_bars(upper, bins)
        upper.set_title(title, fontsize=11)
        share = bins.count / bins.count.sum()
        lower.bar(bins.edges[:-1], share, np.diff(bins.edges), align="edge", color=_GREY, edgecolor="white")
        lower.set_ylim(0, 1.08 * most)
        lower.set_xlabel("confidence")
        for one in (upper, lower):
            _plain(one)
            one.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        lower.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes[0, 0].set_ylabel("right")
    axes[1, 0].set_ylabel("windows")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    _save(figure, path)


def save_risk_coverage(path: Path, curves: Mapping[str, RiskCoverage], title: str, risk: float) -> None:
    """Write risk against coverage (PNG), one line a measure, and a line at the `risk` wanted. Raises OSError.

    The first curve is the reference (what an oracle would reject) and drawn in grey.
    """
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    (first, reference), *rest = curves.items()
    axes.plot(reference.coverage, reference.risk, color=_GREY, linestyle=":", label=first)
    for (name, curve), colour in zip(rest, _COLOURS, strict=False):
        axes.plot(curve.coverage, curve.risk, color=colour, linewidth=1.6, label=name)
    axes.axhline(risk, color=_RED, linewidth=0.8)
    axes.text(0.995, risk, f"{risk:.0%} wrong", color=_RED, ha="right", va="bottom")
    axes.set_xlim(0, 1)
    # Of the few surest, one wrong answer is a large share; the eye belongs on what can be worked with.
    top = max(float(curve.risk[curve.coverage >= 0.1].max()) for curve in curves.values())
    axes.set_ylim(0, 1.05 * max(top, risk))
    axes.set_xlabel("coverage: share of windows answered")
    axes.set_ylabel("risk: share of answers that are wrong")
    axes.set_title(title, fontsize=11)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.legend(loc="outside lower center", ncols=len(curves), frameon=False)
    _plain(axes)
    _save(figure, path)


def _draw_bars(axes: Axes, bins: Reliability) -> None:
    for few, label in ((False, "right"), (True, f"right, fewer than {_FEW} windows")):
        here = (bins.count > 0) & ((bins.count < _FEW) == few)
        left, right = bins.edges[:-1][here], bins.edges[1:][here]
        look = {"color": "#d5deea" if few else _BLUE, "edgecolor": "white", "label": label}
        axes.bar(left, bins.accuracy[here], right - left, align="edge", **look)
    here = bins.count > 0
    left, right = bins.edges[:-1][here], bins.edges[1:][here]
    axes.hlines(bins.confidence[here], left, right, color=_RED, linewidth=2.2, label="mean confidence")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)
