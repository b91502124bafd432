"""A checkpoint measured on one part of a prepared data set, as training measured it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from stgat.checkpoint import Checkpoint, load_checkpoint
from stgat.data.prepared import DatasetInfo, PreparedDataset, Samples, open_prepared
from stgat.data.splits import split_dataset
from stgat.device import choose_device
from stgat.errors import DataError
from stgat.retarget import ONE_BODY
from stgat.skeleton import KINECT_V1_20, NTU25, OPENPOSE18, OPENPOSE18_SHIFTED
from stgat.training.clips import open_clips
from stgat.training.evaluate import Evaluation
from stgat.training.labels import first_difference
from stgat.training.scoring import BATCH_SIZE, WholeClips, score

Part = Literal["test", "validation", "train"]


@dataclass(frozen=True)
class Measured:
    """An evaluation, and what was evaluated on what."""

    checkpoint: Checkpoint
    data: DatasetInfo
    result: Evaluation


def measure(
    checkpoint_path: Path,
    folder: Path,
    split: str,
    part: Part = "test",
    holdout_subjects: Sequence[int] = (),
    device: str = "auto",
    batch_size: int = BATCH_SIZE,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Score the clips of one part, whole, as the training of such a checkpoint does.

    split: a name of stgat.data.splits. holdout_subjects: the training subjects that are the validation part.
    on_progress: told how many clips are done, of how many.

    Raises CheckpointError, DataError for data that are unusable or do not belong to the checkpoint, and
    DeviceError.
    """
    checkpoint = load_checkpoint(checkpoint_path)
    metadata = checkpoint.metadata
    dataset = open_prepared(folder)
    _check_fit(checkpoint_path, checkpoint, dataset)
    parts = split_dataset(dataset, split, holdout_subjects)
    rows = getattr(parts, part)
    if not len(rows):
        remedy = {
            "validation": "; name its subjects with --holdout-subjects",
            "test": "; --part validation --holdout-subjects 1,2,... measures people who were held out",
        }.get(part, "")
        raise DataError(f"{folder}: the {part} part of the split {split} is empty{remedy}")
    place = choose_device(device)
    chosen = _only(dataset, rows)
    clips = WholeClips(
        open_clips(chosen, metadata.preprocessing, metadata.people, place, "auto"),
        metadata.preprocessing,
        metadata.sampling,
        metadata.drawn_frames,
    )
    total = len(rows)
    scores = score(
        checkpoint.model.to(place),
        clips,
        torch.arange(total),
        batch_size,
        lambda done: on_progress(done, total),
    )
    result = Evaluation(
        scores=scores,
        labels=chosen.samples.label,
        names=chosen.samples.names,
        label_names=metadata.labels,
        temperature=metadata.temperature,
    )
    return Measured(checkpoint, dataset.info, result)


def _check_fit(path: Path, checkpoint: Checkpoint, dataset: PreparedDataset) -> None:
    """Raises DataError where the network cannot be asked about these data."""
    metadata, info = checkpoint.metadata, dataset.info
    difference = first_difference(metadata.labels, info.labels)
    if difference:
        raise DataError(
            f"{path}: was trained on other labels than those of {dataset.folder}: {difference}; "
            "give the data set that it was trained on"
        )
    wanted = metadata.preprocessing.layout
    rebuilt = metadata.preprocessing.body == ONE_BODY and wanted == NTU25.name
    if wanted == OPENPOSE18_SHIFTED.name:  # other bones between the same joints
        wanted = OPENPOSE18.name
    takes = (NTU25.name, KINECT_V1_20.name) if rebuilt else (wanted,)
    if info.layout not in takes:
        raise DataError(
            f"{path}: takes skeletons of layout {' or '.join(takes)}, but those of {dataset.folder} are "
            f"{info.layout}; give the data set that it was trained on"
        )


def _only(dataset: PreparedDataset, rows: NDArray[np.int64]) -> PreparedDataset:
    """The data set with some of its samples, in the order of `rows`."""
    samples = dataset.samples
    columns = {f.name: getattr(samples, f.name)[rows] for f in fields(Samples) if f.name != "names"}
    names = tuple(samples.names[i] for i in rows)
    return replace(dataset, samples=Samples(names=names, **columns))
