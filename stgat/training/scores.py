"""The scores of one network on one part of a data set, as a file, so that networks can be fused later.

An .npz of plain arrays: names (N,), labels (N,) class numbers, label_names (K,), scores (N, K) float32.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stgat.data.atomic import replacing
from stgat.data.npz_arrays import ZIP_ERRORS, most_unpacked, read_array
from stgat.data.sequences import is_name
from stgat.errors import DataError
from stgat.reading import first_line
from stgat.training.evaluate import Evaluation

#: Each array's types, by their kinds (np.dtype.kind).
_KINDS = {"names": "U", "labels": "iu", "label_names": "U", "scores": "f"}
_REMEDY = "`evaluate` writes such files"


def save_scores(path: Path, result: Evaluation) -> None:
    """Write the scores as they are, temperature not applied, whole or not at all. Raises OSError."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            names=np.array(result.names),
            labels=np.asarray(result.labels, np.int64),
            label_names=np.array(result.label_names),
            scores=np.asarray(result.scores, np.float32),
        )


def load_scores(path: Path) -> Evaluation:
    """Scores that `save_scores` wrote; nothing in the file is executed.

    Raises DataError for a file that is missing, damaged, or no such file.
    """
    arrays = _read(path)
    names, labels, label_names, scores = (arrays[name] for name in _KINDS)
    N, K = names.size, label_names.size
    for wrong, what in (
        (names.shape != (N,) or N == 0 or names.dtype.kind != "U", "names is no list of texts"),
        (label_names.shape != (K,) or K == 0 or label_names.dtype.kind != "U", "label_names is no such list"),
        (labels.shape != (N,) or labels.dtype.kind not in "iu", f"labels are not {N} whole numbers"),
        (scores.shape != (N, K) or scores.dtype != np.float32, f"scores are not {N} x {K} of float32"),
    ):
        if wrong:
            raise DataError(f"{path}: {what}; {_REMEDY}")
    for texts in (names, label_names):
        if wrong_names := [text for text in texts.tolist() if not is_name(text)]:
            raise DataError(f"{path}: {wrong_names[0][:40]!r} is no name; {_REMEDY}")
    if not np.isfinite(scores).all():
        row = int(np.argmin(np.isfinite(scores).all(axis=1)))
        raise DataError(f"{path}: a score of {names[row]} is no number; evaluate that checkpoint again")
    outside = (labels < 0) | (labels >= K)
    if outside.any():
        row = int(np.argmax(outside))
        raise DataError(f"{path}: {names[row]} is of class {labels[row]}, but there are {K}; {_REMEDY}")
    for name, texts in (("names", names), ("label_names", label_names)):
        if len(np.unique(texts)) != len(texts):
            raise DataError(f"{path}: {name} holds {_twice(texts)} twice; {_REMEDY}")
    return Evaluation(
        scores=scores,
        labels=labels.astype(np.int64),
        names=tuple(names.tolist()),
        label_names=tuple(label_names.tolist()),
    )


def _read(path: Path) -> dict[str, NDArray]:
    if not path.is_file():
        raise DataError(f"{path}: no such file; {_REMEDY}")
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            missing = [name for name in _KINDS if f"{name}.npy" not in names]
            if missing:
                raise DataError(
                    f"{path}: holds no {missing[0]}, so it is not the scores of a network; {_REMEDY}"
                )
            left = most_unpacked(path.stat().st_size)
            arrays: dict[str, NDArray] = {}
            for name, kinds in _KINDS.items():
                arrays[name] = read_array(archive, name, kinds, left)
                left -= arrays[name].nbytes
            return arrays
    except DataError:
        raise
    except ZIP_ERRORS as error:
        reason = first_line(error)
        raise DataError(f"{path}: cut short, or not the scores of a network ({reason}); {_REMEDY}") from error


def _twice(texts: NDArray) -> str:
    values, counts = np.unique(texts, return_counts=True)
    return repr(str(values[counts > 1][0]))
