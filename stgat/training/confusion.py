"""The confusion matrix as a picture that can be read for ten classes and for a hundred and twenty."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from stgat.data.atomic import replacing

_CELL_IN, _LARGEST_IN = 0.24, 36.0
_WORDS_UP_TO = 30  # classes; beyond, the columns are told by number, and only what stands out is written
_MAX_LABEL = 34
_GREY = "#586172"


def save_confusion(path: Path, matrix: NDArray[np.int64], labels: Sequence[str], title: str) -> None:
    """Write the picture (PNG), whole or not at all.

    matrix: (K, K) numbers of samples, rows what they are, columns what they were taken for. Raises OSError.
    """
    with replacing(path) as temporary:
        figure = draw(matrix, labels, title)
        figure.savefig(temporary, format="png", dpi=110, bbox_inches="tight", pad_inches=0.15)


def draw(matrix: NDArray[np.int64], labels: Sequence[str], title: str) -> Figure:
    """Each row in percent of its samples; a class without samples is left grey."""
    K = len(labels)
    few = K <= _WORDS_UP_TO
    # The cells are measured out in inches, and what surrounds them is fitted when the picture is saved: the
    # layout engines of matplotlib cut long names off beside a square picture.
    side = min(max(3.0, _CELL_IN * (1.6 if few else 1.0) * K), _LARGEST_IN)
    size = 9.0 if few else 8.0 * side / (_CELL_IN * K)
    width, height = side + 1.5, side + 1.0
    # Not pyplot: no window, no list of open figures.
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.0, 0.0, side / width, side / height))
    samples = matrix.sum(axis=1, keepdims=True)
    percent = np.ma.masked_array(100 * matrix / np.maximum(samples, 1), np.broadcast_to(samples == 0, (K, K)))
    # The root shows a few percent, which is what one looks for.
    shades = axes.imshow(percent, cmap="Blues", norm=PowerNorm(0.5, 0, 100), interpolation="nearest")
    axes.set_facecolor("#e3e6ea")
    _write_percent(axes, percent, 1.0 if few else 5.0, 0.85 * size)
    _name_classes(axes, labels, few, size)
    axes.set_xlabel("taken for", fontsize=11)
    axes.set_ylabel("is", fontsize=11)
    axes.set_title(title, fontsize=13, loc="left", parse_math=False)
    tall = min(side, 5.0)
    place = ((side + 0.2) / width, (side - tall) / height, 0.2 / width, tall / height)
    bar = figure.colorbar(shades, cax=figure.add_axes(place), ticks=(0, 1, 5, 10, 25, 50, 75, 100))
    bar.set_label("percent of the class's samples", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    return figure


def _name_classes(axes: Axes, labels: Sequence[str], few: bool, size: float) -> None:
    K = len(labels)
    rows = [f"{_short(label)}  {k}" for k, label in enumerate(labels)]
    axes.set_yticks(np.arange(K), rows, fontsize=size, parse_math=False)
    if few:
        columns = [f"{k}  {_short(label)}" for k, label in enumerate(labels)]
        axes.set_xticks(np.arange(K), columns, rotation=90, fontsize=size, parse_math=False)
    else:
        axes.set_xticks(np.arange(K), [str(k) for k in range(K)], rotation=90, fontsize=0.9 * size)
        axes.tick_params(labeltop=True, top=True)
    # A grid between the cells leads the eye from a cell to its names.
    edges = np.arange(1, K) - 0.5
    axes.hlines(edges, -0.5, K - 0.5, color="#d5dae1", linewidth=0.4)
    axes.vlines(edges, -0.5, K - 0.5, color="#d5dae1", linewidth=0.4)
    axes.spines[:].set_color(_GREY)


def _write_percent(axes: Axes, percent: np.ma.MaskedArray, least: float, size: float) -> None:
    """The number in each cell that rounds to `least` percent or more."""
    for row, column in zip(*np.nonzero(percent.filled(0) >= least - 0.5), strict=True):
        value = float(percent[row, column])
        colour = "white" if value > 30 else "#1d2733"  # readable on its shade
        axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=size, color=colour)


def _short(label: str) -> str:
    return label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1] + "…"
