"""What a network said of labelled sequences, and how often it was right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax

from stgat.data.labelled import LabelledSequence
from stgat.model import STGAT
from stgat.preprocessing import Preprocessing, prepare_window
from stgat.skeleton import FloatArray


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network said of the sequences of one part.

    scores: (N, K) logits, or the logarithm of probabilities. labels: (N,) the true classes.
    names: of each sequence. label_names: the K classes. datasets: of each sequence, where they are several.
    temperature: the scores are divided by it before the softmax (Metadata.temperature).
    """

    scores: FloatArray
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    label_names: tuple[str, ...]
    datasets: tuple[str, ...] = ()
    temperature: float = 1.0

    def __len__(self) -> int:
        return len(self.names)

    @property
    def guesses(self) -> NDArray[np.int64]:
        """(N,) the likeliest class of each sequence."""
        return self.scores.argmax(axis=1)

    @property
    def log_probabilities(self) -> FloatArray:
        """(N, K) float64."""
        return log_softmax(self.scores.astype(np.float64) / self.temperature, axis=1)

    @property
    def probabilities(self) -> FloatArray:
        """(N, K) float64."""
        return np.exp(self.log_probabilities)

    def top(self, k: int, dataset: str | None = None) -> float:
        """Share of sequences, in percent, whose class is among the k likeliest."""
        rows = np.ones(len(self), bool) if dataset is None else np.array(self.datasets) == dataset
        best = np.argsort(-self.scores[rows], axis=1, kind="stable")[:, :k]
        return float((best == self.labels[rows, None]).any(axis=1).mean() * 100)

    def mean_class_accuracy(self) -> float:
        """Top-1 in percent, averaged over the classes that occur."""
        right = self.guesses == self.labels
        return float(np.mean([right[self.labels == k].mean() for k in np.unique(self.labels)]) * 100)

    def loss(self) -> float:
        """Cross-entropy in nats, without the label smoothing that training has."""
        return float(-self.log_probabilities[np.arange(len(self)), self.labels].mean())

    def metrics(self) -> dict[str, float]:
        """top1, top5, mean_class and, of several data sets, top1 of each: in percent, to two decimals."""
        figures = {"top1": self.top(1), "top5": self.top(5), "mean_class": self.mean_class_accuracy()}
        if len(set(self.datasets)) > 1:
            figures |= {f"top1 {name}": self.top(1, name) for name in sorted(set(self.datasets))}
        return {name: round(value, 2) for name, value in figures.items()}


#: start_s, end_s, window_s, stride_s -> the windows of a sequence.
Spans = Callable[[float, float, float, float], list[tuple[float, float]]]


def spans_for(preprocessing: Preprocessing) -> Spans:
    """The windows by which a network of this preprocessing is judged on a trimmed sequence."""
    if preprocessing.lookahead_s is None:
        return window_spans
    return partial(moment_spans, preprocessing.lookahead_s)


def moment_spans(
    lookahead_s: float, start_s: float, end_s: float, window_s: float, stride_s: float
) -> list[tuple[float, float]]:
    """Windows for moments spread over [start_s, end_s], each of which ends lookahead_s after its moment.

    The moments lie in the middles of equal parts of the sequence, none longer than the stride.
    """
    count = max(1, int(np.ceil((end_s - start_s) / stride_s - 1e-6)))
    ends = start_s + (np.arange(count) + 0.5) / count * (end_s - start_s) + lookahead_s
    return [(end - window_s, end) for end in ends.tolist()]


def window_spans(start_s: float, end_s: float, window_s: float, stride_s: float) -> list[tuple[float, float]]:
    """Windows that cover [start_s, end_s]; one, centred on it, where it is shorter than a window."""
    slack = (end_s - start_s) - window_s
    if slack <= 0:
        return [(start_s + slack / 2, end_s - slack / 2)]
    count = int(np.ceil(slack / stride_s)) + 1
    return [(start_s + offset, start_s + offset + window_s) for offset in np.linspace(0.0, slack, count)]


@torch.no_grad()
def evaluate(
    model: STGAT,
    sequences: Sequence[LabelledSequence],
    preprocessing: Preprocessing,
    label_names: tuple[str, ...],
    stride_s: float = 0.5,
    batch_size: int = 64,
) -> Evaluation:
    """Score each sequence by the mean probability over its windows, as long as the application's."""
    windows, owners = [], []
    spans = spans_for(preprocessing)
    for i, sequence in enumerate(sequences):
        times = sequence.timestamps_s
        for span in spans(times[0], times[-1], preprocessing.window_s, stride_s):
            windows.append(prepare_window([(sequence.joints_m, times)], preprocessing, *span))
            owners.append(i)
    model.eval()
    device = next(model.parameters()).device
    scores = [
        model(torch.from_numpy(np.stack(windows[i : i + batch_size])).to(device)).softmax(dim=1).cpu()
        for i in range(0, len(windows), batch_size)
    ]
    probabilities = torch.cat(scores).double().numpy()
    total = np.zeros((len(sequences), probabilities.shape[1]))
    np.add.at(total, owners, probabilities)
    mean = total / np.bincount(owners)[:, None]
    return Evaluation(
        scores=np.log(np.maximum(mean, 1e-12)),
        labels=np.array([sequence.label for sequence in sequences]),
        names=tuple(sequence.name for sequence in sequences),
        label_names=label_names,
        datasets=tuple(sequence.dataset for sequence in sequences),
    )
