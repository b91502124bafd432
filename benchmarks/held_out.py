"""How often a checkpoint is right on the subjects its training never saw.

    python benchmarks/held_out.py weights/stgat-actions.safetensors configs/stgat-actions.yaml [key=value ...]

Scores each held-out sequence as `python main.py train` does at its end: the mean probability over windows as
long as the application's, every half second. Of the actions alone; "idle" is in what `train` prints. Prints
top-1 and top-5, per data set and per class, the pairs most often confused, and the calibration error of those
means.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from rich.console import Console
from rich.table import Table

from app.errors import USER_ERRORS
from app.evaluating import evaluation_tables
from stgat.checkpoint import load_checkpoint
from stgat.data.labelled import load_sequences
from stgat.training.evaluate import evaluate
from stgat.training.load_config import load_pooled_config
from stgat.training.report import per_class


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(2)
    try:
        checkpoint = load_checkpoint(options.checkpoint)
        config = load_pooled_config(options.config, options.overrides)
        if checkpoint.metadata.labels != config.labels:
            print(f"{options.checkpoint} has other labels than {options.config}", file=sys.stderr)
            return 1
        held_out = load_sequences(config.data, config.labels).test
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    result = evaluate(checkpoint.model, held_out, checkpoint.metadata.preprocessing, config.labels)
    console = Console(highlight=False)
    console.print(evaluation_tables(result))
    classes = Table("class", "held-out sequences", "right, percent")
    for found in per_class(result):
        classes.add_row(found.label, str(found.samples), f"{found.accuracy:.1f}")
    console.print(classes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
