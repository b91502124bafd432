"""When a checkpoint should say "I don't know": risk against coverage, and known against unknown actions.

    python benchmarks/open_set.py weights/stgat-actions.safetensors configs/stgat-actions.yaml \
        [key=value ...] [--live] [--figure risk.png]

Windows of held-out people only. Unknown are the actions of the data sets that the label table leaves out,
which no training saw (where the data do not say who is who, of everybody), and the classes of the config that
the checkpoint lacks: train it on a config with fewer labels to hold classes back. An AUROC of 50 % is chance.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.errors import USER_ERRORS
from stgat.checkpoint import load_checkpoint
from stgat.data.formats import FORMATS
from stgat.data.labelled import DataConfig, LabelledSequence, load_sequences
from stgat.data.sequences import Rejected
from stgat.errors import ConfigError
from stgat.training.config import PooledTrainConfig
from stgat.training.load_config import load_pooled_config
from stgat.training.open_set import RiskCoverage, auroc, confidences, oracle, risk_coverage
from stgat.training.trust_figures import save_risk_coverage
from stgat.training.windows import WindowScores, score_live, score_windows

RISK = 0.05
_KNOWN = "known"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--live", action="store_true", help="windows that end at any moment of an action")
    parser.add_argument("--stride", type=float, default=0.5, help="seconds between windows")
    parser.add_argument("--figure", type=Path, help="write risk against coverage (PNG) here")
    options = parser.parse_intermixed_args(arguments)
    torch.set_num_threads(1)
    console = Console(highlight=False)
    try:
        checkpoint = load_checkpoint(options.checkpoint)
        config = load_pooled_config(options.config, options.overrides)
        labels = checkpoint.metadata.labels
        known, unknown = known_and_unknown(config, labels)
        model, preprocessing = checkpoint.model, checkpoint.metadata.preprocessing

        def scored(sequences: Sequence[LabelledSequence]) -> WindowScores:
            if options.live:
                return score_live(model, sequences, preprocessing, labels, options.stride)
            return score_windows(model, sequences, preprocessing, stride_s=options.stride)

        of_known = scored(known)
        temperature = checkpoint.metadata.temperature
        console.print(f"{len(of_known)} windows of {len(known)} held-out sequences, T = {temperature:g}")
        curves = print_reject(console, of_known, temperature)
        if unknown:
            everything = [sequence for sequences in unknown.values() for sequence in sequences]
            of_unknown = scored(everything)
            names = [name for name, sequences in unknown.items() for _ in sequences]
            print_unknown(console, of_known, of_unknown, names, labels, temperature)
        else:
            console.print("No unknown actions: the config leaves none out, and the checkpoint lacks none.")
        if options.figure:
            title = f"{checkpoint.metadata.name}: rejecting the least sure of {len(of_known):,} windows"
            save_risk_coverage(options.figure, curves, title, RISK)
            console.print(f"Wrote {options.figure}")
    except (*USER_ERRORS, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def known_and_unknown(
    config: PooledTrainConfig, labels: Sequence[str]
) -> tuple[list[LabelledSequence], dict[str, list[LabelledSequence]]]:
    """Held-out sequences of the classes `labels`, numbered as there, and unknown ones by name of the action.

    Raises DataError, and ConfigError where nothing held out is of these classes.
    """
    known: list[LabelledSequence] = []
    unknown: dict[str, list[LabelledSequence]] = {}
    for sequence in load_sequences(config.data, config.labels, config.idle).test:
        name = config.labels[sequence.label]
        if name in labels:
            known.append(replace(sequence, label=labels.index(name)))
        else:
            unknown.setdefault(f"class {name}", []).append(replace(sequence, label=0))
    if not known:
        raise ConfigError("no held-out sequence of the config is of a class that the checkpoint knows")
    return known, unknown | left_out(config.data)


def left_out(data: Sequence[DataConfig]) -> dict[str, list[LabelledSequence]]:
    """The actions that the label tables leave out, such as "utkinect: pull", in people never trained on.

    Who is not known counts as such: these actions nobody was trained on. Raises DataError.
    """
    tables, names = [], [_KNOWN]
    for item in data:
        present = {s.action for s in FORMATS[item.format].read_all(item.path) if not isinstance(s, Rejected)}
        unknown = {action: f"{item.format}: {action}" for action in sorted(present - item.labels.keys())}
        names += unknown.values()
        # With the known actions, so that neither part is empty, whoever is held out.
        table = dict.fromkeys(item.labels, _KNOWN) | unknown
        tables.append(item.model_copy(update={"labels": table}))
    loaded = load_sequences(tables, names)
    found: dict[str, list[LabelledSequence]] = {}
    for sequence in (*loaded.test, *(s for s in loaded.train if s.subject == 0)):
        if names[sequence.label] != _KNOWN:
            found.setdefault(names[sequence.label], []).append(replace(sequence, label=0))
    return found


def print_reject(console: Console, windows: WindowScores, temperature: float) -> dict[str, RiskCoverage]:
    """Area under risk against coverage, and what can be answered at RISK; the curves, the oracle's first."""
    wrong = windows.logits.argmax(axis=1) != windows.labels
    curves = {"oracle": oracle(wrong)}
    for name, confidence in confidences(windows.logits, temperature).items():
        curves[name] = risk_coverage(confidence, wrong)
    table = Table("reject by", "area, %", f"coverage at {RISK:.0%} risk", "threshold")
    for name, curve in curves.items():
        coverage, threshold = curve.at_risk(RISK)
        shown = "" if name == "oracle" or not coverage else f"{threshold:.3f}"
        table.add_row(name, f"{100 * curve.area:.2f}", f"{100 * coverage:.1f} %", shown)
    console.print(table)
    console.print(f"wrong when nothing is rejected: {100 * wrong.mean():.1f} %")
    return curves


def print_unknown(
    console: Console,
    known: WindowScores,
    unknown: WindowScores,
    names: Sequence[str],
    labels: Sequence[str],
    temperature: float,
) -> None:
    """AUROC of known against unknown, all together and action by action; names: of the unknown sequences."""
    of_known, of_unknown = (confidences(windows.logits, temperature) for windows in (known, unknown))
    table = Table("unknown", "sequences", "windows", *(f"AUROC, {name}" for name in of_known), "most called")
    guesses = np.array(labels)[unknown.logits.argmax(axis=1)]
    action = np.array(names)[unknown.owners]
    for name in ("all", *dict.fromkeys(names)):
        rows = np.ones(len(unknown), bool) if name == "all" else action == name
        figures = [f"{100 * auroc(of_known[key], of_unknown[key][rows]):.1f} %" for key in of_known]
        label, count = Counter(guesses[rows].tolist()).most_common(1)[0]
        called = Text(f"{label} ({100 * count / rows.sum():.0f} %)")
        sequences = len(np.unique(unknown.owners[rows]))
        table.add_row(Text(name), str(sequences), str(int(rows.sum())), *figures, called)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
