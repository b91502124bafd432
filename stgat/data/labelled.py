"""The sequences of a training run: read, named by the run's labels, put on one body, and split by subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from stgat.data.formats import FORMATS
from stgat.data.sequences import SkeletonSequence
from stgat.errors import DataError
from stgat.retarget import one_body
from stgat.skeleton import FloatArray


class DataConfig(BaseModel):
    """One data set of a training run.

    path: its folder or zip archive. labels: its own action name -> the class it counts as; an action
    that is not listed is left out. test_subjects: held out of training.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["nw-ucla", "utd-mhad"]
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


def load_sequences(
    configs: Sequence[DataConfig], labels: Sequence[str]
) -> tuple[list[LabelledSequence], list[LabelledSequence]]:
    """(training part, held-out part) of all data sets of a run; no subject is in both.

    Raises DataError for unreadable data, a table that names an action the data set does not have, or a
    part that is left empty.
    """
    train: list[LabelledSequence] = []
    test: list[LabelledSequence] = []
    class_of = {label: number for number, label in enumerate(labels)}
    for data in configs:
        seen: set[str] = set()
        for sequence in FORMATS[data.format].sequences(data.path):
            seen.add(sequence.action)
            if sequence.action not in data.labels or len(sequence.joints_m) < 2:
                continue
            part = test if sequence.subject in data.test_subjects else train
            part.append(_label(sequence, data, class_of))
        unknown = sorted(data.labels.keys() - seen)
        if unknown:
            raise DataError(f"{data.path}: has no action {unknown[0]!r}, which the label table names")
    for name, part in (("training", train), ("held-out", test)):
        if not part:
            raise DataError(f"the {name} part is empty; check test_subjects and labels")
    return train, test


def _label(sequence: SkeletonSequence, data: DataConfig, class_of: dict[str, int]) -> LabelledSequence:
    return LabelledSequence(
        name=sequence.name,
        dataset=data.format,
        joints_m=one_body(sequence.joints_m[:, 0], sequence.layout),
        timestamps_s=sequence.timestamps_s,
        label=class_of[data.labels[sequence.action]],
    )
