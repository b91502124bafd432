"""What is worth knowing of an evaluation beyond its top-1, and the folder it is kept in.

metrics.json    all figures, the pairs most often confused, and what was evaluated
per_class.csv   label, samples, right, accuracy in percent, most_often_taken_for
confusion.png   the confusion matrix
scores.npz      every score (stgat.training.scores), for `ensemble`
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stgat.data.atomic import replacing
from stgat.skeleton import FloatArray
from stgat.training.confusion import save_confusion
from stgat.training.evaluate import Evaluation
from stgat.training.scores import save_scores

METRICS, PER_CLASS, CONFUSION, SCORES = "metrics.json", "per_class.csv", "confusion.png", "scores.npz"
CALIBRATION_BINS = 15


@dataclass(frozen=True)
class ClassResult:
    """One class: how many samples it has, how many were called by its name, and what the others most were."""

    label: str
    samples: int
    right: int
    most_often_taken_for: str

    @property
    def accuracy(self) -> float:
        """In percent."""
        return 100 * self.right / self.samples


@dataclass(frozen=True)
class Confused:
    """How many samples of the class `truth`, of which there are `samples`, were taken for `guess`."""

    truth: str
    guess: str
    times: int
    samples: int


def figures(result: Evaluation) -> dict[str, float]:
    """The evaluation's metrics, its calibration error (percent) and its negative log-likelihood (nats)."""
    right = result.guesses == result.labels
    return result.metrics() | {
        "calibration_error": round(calibration_error(result.probabilities, right), 2),
        "negative_log_likelihood": round(negative_log_likelihood(result), 4),
    }


def calibration_error(probabilities: FloatArray, right: NDArray[np.bool_]) -> float:
    """Expected calibration error in percent (Guo, Pleiss, Sun and Weinberger, arXiv 1706.04599).

    |accuracy - confidence|, averaged over 15 bins of confidence of equal width, each closed above.
    probabilities: (N, K). right: (N,) whether the likeliest class was the true one.
    """
    confidence = probabilities.max(axis=1)
    which = np.ceil(confidence * CALIBRATION_BINS).astype(int)
    gaps = [
        abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).mean()
        for b in np.unique(which)
    ]
    return float(100 * sum(gaps))


def negative_log_likelihood(result: Evaluation) -> float:
    """Mean of -ln(probability of the true class)."""
    return float(-result.log_probabilities[np.arange(len(result)), result.labels].mean())


def confusion_matrix(result: Evaluation) -> NDArray[np.int64]:
    """(K, K) numbers of samples; rows are what they are, columns what they were taken for."""
    K = len(result.label_names)
    return np.bincount(result.labels * K + result.guesses, minlength=K * K).reshape(K, K)


def per_class(result: Evaluation) -> list[ClassResult]:
    """The classes that occur, in the order of their numbers."""
    matrix, names = confusion_matrix(result), result.label_names
    found = []
    for k in np.flatnonzero(matrix.sum(axis=1)):
        wrong = matrix[k].copy()
        wrong[k] = 0
        taken_for = names[int(wrong.argmax())] if wrong.any() else ""
        found.append(ClassResult(names[k], int(matrix[k].sum()), int(matrix[k, k]), taken_for))
    return found


def worst_classes(result: Evaluation, count: int = 10) -> list[ClassResult]:
    """The classes with the lowest accuracy, lowest first; none that is always right."""
    wrong = [found for found in per_class(result) if found.right < found.samples]
    return sorted(wrong, key=lambda found: found.accuracy)[:count]


def most_confused(result: Evaluation, count: int = 10) -> list[Confused]:
    """The pairs of classes most often taken one for the other, most often first; each direction is a pair."""
    matrix, names = confusion_matrix(result), result.label_names
    samples = matrix.sum(axis=1)
    np.fill_diagonal(matrix, 0)
    pairs = zip(*np.nonzero(matrix), strict=True)
    ordered = sorted(pairs, key=lambda pair: -matrix[pair])[:count]
    return [Confused(names[a], names[b], int(matrix[a, b]), int(samples[a])) for a, b in ordered]


def write_report(folder: Path, result: Evaluation, about: Mapping[str, object]) -> list[Path]:
    """Write the four files, each whole or not at all; returns their paths.

    about: what was evaluated, for metrics.json. Raises OSError where they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in (METRICS, PER_CLASS, CONFUSION, SCORES)]
    content = {
        **about,
        "samples": len(result),
        "classes": len(result.label_names),
        **figures(result),
        "most_confused": [asdict(pair) for pair in most_confused(result)],
    }
    write_json(paths[0], content)
    _write_per_class(paths[1], result)
    title = f"{result.top(1):.1f} % of {len(result):,} samples right"
    save_confusion(paths[2], confusion_matrix(result), result.label_names, title)
    save_scores(paths[3], result)
    return paths


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON object, whole or not at all. Raises OSError."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_per_class(path: Path, result: Evaluation) -> None:
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("label", "samples", "right", "accuracy", "most_often_taken_for"))
        for found in per_class(result):
            accuracy = f"{found.accuracy:.2f}"
            table.writerow((found.label, found.samples, found.right, accuracy, found.most_often_taken_for))
