"""How fast the trainer goes with a configuration, by its own reports over the first steps of an epoch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from stgat.errors import ConfigError
from stgat.training.config import PreparedTrainConfig
from stgat.training.train import Progress, train

EPOCHS, TRAINING_SAMPLES = 120, 40_091  # of the authors' recipe; of NTU-60 cross-subject


@dataclass(frozen=True)
class Pace:
    """How fast training goes. waiting: percent. low, high: the 10th and 90th percentile of samples/s.

    cpu_s_per_sample: processor time of all threads, which depends little on what else the machine does.
    """

    ready_s: float
    timed_steps: int
    samples_per_s: float
    low: float
    high: float
    cpu_s_per_sample: float
    waiting: float
    hours: float
    gpu_peak_bytes: int | None = None


class Told(NamedTuple):
    """What training told, when, and after how much processor time of this process; both in seconds."""

    at: float
    cpu: float
    progress: Progress


class _Enough(Exception):  # noqa: N818 - no error
    """As many steps as were asked for."""


def measure(config: PreparedTrainConfig, steps: int) -> Pace:
    """Train for that many steps of the first epoch. Raises what `train` raises, ConfigError for too few."""
    told: list[Told] = []

    def note(progress: Progress) -> None:
        told.append(Told(time.perf_counter(), time.process_time(), progress))
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


def summarise(told: Sequence[Told], started: float, steps: int, batch_size: int) -> Pace:
    """The pace of a run begun at `started` on the clock of `told`. Raises ConfigError for too few steps."""

    def running(progress: Progress) -> float:
        """Seconds since the epoch's first batch was asked for."""
        return progress.step * batch_size / progress.samples_per_s

    timed = [one for one in told if one.progress.step >= steps / 10]
    if len(timed) < 2:
        raise ConfigError(
            f"{steps} steps are too few to be timed: the trainer looks at the clock after every step, on a "
            "GPU after every tenth; ask for more"
        )
    rates = [batch_size * (b.progress.step - a.progress.step) / (b.at - a.at) for a, b in pairwise(timed)]
    low, median, high = np.percentile(rates, (10, 50, 90)).tolist()
    first, last = timed[0].progress, timed[-1].progress
    timed_steps = last.step - first.step
    waited = last.waiting * running(last) - first.waiting * running(first)
    return Pace(
        ready_s=told[0].at - started - running(told[0].progress),
        timed_steps=timed_steps,
        samples_per_s=median,
        low=low,
        high=high,
        cpu_s_per_sample=(timed[-1].cpu - timed[0].cpu) / (timed_steps * batch_size),
        waiting=waited / (running(last) - running(first)),
        hours=EPOCHS * TRAINING_SAMPLES / median / 3600,
    )
