"""Window length, T and stride against accuracy, delay and cost: what the defaults rest on.

    python benchmarks/window_study.py weights/stgat-actions-small.safetensors \
        configs/stgat-actions-small.yaml [key=value ...] [--figure study.png] [--json study.json]

The network takes any number of frames, so the same weights answer windows of other lengths, and of other T.
One of the three is varied at a time, the other two stay as the checkpoint and the application have them:

    window    seconds of motion the network looks at
    T         frames they are resampled to
    stride    least time between two answers (app.recognition.answer_interval); 0 is every frame

That is only approximately fair. Windows of 1 to 3 s were all trained, by `augment.window_s`, but one T alone:
weights trained for 24 frames meet 48 of them at half the speed from frame to frame. A network trained for
another T would do better there than this curve says; what it shows is that this T is right for these weights.

Measured are, on people no training saw,

    top-1      of the held-out sequences of the config, as `python main.py train` scores them; a stride has
               no say in it
    frames     right, F1@0.5, and the median delay from an action's start to the first right word, on
               untrimmed UTKinect recordings (app.streaming). --recordings of them, one a person first; four
               are some 40 actions, so a difference of 0.05 is none. Of a network that names what its window
               holds, not a moment (preprocessing.lookahead_s), DecisionSettings.lag_s is scaled with the
               window. The delay is of the actions found: see "never found"
    answer     milliseconds of processor time, on one thread, from the window of one person at 30 frames a
               second to probabilities; medians, all settings in turn. And that times the answers a second of
               the recordings, which have about 15 frames a second: a stride of 0.033 s is each of them

--quick is for a first look: fewer values and every tenth sequence.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from rich.console import Console
from rich.table import Table

from app.errors import USER_ERRORS
from app.recognition import answer_interval
from benchmarks.window_figure import TITLES, draw_study
from benchmarks.window_measure import Figures, Setting, measure
from stgat.checkpoint import load_checkpoint
from stgat.data.labelled import load_sequences
from stgat.data.utkinect import Recording, UTKinect, read_recordings
from stgat.errors import ConfigError, DataError
from stgat.training.config import PooledTrainConfig
from stgat.training.load_config import load_pooled_config

WINDOWS_S = (1.0, 1.5, 2.0, 2.5, 3.0)
FRAMES = (12, 16, 24, 32, 48, 64)
STRIDES_S = (0.0, 0.1, 0.2, 0.4)
QUICK = ((1.0, 2.0, 3.0), (12, 24, 48), (0.1, 0.4))


def studies(default: Setting, quick: bool = False) -> dict[str, dict[float, Setting]]:
    """What is varied -> its values, the default's among them -> the setting."""
    values = QUICK if quick else (WINDOWS_S, FRAMES, STRIDES_S)
    names = ("window_s", "num_frames", "stride_s")
    return {
        name: {value: replace(default, **{name: value}) for value in sorted({*some, getattr(default, name)})}
        for name, some in zip(names, values, strict=True)
    }


def held_out(config: PooledTrainConfig, most: int) -> tuple[list[Recording], dict[str, str]]:
    """UTKinect recordings of people the config holds out, as many as wanted, and the config's labels.

    The first of everybody come before the second of anybody. Raises DataError, and ConfigError for a config
    without UTKinect.
    """
    item = next((data for data in config.data if data.format == UTKinect.name), None)
    if item is None:
        raise ConfigError(f"{config.name}: no data set of the config has the format {UTKinect.name}")
    recordings = [r for r in read_recordings(item.path) if r.subject in item.test_subjects and r.segments]
    if not recordings:
        raise DataError(f"{item.path}: no recording of the subjects that {config.name} holds out")
    return sorted(recordings, key=lambda r: (r.replication, r.subject))[:most], item.labels


def table(name: str, values: dict[float, Setting], found: dict[Setting, Figures], default: Setting) -> Table:
    """A row a value of what is varied; the default's is marked."""
    shown = Table(
        name, "top-1, %", "frames right", "F1@0.5", "delay, s", "never found", "answer, ms", "of default's",
        "answers/s", "ms/s of video",
    )  # fmt: skip
    for value, setting in values.items():
        got = found[setting]
        shown.add_row(
            f"{value:g}{' *' if setting == default else ''}",
            f"{got.top1:.1f}",
            f"{got.frame_accuracy:.2f}",
            f"{got.f1:.2f}",
            "-" if got.delay_s is None else f"{got.delay_s:.2f}",
            f"{got.never_found:.2f}",
            f"{got.answer_ms:.1f}",
            f"{got.answer_ms / found[default].answer_ms:.2f}",
            f"{got.answers_per_s:.1f}",
            f"{got.cost_ms_per_s:.0f}",
        )
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument(
        "config", type=Path, help="what it was trained by; names the data and who is held out"
    )
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--recordings", type=int, default=4, help="how many untrimmed ones, 4 by default")
    parser.add_argument("--rounds", type=int, default=100, help="how often an answer is timed")
    parser.add_argument("--quick", action="store_true", help="fewer values, every tenth sequence")
    parser.add_argument("--figure", type=Path, help="draw the curves (PNG) there")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_intermixed_args(arguments)
    if options.recordings < 1 or options.rounds < 1:
        parser.error("--recordings and --rounds: at least 1")
    torch.set_num_threads(1)
    try:
        checkpoint = load_checkpoint(options.checkpoint)
        config = load_pooled_config(options.config, options.overrides)
        if checkpoint.metadata.labels != config.labels:
            raise ConfigError(f"{options.checkpoint} has other labels than {options.config}")
        recordings, labels = held_out(config, options.recordings)
        sequences = load_sequences(config.data, config.labels, config.idle).test
        sequences = sequences[:: 10 if options.quick else 1]
        preprocessing = checkpoint.metadata.preprocessing
        default = Setting(
            preprocessing.window_s, preprocessing.num_frames, answer_interval(checkpoint.metadata)
        )
        varied = studies(default, options.quick)
        settings = list(dict.fromkeys(one for values in varied.values() for one in values.values()))
        found = measure(checkpoint, settings, default, sequences, recordings, labels, options.rounds)
        console = Console(width=130, highlight=False)
        names = ", ".join(recording.name for recording in recordings)
        console.print(f"{checkpoint.metadata.name}: {len(sequences)} held-out sequences; recordings {names}")
        for name, title in TITLES.items():
            console.print(table(title, varied[name], found, default))
        console.print("* as the checkpoint and the application have it")
        told = {
            name: [{"value": value, **found[setting].told()} for value, setting in values.items()]
            for name, values in varied.items()
        }
        if options.figure:
            draw_study(options.figure, told, asdict(default), checkpoint.metadata.name)
            console.print(f"Wrote {options.figure}")
        if options.json:
            about = {
                "checkpoint": options.checkpoint.name,
                "sequences": len(sequences),
                "recordings": [recording.name for recording in recordings],
                "default": asdict(default),
                "varied": told,
            }
            options.json.write_text(json.dumps(about, indent=1) + "\n")
    except (*USER_ERRORS, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
