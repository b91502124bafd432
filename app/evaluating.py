"""What `evaluate`, `ensemble` and `export` say on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from stgat.training.ensemble import Fusion
from stgat.training.evaluate import Evaluation
from stgat.training.export import TOLERANCE, Exported
from stgat.training.report import figures, most_confused, worst_classes

#: How a figure is called on the terminal, and its unit.
_FIGURES = {
    "top1": ("top-1", " %"),
    "top5": ("top-5", " %"),
    "mean_class": ("mean of the classes", " %"),
    "calibration_error": ("calibration error (15 bins)", " %"),
    "negative_log_likelihood": ("negative log-likelihood", " nats"),
}


def evaluation_tables(result: Evaluation) -> RenderableType:
    """Figures, worst classes and the pairs most often confused."""
    numbers = _table()
    for key, value in figures(result).items():
        name, unit = _FIGURES.get(key, (key.replace("top1", "top-1"), " %"))
        numbers.add_row(Text(name), f"{value:.3f}{unit}" if unit == " nats" else f"{value:.2f}{unit}")
    parts: list[RenderableType] = [numbers]
    worst = worst_classes(result)
    if worst:
        classes = _table("worst classes", "samples", "right, %", "most often taken for")
        for found in worst:
            taken_for = Text(found.most_often_taken_for)
            classes.add_row(Text(found.label), str(found.samples), f"{found.accuracy:.1f}", taken_for)
        pairs = _table("is", "taken for", "times", "of")
        for pair in most_confused(result):
            pairs.add_row(Text(pair.truth), Text(pair.guess), str(pair.times), str(pair.samples))
        parts += [Text(), classes, Text(), pairs]
    return Group(*parts)


def ensemble_table(fusion: Fusion) -> RenderableType:
    """Each network beside all of them together."""
    table = _table("scores", "weight", "top-1, %", "top-5, %", "mean of the classes, %")
    for name, weight, stream in zip(distinct(fusion.paths), fusion.weights, fusion.streams, strict=True):
        table.add_row(Text(name), f"{weight:g}", *_accuracies(stream))
    table.add_row("fused", "", *_accuracies(fusion.fused), style="bold")
    return table


def export_lines(exported: Exported) -> list[str]:
    """What was written, whether it answers alike, and how fast."""
    shape = ", ".join("batch" if size is None else str(size) for size in exported.shape)
    runtime = "onnxruntime" if exported.form == "onnx" else "the exported program"
    ratio = exported.torch_latency_s / exported.latency_s
    batch = exported.shape[0] or 1
    return [
        f"Wrote {exported.path}: joints ({shape}) to {len(exported.metadata.labels)} logits, "
        f"{exported.size_bytes / 1e6:.1f} MB",
        f"Parity: the logits differ by at most {exported.difference:.1g} of the largest over "
        f"{exported.windows} windows, absent people among them (accepted: {TOLERANCE:g})",
        f"Latency: {1000 * exported.latency_s:.1f} ms a batch of {batch} with {runtime}, "
        f"{1000 * exported.torch_latency_s:.1f} ms with torch here and now: {ratio:.2f} times as fast",
    ]


@contextmanager
def clips_bar(console: Console, title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar to be told how many clips are done, of how many; in a log file there is none."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def distinct(paths: Sequence[Path]) -> list[str]:
    """Paths without the folders and names that all of them begin and end with.

    >>> distinct([Path("runs/joint/test/scores.npz"), Path("runs/bone/test/scores.npz")])
    ['joint', 'bone']
    """
    parts = [path.parts for path in paths]
    shortest = min(map(len, parts))
    first = next((i for i in range(shortest) if len({part[i] for part in parts}) > 1), 0)
    last = next((i for i in range(shortest - first) if len({part[-1 - i] for part in parts}) > 1), 0)
    return [str(Path(*part[first : len(part) - last])) for part in parts]


def _accuracies(result: Evaluation) -> tuple[str, str, str]:
    return f"{result.top(1):.2f}", f"{result.top(5):.2f}", f"{result.mean_class_accuracy():.2f}"


def _table(*columns: str) -> Table:
    """Texts to the left, numbers to the right; without columns, names and values."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_header=bool(columns))
    texts = ("scores", "worst classes", "is", "taken for", "most often taken for")
    for column in columns:
        table.add_column(column, justify="left" if column in texts else "right", overflow="fold")
    if not columns:
        table.add_column(style="bold")
        table.add_column(justify="right")
    return table
