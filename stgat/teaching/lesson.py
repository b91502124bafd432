"""All that a teaching learns from: windows of the takes, and remembered ones, as the network sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stgat.checkpoint import Checkpoint, Metadata
from stgat.skeleton import FloatArray
from stgat.teaching.learner import Examples
from stgat.teaching.memory import Memory
from stgat.teaching.profiles import Take
from stgat.teaching.windows import look, take_windows, windows_for

_SEED = 0


@dataclass(frozen=True, eq=False)
class Looked:
    """A take as the network sees it: logits (n, K) and part means (n, D) of its windows, the plain ones
    first.

    plain: how many are plain.
    """

    logits: FloatArray
    means: FloatArray
    plain: int


def look_at_takes(
    checkpoint: Checkpoint, takes: Sequence[Take], progress: Callable[[float], None] = lambda share: None
) -> list[Looked]:
    """Each take as the network sees it. progress: told of a share in [0, 1]; what it raises ends the looking.

    How a take is varied depends on nothing but its place.
    """
    metadata = checkpoint.metadata
    count = windows_for(metadata.model, metadata.preprocessing)
    found = []
    for number, take in enumerate(takes):
        progress(number / len(takes))
        rng = np.random.default_rng((_SEED, number))
        windows, plain = take_windows(take, metadata.preprocessing, metadata.people, rng, count)
        logits, means = look(checkpoint.model, windows)
        found.append(Looked(logits, means, plain))
    return found


class Lesson:
    """The examples of one teaching.

    looked: of the takes. take_labels: (takes,) the taught action of each, in 0..n-1.
    labels: the network's, then the taught. K, count: how many of each. examples: all that is learned from.
    remembered: those of the memory, but for its judges. mean (D,), basis (D, P): of the coordinates.
    """

    def __init__(
        self,
        metadata: Metadata,
        names: Sequence[str],
        looked: Sequence[Looked],
        take_labels: Sequence[int],
        memory: Memory | None,
    ) -> None:
        self.labels = (*metadata.labels, *names)
        self.K, self.count = len(metadata.labels), len(names)
        self.temperature = metadata.temperature
        self.take_labels: NDArray[np.int64] = np.array(take_labels)
        if memory is None:
            means = np.concatenate([take.means for take in looked])
            self.mean = means.mean(axis=0)
            self.basis = np.diag(1.0 / (means.std(axis=0) + 0.1))
        else:
            self.mean, self.basis = memory.mean, memory.basis
        mine = self.examples_of(looked, self.take_labels)
        nobody = mine.of(np.zeros(len(mine.labels), bool))
        self.remembered = nobody if memory is None else of_memory(memory, self.temperature, ~memory.judges)
        self.examples = mine.with_(self.remembered)

    def examples_of(self, looked: Sequence[Looked], take_labels: NDArray[np.int64]) -> Examples:
        """The windows of takes, in this lesson's coordinates."""
        owners = np.concatenate([np.full(len(take.means), i) for i, take in enumerate(looked)])
        return Examples(
            coordinates=(np.concatenate([take.means for take in looked]) - self.mean) @ self.basis,
            old=np.concatenate([take.logits for take in looked]) / self.temperature,
            labels=take_labels[owners] + self.K,
            takes=owners,
            plain=np.concatenate([np.arange(len(take.means)) < take.plain for take in looked]),
        )


def of_memory(memory: Memory, temperature: float, rows: NDArray[np.bool_]) -> Examples:
    """Those windows of a memory as examples."""
    count = int(rows.sum())
    return Examples(
        coordinates=memory.coordinates[rows],
        old=memory.logits[rows] / temperature,
        labels=memory.classes[rows].astype(np.int64),
        takes=np.full(count, -1),
        plain=np.ones(count, bool),
    )
