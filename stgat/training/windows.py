"""What a network says of every window of labelled sequences: calibration and reject look at windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from stgat.data.idle import moving
from stgat.data.labelled import LabelledSequence
from stgat.labels import IDLE
from stgat.model import STGAT
from stgat.preprocessing import Preprocessing, prepare_window
from stgat.skeleton import FloatArray
from stgat.training.evaluate import Spans, spans_for

#: How long the application must have seen somebody before it answers (app.window.SlidingWindow).
LIVE_MIN_SPAN_S = 0.5


@dataclass(frozen=True, eq=False)
class WindowScores:
    """The network's answers to the windows of some sequences.

    logits: (W, K) float64, before any temperature. owners: (W,) the sequence, by its place in `sequences`.
    labels: (W,) the sequence's class.
    """

    logits: FloatArray
    owners: NDArray[np.int64]
    labels: NDArray[np.int64]
    sequences: tuple[LabelledSequence, ...]

    def __len__(self) -> int:
        return len(self.owners)

    def of(self, chosen: NDArray[np.bool_]) -> WindowScores:
        """The windows of the sequences `chosen` (N,); the sequences keep their places."""
        rows = chosen[self.owners]
        return WindowScores(self.logits[rows], self.owners[rows], self.labels[rows], self.sequences)


def live_spans(start_s: float, end_s: float, window_s: float, stride_s: float) -> list[tuple[float, float]]:
    """The windows of a sequence as the application meets them: each ends at a moment of it, and looks back.

    The first ends when somebody has been seen for LIVE_MIN_SPAN_S; what was before the sequence is its first
    pose, held, as it is for somebody who has just come into view.
    """
    first = min(start_s + LIVE_MIN_SPAN_S, end_s)
    count = int((end_s - first) / stride_s + 1e-6) + 1
    return [(end - window_s, end) for end in first + stride_s * np.arange(count)]


def score_live(
    model: STGAT,
    sequences: Sequence[LabelledSequence],
    preprocessing: Preprocessing,
    labels: Sequence[str],
    stride_s: float = 0.5,
) -> WindowScores:
    """Score windows as the application meets them while somebody acts.

    Of a network that names moments (preprocessing.lookahead_s), windows for moments at which somebody moves
    (stgat.data.idle.moving), and for all moments of the class "idle"; of another, `live_spans`. labels: the
    class names. Raises ValueError where there is no sequence.
    """
    if preprocessing.lookahead_s is None:
        return score_windows(model, sequences, preprocessing, live_spans, stride_s)
    acting = [
        sequence
        if labels[sequence.label] == IDLE
        else replace(sequence, span_s=moving(sequence.joints_m, sequence.timestamps_s))
        for sequence in sequences
    ]
    return score_windows(model, acting, preprocessing, None, stride_s)


@torch.no_grad()
def score_windows(
    model: STGAT,
    sequences: Sequence[LabelledSequence],
    preprocessing: Preprocessing,
    spans: Spans | None = None,
    stride_s: float = 0.5,
    batch_size: int = 64,
) -> WindowScores:
    """Score every window; without `spans` those whose probabilities `evaluate` averages.

    Puts the network into evaluation mode. Raises ValueError where there is no sequence.
    """
    if not sequences:
        raise ValueError("there is no sequence to score")
    model.eval()
    device = next(model.parameters()).device
    chosen = spans or spans_for(preprocessing)
    places = [
        (owner, span)
        for owner, sequence in enumerate(sequences)
        for span in chosen(
            sequence.begin_s,
            sequence.begin_s + sequence.duration_s,
            preprocessing.window_s,
            stride_s,
        )
    ]
    logits = []
    for first in range(0, len(places), batch_size):
        batch = [
            prepare_window([(sequences[owner].joints_m, sequences[owner].timestamps_s)], preprocessing, *span)
            for owner, span in places[first : first + batch_size]
        ]
        logits.append(model(torch.from_numpy(np.stack(batch)).to(device)).double().cpu().numpy())
    owners = np.array([owner for owner, _ in places])
    labels = np.array([sequence.label for sequence in sequences])[owners]
    return WindowScores(np.concatenate(logits), owners, labels, tuple(sequences))


def sequence_scores(windows: WindowScores, temperature: float = 1.0) -> tuple[FloatArray, NDArray[np.int64]]:
    """The mean probability over each sequence's windows, as `evaluate` scores it, and its class.

    (n, K) and (n,), of the sequences that have windows, in their order.
    """
    probabilities = softmax(windows.logits / temperature, axis=1)
    total = np.zeros((len(windows.sequences), probabilities.shape[1]))
    np.add.at(total, windows.owners, probabilities)
    counts = np.bincount(windows.owners, minlength=len(windows.sequences))
    labels = np.array([sequence.label for sequence in windows.sequences])
    return total[counts > 0] / counts[counts > 0, None], labels[counts > 0]
