"""The sequences of a training run: read, named by the run's labels, put on one body, and split by subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict

from stgat.data.formats import FORMATS
from stgat.data.sequences import Rejected
from stgat.errors import DataError
from stgat.retarget import LAYOUTS, one_body
from stgat.skeleton import FloatArray


def _poolable(name: str) -> str:
    known = [form.name for form in FORMATS.values() if form.layout in LAYOUTS]
    if name not in known:
        raise ValueError(f"{name!r} is no data set of skeletons in metres; known: {', '.join(known)}")
    return name


class DataConfig(BaseModel):
    """One data set of a training run.

    format: a name of stgat.data.formats whose skeletons can be put on one body. path: its folder or zip
    archive. labels: its own action name -> the class it counts as; an action that is not listed is left out.
    test_subjects: held out of training.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Annotated[str, AfterValidator(_poolable)]
    path: Path
    test_subjects: tuple[int, ...]
    labels: dict[str, str]
    licence: str = "not stated"


@dataclass(frozen=True)
class LabelledSequence:
    """One sequence ready for training: joints (T, 25, 3) in metres on one body, and its class number."""

    name: str
    dataset: str
    joints_m: FloatArray
    timestamps_s: FloatArray
    label: int

    @property
    def duration_s(self) -> float:
        return float(self.timestamps_s[-1] - self.timestamps_s[0])


@dataclass(frozen=True)
class LabelledData:
    """The sequences of a run; no subject is in both parts. rejected: recordings that could not be used."""

    train: tuple[LabelledSequence, ...]
    test: tuple[LabelledSequence, ...]
    rejected: tuple[Rejected, ...] = ()


def load_sequences(configs: Sequence[DataConfig], labels: Sequence[str]) -> LabelledData:
    """All data sets of a run, pooled.

    Raises DataError for unreadable data, a table that names an action the data set does not have, or a
    part that is left empty.
    """
    train: list[LabelledSequence] = []
    test: list[LabelledSequence] = []
    rejected: list[Rejected] = []
    class_of = {label: number for number, label in enumerate(labels)}
    for data in configs:
        seen: set[str] = set()
        broken: list[Rejected] = []
        for sequence in FORMATS[data.format].read_all(data.path):
            if isinstance(sequence, Rejected):
                broken.append(sequence)
                continue
            seen.add(sequence.action)
            present = np.any(sequence.joints_m[:, 0], axis=(1, 2))  # the frames with the main person
            if sequence.action not in data.labels or present.sum() < 2:
                continue
            part = test if sequence.subject in data.test_subjects else train
            part.append(
                LabelledSequence(
                    name=sequence.name,
                    dataset=data.format,
                    joints_m=one_body(sequence.joints_m[present, 0], sequence.layout),
                    timestamps_s=sequence.timestamps_s[present],
                    label=class_of[data.labels[sequence.action]],
                )
            )
        unknown = sorted(data.labels.keys() - seen)
        if unknown:
            first = f"; its first unusable recording: {broken[0].reason}" if broken and not seen else ""
            raise DataError(f"{data.path}: has no action {unknown[0]!r}, which the label table names{first}")
        rejected += broken
    for name, part in (("training", train), ("held-out", test)):
        if not part:
            raise DataError(f"the {name} part is empty; check test_subjects and labels")
    return LabelledData(tuple(train), tuple(test), tuple(rejected))
