"""Kinetics-Skeleton: two-dimensional poses of Kinetics-400's clips, as published with ST-GCN.

Yan, Xiong and Lin, "Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action Recognition",
AAAI 2018. `kinetics_train/` and `kinetics_val/` hold one JSON file a clip, named by its YouTube id:

    {"data": [{"frame_index": 1, "skeleton": [{"pose": [x0, y0, ...], "score": [s0, ...]}, ...]}, ...],
     "label": "abseiling", "label_index": 0}

with OpenPose's 18 joints, x and y as fractions of the picture (y down), 0 where a joint was not found.
Beside them, kinetics_train_label.json and kinetics_val_label.json have {id: {"has_skeleton": true,
"label": ..., "label_index": ...}}.

What becomes of a clip follows ST-GCN: of the first five people of a frame the two with the highest sum of
scores, best first; x - 0.5 and y - 0.5; zeros where the score is zero. As in 2s-AGCN (Shi et al., CVPR 2019)
and what grew from it, y is turned to point up: 0.5 - y.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from stgat.data.json_text import read_json
from stgat.data.people import check_people
from stgat.data.sequences import Format, Rejected, Shard, SkeletonSequence, data_files
from stgat.errors import DataError
from stgat.skeleton import OPENPOSE18, FloatArray

#: Folder -> the first part of a recording's name.
PARTS = {"kinetics_train": "train", "kinetics_val": "val"}
LABEL_FILES = tuple(f"{folder}_label.json" for folder in PARTS)

#: How many of a frame's people are looked at, and how many are kept.
PEOPLE_SEEN, PEOPLE_KEPT = 5, 2

#: Clips have 300 frames at most; an index ten times as high is damage.
MAX_FRAMES = 3000

#: Each part lists a source of 260,000 files anew: fewer and larger parts than of other data sets.
CLIPS_PER_SHARD = 4096

#: Far from what fractions of the picture and confidences are; pixels are farther.
_FAR_OUTSIDE = 2.0

_V = OPENPOSE18.num_joints
_Person = dict[str, list[Any]]  # pose and score


class Kinetics(Format):
    """Kinetics-Skeleton. Names are "train/" or "val/" and the clip's YouTube id.

    The third coordinate is the confidence of the pose estimate, 0 to 1; the first two are fractions of the
    picture from its middle. None of them is metres: such data train a network of their own.
    """

    name = "kinetics"
    title = "Kinetics-Skeleton"
    licence = "not stated by its authors; published for research"
    layout = OPENPOSE18.name
    frames_per_second = 30.0

    def shards(self, source: Path) -> list[Shard]:
        with data_files(source, ".json") as files:
            clips = [name for name in files.names if PurePosixPath(name).parent.name in PARTS]
        if not clips:
            raise DataError(f"{source}: holds no folder {' or '.join(PARTS)} with clips in it")
        starts = range(0, len(clips), CLIPS_PER_SHARD)
        parts = [tuple(clips[start : start + CLIPS_PER_SHARD]) for start in starts]
        return [Shard(f"{number:05}", part, len(part)) for number, part in enumerate(parts)]

    def label_names(self, source: Path) -> tuple[str, ...]:
        """The actions by `label_index`, from the label files; empty where there are none."""
        by_index: dict[int, str] = {}
        with data_files(source, ".json") as files:
            for name in files.names:
                if PurePosixPath(name).name in LABEL_FILES:
                    _collect_labels(files.read(name), by_index, f"{source}: {name}")
        return tuple(label for _, label in sorted(by_index.items()))

    def read(self, source: Path, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
        with data_files(source, ".json") as files:
            for file in shard.items:
                path = PurePosixPath(file)
                name = f"{PARTS[path.parent.name]}/{path.stem}"
                try:
                    yield self._sequence(name, files.read(file), f"{source}: {file}")
                except DataError as error:
                    yield Rejected(name, str(error))

    def _sequence(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        record = _object(content, where)
        label = record.get("label")
        if not isinstance(label, str) or not label:
            raise DataError(f"{where}: has no 'label'")
        joints = check_people(_joints(_frames(record, where), where), _V, where)
        return SkeletonSequence(
            name=name,
            joints_m=joints,
            timestamps_s=np.arange(len(joints)) / self.frames_per_second,
            layout=self.layout,
            action=label,
        )


def _object(content: bytes, where: str) -> dict[str, Any]:
    record = read_json(content, where)
    if not isinstance(record, dict):
        raise DataError(f"{where}: holds no JSON object")
    return record


def _frames(record: dict[str, Any], where: str) -> dict[int, list[_Person]]:
    """The people of each frame, by its index."""
    frames: dict[int, list[_Person]] = {}
    data = record.get("data")
    if not isinstance(data, list):
        raise DataError(f"{where}: has no list 'data'")
    for frame in data:
        match frame:
            case {"frame_index": int(index), "skeleton": list(people)}:
                if index in frames:
                    raise DataError(f"{where}: frame {index} comes twice")
                frames[index] = [
                    _person(person, f"{where}: frame {index}") for person in people[:PEOPLE_SEEN]
                ]
            case _:
                raise DataError(f"{where}: frame {len(frames)} of 'data' has no 'frame_index' and 'skeleton'")
    if not any(frames.values()):
        raise DataError(f"{where}: holds no skeleton")
    if max(frames) - min(frames) >= MAX_FRAMES:
        raise DataError(f"{where}: claims frames {min(frames)} to {max(frames)}; it looks damaged")
    return frames


def _person(person: Any, where: str) -> _Person:
    match person:
        case {"pose": list(pose), "score": list(score)} if (len(pose), len(score)) == (2 * _V, _V):
            return {"pose": pose, "score": score}
    raise DataError(f"{where}: a person without a 'pose' of {2 * _V} and a 'score' of {_V} numbers")


def _joints(frames: dict[int, list[_Person]], where: str) -> FloatArray:
    """(T, 2, 18, 3) from the first frame to the last; nobody is in a frame that is left out."""
    pose = _numbers(frames, "pose", -_FAR_OUTSIDE, where).reshape(-1, _V, 2)
    score = _numbers(frames, "score", 0.0, where)
    values = np.concatenate([pose[..., :1] - 0.5, 0.5 - pose[..., 1:], score[..., None]], axis=-1)
    values[score == 0] = 0
    total = score.sum(axis=1)
    first = min(frames)
    joints = np.zeros((max(frames) - first + 1, PEOPLE_KEPT, _V, 3))
    row = 0
    for index, in_frame in frames.items():
        best = np.argsort(-total[row : row + len(in_frame)], kind="stable")[:PEOPLE_KEPT]
        joints[index - first, : len(best)] = values[row + best]
        row += len(in_frame)
    return joints


def _numbers(frames: dict[int, list[_Person]], part: str, lowest: float, where: str) -> FloatArray:
    """All people's poses or scores, a row each, frame by frame. Raises DataError that names the frame."""
    rows = [person[part] for in_frame in frames.values() for person in in_frame]
    if _in_range(rows, lowest):
        return np.array(rows, dtype=np.float64)
    wrong = next(i for i, people in frames.items() if not _in_range([p[part] for p in people], lowest))
    raise DataError(
        f"{where}: frame {wrong}: {part!r} is not made of fractions of the picture or confidences"
    )


def _in_range(rows: list[list[Any]], lowest: float) -> bool:
    try:
        numbers = np.array(rows)
    except ValueError:  # lists among the numbers
        return False
    if not rows:
        return True
    # Written so that what is no number is out of range.
    return (
        numbers.ndim == 2
        and numbers.dtype.kind in "fi"
        and bool(((numbers >= lowest) & (numbers <= _FAR_OUTSIDE)).all())
    )


def _collect_labels(content: bytes, by_index: dict[int, str], where: str) -> None:
    """Add a label file's actions. Raises DataError where class numbers and actions do not pair off."""
    for clip, entry in _object(content, where).items():
        match entry:
            case {"label": str(label), "label_index": int(index)}:
                if by_index.setdefault(index, label) != label:
                    raise DataError(
                        f"{where}: {clip[:40]!r}: class {index} is {label[:40]!r} here, "
                        f"{by_index[index][:40]!r} before"
                    )
            case _:
                raise DataError(f"{where}: {clip[:40]!r}: has no 'label' and 'label_index'")
    if len(set(by_index.values())) != len(by_index):
        raise DataError(f"{where}: gives one action two class numbers")
