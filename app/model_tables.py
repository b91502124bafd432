"""What `models` says on the terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.models import Model

_HEADINGS = ("", "model", "labels", "parameters", "GFLOP", "window", "frames", "top-1")
_NAMES = {"top1": "top-1", "top5": "top-5", "mean_class": "mean of the classes"}
_IN_PERCENT = (*_NAMES, "calibration_error")


def models_view(models: Sequence[Model], labels: bool = True) -> RenderableType:
    """All models as one table, then each of them: file, figures, data and, if wanted, labels."""
    parts: list[RenderableType] = []
    usable = [model for model in models if model.metadata is not None]
    if usable:
        parts = [_overview(usable), Text(), _legend(usable)]
        told: dict[tuple[str, ...], str] = {}  # label lists -> the model under which they stand
        parts += [_details(model, told if labels else None) for model in usable]
    for model in models:
        if model.error:
            parts += [Text(), Text(f"{shown(model.path)} cannot be used: {model.error}", style="red")]
    return Group(*parts)


def figures_text(metrics: Mapping[str, float]) -> str:
    """A checkpoint's metrics in words; those of one data set, such as "top1 nw-ucla", after the general ones.

    >>> figures_text({"top1": 92.32, "top1 nw-ucla": 92.03, "top1 utd-mhad": 92.56, "mean_class": 92.44})
    'top-1 92.3 %, mean of the classes 92.4 %; top-1: nw-ucla 92.0 %, utd-mhad 92.6 %'
    """
    general, parts = [], dict[str, list[str]]()
    for key, value in metrics.items():
        figure, _, part = key.partition(" ")
        number = f"{value:.1f} %" if figure in _IN_PERCENT else f"{value:.4g}"
        name = _NAMES.get(figure, figure.replace("_", " "))
        if part and figure in _IN_PERCENT:
            parts.setdefault(name, []).append(f"{part} {number}")
        else:
            general.append(f"{name}{' ' + part if part else ''} {number}")
    return "; ".join(
        [", ".join(general)] * bool(general) + [f"{name}: {', '.join(of)}" for name, of in parts.items()]
    )


def shown(path: Path) -> str:
    """A path as one would type it here: relative where the file is under the current folder."""
    here = Path.cwd()
    return os.fspath(path.relative_to(here) if path.is_relative_to(here) else path)


def _overview(models: Sequence[Model]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for heading in _HEADINGS:
        text = heading in ("", "model")
        table.add_column(heading, justify="left" if text else "right", overflow="fold", no_wrap=not text)
    for model in models:
        metadata = model.metadata
        assert metadata is not None  # the others are told of apart
        top1 = metadata.metrics.get("top1")
        table.add_row(
            "*" if model.default else "",
            Text(model.name, style="bold" if model.default else ""),
            str(len(metadata.labels)),
            f"{model.parameters:,}",
            f"{model.flop / 1e9:.3g}",
            f"{metadata.preprocessing.window_s:g} s",
            str(metadata.preprocessing.num_frames),
            "not stated" if top1 is None else f"{top1:.1f} %",
        )
    return table


def _legend(models: Sequence[Model]) -> Text:
    default = "* the default.  " if any(model.default for model in models) else ""
    text = (
        "GFLOP: 10^9 operations a window (of a continual model a frame), a multiply-add counted as two. "
        "top-1: on held-out data."
    )
    return Text(default + text, style="dim")


def _details(model: Model, told: dict[tuple[str, ...], str] | None) -> RenderableType:
    """told: the label lists that already stand on the terminal; None to leave labels out."""
    metadata = model.metadata
    assert metadata is not None
    preprocessing, people = metadata.preprocessing, metadata.people
    who = "each person alone" if people == 1 else f"{people} people together"
    facts: dict[str, str | RenderableType] = {
        "file": Text(shown(model.path), overflow="fold"),
        "trained as": metadata.name if metadata.name != model.name else "",
        "input": f"{preprocessing.stream} stream of {preprocessing.layout}, {who}",
        "figures": _one_a_line(figures_text(metadata.metrics)) or "not stated",
        "data": _one_a_line(metadata.data),
        "licence": metadata.data_licence,
    }
    if told is not None:
        facts["labels"] = _labels(tuple(sorted(metadata.labels, key=str.casefold)), model.name, told)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in facts.items():
        if value:
            table.add_row(f"  {name}", Text(value) if isinstance(value, str) else value)
    return Group(Text(), Text(model.name, style="bold"), table)


def _labels(labels: tuple[str, ...], name: str, told: dict[tuple[str, ...], str]) -> RenderableType:
    if labels in told:
        return Text(f"those of {told[labels]}")
    told[labels] = name
    return Columns([Text(label) for label in labels], padding=(0, 2), equal=True, column_first=True)


def _one_a_line(text: str) -> str:
    return text.replace("; ", "\n")
