"""The sequences of a training run: read, named by the run's labels, put on one body, and split by subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stgat.data.formats import FORMATS
from stgat.data.idle import IdleConfig, rests, spread, staying
from stgat.data.sequences import Rejected, SkeletonSequence
from stgat.errors import DataError
from stgat.labels import IDLE
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
    test_subjects: held out of training; "all" for a data set that is only tested on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Annotated[str, AfterValidator(_poolable)]
    path: Path
    test_subjects: tuple[int, ...] | Literal["all"]
    labels: dict[str, str] = Field(min_length=1)
    licence: str = "not stated"

    def holds_out(self, subject: int) -> bool:
        """Whether a subject is tested on, not trained on."""
        return self.test_subjects == "all" or subject in self.test_subjects


@dataclass(frozen=True)
class LabelledSequence:
    """One sequence ready for training: joints (T, 25, 3) in metres on one body, and its class number.

    subject: the data set's own number of the person, 0 where it is not known.
    """

    name: str
    dataset: str
    joints_m: FloatArray
    timestamps_s: FloatArray
    label: int
    subject: int = 0

    @property
    def duration_s(self) -> float:
        return float(self.timestamps_s[-1] - self.timestamps_s[0])


@dataclass(frozen=True)
class LabelledData:
    """The sequences of a run; no subject is in both parts. rejected: recordings that could not be used."""

    train: tuple[LabelledSequence, ...]
    test: tuple[LabelledSequence, ...]
    rejected: tuple[Rejected, ...] = ()


def load_sequences(
    configs: Sequence[DataConfig], labels: Sequence[str], idle: IdleConfig | None = None
) -> LabelledData:
    """All data sets of a run, pooled; with `idle`, which asks for the class of that name, also rest.

    Raises DataError for unreadable data, a table that names an action the data set does not have, or a
    part that is left empty.
    """
    train: list[LabelledSequence] = []
    test: list[LabelledSequence] = []
    rejected: list[Rejected] = []
    class_of = {label: number for number, label in enumerate(labels)}
    for data in configs:
        found, broken = _read(data, class_of)
        rejected += broken
        if idle is not None:
            found += _unlabelled(data, class_of[IDLE], idle)
        for part, held_out in ((train, False), (test, True)):
            mine = [sequence for sequence in found if data.holds_out(sequence.subject) == held_out]
            part += mine
            if idle is not None:
                part += _rests(mine, class_of[IDLE], idle)
    for name, part in (("training", train), ("held-out", test)):
        if not part:
            raise DataError(f"the {name} part is empty; check test_subjects and labels")
    return LabelledData(tuple(train), tuple(test), tuple(rejected))


def _read(data: DataConfig, class_of: dict[str, int]) -> tuple[list[LabelledSequence], list[Rejected]]:
    """The usable sequences of a data set that are of a class, and its unusable recordings."""
    seen: set[str] = set()
    found: list[LabelledSequence] = []
    broken: list[Rejected] = []
    for sequence in FORMATS[data.format].read_all(data.path):
        if isinstance(sequence, Rejected):
            broken.append(sequence)
            continue
        seen.add(sequence.action)
        if sequence.action in data.labels:
            found += _on_one_body(sequence, data.format, class_of[data.labels[sequence.action]])
    unknown = sorted(data.labels.keys() - seen)
    if unknown:
        first = f"; its first unusable recording: {broken[0].reason}" if broken and not seen else ""
        raise DataError(f"{data.path}: has no action {unknown[0]!r}, which the label table names{first}")
    return found, broken


def _on_one_body(sequence: SkeletonSequence, dataset: str, label: int) -> list[LabelledSequence]:
    """The sequence, or nothing where the main person is in fewer than two frames."""
    present = np.any(sequence.joints_m[:, 0], axis=(1, 2))
    if present.sum() < 2:
        return []
    joints = one_body(sequence.joints_m[present, 0], sequence.layout)
    times = sequence.timestamps_s[present]
    return [LabelledSequence(sequence.name, dataset, joints, times, label, sequence.subject)]


def _unlabelled(data: DataConfig, label: int, idle: IdleConfig) -> list[LabelledSequence]:
    """What lies between the actions of untrimmed recordings, where people stay about where they are."""
    found: list[LabelledSequence] = []
    for recording in FORMATS[data.format].unlabelled(data.path):
        for whole in _on_one_body(recording, data.format, label):
            for number, kept in enumerate(staying(whole.joints_m, whole.timestamps_s, idle), 1):
                joints, times = whole.joints_m[kept], whole.timestamps_s[kept]
                found.append(
                    replace(whole, name=f"{whole.name}.{number}", joints_m=joints, timestamps_s=times)
                )
    return found


def _rests(sequences: Sequence[LabelledSequence], label: int, idle: IdleConfig) -> list[LabelledSequence]:
    """Moments of one part of one data set in which people keep still."""
    found = [
        LabelledSequence(f"{sequence.name}@{place}", sequence.dataset, joints, times, label, sequence.subject)
        for sequence in sequences
        if sequence.label != label
        for place, joints, times in rests(sequence.joints_m, sequence.timestamps_s, idle)
    ]
    return spread(found, idle.rests)
