"""The rows that are taught: a logistic regression beside the network's own logits, which stay as they are.

With z the K logits of the network, divided by its temperature, and x a window's coordinates, the
probabilities are softmax([z, W x + b]); W and b make the labels of the takes' windows and of the remembered
ones likeliest. Only W and b move, so the network's actions lose a window only where a taught row takes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from stgat.skeleton import FloatArray

#: On the squared weights, beside the mean loss of a taught action.
L2 = 3e-3
#: Remembered windows weigh so much more than taught ones: there are many ways not to do a taught action.
REMEMBERED = 3.0
#: Share of the network's own windows that may be lost to taught actions.
COST = 0.01
_STEPS = 60
#: Within these a scale of the taught logits is looked for.
_SCALE = (0.2, 1.5)


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows and what they show.

    coordinates: (n, P). old: (n, K) the network's logits over its temperature. labels: (n,) K and above are
    the taught ones. takes: (n,) which take a window is of, -1 for remembered ones. plain: (n,) not varied.
    """

    coordinates: FloatArray
    old: FloatArray
    labels: NDArray[np.int64]
    takes: NDArray[np.int64]
    plain: NDArray[np.bool_]

    def of(self, rows: NDArray[np.bool_]) -> Self:
        return replace(
            self,
            coordinates=self.coordinates[rows],
            old=self.old[rows],
            labels=self.labels[rows],
            takes=self.takes[rows],
            plain=self.plain[rows],
        )

    def with_(self, other: Examples) -> Examples:
        """These and others."""
        return Examples(
            *(
                np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            )
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """weight (n, P) and bias (n,) of the taught actions, in units of logits over the temperature."""

    weight: FloatArray
    bias: FloatArray

    def logits(self, examples: Examples) -> FloatArray:
        """(N, K + n)."""
        return np.concatenate(
            [examples.old, examples.coordinates @ self.weight.T + self.bias], axis=1, dtype=np.float64
        )

    def probabilities(self, examples: Examples) -> FloatArray:
        """(N, K + n)."""
        return softmax(self.logits(examples), axis=1)


def fit(examples: Examples, count: int, start: Rows | None = None, steps: int = _STEPS) -> Rows:
    """The rows of `count` taught actions. Every taught action weighs the same, and so does
    every take of it; remembered classes weigh more (REMEMBERED).

    start: rows of nearly the same examples, from which fewer steps lead to the same place.
    """
    K, P = examples.old.shape[1], examples.coordinates.shape[1]
    X = examples.coordinates.astype(np.float64)
    weights = _weights(examples) / count
    weights[examples.takes < 0] *= REMEMBERED
    target = np.zeros((len(X), count))
    taught = examples.labels >= K
    target[np.flatnonzero(taught), examples.labels[taught] - K] = 1.0
    # Of all the old classes only what they add up to matters: their logits do not move.
    old_sum = np.logaddexp.reduce(examples.old.astype(np.float64), axis=1)
    old_own = np.where(taught, 0.0, examples.old[np.arange(len(X)), np.minimum(examples.labels, K - 1)])

    def loss(values: FloatArray) -> tuple[float, FloatArray]:
        W, b = values[: count * P].reshape(count, P), values[count * P :]
        z = X @ W.T + b  # (N, n)
        everything = np.logaddexp(old_sum, np.logaddexp.reduce(z, axis=1))
        own = np.where(taught, (z * target).sum(axis=1), old_own)
        slope = weights[:, None] * (np.exp(z - everything[:, None]) - target)
        value = (weights * (everything - own)).sum() + 0.5 * L2 * (W**2).sum()
        return float(value), np.concatenate([(slope.T @ X + L2 * W).ravel(), slope.sum(axis=0)])

    first = np.zeros(count * P + count) if start is None else np.r_[start.weight.ravel(), start.bias]
    found = minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    return Rows(found[: count * P].reshape(count, P), found[count * P :])


def _weights(examples: Examples) -> FloatArray:
    """(N,) such that every class that is there weighs 1, and every take of it the same."""
    weights = np.ones(len(examples.labels))
    for take in np.unique(examples.takes[examples.takes >= 0]):
        rows = examples.takes == take
        weights[rows] /= rows.sum()
    for label in np.unique(examples.labels):
        rows = examples.labels == label
        weights[rows] /= weights[rows].sum()
    return weights


def take_scores(rows: Rows, examples: Examples) -> tuple[NDArray[np.int64], FloatArray]:
    """The takes that have plain windows, (n,), and the mean probability over those of each, (n, K + n)."""
    plain = examples.of(examples.plain & (examples.takes >= 0))
    takes, places = np.unique(plain.takes, return_inverse=True)
    total = np.zeros((len(takes), plain.old.shape[1] + len(rows.bias)))
    np.add.at(total, places, rows.probabilities(plain))
    return takes, total / np.bincount(places)[:, None]


def calibrate(unseen: list[tuple[Rows, Examples]], K: int) -> Callable[[Rows], Rows]:
    """How to scale and shift the taught logits, all alike, so that they mean what they say of new windows.

    Few takes are told apart perfectly, so what was fitted on them is too sure of itself. unseen: rows, and
    windows that these rows were not fitted on, of takes and remembered ones. The scale and a shift make those
    likeliest; then the taught logits are lowered further until at most COST of the remembered windows that
    were named right are called a taught action.
    """
    logits = np.concatenate([rows.logits(examples) for rows, examples in unseen])
    labels = np.concatenate([examples.labels for _, examples in unseen])
    weights = np.concatenate([_weights(examples) for _, examples in unseen])

    def loss(values: FloatArray) -> float:
        moved = logits.copy()
        moved[:, K:] = values[0] * moved[:, K:] + values[1]
        return float(-(weights * log_softmax(moved, axis=1)[np.arange(len(labels)), labels]).sum())

    scale, shift = minimize(
        loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=(_SCALE, (-4.0, 2.0)), options={"maxiter": 30}
    ).x
    old = logits[:, :K].max(axis=1)
    right = (labels < K) & (logits[:, :K].argmax(axis=1) == labels)
    if right.any():
        # How much each of these would have to be lowered to stay what it was.
        excess = (scale * logits[right, K:] + shift).max(axis=1) - old[right]
        shift -= max(0.0, float(np.quantile(excess, 1.0 - COST)))
    return lambda rows: Rows(rows.weight * scale, rows.bias * scale + shift)
