"""The sequences of a training run: read, named by the run's labels, put on one body, and split by subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stgat.data.formats import FORMATS
from stgat.data.idle import IdleConfig, moving, rests, spread, staying
from stgat.data.sequences import Rejected, SkeletonSequence, Untrimmed, kept_open
from stgat.errors import DataError
from stgat.labels import IDLE
from stgat.retarget import LAYOUTS, one_body
from stgat.skeleton import FloatArray

#: How much of what went before and came after an action is kept for training, where it is known.
CONTEXT_S = 3.0


#: Where a sequence lies in the recording it was cut from: that, and the sequence's first and last second.
Place = tuple[SkeletonSequence, float, float]


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
    span_s: where in it the action lies, if what went before and came after is there too.
    in_recording: whether that is what really went before and came after, up to CONTEXT_S of it.
    """

    name: str
    dataset: str
    joints_m: FloatArray
    timestamps_s: FloatArray
    label: int
    subject: int = 0
    span_s: tuple[float, float] | None = None
    in_recording: bool = False

    @property
    def begin_s(self) -> float:
        """When the action begins."""
        return float(self.timestamps_s[0]) if self.span_s is None else self.span_s[0]

    @property
    def duration_s(self) -> float:
        """How long the action lasts."""
        end_s = float(self.timestamps_s[-1]) if self.span_s is None else self.span_s[1]
        return end_s - self.begin_s


@dataclass(frozen=True)
class LabelledData:
    """The sequences of a run; no subject is in both parts. rejected: recordings that could not be used."""

    train: tuple[LabelledSequence, ...]
    test: tuple[LabelledSequence, ...]
    rejected: tuple[Rejected, ...] = ()


@kept_open()
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
        places: dict[str, Place] = {}
        for recording in FORMATS[data.format].untrimmed(data.path):
            whole, times = recording.whole, recording.whole.timestamps_s
            places |= {
                name: (whole, times[start], times[end - 1]) for name, start, end in recording.cuts if name
            }
            if idle is not None:
                rest = _unlabelled(recording, data.format, class_of[IDLE], idle)
                places |= {one.name: (whole, one.timestamps_s[0], one.timestamps_s[-1]) for one in rest}
                found += rest
        for part, held_out in ((train, False), (test, True)):
            mine = [sequence for sequence in found if data.holds_out(sequence.subject) == held_out]
            part += mine if held_out else _acting(_in_context(mine, places), idle)
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


def _unlabelled(recording: Untrimmed, dataset: str, label: int, idle: IdleConfig) -> list[LabelledSequence]:
    """What lies between the actions of an untrimmed recording, where people stay where they are.

    Named like "s01_e01@3.5", for the second in which it begins.
    """
    found: list[LabelledSequence] = []
    for name, start, stop in recording.cuts:
        if name:
            continue
        for whole in _on_one_body(_cut(recording.whole, start, stop), dataset, label):
            for kept in staying(whole.joints_m, whole.timestamps_s, idle):
                joints, times = whole.joints_m[kept], whole.timestamps_s[kept]
                name = f"{whole.name}@{times[0]:.1f}"
                found.append(replace(whole, name=name, joints_m=joints, timestamps_s=times))
    return found


def _cut(whole: SkeletonSequence, start: int, stop: int) -> SkeletonSequence:
    return replace(whole, joints_m=whole.joints_m[start:stop], timestamps_s=whole.timestamps_s[start:stop])


def _in_context(sequences: Sequence[LabelledSequence], places: Mapping[str, Place]) -> list[LabelledSequence]:
    """The sequences with CONTEXT_S of what went before and came after, where the recordings have it."""
    found: list[LabelledSequence] = []
    for sequence in sequences:
        if sequence.name not in places:
            found.append(sequence)
            continue
        whole, begin_s, end_s = places[sequence.name]
        start, stop = np.searchsorted(whole.timestamps_s, (begin_s - CONTEXT_S, end_s + CONTEXT_S))
        (wider,) = _on_one_body(_cut(whole, start, stop), sequence.dataset, sequence.label)
        found.append(
            replace(wider, name=sequence.name, span_s=(float(begin_s), float(end_s)), in_recording=True)
        )
    return found


def _acting(sequences: Sequence[LabelledSequence], idle: IdleConfig | None) -> list[LabelledSequence]:
    """With a class for it, the stillness at the ends of a trimmed sequence is no part of its action."""
    return [
        sequence
        if idle is None or sequence.in_recording
        else replace(sequence, span_s=moving(sequence.joints_m, sequence.timestamps_s))
        for sequence in sequences
    ]


def _rests(sequences: Sequence[LabelledSequence], label: int, idle: IdleConfig) -> list[LabelledSequence]:
    """Moments of one part of one data set in which people keep still."""
    found = [
        LabelledSequence(f"{sequence.name}@{place}", sequence.dataset, joints, times, label, sequence.subject)
        for sequence in sequences
        if sequence.label != label
        for place, joints, times in rests(sequence.joints_m, sequence.timestamps_s, idle)
    ]
    return spread(found, idle.rests)
