"""Several networks as one: their class scores added, as the paper does with its four streams.

arXiv 2208.08599 adds the scores of its streams with equal weights. In that line of work (2s-AGCN and what
followed) the scores are the logits, so that is what is added here. Probabilities, the softmax of each
network's logits, can be added instead: then a network that is sure of itself counts no more than its weight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stgat.errors import DataError
from stgat.training.evaluate import Evaluation
from stgat.training.labels import first_difference
from stgat.training.scores import load_scores

_SAME_PART = "evaluate both on the same part of the same data set"


@dataclass(frozen=True, eq=False)
class Fusion:
    """Networks and what they say together; all have the samples of the first, in its order."""

    paths: tuple[Path, ...]
    streams: tuple[Evaluation, ...]
    weights: tuple[float, ...]
    probabilities: bool
    fused: Evaluation


def fuse_files(
    paths: Sequence[Path], weights: Sequence[float] | None = None, probabilities: bool = False
) -> Fusion:
    """Fuse score files, samples matched by name; weights: one a file, all 1 by default.

    Raises DataError for a file that is no score file, files that do not belong together, or weights of no
    use.
    """
    streams = [load_scores(path) for path in paths]
    first = streams[0]
    matched = [first]
    for path, other in zip(paths[1:], streams[1:], strict=True):
        matched.append(_matched(paths[0], first, path, other))
    chosen = tuple(weights) if weights is not None else (1.0,) * len(paths)
    fused = fuse(matched, chosen, probabilities)
    return Fusion(tuple(paths), tuple(matched), chosen, probabilities, fused)


def describe(fusion: Fusion) -> dict[str, object]:
    """The figures of a fusion and of what went into it, for a file."""
    streams = zip(fusion.paths, fusion.weights, fusion.streams, strict=True)
    return {
        "added": "probabilities" if fusion.probabilities else "logits",
        "samples": len(fusion.fused),
        **fusion.fused.metrics(),
        "streams": [
            {"scores": str(path), "weight": weight, **stream.metrics()} for path, weight, stream in streams
        ],
    }


def fuse(streams: Sequence[Evaluation], weights: Sequence[float], probabilities: bool = False) -> Evaluation:
    """The weighted sum of the streams' scores, or of their probabilities, as its logarithm.

    streams: with the same samples in the same order. Raises DataError for weights of no use.
    """
    if len(weights) != len(streams):
        raise DataError(f"{len(weights)} weights for {len(streams)} score files; give one a file")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not any(weights):
        told = ",".join(f"{weight:g}" for weight in weights)
        raise DataError(f"weights {told}: none may be negative, and one must be above 0")
    total = np.zeros(streams[0].scores.shape)
    for stream, weight in zip(streams, weights, strict=True):
        total += weight * (stream.probabilities if probabilities else stream.scores.astype(np.float64))
    if probabilities:
        total = np.log(np.maximum(total / sum(weights), np.finfo(np.float64).tiny))
    return replace(streams[0], scores=total.astype(np.float32), temperature=1.0)


def _matched(first_path: Path, first: Evaluation, path: Path, other: Evaluation) -> Evaluation:
    """`other` with its samples in the order of `first`. Raises DataError."""
    difference = first_difference(other.label_names, first.label_names)
    if difference:
        raise DataError(f"{path}: was made with other labels than {first_path}: {difference}")
    place = {name: row for row, name in enumerate(other.names)}
    missing = [name for name in first.names if name not in place]
    if missing:
        raise DataError(f"{path}: lacks {_samples(missing)} of {first_path}; {_SAME_PART}")
    if len(other) > len(first):
        wanted = set(first.names)
        extra = [name for name in other.names if name not in wanted]
        raise DataError(f"{path}: holds {_samples(extra)} not in {first_path}; {_SAME_PART}")
    rows = np.array([place[name] for name in first.names])
    labels = other.labels[rows]
    if not np.array_equal(labels, first.labels):
        differs = labels != first.labels
        row = int(np.argmax(differs))
        raise DataError(
            f"{path}: {int(differs.sum()):,} of {len(first):,} samples are of another class than in "
            f"{first_path}; {first.names[row]} is {first.label_names[labels[row]]!r} here and "
            f"{first.label_names[first.labels[row]]!r} there"
        )
    return replace(other, scores=other.scores[rows], labels=labels, names=first.names)


def _samples(names: list[str]) -> str:
    if len(names) == 1:
        return f"the sample {names[0]}"
    return f"{len(names):,} samples, the first of them {names[0]},"
