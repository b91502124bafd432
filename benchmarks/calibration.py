"""Whether a checkpoint's probabilities mean what they say, and the temperature that makes them.

    python benchmarks/calibration.py weights/stgat-actions.safetensors configs/stgat-actions.yaml \
        [key=value ...] [--live] [--figure reliability.png] [--write]

Calibration errors (15 bins) on the held-out people, of windows and of whole sequences, before and after. The
temperature behind an "after" is fitted on one half of these people and judged on the other, and the other way
round; the one that --write keeps in the checkpoint is fitted on all of them. Windows are those that the
evaluation averages, or with --live those that the application meets, which end at any moment of an action;
there a mean over a sequence says nothing, and its error is left out.
Whatever temperature the checkpoint carries already is left aside.
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
from stgat.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from stgat.data.labelled import load_sequences
from stgat.errors import ConfigError
from stgat.training.calibration import Calibration, calibrate
from stgat.training.load_config import load_pooled_config
from stgat.training.trust_figures import save_reliability
from stgat.training.windows import score_live, score_windows

METRIC = "calibration_error windows"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--live", action="store_true", help="windows that end at any moment of an action")
    parser.add_argument("--stride", type=float, default=0.5, help="seconds between windows")
    parser.add_argument("--figure", type=Path, help="write the reliability diagram (PNG) here")
    parser.add_argument("--write", action="store_true", help="keep the temperature in the checkpoint")
    options = parser.parse_intermixed_args(arguments)
    torch.set_num_threads(1)
    try:
        checkpoint = load_checkpoint(options.checkpoint)
        config = load_pooled_config(options.config, options.overrides)
        if checkpoint.metadata.labels != config.labels:
            raise ConfigError(f"{options.config}: has other labels than {options.checkpoint}")
        held_out = load_sequences(config.data, config.labels, config.idle).test
        network = checkpoint.model, held_out, checkpoint.metadata.preprocessing
        if options.live:
            windows = score_live(*network, config.labels, options.stride)
        else:
            windows = score_windows(*network, stride_s=options.stride)
        found = calibrate(windows)
        print_calibration(found, len(windows), None if options.live else len(held_out))
        if options.figure:
            before, after = found.windows_before, found.windows_after
            panels = [
                (f"before: {before:.1f} % calibration error", found.reliability_before),
                (f"after: {after:.1f} %", found.reliability_after),
            ]
            save_reliability(options.figure, panels)
            print(f"Wrote {options.figure}")
        if options.write:
            sha256 = write(options.checkpoint, checkpoint, found)
            print(f"Wrote {options.checkpoint}: temperature {found.temperature:.3f}, sha256 {sha256}")
    except (*USER_ERRORS, OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def write(path: Path, checkpoint: Checkpoint, found: Calibration) -> str:
    """Keep the temperature, and the error it was judged by, in the checkpoint; its new SHA-256.

    The weights stay as they are; the file changes whole or not at all. Raises OSError.
    """
    metadata = checkpoint.metadata
    changed = metadata.model_copy(
        update={
            "temperature": round(found.temperature, 4),
            "metrics": {**metadata.metrics, METRIC: round(found.windows_after, 2)},
        }
    )
    return save_checkpoint(path, checkpoint.model, changed)


def print_calibration(found: Calibration, windows: int, sequences: int | None) -> None:
    """Errors before and after, of the sequences too where their number is given, and the temperature."""
    table = Table("", "before", "after")
    rows = [(f"calibration error, {windows} windows", found.windows_before, found.windows_after, 2, "%")]
    if sequences is not None:
        name = f"calibration error, {sequences} sequences"
        rows.append((name, found.sequences_before, found.sequences_after, 2, "%"))
    rows.append(("negative log-likelihood, windows", found.nll_before, found.nll_after, 3, "nats"))
    for name, before, after, digits, unit in rows:
        table.add_row(name, f"{before:.{digits}f} {unit}", f"{after:.{digits}f} {unit}")
    console = Console(highlight=False)
    console.print(table)
    first, second = found.fold_temperatures
    console.print(
        f"temperature {found.temperature:.3f}, fitted on all; {first:.3f} and {second:.3f} on either half of "
        "the people, each judged on the other"
    )


if __name__ == "__main__":
    sys.exit(main())
