"""Skeleton recordings: the .npz files that the `pose` verb writes and that can be played like a video.

What is in them, and how one is read, is in stgat.data.recording_file: networks are trained on them too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import OutputError, SourceError
from stgat.data.atomic import take_place
from stgat.data.npz_arrays import most_unpacked
from stgat.data.recording_file import (
    MAX_DISTANCE_M,
    MAX_OFF_PICTURE,
    MAX_PEOPLE,
    MAX_SIDE_PX,
    MIN_SIDE_PX,
    NUM_JOINTS,
    REQUIRED_ARRAYS,
    SkeletonRecording,
    read_recording,
)
from stgat.errors import DataError
from stgat.retarget import one_body
from stgat.skeleton import Skeleton

__all__ = ["SkeletonRecording", "load_recording", "make_recording", "save_recording", "share_columns"]

#: Somebody who is out of sight for longer is forgotten (pose.tracking), and comes back with a new id.
GONE_AFTER_S = 1.0


def make_recording(
    times_s: Sequence[float],
    seen: Sequence[Sequence[Skeleton]],
    columns: Mapping[int, int],
    image_size: tuple[int, int],
    *,
    person_ids: tuple[int, ...] | None = None,
    on_body: bool = False,
) -> SkeletonRecording:
    """Skeletons as arrays. What no recording may hold, such as a joint a mile away, is unknown in it.

    times_s: of each moment. seen: who was seen then. columns: person_id -> the column; others are left out.
    image_size: (width, height) of the pictures. person_ids: as SkeletonRecording has them. on_body: rebuild
    each skeleton on the one body of stgat.retarget.
    """
    people = max(columns.values(), default=0) + 1
    shape = (len(times_s), people, NUM_JOINTS)
    joints = np.full((*shape, 3), np.nan, np.float32)
    image_joints = np.full((*shape, 2), np.nan, np.float32)
    confidence = np.zeros(shape, np.float32)
    with np.errstate(over="ignore"):  # too large for float32: unknown, below
        for t, skeletons in enumerate(seen):
            for one in skeletons:
                m = columns.get(one.person_id)
                if m is None:
                    continue
                joints[t, m], confidence[t, m] = one.joints_m, one.confidence
                if one.image_joints is not None:
                    image_joints[t, m] = one.image_joints
    if on_body:
        joints = np.stack([one_body(joints[:, m]) for m in range(people)], axis=1)
    with np.errstate(invalid="ignore"):
        joints[~(np.abs(joints) <= MAX_DISTANCE_M)] = np.nan
        image_joints[~(np.abs(image_joints) <= MAX_OFF_PICTURE)] = np.nan
    confidence = np.clip(np.nan_to_num(confidence), 0.0, 1.0)
    pictured = image_joints if np.isfinite(image_joints).any() else None
    size = image_size if MIN_SIDE_PX <= min(image_size) <= max(image_size) <= MAX_SIDE_PX else None
    return SkeletonRecording(joints, confidence, np.array(times_s), pictured, size, person_ids)


def share_columns(times_s: Sequence[float], seen: Sequence[Sequence[Skeleton]]) -> dict[int, int]:
    """person_id -> column of a recording: one each, in the order of the ids.

    Where more than MAX_PEOPLE were seen, as in hours of people who come and go, they share: a column is the
    next one's when the last has been gone for more than GONE_AFTER_S. Whoever finds none has none.
    """
    spans: dict[int, tuple[float, float]] = {}
    for time_s, skeletons in zip(times_s, seen, strict=True):
        for one in skeletons:
            spans[one.person_id] = spans.get(one.person_id, (time_s, time_s))[0], time_s
    if len(spans) <= MAX_PEOPLE:
        return {person: column for column, person in enumerate(sorted(spans))}
    columns: dict[int, int] = {}
    left_s: list[float] = []  # of each column, when the last one went
    for person, (first_s, last_s) in sorted(spans.items(), key=lambda item: (item[1], item[0])):
        column = next((m for m, left in enumerate(left_s) if first_s - left > GONE_AFTER_S), len(left_s))
        if column < MAX_PEOPLE:
            left_s[column : column + 1] = [last_s]
            columns[person] = column
    return columns


def save_recording(path: str | Path, recording: SkeletonRecording, sync: bool = True) -> None:
    """Write a recording; the file appears whole or not at all.

    sync: wait until it is on the disk itself, which may take a second where others write too; without, a
    power cut may leave a damaged file, the end of the process may not.

    Raises OutputError where it cannot be written.
    """
    path = Path(path)
    arrays: dict[str, NDArray[np.generic]] = {name: getattr(recording, name) for name in REQUIRED_ARRAYS}
    if recording.image_joints is not None:
        arrays["image_joints"] = recording.image_joints
    if recording.image_size is not None:
        arrays["image_size"] = np.array(recording.image_size, np.int64)
    if recording.person_ids is not None:
        arrays["person_ids"] = np.array(recording.person_ids, np.int64)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        try:
            with partial.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)
                if recording.num_bytes > most_unpacked(file.tell()):  # a day with hardly anybody in it
                    file.seek(0)
                    file.truncate()
                    np.savez(file, allow_pickle=False, **arrays)
            if sync:
                take_place(partial, path)
            else:
                partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}): check that its folder exists and has room"
        ) from error


def load_recording(path: str | Path) -> SkeletonRecording:
    """Read a recording written by save_recording, or by NumPy with the same arrays.

    Raises SourceError, naming the file and the array, where it is no such file.
    """
    path = Path(path)
    try:
        return read_recording(path, str(path))
    except DataError as error:
        raise SourceError(str(error)) from error
