"""UTKinect-Action3D: one text file an untrimmed recording, and `actionLabel.txt` that says what is in each.

Xia, Chen and Aggarwal, "View Invariant Human Action Recognition Using Histograms of 3D Joints", CVPR
Workshops 2012. A line of `joints_sSS_eEE.txt` is a frame's number and x y z of the 20 joints of Kinect v1.
The sensor ran at 30 frames a second; those without a skeleton were not kept, which left about 15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from stgat.data.sequences import (
    DataFiles,
    Format,
    Rejected,
    Shard,
    SkeletonSequence,
    Untrimmed,
    check_joints,
    data_files,
)
from stgat.data.text_rows import check_metres, read_rows
from stgat.errors import DataError
from stgat.skeleton import KINECT_V1_20, FloatArray

ACTIONS = (
    "walk", "sitDown", "standUp", "pickUp", "carry", "throw", "push", "pull", "waveHands", "clapHands",
)  # fmt: skip
LABEL_FILE = "actionLabel.txt"

#: Frames are numbered by twos: two in a row differ by 2, most by 4. With 60 numbers a second that is the
#: published 30 and 15 frames a second, and people walk 0.65 m a second (median, with start and stop).
NUMBERS_PER_SECOND = 60.0
FRAMES_PER_SECOND = 15.0

#: A slip in the label file: as it stands, this push lasts 18 s and runs through a throw. The arm goes out at
#: 3556, between the throw (to 3282) and the pull (from 3660).
_CORRECTIONS = {("s03_e01", "push", 2556, 3622): (3556, 3622)}

_RECORDING = re.compile(r"joints_(s(\d\d)_e(\d\d))\.txt")
_HEADING = re.compile(r"s\d\d_e\d\d")
_ANNOTATION = re.compile(r"(\w+)\s*:\s*(\S+)\s+(\S+)")
_NUMBER = re.compile(r"\d{1,9}")


@dataclass(frozen=True)
class Segment:
    """One action in an untrimmed recording: its frames are start to stop - 1, at start_s to end_s."""

    action: str
    start: int
    stop: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Recording:
    """One untrimmed recording: a person who does all the actions, one after the other.

    joints_m: (T, 20, 3) float32 metres in the order of Kinect v1. frame_numbers: (T,) as published, strictly
    ascending with gaps. timestamps_s: (T,) by those numbers, from 0.
    segments: in order of time; those without a frame are left out, a few overlap as published.
    """

    name: str
    joints_m: FloatArray
    frame_numbers: NDArray[np.int64]
    timestamps_s: FloatArray
    segments: tuple[Segment, ...]
    subject: int
    replication: int


@dataclass(frozen=True)
class _Annotation:
    """One line of the label file; numbers: its first and last frame, None where it says NaN."""

    action: str
    numbers: tuple[int, int] | None
    line: int


class UTKinect(Format):
    """The labelled segments of UTKinect-Action3D as trimmed sequences, named like "s01_e01_walk".

    Frames are those recorded, their times go by the frame numbers. A segment the label file gives no frames
    for (the carry of s10_e02 in the published one) is rejected.

    Nothing is mirrored: left has the smaller x in 99.7 % of the frames, and the hand called right moves more
    in all 39 pushes and pulls that are usable.
    """

    name = "utkinect"
    title = "UTKinect-Action3D"
    licence = "not stated by its authors; published for research"
    layout = KINECT_V1_20.name
    frames_per_second = FRAMES_PER_SECOND
    labels = ACTIONS

    def shards(self, source: Path) -> list[Shard]:
        with data_files(source, ".txt") as files:
            paths, annotations = _recordings(files, source), _annotations(files, source)
        for name in annotations:
            if name not in paths:
                raise DataError(f"{source}: holds no joints_{name}.txt, which {LABEL_FILE} speaks of")
        return [Shard(name, (paths[name],), len(lines)) for name, lines in annotations.items() if lines]

    def read(self, source: Path, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
        with data_files(source, ".txt") as files:
            annotations = _annotations(files, source)[shard.name]
            recording = _read_recording(files, source, shard.items[0], annotations)
        segments = {segment.action: segment for segment in recording.segments}
        for annotation in annotations:
            name = f"{recording.name}_{annotation.action}"
            segment = segments.get(annotation.action)
            if segment is None:
                numbers = annotation.numbers
                what = (
                    f"no frame was kept of {numbers[0]} to {numbers[1]}" if numbers else "has no frames (NaN)"
                )
                yield Rejected(name, f"{source}: {LABEL_FILE}: line {annotation.line}: {name}: {what}")
                continue
            times = recording.timestamps_s[segment.start : segment.stop]
            yield SkeletonSequence(
                name=name,
                joints_m=recording.joints_m[segment.start : segment.stop, None],
                timestamps_s=times - times[0],
                layout=self.layout,
                action=segment.action,
                subject=recording.subject,
                replication=recording.replication,
            )

    def untrimmed(self, source: Path) -> Iterator[Untrimmed]:
        """The recordings that anything is labelled in."""
        for recording in read_recordings(source):
            if not recording.segments:
                continue
            whole = SkeletonSequence(
                name=recording.name,
                joints_m=recording.joints_m[:, None],
                timestamps_s=recording.timestamps_s,
                layout=self.layout,
                action="",
                subject=recording.subject,
                replication=recording.replication,
            )
            labelled = [(f"{recording.name}_{s.action}", s.start, s.stop) for s in recording.segments]
            rest = [("", start, stop) for start, stop in between_segments(recording)]
            yield Untrimmed(whole, (*labelled, *rest))


def between_segments(recording: Recording) -> list[tuple[int, int]]:
    """The ranges of frames, first and beyond the last, that no segment holds."""
    free = np.ones(len(recording.timestamps_s) + 2, bool)
    free[[0, -1]] = False
    for segment in recording.segments:
        free[segment.start + 1 : segment.stop + 1] = False
    edges = np.flatnonzero(np.diff(free))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def read_recordings(source: Path) -> Iterator[Recording]:
    """The untrimmed recordings with what is done in them, for measuring recognition in a stream.

    Raises DataError that names the file and the line of what cannot be used.
    """
    with data_files(source, ".txt") as files:
        annotations = _annotations(files, source)
        for name, path in _recordings(files, source).items():
            yield _read_recording(files, source, path, annotations.get(name, ()))


def _recordings(files: DataFiles, source: Path) -> dict[str, str]:
    """Recordings' names -> their files. Raises DataError where there is none."""
    matches = ((_RECORDING.fullmatch(PurePosixPath(path).name), path) for path in files.names)
    found = {match[1]: path for match, path in matches if match}
    if not found:
        raise DataError(f"{source}: holds no file like joints_s01_e01.txt; is it UTKinect-Action3D?")
    return found


