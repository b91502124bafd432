"""Skeleton recordings: the .npz files that the `pose` verb writes and that can be played like a video.

What is in them, and how one is read, is in stgat.data.recording_file: networks are trained on them too.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import OutputError, SourceError
from stgat.data.npz_arrays import most_unpacked
from stgat.data.recording_file import REQUIRED_ARRAYS, SkeletonRecording, read_recording
from stgat.errors import DataError

__all__ = ["SkeletonRecording", "load_recording", "save_recording"]


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
                file.flush()
                if sync:
                    os.fsync(file.fileno())
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
