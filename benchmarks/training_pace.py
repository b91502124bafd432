"""How fast the trainer goes with a configuration, by its own reports over the first steps of an epoch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import torch

from stgat.errors import ConfigError
from stgat.training.config import PreparedTrainConfig
from stgat.training.train import Progress, train

EPOCHS, TRAINING_SAMPLES = 120, 40_091  # of the authors' recipe; of NTU-60 cross-subject


@dataclass(frozen=True)
class Pace:
    """How fast training goes. waiting: percent. low, high: the 10th and 90th percentile of samples/s."""

    ready_s: float
    timed_steps: int
    samples_per_s: float
    low: float
    high: float
    waiting: float
    hours: float
    gpu_peak_bytes: int | None = None


class _Enough(Exception):  # noqa: N818 - no error
    """As many steps as were asked for."""


def measure(config: PreparedTrainConfig, steps: int) -> Pace:
    """Train for that many steps of the first epoch. Raises what `train` raises, ConfigError for too few."""
    told: list[tuple[float, Progress]] = []

    def note(progress: Progress) -> None:
        told.append((time.perf_counter(), progress))
        if progress.steps < steps:
            raise ConfigError(
                f"an epoch has {progress.steps} batches of {config.batch_size}: too few for {steps} steps; "
                "ask for fewer of them, smaller batches or more samples"
            )
        if progress.step >= steps:
            raise _Enough

    started = time.perf_counter()
    with contextlib.suppress(_Enough):
        train(config, note)
    pace = summarise(told, started, steps, config.batch_size)
    if torch.cuda.is_available() and config.device != "cpu":
        return Pace(**asdict(pace) | {"gpu_peak_bytes": torch.cuda.max_memory_allocated()})
    return pace


def summarise(told: Sequence[tuple[float, Progress]], started: float, steps: int, batch_size: int) -> Pace:
    """told: when, on the clock of `started`, training told which progress."""

    def running(progress: Progress) -> float:
        """Seconds since the epoch's first batch was asked for."""
        return progress.step * batch_size / progress.samples_per_s

    timed = [(when, progress) for when, progress in told if progress.step >= steps / 10]
    if len(timed) < 2:
        raise ConfigError(
            f"{steps} steps are too few to be timed: the trainer looks at the clock after every step, on a "
            "GPU after every tenth; ask for more"
        )
    rates = [batch_size * (b.step - a.step) / (end - start) for (start, a), (end, b) in pairwise(timed)]
    first, last = timed[0][1], timed[-1][1]
    waited = last.waiting * running(last) - first.waiting * running(first)
    low, median, high = np.percentile(rates, (10, 50, 90)).tolist()
    return Pace(
        ready_s=told[0][0] - started - running(told[0][1]),
        timed_steps=last.step - first.step,
        samples_per_s=median,
        low=low,
        high=high,
        waiting=waited / (running(last) - running(first)),
        hours=EPOCHS * TRAINING_SAMPLES / median / 3600,
    )
