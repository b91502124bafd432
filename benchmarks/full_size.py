"""NTU RGB+D at full size, in shape: made-up recordings are prepared, loaded and trained on for some steps.

    python benchmarks/full_size.py [--samples 40000] [--steps 200] [--config CONFIG] [key=value ...]

Nobody needs the data set for it. Some hundred distinct .skeleton files are written, of the usual lengths (30
to 180 frames, 80 in the mean, one file in five with two people), and 40,000 names of the data set are linked
to them, so that the disk holds each file once; the prepared set is written in full, 1.2 GB, for a moment
twice. Everything lies in a temporary folder, inside --folder where that is given, and is removed.

1. `python main.py prepare ntu60` brings them into the prepared form. The few files come from the system's
   cache; what a disk would take to deliver the data set's some 15 GB is not in the figure.
2. `train` goes the first steps of an epoch with the configuration's network, once with the data on the device
   and once with the data on the disk, each in a process of its own.
3. The same with the paper's network, in the authors' configuration, for a few steps.

ready       from the call of `train` to its first step: data opened, checked and normalised, network built.
samples/s   of each step after a tenth of them as warm-up, or of each ten on a GPU, where the trainer looks at
            the clock so often: the median, and where the middle eight tenths lie.
CPU s       processor time a sample, of all threads: unlike samples/s it hardly depends on what else runs.
waiting     the share of that time in which the network waited for its batch.
memory      of all processes that take part, at most: what is resident, mapped files included, and of it their
            own (Linux only); and what was allocated on the GPU.
hours       120 epochs of the 40,091 training samples of NTU-60 cross-subject at the median, tests left out.
load        the machine's mean number of running processes over the last minute, at the end.

The results are two tables, and as the last line one JSON object. What is told on the way goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from rich.console import Console
from rich.table import Table

from app.errors import USER_ERRORS
from benchmarks.generated_ntu import MOST_SAMPLES, generate
from benchmarks.peak_memory import PeakMemory
from benchmarks.training_pace import EPOCHS, Pace, measure
from stgat.data.prepared import JOINTS, open_prepared
from stgat.errors import ConfigError, TrainingStopped
from stgat.training.config import PreparedTrainConfig
from stgat.training.load_config import load_config
from stgat.training.run_folder import environment

REPOSITORY = Path(__file__).resolve().parents[1]
SMALL = REPOSITORY / "configs/ntu60-xsub-joint-small.yaml"
PAPER = REPOSITORY / "configs/authors/ntu60-xsub-joint.yaml"

stderr = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Preparation:
    """What `prepare` took. load: the machine's mean number of busy processes at the end, ours included."""

    files: int
    rejected: int
    seconds: float
    files_per_s: float
    joints_bytes: int
    peak_bytes: int
    peak_own_bytes: int
    load: float | None


def prepare(source: Path, out: Path) -> Preparation:
    """Run the verb. Raises subprocess.CalledProcessError after it has said what is wrong."""
    command = [sys.executable, str(REPOSITORY / "main.py"), "prepare", "ntu60", str(source), str(out)]
    started = time.perf_counter()
    with PeakMemory() as memory:
        _call(command)
    seconds = time.perf_counter() - started
    info = open_prepared(out).info
    files = info.num_samples + info.num_rejected
    return Preparation(
        files=files,
        rejected=info.num_rejected,
        seconds=seconds,
        files_per_s=files / seconds,
        joints_bytes=(out / JOINTS).stat().st_size,
        peak_bytes=memory.resident,
        peak_own_bytes=memory.own,
        load=_load(),
    )


def _call(command: list[str]) -> None:
    """As subprocess.run, which leaves a process only a quarter of a second to end after Ctrl-C."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        try:
            process.wait(timeout=10)  # Ctrl-C has reached it as well
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    if code:
        raise subprocess.CalledProcessError(code, command)


def _load() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


@dataclass(frozen=True)
class Training:
    """One measured training."""

    name: str
    residence: str
    num_frames: int
    batch_size: int
    pace: Pace
    peak_bytes: int
    peak_own_bytes: int
    load: float | None


def measure_apart(config: PreparedTrainConfig, steps: int) -> Training:
    """`measure` in a process of its own, so that nothing of one training is left in the next one's memory."""
    stderr.print(f"training: {config.name}, data on {config.data.residence}, {steps} steps")
    with (
        PeakMemory() as memory,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool,
    ):
        pace = pool.submit(measure, config, steps).result()
    return Training(
        name=config.name,
        residence=config.data.residence,
        num_frames=config.preprocessing.num_frames,
        batch_size=config.batch_size,
        pace=pace,
        peak_bytes=memory.resident,
        peak_own_bytes=memory.own,
        load=_load(),
    )


def on_prepared(path: Path, overrides: Sequence[str], **changes: object) -> PreparedTrainConfig:
    """The configuration, changed for one process. Raises ConfigError."""
    config = load_config(path, list(overrides))
    if not isinstance(config, PreparedTrainConfig):
        raise ConfigError(f"{path}: trains on raw data; give a configuration of NTU-60, such as {SMALL.name}")
    return config.model_copy(update={"devices": 1, **changes})