def _annotations(files: DataFiles, source: Path) -> dict[str, tuple[_Annotation, ...]]:
    """Recordings' names -> what the label file says of them. Raises DataError."""
    path = next((path for path in files.names if PurePosixPath(path).name == LABEL_FILE), None)
    if path is None:
        raise DataError(f"{source}: holds no {LABEL_FILE}; is it UTKinect-Action3D, and all of it?")
    found: dict[str, tuple[_Annotation, ...]] = {}
    name = ""
    for number, line in enumerate(files.read(path).decode("utf-8", errors="replace").splitlines(), 1):
        where, text = f"{source}: {path}: line {number}", line.strip()
        if _HEADING.fullmatch(text):
            if text in found:
                raise DataError(f"{where}: {text} comes a second time")
            name, found[text] = text, ()
        elif text:
            if not name:
                raise DataError(f"{where}: a recording like s01_e01 is expected first, found {text[:40]!r}")
            annotation = _annotation(name, text, number, where)
            if annotation.action in (other.action for other in found[name]):
                raise DataError(f"{where}: {annotation.action} comes a second time in {name}")
            found[name] += (annotation,)
    return found


def _annotation(name: str, text: str, line: int, where: str) -> _Annotation:
    match = _ANNOTATION.fullmatch(text)
    if not match or match[1] not in ACTIONS:
        raise DataError(f"{where}: an action and two frame numbers are expected, found {text[:40]!r}")
    action, first, last = match.groups()
    if first == last == "NaN":
        return _Annotation(action, None, line)
    if not (_NUMBER.fullmatch(first) and _NUMBER.fullmatch(last) and int(first) <= int(last)):
        raise DataError(f"{where}: expected the first and the last frame of {action}, found {text[:40]!r}")
    numbers = int(first), int(last)
    return _Annotation(action, _CORRECTIONS.get((name, action, *numbers), numbers), line)


def _read_recording(
    files: DataFiles, source: Path, path: str, annotations: tuple[_Annotation, ...]
) -> Recording:
    where = f"{source}: {path}"
    match = _RECORDING.fullmatch(PurePosixPath(path).name)
    assert match  # `_recordings` chose it
    rows = read_rows(files.read(path), 1 + 3 * KINECT_V1_20.num_joints, where)
    if (rows[:, 0] != np.round(rows[:, 0])).any() or np.abs(rows[:, 0]).max() >= 1e9:
        raise DataError(f"{where}: its first column should hold frame numbers")
    joints = rows[:, 1:].reshape(len(rows), -1, 3)
    check_metres(joints, where)
    kept = _one_per_number(rows[:, 0], joints)
    numbers = rows[kept, 0].astype(np.int64)
    times = (numbers - numbers[0]) / NUMBERS_PER_SECOND
    segments = []
    for annotation in annotations:
        if annotation.numbers is None:
            continue
        first, last = annotation.numbers
        start, stop = int(np.searchsorted(numbers, first)), int(np.searchsorted(numbers, last, "right"))
        if start < stop:
            start_s, end_s = ((number - numbers[0]) / NUMBERS_PER_SECOND for number in (first, last))
            segments.append(Segment(annotation.action, start, stop, float(start_s), float(end_s)))
    return Recording(
        name=match[1],
        joints_m=check_joints(joints[kept], KINECT_V1_20.num_joints, where),
        frame_numbers=numbers,
        timestamps_s=times,
        segments=tuple(sorted(segments, key=lambda segment: segment.start_s)),
        subject=int(match[2]),
        replication=int(match[3]),
    )


def _one_per_number(numbers: FloatArray, joints: FloatArray) -> list[int]:
    """Rows in order of their frame numbers, one for each.

    Where a number comes twice, the sensor saw two people, or one twice: the one nearest to the frame before
    stays (a passer-by shares four frames of s03_e01).
    """
    kept: list[int] = []
    for row in np.argsort(numbers, kind="stable").tolist():
        if not kept or numbers[row] != numbers[kept[-1]]:
            kept.append(row)
        elif len(kept) > 1:
            before = joints[kept[-2], 0]
            kept[-1] = min(kept[-1], row, key=lambda i: float(np.linalg.norm(joints[i, 0] - before)))
    return kept
