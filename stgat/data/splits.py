"""Which samples train, which choose the model, and which measure it: the published protocols, by name.

Models are chosen on the validation part, which is taken from training subjects on request; the test part is
the protocol's own and is never made smaller.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stgat.data.prepared import PreparedDataset
from stgat.errors import DataError

Indices = NDArray[np.int64]
_Mask = NDArray[np.bool_]

#: Subjects that train in the cross-subject protocol of NTU RGB+D (Shahroudy et al., CVPR 2016).
NTU60_TRAIN_SUBJECTS = frozenset({1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38})
#: And of NTU RGB+D 120 (Liu et al., TPAMI 2020).
NTU120_TRAIN_SUBJECTS = NTU60_TRAIN_SUBJECTS | {
    45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89, 91, 92,
    93, 94, 95, 97, 98, 100, 103,
}  # fmt: skip

#: Data that were made up bear the numbers of the set they imitate, so every split may be tried on them.
_GENERATED = "generated"


@dataclass(frozen=True, eq=False)
class Split:
    """Indices into the samples, ascending int64; no sample is in two parts.

    validation: empty unless subjects are held out. test: empty for the split "all".
    """

    train: Indices
    validation: Indices
    test: Indices


class SampleColumns(Protocol):
    """The columns a split looks at, each (N,): `stgat.data.prepared.Samples` has them."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def subject(self) -> Indices: ...
    @property
    def camera(self) -> Indices: ...
    @property
    def setup(self) -> Indices: ...


@dataclass(frozen=True)
class _Protocol:
    """Samples go by one number of theirs; a number in neither set is a sign of another data set."""

    title: str
    formats: tuple[str, ...]
    column: str
    train: frozenset[int]
    test: frozenset[int]


def _protocol(
    title: str, formats: tuple[str, ...], column: str, train: frozenset[int], numbers: range
) -> _Protocol:
    return _Protocol(title, formats, column, train, frozenset(numbers) - train)


# pyskl keeps the authors' file names, and with them the numbers.
_NTU60, _NTU120 = ("ntu60", "pyskl"), ("ntu120", "pyskl")
_ODD = frozenset({1, 3, 5, 7, 9})
_PROTOCOLS = {
    "ntu60-xsub": _protocol("NTU RGB+D", _NTU60, "subject", NTU60_TRAIN_SUBJECTS, range(1, 41)),
    "ntu60-xview": _protocol("NTU RGB+D", _NTU60, "camera", frozenset({2, 3}), range(1, 4)),
    "ntu120-xsub": _protocol("NTU RGB+D 120", _NTU120, "subject", NTU120_TRAIN_SUBJECTS, range(1, 107)),
    "ntu120-xset": _protocol(
        "NTU RGB+D 120", _NTU120, "setup", frozenset(range(2, 33, 2)), range(1, 33)
    ),
    "ucla-xview": _protocol("NW-UCLA", ("nw-ucla",), "camera", frozenset({1, 2}), range(1, 4)),
    "utd-xsub": _protocol("UTD-MHAD", ("utd-mhad",), "subject", _ODD - {9}, range(1, 9)),
    "msr-xsub": _protocol("MSR-Action3D", ("msr-action3d",), "subject", _ODD, range(1, 11)),
    "utkinect-xsub": _protocol(
        "UTKinect-Action3D", ("utkinect",), "subject", frozenset(range(1, 6)), range(1, 11)
    ),
}  # fmt: skip
PUBLISHED, ALL = "published", "all"
_PUBLISHED_FORMATS = ("ctrgcn", "kinetics")

SPLITS = (*_PROTOCOLS, PUBLISHED, ALL)


def formats_of(name: str) -> tuple[str, ...] | None:
    """The formats (stgat.data.formats) whose data a split is made for; None where it fits any.

    Raises DataError for an unknown split.
    """
    _check_name(name)
    if name == ALL:
        return None
    return _PUBLISHED_FORMATS if name == PUBLISHED else _PROTOCOLS[name].formats


def splits_of(form: str) -> tuple[str, ...]:
    """The splits that fit data of a format, the field's usual one first."""
    return tuple(name for name in SPLITS if (formats := formats_of(name)) is None or form in formats)


