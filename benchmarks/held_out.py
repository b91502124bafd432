"""How often a checkpoint is right on the subjects its training never saw.

    python benchmarks/held_out.py weights/stgat-actions.safetensors configs/stgat-actions.yaml [key=value ...]

Scores each held-out sequence as `python main.py train` does at its end: the mean probability over windows as
long as the application's, every half second. Prints top-1 and top-5, per data set and per class, the pairs
most often confused, and the calibration error of those means.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from app.errors import USER_ERRORS
from stgat.checkpoint import load_checkpoint
from stgat.data.labelled import load_sequences
from stgat.skeleton import FloatArray
from stgat.training.evaluate import Evaluation, evaluate
from stgat.training.load_config import load_config


def calibration_error(probabilities: FloatArray, right: FloatArray, bins: int = 15) -> float:
    """Expected calibration error in percent: |accuracy - confidence|, averaged over equal-width bins
    (Guo, Pleiss, Sun and Weinberger, arXiv 1706.04599)."""
    confidence = probabilities.max(axis=1)
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).mean()
        for b in np.unique(which)
    ]
    return float(100 * sum(gaps))


def report(result: Evaluation, labels: tuple[str, ...], console: Console) -> None:
    guessed = result.probabilities.argmax(axis=1)
    right = guessed == result.labels
    figures = Table("figure", "percent")
    for name, value in result.metrics().items():
        figures.add_row(name, f"{value:.2f}")
    figures.add_row("calibration error", f"{calibration_error(result.probabilities, right):.2f}")
    console.print(figures)

    classes = Table("class", "held-out sequences", "right, percent")
    for k, label in enumerate(labels):
        rows = result.labels == k
        if rows.any():
            classes.add_row(label, str(int(rows.sum())), f"{100 * right[rows].mean():.1f}")
    console.print(classes)

    wrong = zip(result.labels[~right], guessed[~right], strict=True)
    confused = Counter((labels[a], labels[b]) for a, b in wrong)
    pairs = Table("is", "taken for", "times")
    for (truth, guess), count in confused.most_common(10):
        pairs.add_row(truth, guess, str(count))
    console.print(pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(2)
    try:
        checkpoint = load_checkpoint(options.checkpoint)
        config = load_config(options.config, options.overrides)
        if checkpoint.metadata.labels != config.labels:
            print(f"{options.checkpoint} has other labels than {options.config}", file=sys.stderr)
            return 1
        _, held_out = load_sequences(config.data, config.labels)
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    result = evaluate(checkpoint.model, held_out, checkpoint.metadata.preprocessing, config.labels)
    report(result, config.labels, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
