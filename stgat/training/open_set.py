"""Saying "I don't know": what is gained by rejecting the unsure, and whether unknown actions are unsure.

Risk against coverage: Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks"
(arXiv 1705.08500). Energy: Liu, Wang, Owens and Li (arXiv 2010.03759). Maximum probability as a baseline:
Hendrycks and Gimpel (arXiv 1610.02136).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax
from scipy.stats import rankdata

from stgat.skeleton import FloatArray


@dataclass(frozen=True)
class RiskCoverage:
    """What remains when everything under a threshold is rejected, for every threshold that matters.

    thresholds: (D,) falling. coverage: (D,) share of the windows at or above each, rising to 1.
    risk: (D,) share of wrong answers among those.
    """

    thresholds: FloatArray
    coverage: FloatArray
    risk: FloatArray

    @property
    def area(self) -> float:
        """Area under risk against coverage: the risk averaged over the coverages that can be had."""
        return float((self.risk * np.diff(self.coverage, prepend=0.0)).sum())

    def at_risk(self, risk: float) -> tuple[float, float]:
        """The largest coverage whose risk is at most `risk`, and its threshold; 0 and infinity for none."""
        allowed = np.flatnonzero(self.risk <= risk)
        if not len(allowed):
            return 0.0, float("inf")
        return float(self.coverage[allowed[-1]]), float(self.thresholds[allowed[-1]])


def confidences(logits: FloatArray, temperature: float = 1.0) -> dict[str, FloatArray]:
    """Three measures of how sure a network is of each window; larger is surer. logits: (N, K).

    "max probability", "margin" between the two likeliest classes' probabilities, and "energy",
    T log sum exp(logits / T), which is -Prediction.energy.
    """
    probabilities = softmax(logits / temperature, axis=1)
    best = np.sort(probabilities, axis=1)[:, ::-1]
    return {
        "max probability": best[:, 0],
        "margin": best[:, 0] - best[:, 1],
        "energy": temperature * logsumexp(logits / temperature, axis=1),
    }


def risk_coverage(confidence: FloatArray, wrong: NDArray[np.bool_]) -> RiskCoverage:
    """Risk against coverage; windows of one confidence are kept or rejected together.

    confidence, wrong: (N,). Raises ValueError where there is none.
    """
    if not len(confidence):
        raise ValueError("there is nothing to accept or reject")
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order]
    last = np.append(np.flatnonzero(np.diff(sorted_confidence)), len(order) - 1)  # of each run of equals
    kept = last + 1
    return RiskCoverage(sorted_confidence[last], kept / len(order), np.cumsum(wrong[order])[last] / kept)


def oracle(wrong: NDArray[np.bool_]) -> RiskCoverage:
    """The best that any reject could do: it gives up every wrong answer before the first right one."""
    return risk_coverage(-np.argsort(np.argsort(wrong, kind="stable"), kind="stable"), wrong)


def auroc(known: FloatArray, unknown: FloatArray) -> float:
    """Probability that a known window is surer than an unknown one, ties counting half.

    That is the area under the ROC curve, computed as the Mann-Whitney statistic from ranks. Confidences: (N,)
    and (M,). Raises ValueError where either is empty.
    """
    if not (len(known) and len(unknown)):
        raise ValueError("known and unknown windows are both needed")
    ranks = rankdata(np.concatenate([known, unknown]))
    n, m = len(known), len(unknown)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