def split(samples: SampleColumns, name: str, holdout_subjects: Sequence[int] = ()) -> Split:
    """Divide samples by the protocol called `name`, one of SPLITS:

    - ntu60-xsub, ntu120-xsub: the authors' lists of training subjects.
    - ntu60-xview: cameras 2 and 3 train, camera 1 tests.
    - ntu120-xset: setups of EVEN number train, as Liu et al. state the protocol. The STGAT authors' code
      trains on the odd ones, so its figures belong to the parts exchanged.
    - ucla-xview: cameras 1 and 2 train, camera 3 tests.
    - utd-xsub, msr-xsub: subjects of odd number train. utkinect-xsub: subjects 1 to 5 train.
    - published: as the files were published: names that start with "train/" against "test/" or "val/".
    - all: everything trains.

    holdout_subjects: training subjects whose training samples form the validation part instead. Where
    subjects train and test alike (cross-view, cross-setup), the test part keeps them.

    Raises DataError for an unknown name, samples of another data set, a part that would be empty, and a
    subject to hold out who is none of the training subjects.
    """
    _check_name(name)
    train, test = _parts(samples, name)
    validation = _held_out(samples.subject, train, name, holdout_subjects)
    if validation.any() and not (train & ~validation).any():
        raise DataError(f"split {name}: no subject is left to train on; hold out fewer")
    return Split(np.flatnonzero(train & ~validation), np.flatnonzero(validation), np.flatnonzero(test))


def split_dataset(dataset: PreparedDataset, name: str, holdout_subjects: Sequence[int] = ()) -> Split:
    """`split` for a prepared data set; a split made for data of another format is refused as well."""
    formats, form = formats_of(name), dataset.info.format
    if formats is not None and form not in (*formats, _GENERATED):
        raise DataError(
            f"{dataset.folder}: is {dataset.info.title} (format {form}), and the split {name} is for "
            f"{' or '.join(formats)}; choose {' or '.join(splits_of(form))}"
        )
    try:
        return split(dataset.samples, name, holdout_subjects)
    except DataError as error:
        raise DataError(f"{dataset.folder}: {error}") from error


def _check_name(name: str) -> None:
    if name not in SPLITS:
        near = difflib.get_close_matches(name.lower().replace("_", "-"), SPLITS, n=1, cutoff=0.5)
        suggestion = f"; did you mean {near[0]}?" if near else "."
        raise DataError(f"no split is called {name!r}{suggestion} Known are {', '.join(SPLITS)}")


def _parts(samples: SampleColumns, name: str) -> tuple[_Mask, _Mask]:
    """Which samples train and which test, before subjects are held out."""
    if name == ALL:
        if not samples.names:
            raise DataError(f"split {name}: the data set is empty")
        return np.ones(len(samples.names), bool), np.zeros(len(samples.names), bool)
    if name == PUBLISHED:
        return _published(samples.names)
    protocol = _PROTOCOLS[name]
    numbers: Indices = getattr(samples, protocol.column)
    known = np.isin(numbers, list(protocol.train | protocol.test))
    if not known.all():
        first = int(np.argmin(known))
        what = f"{protocol.column} {numbers[first]}" if numbers[first] else f"no {protocol.column} number"
        raise DataError(
            f"split {name}: the sample {samples.names[first]} has {what}, which is not in "
            f"{protocol.title}; is this {protocol.title}?"
        )
    train, test = np.isin(numbers, list(protocol.train)), np.isin(numbers, list(protocol.test))
    for part, mask, wanted in (("training", train, protocol.train), ("test", test, protocol.test)):
        if not mask.any():
            raise DataError(
                f"split {name}: the {part} part is empty, the data set has no "
                f"{_listed(protocol.column, wanted)}; is it {protocol.title}, and all of it?"
            )
    return train, test


def _published(names: tuple[str, ...]) -> tuple[_Mask, _Mask]:
    train = np.array([name.startswith("train/") for name in names], bool)
    test = np.array([name.startswith(("test/", "val/")) for name in names], bool)
    if not (train | test).all():
        first = names[int(np.argmin(train | test))]
        raise DataError(
            f"split {PUBLISHED}: the name {first} says neither train nor test; this split is for "
            f"data published in parts (formats {' and '.join(_PUBLISHED_FORMATS)})"
        )
    for part, mask in (("training", train), ("test", test)):
        if not mask.any():
            raise DataError(f"split {PUBLISHED}: the {part} part is empty; was all of the data prepared?")
    return train, test


def _held_out(subject: Indices, train: _Mask, name: str, subjects: Sequence[int]) -> _Mask:
    there = sorted(set(subject[train].tolist()) - {0})
    for number in subjects:
        if not there:
            raise DataError(
                f"split {name}: subject {number} cannot be held out, the data set does not say who is in a "
                "sample; leave the subjects to hold out away"
            )
        if number not in there:
            raise DataError(
                f"split {name}: subject {number} is none of the training subjects, which are "
                f"{' '.join(map(str, there))}"
            )
    held_out: _Mask = train & np.isin(subject, list(subjects))
    return held_out


def _listed(column: str, numbers: frozenset[int]) -> str:
    """ "camera 3", "subject 1, 3, 5 or 7" """
    *others, last = map(str, sorted(numbers))
    return f"{column} {', '.join(others)} or {last}" if others else f"{column} {last}"
