"""How often a network is right with a sensor it has never seen: trained without a data set, tested on it.

    python benchmarks/leave_one_out.py configs/stgat-actions-small.yaml [key=value ...]
    python benchmarks/leave_one_out.py configs/stgat-actions-small.yaml --together --hold-out gtu utkinect

For each data set of the config (or each of --hold-out), the others are trained on, all their subjects, and
all of it is tested on, in the classes that the others know too; the network still chooses among all of its
classes. With --together one network is trained without any of those held out. Rest (the class "idle") is
counted apart: it is easy. Each training is a run folder and is gone on with where it was ended. --json FILE
keeps the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rich.console import Console
from rich.table import Table

from app.errors import USER_ERRORS
from app.training_progress import shown
from stgat.data.labelled import load_sequences
from stgat.errors import ConfigError
from stgat.labels import IDLE
from stgat.training.config import PooledTrainConfig
from stgat.training.evaluate import Evaluation, evaluate
from stgat.training.load_config import load_pooled_config
from stgat.training.train import train


@dataclass(frozen=True)
class Held:
    """How a data set fared that was held out: figures in percent; idle is None where no rest was tested."""

    data_set: str
    classes: int
    sequences: int
    top1: float
    top5: float
    mean_class: float
    idle: float | None


def without(config: PooledTrainConfig, held_out: Sequence[str]) -> PooledTrainConfig:
    """The config that trains on all but these data sets and tests on their shared classes.

    Raises ConfigError for a data set that the config lacks, or where nothing is shared or left.
    """
    formats = [item.format for item in config.data]
    for name in held_out:
        if name not in formats:
            raise ConfigError(f"{name!r} is no data set of {config.name}; it has {', '.join(formats)}")
    known = {label for item in config.data if item.format not in held_out for label in item.labels.values()}
    items = []
    for item in config.data:
        if item.format not in held_out:
            items.append(item.model_copy(update={"test_subjects": ()}))
            continue
        shared = {action: label for action, label in item.labels.items() if label in known}
        if not shared:
            raise ConfigError(f"{item.format} shares no class with the data sets that are trained on")
        items.append(item.model_copy(update={"test_subjects": "all", "labels": shared}))
    # Those trained on come first, for their classes are the network's.
    items.sort(key=lambda item: item.format in held_out)
    labels = {label for item in items for label in item.labels.values()}
    mirrored = {a: b for a, b in config.mirror_labels.items() if {a, b} <= labels}
    name = f"{config.name}-without-{'-'.join(held_out)}"
    return config.model_copy(update={"data": tuple(items), "mirror_labels": mirrored, "name": name})


def measure(result: Evaluation, data_set: str) -> Held:
    """The figures of one of the data sets of an evaluation."""
    mine = np.array(result.datasets) == data_set
    if IDLE in result.label_names:
        rest = mine & (result.labels == result.label_names.index(IDLE))
    else:
        rest = np.zeros(len(result), bool)
    acting = part(result, mine & ~rest)
    return Held(
        data_set=data_set,
        classes=len(np.unique(acting.labels)),
        sequences=len(acting),
        top1=acting.top(1),
        top5=acting.top(5),
        mean_class=acting.mean_class_accuracy(),
        idle=part(result, rest).top(1) if rest.any() else None,
    )


def part(result: Evaluation, rows: np.ndarray) -> Evaluation:
    """Some of the sequences of an evaluation. rows: (N,) which."""
    picked = np.flatnonzero(rows)
    return Evaluation(
        result.scores[picked],
        result.labels[picked],
        tuple(result.names[i] for i in picked),
        result.label_names,
        tuple(result.datasets[i] for i in picked),
        result.temperature,
    )


def run(config: PooledTrainConfig, held_out: Sequence[str], folder: Path) -> list[Held]:
    """Train without these data sets, or go on with it, and test on each of them."""
    reduced = without(config, held_out)
    place = folder / reduced.name
    with shown(Console()) as report:
        checkpoint = train(reduced, report, place, resume=(place / "config.yaml").exists())
    test = load_sequences(reduced.data, reduced.labels, reduced.idle).test
    result = evaluate(checkpoint.model, test, reduced.preprocessing, reduced.labels)
    return [measure(result, name) for name in held_out]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--hold-out", nargs="+", metavar="DATA_SET")
    parser.add_argument("--together", action="store_true", help="hold all of them out of one training")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_intermixed_args()
    try:
        config = load_pooled_config(options.config, options.overrides)
        names = options.hold_out or [item.format for item in config.data]
        found: list[Held] = []
        for group in [names] if options.together else [[name] for name in names]:
            found += run(config, group, options.runs)
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    table = Table("held out", "classes", "sequences", "top-1, %", "top-5, %", "mean of classes, %", "idle, %")
    for held in found:
        idle = "-" if held.idle is None else f"{held.idle:.1f}"
        figures = (f"{value:.1f}" for value in (held.top1, held.top5, held.mean_class))
        table.add_row(held.data_set, str(held.classes), str(held.sequences), *figures, idle)
    top1, top5, mean = (
        float(np.mean([getattr(h, key) for h in found])) for key in ("top1", "top5", "mean_class")
    )
    table.add_row("mean", "", "", f"{top1:.1f}", f"{top5:.1f}", f"{mean:.1f}", "", style="bold")
    Console(highlight=False).print(table)
    if options.json:
        content = {"config": config.name, "overrides": options.overrides, "mean_top1": top1}
        options.json.write_text(
            json.dumps({**content, "held_out": [asdict(h) for h in found]}, indent=2) + "\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
