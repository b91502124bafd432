"""A prepared data set, and a checkpoint, as tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from safetensors import safe_open

from stgat.checkpoint import Metadata
from stgat.data.prepared import REJECTED, PreparedDataset, Samples

#: The numbers of a sample that a data set may or may not have; 0 is for "has none".
GROUPS = {"subject": "subjects", "camera": "cameras", "setup": "setups", "replication": "replications"}


def dataset_tables(dataset: PreparedDataset) -> RenderableType:
    """What is in it, and how it spreads over the classes."""
    info, samples = dataset.info, dataset.samples
    facts = [
        ("data set", info.title),
        ("folder", str(dataset.folder)),
        ("format, source", f"{info.format}, {info.source}"),
        ("licence", info.licence),
        ("layout", f"{info.layout}, {dataset.joints.shape[1]} joints"),
        ("samples", f"{len(samples):,}"),
        ("rejected", _rejected(dataset)),
        ("classes", _classes(dataset)),
        *((many, _numbers(getattr(samples, one))) for one, many in GROUPS.items()),
        ("frames a sample", _range(samples.frames)),
        ("seconds a sample", _range(samples.frames / info.frames_per_second, ".1f")),
        ("people", _people(samples)),
        ("size", f"{dataset.joints.nbytes / 1e6:,.1f} MB, {info.num_frames:,} frames of one person"),
    ]
    return Group(_facts(facts), Text(), _class_table(dataset))


def checkpoint_tables(path: Path, metadata: Metadata) -> RenderableType:
    """What a checkpoint says of itself, and what can be counted in it."""
    model = metadata.model
    with safe_open(path, framework="np") as file:
        shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    numbers = sum(int(np.prod(shape)) for shape in shapes.values())
    blocks = "  ".join(f"{c_in}-{c_out}" + ("/2" if r == 2 else "") for c_in, c_out, r in model.blocks)
    facts = [
        ("checkpoint", metadata.name),
        ("file", f"{path}, {path.stat().st_size / 1e6:,.1f} MB"),
        ("data", metadata.data),
        ("data licence", metadata.data_licence),
        ("made by", metadata.created_by or "not stated"),
        ("network", f"{len(model.blocks)} blocks, {numbers / 1e6:.2f} M numbers, {model.layout}"),
        ("blocks", blocks),
        *_rest(model.model_dump(exclude={"blocks", "layout", "num_classes"}), "network: "),
        *_rest(metadata.preprocessing.model_dump(exclude={"layout"}), "input: "),
        ("people", str(metadata.people)),
        ("temperature", f"{metadata.temperature:g}"),
        *((f"metric: {name}", f"{value:.4g}") for name, value in metadata.metrics.items()),
        ("classes", str(len(metadata.labels))),
    ]
    labels = _table("class", "label")
    for number, label in enumerate(metadata.labels):
        labels.add_row(str(number), Text(label))
    return Group(_facts(facts), Text(), labels)


def _rest(fields: dict[str, object], before: str) -> Iterable[tuple[str, str]]:
    return ((before + name.replace("_", " "), str(value)) for name, value in fields.items())


def _class_table(dataset: PreparedDataset) -> Table:
    samples = dataset.samples
    table = _table("class", "label", "samples", "shortest", "median", "longest", "subjects")
    for number, label in enumerate(dataset.info.labels):
        mine = samples.label == number
        numbers = []
        if mine.any():
            subjects = samples.subject[mine]
            numbers = [*_spread(samples.frames[mine]), str(len(np.unique(subjects[subjects > 0])) or "")]
        table.add_row(str(number), Text(label), f"{mine.sum():,}", *numbers)
    return table


def _facts(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(name, Text(value))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column == "label" else "right", overflow="fold")
    return table


def _rejected(dataset: PreparedDataset) -> str:
    number = dataset.info.num_rejected
    return f"{number:,}, listed in {dataset.folder / REJECTED}" if number else "0"


def _classes(dataset: PreparedDataset) -> str:
    known, met = len(dataset.info.labels), len(np.unique(dataset.samples.label))
    return str(known) if known == met else f"{known}, {met} of them with samples"


def _numbers(column: NDArray[np.int64]) -> str:
    """How many there are and which, such as "4: 1-3 7"; empty where the data set has none."""
    present = np.unique(column)
    if not present.any():
        return ""
    runs = np.split(present, np.flatnonzero(np.diff(present) > 1) + 1)
    return f"{len(present)}: " + " ".join(
        str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs
    )


def _people(samples: Samples) -> str:
    counts = np.bincount(samples.people)
    return ", ".join(
        f"{count:,} samples with {'one' if people == 1 else people}"
        for people, count in enumerate(counts)
        if count
    )


def _range(values: NDArray[np.number], form: str = ".0f") -> str:
    shortest, median, longest = _spread(values, form)
    return f"{shortest} to {longest}, median {median}"


def _spread(values: NDArray[np.number], form: str = ".0f") -> list[str]:
    return [format(f(values), form) for f in (np.min, np.median, np.max)]
