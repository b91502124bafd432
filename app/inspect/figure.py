"""A prepared data set in one figure: its classes, its lengths, and who did what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from app.errors import OutputError
from stgat.data.atomic import replacing
from stgat.data.prepared import PreparedDataset

SUFFIXES = (".png", ".svg", ".pdf")
_BLUE, _ORANGE, _GREY = "#2f7fb8", "#e08a00", "#586172"
_MAX_LABEL = 34


def save_figure(path: Path, dataset: PreparedDataset) -> None:
    """Write the figure in the form that the path's ending names. Raises OutputError where it cannot."""
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{path} should end in {' or '.join(SUFFIXES)}, to show a data set")
    try:
        with replacing(path) as temporary:
            draw(dataset).savefig(temporary, format=path.suffix[1:].lower(), dpi=120)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror or error})") from error


def draw(dataset: PreparedDataset) -> Figure:
    """Counts per class beside classes by subjects, on one axis of classes; the lengths below."""
    info, samples = dataset.info, dataset.samples
    num_classes = len(info.labels)
    height = max(3.2, 0.2 * num_classes + 1.0)
    # Not pyplot: no window, no list of open figures.
    figure = Figure(figsize=(12, height + 3.4), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(height, 2.4), width_ratios=(1, 1.15))
    counts = figure.add_subplot(grid[0, 0])
    _counts(counts, dataset)
    _by_subject(figure, figure.add_subplot(grid[0, 1], sharey=counts), dataset)
    _lengths(figure.add_subplot(grid[1, :]), dataset)
    figure.suptitle(
        f"{info.title}: {len(samples):,} samples, {num_classes} classes, {info.num_rejected:,} rejected",
        fontsize=14,
        parse_math=False,
    )
    return figure


def _counts(axes: Axes, dataset: PreparedDataset) -> None:
    labels = dataset.info.labels
    counts = np.bincount(dataset.samples.label, minlength=len(labels))
    bars = axes.barh(np.arange(len(labels)), counts, color=_BLUE, height=0.75)
    axes.bar_label(bars, padding=3, fontsize=8, color=_GREY)
    axes.set_yticks(np.arange(len(labels)), [_short(label) for label in labels], fontsize=8, parse_math=False)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlabel("samples", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title("Samples of each class", fontsize=11)
    axes.margins(x=0.12)
    _bare(axes)


def _by_subject(figure: Figure, axes: Axes, dataset: PreparedDataset) -> None:
    samples, num_classes = dataset.samples, len(dataset.info.labels)
    subjects, column = np.unique(samples.subject, return_inverse=True)
    if not subjects.any():
        axes.set_axis_off()
        axes.text(
            0.5, 0.5, "this data set names no subjects", ha="center", color=_GREY, transform=axes.transAxes
        )
        return
    table = np.zeros((num_classes, len(subjects)))
    np.add.at(table, (samples.label, column), 1)
    shades = axes.imshow(
        np.ma.masked_equal(table, 0), aspect="auto", cmap="viridis", vmin=0, interpolation="nearest"
    )
    step = max(1, -(-len(subjects) // 20))
    axes.set_xticks(np.arange(0, len(subjects), step), [str(subject) for subject in subjects[::step]])
    axes.tick_params(labelleft=False, left=False, labelsize=8)
    axes.set_facecolor("#eceff3")
    axes.set_xlabel("subject", fontsize=9)
    axes.set_title("Samples of each class and subject (grey: none)", fontsize=11)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(shades, ax=axes, fraction=0.05, pad=0.02)
    bar.ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    bar.ax.tick_params(labelsize=8)


def _lengths(axes: Axes, dataset: PreparedDataset) -> None:
    frames = dataset.samples.frames
    width = max(1, -(-int(frames.max() - frames.min() + 1) // 60))
    axes.hist(frames, np.arange(frames.min(), frames.max() + width + 1, width) - 0.5, color=_BLUE)
    median = float(np.median(frames))
    axes.axvline(median, color=_ORANGE, linewidth=1.5)
    seconds = median / dataset.info.frames_per_second
    axes.text(
        median, 1.0, f" median {median:g} frames, {seconds:.1f} s", color=_ORANGE, fontsize=9, va="bottom",
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
    axes.set_xlabel("frames in a sample", fontsize=9)
    axes.set_ylabel("samples", fontsize=9)
    axes.margins(x=0.01)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.set_title("Lengths", fontsize=11, loc="left")
    _bare(axes)


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _short(label: str) -> str:
    return label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1] + "…"