def residing(config: PreparedTrainConfig, data: Path, residence: str) -> PreparedTrainConfig:
    """The run on another folder; all training subjects train, as in the protocol."""
    section = {"path": data, "residence": residence, "holdout_subjects": ()}
    return config.model_copy(update={"data": config.data.model_copy(update=section)})


def run(options: argparse.Namespace) -> tuple[Preparation, list[Training]]:
    """All that was asked for. Raises what its parts raise."""
    config = on_prepared(options.config, options.overrides)
    on_gpu = config.device.startswith("cuda") or (config.device == "auto" and torch.cuda.is_available())
    paper = on_prepared(
        PAPER,
        (),
        device=config.device,
        threads=config.threads,
        batch_size=options.paper_batch or (32 if on_gpu else 4),
    )
    paper_steps = options.paper_steps if options.paper_steps is not None else (60 if on_gpu else 5)
    residences = ("device", "disk") if options.residence == "both" else (options.residence,)
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="full-size-") as folder:
        scratch = Path(folder)
        stderr.print(f"writing {min(options.files, options.samples):,} files under {options.samples:,} names")
        source, data = generate(scratch, options.samples, options.files), scratch / "prepared"
        stderr.print("preparing")
        preparation = prepare(source, data)
        runs = [(residing(config, data, residence), options.steps) for residence in residences]
        if paper_steps:
            runs.append((residing(paper, data, residences[0]), paper_steps))
        return preparation, [measure_apart(*asked) for asked in runs]


def report(preparation: Preparation, trainings: Sequence[Training], console: Console) -> None:
    done = Table("prepare", "")
    done.add_row("files", f"{preparation.files:,}, {preparation.rejected} of them rejected")
    done.add_row("seconds", f"{preparation.seconds:,.0f}")
    done.add_row("files/s", f"{preparation.files_per_s:,.0f}")
    done.add_row("joints.npy, MB", _megabytes(preparation.joints_bytes))
    done.add_row("memory, MB (own)", _both(preparation))
    done.add_row("load", _number(preparation.load, 1))
    console.print(done)
    table = Table("train", *(training.name for training in trainings))
    rows = {
        "data on": lambda t: t.residence,
        "frames, batch": lambda t: f"{t.num_frames}, {t.batch_size}",
        "ready, s": lambda t: f"{t.pace.ready_s:,.1f}",
        "samples/s": lambda t: _number(t.pace.samples_per_s, 1),
        "10 to 90 %": lambda t: f"{_number(t.pace.low, 1)} - {_number(t.pace.high, 1)}",
        "CPU s a sample": lambda t: f"{t.pace.cpu_s_per_sample:.4f}",
        "steps timed": lambda t: str(t.pace.timed_steps),
        "waiting, %": lambda t: f"{t.pace.waiting:.1f}",
        "memory, MB (own)": _both,
        "GPU memory, MB": lambda t: _megabytes(t.pace.gpu_peak_bytes),
        f"{EPOCHS} epochs, hours": lambda t: f"{t.pace.hours:,.1f}",
        "load": lambda t: _number(t.load, 1),
    }
    for title, cell in rows.items():
        table.add_row(title, *(cell(training) for training in trainings))
    console.print(table)


def _both(measured: Preparation | Training) -> str:
    return f"{_megabytes(measured.peak_bytes)} ({_megabytes(measured.peak_own_bytes)})"


def _megabytes(num_bytes: int | None) -> str:
    return f"{num_bytes / 1e6:,.0f}" if num_bytes else "-"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    parser.add_argument("--samples", type=int, default=40_000)
    parser.add_argument("--files", type=int, default=300, help="how many of them are distinct")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--config", type=Path, default=SMALL)
    parser.add_argument("--residence", choices=("both", "auto", "device", "disk"), default="both")
    parser.add_argument("--paper-steps", type=int, help="5 on the CPU, 60 on a GPU; 0 leaves them out")
    parser.add_argument("--paper-batch", type=int, help="4 on the CPU, 32 on a GPU")
    parser.add_argument("--folder", type=Path, help="where the temporary folder goes")
    options = parser.parse_intermixed_args(arguments)
    if not 2 <= options.samples <= MOST_SAMPLES:
        parser.error(f"--samples: 2 to {MOST_SAMPLES} have names in NTU-60")
    if options.folder and not options.folder.is_dir():
        parser.error(f"--folder: there is no folder {options.folder}; make it first")
    for name, least in (("files", 1), ("steps", 2), ("paper_steps", 0), ("paper_batch", 2)):
        if (value := getattr(options, name)) is not None and value < least:
            parser.error(f"--{name.replace('_', '-')}: at least {least}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        preparation, trainings = run(options)
    except subprocess.CalledProcessError:
        return 1  # the verb has said why
    except BrokenProcessPool:
        stderr.print(
            "Error: the training was killed from outside, often for want of memory; take fewer --samples"
        )
        return 1
    except (*USER_ERRORS, OSError, torch.OutOfMemoryError) as error:
        stderr.print(f"Error: {error}", markup=False)
        return 1
    except (KeyboardInterrupt, TrainingStopped):
        stderr.print("Stopped.")
        return 130
    report(preparation, trainings, Console(width=110))
    results = {"prepare": asdict(preparation), "train": [asdict(training) for training in trainings]}
    print(json.dumps({"environment": environment(), **results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
