"""Trainings that take turns, each in a process of its own: this project's trainer and a plain loop.

A process does a stretch of steps when it is told to and tells what it took; meanwhile the others wait.
Readers of either may go on while it is not its turn, which may hide some of its waiting for data.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext, suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import NamedTuple, Self

import torch

from benchmarks.plain_training import ClipDataset, PlainTraining
from stgat.data.prepared import open_prepared
from stgat.data.splits import split_dataset
from stgat.device import choose_device
from stgat.model import STGAT
from stgat.timing import in_turns
from stgat.training import train as trainer
from stgat.training.config import PreparedTrainConfig
from stgat.training.progress import Progress


class Stretch(NamedTuple):
    """What one turn took. cpu_s: processor time of the process, all threads, readers' processes left out."""

    samples: int
    seconds: float
    cpu_s: float
    waited_s: float


#: What a contestant does, and with which arguments.
Role = tuple[Callable[..., None], tuple[object, ...]]


def contest(roles: Mapping[str, Role], rounds: int, at_most_s: float) -> dict[str, list[Stretch]]:
    """Trainings in turns, a first round that warms up left out; at least three rounds."""
    with ExitStack() as stack:
        playing = {
            name: stack.enter_context(Contestant(body, *of_it)) for name, (body, of_it) in roles.items()
        }
        in_turns(playing, rounds, warm_up=1, at_most_s=at_most_s)
    return {name: contestant.stretches[1:] for name, contestant in playing.items()}


class Contestant:
    """A training in a process of its own, which does a stretch of steps each time it is called.

    body: ours or plain. Raises RuntimeError where the process has ended, which has said why.
    """

    def __init__(self, body: Callable[..., None], *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_play, args=(body, theirs, *arguments))
        self._process.start()
        theirs.close()
        self.stretches: list[Stretch] = []

    def __call__(self) -> None:
        try:
            self._connection.send(None)
            self.stretches.append(self._connection.recv())
        except (EOFError, OSError):
            raise RuntimeError("a training ended before its time; what it said stands above") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()  # which ends the training
        self._process.join(20)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _play(body: Callable[..., None], connection: Connection, *arguments: object) -> None:
    with suppress(EOFError, BrokenPipeError):  # the other end is closed: it is over
        body(Turns(connection), *arguments)


class Turns:
    """Seen from the training: begin() before its first step, end() after each stretch."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._samples, self._waited_s = 0, 0.0

    def begin(self) -> None:
        """Wait for the next turn. Raises EOFError when there is none."""
        self._connection.recv()
        self._started, self._cpu = time.perf_counter(), time.process_time()

    def end(self, samples: int, waited_s: float) -> None:
        """Tell what the turn took, then wait for the next. samples, waited_s: since the training began."""
        seconds, cpu_s = time.perf_counter() - self._started, time.process_time() - self._cpu
        stretch = Stretch(samples - self._samples, seconds, cpu_s, waited_s - self._waited_s)
        self._samples, self._waited_s = samples, waited_s
        self._connection.send(stretch)
        self.begin()


def ours(turns: Turns, config: PreparedTrainConfig) -> None:
    """The trainer in its first epoch; a turn is what lies between two of its reports."""

    def report(progress: Progress) -> None:
        samples = progress.step * config.batch_size
        # A share of the time since the first step, other turns included.
        turns.end(samples, progress.waiting / 100 * samples / progress.samples_per_s)

    turns.begin()
    trainer.train(config, report)


def ours_giving_back(turns: Turns, config: PreparedTrainConfig) -> None:
    """The trainer as it would be without stgat.training.kept_memory."""
    trainer.kept_memory = nullcontext  # in this process alone
    ours(turns, config)


def plain(turns: Turns, config: PreparedTrainConfig, batch_size: int, steps: int) -> None:
    """The plain loop on the same part of the same data, in as many threads; a turn is so many steps."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    device = choose_device(config.device)
    turns.begin()
    dataset = open_prepared(config.data.path)
    clips = split_dataset(dataset, config.data.split, config.data.holdout_subjects).train
    network = STGAT(config.network(len(dataset.info.labels), dataset.info.layout))
    data = ClipDataset(dataset, clips, config.preprocessing.num_frames)
    loop = PlainTraining(network, data, batch_size, min(os.cpu_count() or 1, 8), device)
    done = 0
    while True:
        for _ in range(steps):
            loop.step()
        done += steps
        turns.end(done * batch_size, loop.waited_s)
