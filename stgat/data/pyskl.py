"""NTU RGB+D as pyskl publishes it: `ntu60_3danno.pkl` and `ntu120_3danno.pkl`.

Duan, Wang, Chen and Lin, "PYSKL: Towards Good Practices for Skeleton Action Recognition", ACM MM 2022. A
file is a pickle of {"split": {name: [frame_dir, ...]}, "annotations": [annotation, ...]}, an annotation being
a dict of `frame_dir` (the recording's name), `label` (from 0), `total_frames` and `keypoint` (M, T, V, C).

The 3-D files hold the raw files' metres in the sensor's axes, as 16-bit floats (2 mm at 4 m). MMAction2's
ntu60_3d.pkl and ntu120_3d.pkl have the same form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from stgat.data.ntu_labels import NTU_ACTIONS
from stgat.data.people import check_people
from stgat.data.sequences import Format, Rejected, Shard, SkeletonSequence
from stgat.data.unpickle import load_arrays
from stgat.errors import DataError
from stgat.skeleton import NTU25

_WANTED = "take ntu60_3danno.pkl or ntu120_3danno.pkl"
_NTU_NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})")

#: No data set of skeletons has as many; a larger label is damage.
_MAX_CLASSES = 1000


class PYSKL(Format):
    """pyskl's annotation files of 3-D skeletons in the NTU layout. Names are their `frame_dir`s.

    Recordings named as NTU's (SsssCcccPpppRrrrAaaa) have their setup, camera, subject and replication, and
    NTU's names of the actions; where any is named otherwise, actions are the labels' numbers as text.

    A pickle can only be read whole: a file is one part, and memory goes with its size (see `load_arrays`,
    which runs nothing that a file may ask for).
    """

    name = "pyskl"
    title = "NTU RGB+D as prepared by pyskl"
    licence = "NTU RGB+D: academic research only, under the agreement with its authors"
    layout = NTU25.name
    frames_per_second = 30.0

    def shards(self, source: Path) -> list[Shard]:
        return [Shard("annotations", ("annotations",), _summary(source).num_annotations)]

    def label_names(self, source: Path) -> tuple[str, ...]:
        return _summary(source).labels

    def read(self, source: Path, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
        annotations = _load(source)
        labels = _labels(annotations)
        seen: set[str] = set()
        for number, annotation in enumerate(annotations):
            name = f"annotation {number}"
            try:
                name = _field(annotation, "frame_dir", str, f"{source}: {name}")
                where = f"{source}: {name}"
                if name in seen:
                    raise DataError(f"{where}: comes a second time, as annotation {number}")
                seen.add(name)
                yield self._sequence(name, annotation, labels, where)
            except DataError as error:
                yield Rejected(name, str(error))

    def _sequence(
        self, name: str, annotation: dict[Any, Any], labels: tuple[str, ...], where: str
    ) -> SkeletonSequence:
        keypoint = _field(annotation, "keypoint", np.ndarray, where)
        if keypoint.ndim != 4:
            raise DataError(f"{where}: 'keypoint' should be (M, T, 25, 3), found {keypoint.shape}")
        T = keypoint.shape[1]
        if "total_frames" in annotation and (total := _field(annotation, "total_frames", int, where)) != T:
            raise DataError(f"{where}: 'total_frames' is {total}, 'keypoint' has {T}")
        label = _field(annotation, "label", int, where)
        if not 0 <= label < len(labels):
            raise DataError(f"{where}: label {label} is not one of the {len(labels)} classes")
        named = _NTU_NAME.fullmatch(name)
        setup, camera, subject, replication, action = map(int, named.groups()) if named else (0,) * 5
        if named and action != label + 1:
            raise DataError(f"{where}: label {label} is not the action A{action:03} of its name")
        return SkeletonSequence(
            name=name,
            joints_m=check_people(keypoint.transpose(1, 0, 2, 3), NTU25.num_joints, where),
            timestamps_s=np.arange(T) / self.frames_per_second,
            layout=self.layout,
            action=labels[label],
            subject=subject,
            camera=camera,
            setup=setup,
            replication=replication,
        )


@dataclass(frozen=True)
class _Summary:
    num_annotations: int
    labels: tuple[str, ...]


def _summary(source: Path) -> _Summary:
    if not source.is_file():
        raise DataError(f"{source}: no such file; give the .pkl file itself")
    status = source.stat()
    return _summary_of(source, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4)
def _summary_of(source: Path, _size: int, _modified_ns: int) -> _Summary:
    """Remembered, since the file must be read whole for it; size and time tell another file of that name."""
    annotations = _load(source)
    return _Summary(len(annotations), _labels(annotations))


def _load(source: Path) -> list[Any]:
    """The annotations of a file of 3-D skeletons. Raises DataError for everything else."""
    data = load_arrays(source)
    annotations = data.get("annotations") if isinstance(data, dict) else None
    if not isinstance(annotations, list) or not annotations:
        raise DataError(f"{source}: holds no list of 'annotations'; {_WANTED}")
    keypoints = (item.get("keypoint") for item in annotations if isinstance(item, dict))
    first = next((array for array in keypoints if isinstance(array, np.ndarray)), None)
    if first is None:
        raise DataError(f"{source}: its annotations hold no 'keypoint' arrays; {_WANTED}")
    if first.ndim == 4 and first.shape[2:] == (17, 2):
        raise DataError(
            f"{source}: holds 2-D COCO keypoints, which do not fit a network of 3-D joints; {_WANTED}"
        )
    if first.ndim != 4 or first.shape[2:] != (NTU25.num_joints, 3):
        raise DataError(f"{source}: expected keypoints (M, T, 25, 3), found {first.shape}; {_WANTED}")
    return annotations


def _labels(annotations: list[Any]) -> tuple[str, ...]:
    """The actions by class number: NTU's where all recordings are named as NTU's, else the numbers."""
    items = [item for item in annotations if isinstance(item, dict)]
    labels = [item["label"] for item in items if type(item.get("label")) is int]
    names = [item["frame_dir"] for item in items if isinstance(item.get("frame_dir"), str)]
    num_classes = 1 + max((label for label in labels if 0 <= label < _MAX_CLASSES), default=-1)
    if num_classes <= len(NTU_ACTIONS) and names and all(map(_NTU_NAME.fullmatch, names)):
        return NTU_ACTIONS[: 60 if num_classes <= 60 else 120]
    return tuple(map(str, range(num_classes)))


def _field(annotation: Any, key: str, kind: type, where: str) -> Any:
    """A value of an annotation. Raises DataError where it is absent or of another type."""
    if not isinstance(annotation, dict) or key not in annotation:
        raise DataError(f"{where}: has no {key!r}")
    value = annotation[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DataError(f"{where}: {key!r} is {type(value).__name__}, not {kind.__name__}")
    return value
