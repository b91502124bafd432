"""The published splits of the data sets, by name, and a validation part that no test sample is in."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stgat.data.prepared import Samples
from stgat.errors import DataError

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Training subjects of NTU RGB+D's cross-subject protocols (Shahroudy et al., CVPR 2016; Liu et al., TPAMI
#: 2020).
NTU60_SUBJECTS = (1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38)
NTU120_SUBJECTS = (
    *NTU60_SUBJECTS, 45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85,
    86, 89, 91, 92, 93, 94, 95, 97, 98, 100, 103,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Split:
    """Sample numbers of each part, ascending; no sample is in two. The validation part may be empty."""

    train: IntArray
    validation: IntArray
    test: IntArray


@dataclass(frozen=True)
class _Rule:
    """formats: the readers whose data it splits; empty for any. trains, tests: which samples do."""

    formats: tuple[str, ...]
    trains: Callable[[Samples], BoolArray]
    tests: Callable[[Samples], BoolArray]


def _known(column: str, training: Callable[[IntArray], BoolArray], formats: tuple[str, ...]) -> _Rule:
    """Samples whose `column` is known (not 0): trained on where `training` says so, else tested on."""

    def values(samples: Samples) -> IntArray:
        return getattr(samples, column)

    return _Rule(
        formats,
        lambda samples: (values(samples) > 0) & training(values(samples)),
        lambda samples: (values(samples) > 0) & ~training(values(samples)),
    )


def _among(*numbers: int) -> Callable[[IntArray], BoolArray]:
    return lambda values: np.isin(values, numbers)


def _named(*prefixes: str) -> Callable[[Samples], BoolArray]:
    return lambda samples: np.array([name.startswith(prefixes) for name in samples.names], dtype=bool)


_NTU60, _NTU120 = ("ntu60", "pyskl"), ("ntu120", "pyskl")

#: ntu120-xset trains on even setups, as the data set's protocol says; the STGAT authors' code on odd ones.
_RULES: dict[str, _Rule] = {
    "ntu60-xsub": _known("subject", _among(*NTU60_SUBJECTS), _NTU60),
    "ntu60-xview": _known("camera", _among(2, 3), _NTU60),
    "ntu120-xsub": _known("subject", _among(*NTU120_SUBJECTS), _NTU120),
    "ntu120-xset": _known("setup", lambda setups: setups % 2 == 0, _NTU120),
    "ucla-xview": _known("camera", _among(1, 2), ("nw-ucla",)),
    "utd-xsub": _known("subject", _among(1, 3, 5, 7), ("utd-mhad",)),
    "msr-xsub": _known("subject", _among(1, 3, 5, 7, 9), ("msr-action3d",)),
    "utkinect-xsub": _known("subject", _among(1, 2, 3, 4, 5), ("utkinect",)),
    "published": _Rule(("ctrgcn", "kinetics"), _named("train/"), _named("test/", "val/")),
    "all": _Rule((), lambda s: np.ones(len(s), bool), lambda s: np.zeros(len(s), bool)),
}
SPLITS = tuple(_RULES)


def split(
    samples: Samples, name: str, holdout_subjects: Sequence[int] = (), data_format: str | None = None
) -> Split:
    """The parts of a data set under a split's name.

    holdout_subjects: training subjects whose training samples become the validation part. Where the test part
    has samples of theirs too (cross-view splits), those stay in the test part.
    data_format: the reader's name, so that a split of another data set is refused.

    "published" goes by sample names that begin with train/, test/ or val/; "all" has no test part.

    Raises DataError for an unknown split, one that does not belong to the data, an empty part, or a held-out
    subject who is not among the training subjects.
    """
    rule = _RULES.get(name)
    if rule is None:
        near = difflib.get_close_matches(name, SPLITS, n=1, cutoff=0.4)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise DataError(f"split {name!r} is none of {', '.join(SPLITS)}{meant}")
    if data_format is not None and rule.formats and data_format not in rule.formats:
        fitting = [other for other, known in _RULES.items() if data_format in known.formats] + ["all"]
        raise DataError(
            f"split {name} belongs to {' and '.join(rule.formats)}, but the data are {data_format}, "
            f"which has {', '.join(fitting)}"
        )
    train, test = rule.trains(samples), rule.tests(samples)
    for part, chosen in (("training", train), ("test", test)):
        if not chosen.any() and not (part == "test" and name == "all"):
            raise DataError(
                f"split {name} leaves the {part} part empty: are all samples of the data set there?"
            )
    validation = np.zeros(len(samples), bool)
    if holdout_subjects:
        subjects = sorted(set(samples.subject[train].tolist()) - {0})
        strangers = sorted(set(holdout_subjects) - set(subjects))
        if strangers:
            known = " ".join(map(str, subjects)) or "none, since this data set does not say who is who"
            raise DataError(
                f"holdout_subjects: {strangers[0]} is no training subject of split {name}; those are: {known}"
            )
        validation = train & np.isin(samples.subject, holdout_subjects)
        train = train & ~validation
        if not train.any():
            raise DataError("holdout_subjects: nobody is left to train on")
    return Split(np.flatnonzero(train), np.flatnonzero(validation), np.flatnonzero(test))
