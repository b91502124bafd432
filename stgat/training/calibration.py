"""Probabilities that mean what they say: one temperature, fitted and judged on different people.

Temperature scaling: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks"
(arXiv 1706.04599).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from stgat.skeleton import FloatArray
from stgat.training.report import CALIBRATION_BINS, calibration_error
from stgat.training.windows import WindowScores, sequence_scores

#: Where a temperature is looked for; nothing sensible lies outside, and checkpoints take 0 to 100.
LOWEST, HIGHEST = 0.05, 20.0


@dataclass(frozen=True)
class Reliability:
    """Accuracy beside confidence.

    edges: (B + 1,) of the bins of confidence, each closed above. count, confidence, accuracy: (B,), the means
    in [0, 1], NaN in a bin without windows.
    """

    edges: FloatArray
    count: NDArray[np.int64]
    confidence: FloatArray
    accuracy: FloatArray


@dataclass(frozen=True)
class Calibration:
    """Calibration errors in percent, of windows and of whole sequences, and negative log-likelihoods in nats.

    temperature: fitted on everybody. fold_temperatures: fitted on each half of the people. Everything called
    `after` was measured on the half that its temperature was not fitted on.
    reliability_before, reliability_after: of the windows.
    """

    temperature: float
    fold_temperatures: tuple[float, float]
    windows_before: float
    windows_after: float
    sequences_before: float
    sequences_after: float
    nll_before: float
    nll_after: float
    reliability_before: Reliability
    reliability_after: Reliability


def fit_temperature(scores: FloatArray, labels: NDArray[np.int64]) -> float:
    """The temperature T in [LOWEST, HIGHEST] for which softmax(scores / T) makes the labels likeliest.

    scores: (N, K) logits. labels: (N,). The negative log-likelihood is convex in 1 / T and so has one minimum
    along log T. Raises ValueError without scores.
    """
    if not len(scores):
        raise ValueError("there is no score to fit a temperature to")
    found = minimize_scalar(
        lambda log_t: negative_log_likelihood(scores, labels, float(np.exp(log_t))),
        bounds=(np.log(LOWEST), np.log(HIGHEST)),
        method="bounded",
        options={"xatol": 1e-5},
    )
    return float(np.exp(found.x))


def negative_log_likelihood(scores: FloatArray, labels: NDArray[np.int64], temperature: float) -> float:
    """Mean of -ln softmax(scores / T) at the label, in nats."""
    return float(-log_softmax(scores / temperature, axis=1)[np.arange(len(labels)), labels].mean())


def reliability(probabilities: FloatArray, right: NDArray[np.bool_]) -> Reliability:
    """Accuracy and mean confidence by bins of confidence, the bins of `report.calibration_error`.

    probabilities: (N, K). right: (N,) whether the likeliest class was the true one.
    """
    confidence = probabilities.max(axis=1)
    which = np.ceil(confidence * CALIBRATION_BINS).astype(int) - 1
    count = np.bincount(which, minlength=CALIBRATION_BINS)
    with np.errstate(invalid="ignore"):
        means = [
            np.bincount(which, weights=values, minlength=CALIBRATION_BINS) / count
            for values in (confidence, right.astype(np.float64))
        ]
    return Reliability(np.linspace(0, 1, CALIBRATION_BINS + 1), count, *means)


def halves(windows: WindowScores) -> NDArray[np.int64]:
    """(N,) 0 or 1 for each sequence: two halves of the people, nobody in both.

    People alternate, data set by data set, so that each half has its share of each. Who is not known (subject
    0) counts, with all others of their data set, as one person. Raises ValueError where there is one person.
    """
    keys = [(sequence.dataset, sequence.subject) for sequence in windows.sequences]
    people = sorted(set(keys))
    if len(people) < 2:
        raise ValueError("held-out sequences of two people or more are needed to judge a temperature")
    half = {person: i % 2 for i, person in enumerate(people)}
    return np.array([half[key] for key in keys])


def calibrate(windows: WindowScores) -> Calibration:
    """Fit the temperature on all windows, and judge it by cross-fitting over two halves of the people.

    Raises ValueError where they are of one person.
    """
    half = halves(windows)
    folds = (windows.of(half == 0), windows.of(half == 1))
    temperatures = tuple(fit_temperature(fold.logits, fold.labels) for fold in folds)
    swapped = temperatures[::-1]
    before = _join([_judged(fold, 1.0) for fold in folds])
    after = _join([_judged(fold, t) for fold, t in zip(folds, swapped, strict=True)])
    sequences_before = _join([sequence_scores(fold) for fold in folds])
    sequences_after = _join([sequence_scores(fold, t) for fold, t in zip(folds, swapped, strict=True)])
    return Calibration(
        temperature=fit_temperature(windows.logits, windows.labels),
        fold_temperatures=(temperatures[0], temperatures[1]),
        windows_before=_error(*before),
        windows_after=_error(*after),
        sequences_before=_error(*sequences_before),
        sequences_after=_error(*sequences_after),
        nll_before=_nll(*before),
        nll_after=_nll(*after),
        reliability_before=reliability(before[0], _right(*before)),
        reliability_after=reliability(after[0], _right(*after)),
    )


_Judged = tuple[FloatArray, NDArray[np.int64]]  # probabilities (n, K) and labels (n,)


def _judged(windows: WindowScores, temperature: float) -> _Judged:
    return softmax(windows.logits / temperature, axis=1), windows.labels


def _join(parts: list[_Judged]) -> _Judged:
    return np.concatenate([p for p, _ in parts]), np.concatenate([labels for _, labels in parts])


def _right(probabilities: FloatArray, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    return probabilities.argmax(axis=1) == labels


def _error(probabilities: FloatArray, labels: NDArray[np.int64]) -> float:
    return calibration_error(probabilities, _right(probabilities, labels))


def _nll(probabilities: FloatArray, labels: NDArray[np.int64]) -> float:
    likelihood = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(likelihood, 1e-300)).mean())
