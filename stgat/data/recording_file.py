"""Skeleton recordings: the .npz files of the application, with the poses of everybody in view over time.

A recording may come from anyone, so reading one trusts nothing: no pickles, sizes checked before memory is
asked for.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from stgat.data.npz_arrays import ZIP_ERRORS, ArrayError, most_unpacked, read_array
from stgat.errors import DataError
from stgat.reading import first_line

NUM_JOINTS = 25
MAX_PEOPLE = 16
#: Of one array, unpacked: 15 hours of two people at 30 fps in joints_m.
MAX_ARRAY_BYTES = 1 << 30
MAX_DISTANCE_M = 100.0
#: How far joints may lie off the picture, in its widths and heights; and its sides, in pixels.
MAX_OFF_PICTURE = 1e3
MIN_SIDE_PX, MAX_SIDE_PX = 16, 16_384

REQUIRED_ARRAYS = ("joints_m", "confidence", "timestamps_s")
OPTIONAL_ARRAYS = ("image_joints", "image_size", "person_ids")


@dataclass(frozen=True)
class SkeletonRecording:
    """Skeletons of up to M people over T moments, in the NTU RGB+D 25-joint layout.

    joints_m: (T, M, 25, 3) float32 metres in Kinect camera space, NaN where nobody is. Column m is one
        person; where there were too many for that, several one after the other (app.recordings).
    confidence: (T, M, 25) float32 in [0, 1]; 0 where nobody is.
    timestamps_s: (T,) float64, strictly increasing.
    image_joints: (T, M, 25, 2) float32, fractions of the picture's width and height; None where unknown.
    image_size: (width, height) of the picture in pixels; None where unknown.
    person_ids: (M,) who is in each column, where that goes on beyond this recording; None where it does not.

    Arrays of other number types are converted, the others are not copied; NaN confidences become 0.

    Raises ValueError, naming the array, for anything else.
    """

    joints_m: NDArray[np.float32]
    confidence: NDArray[np.float32]
    timestamps_s: NDArray[np.float64]
    image_joints: NDArray[np.float32] | None = None
    image_size: tuple[int, int] | None = None
    person_ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        # None of what follows takes much more memory than the arrays themselves.
        joints = _numbers("joints_m", self.joints_m, 4)
        frames, people = joints.shape[:2]
        if joints.shape[2:] != (NUM_JOINTS, 3) or frames < 1 or not 1 <= people <= MAX_PEOPLE:
            raise ValueError(
                f"joints_m has the shape {joints.shape}, not (T, M, 25, 3) with 1 to {MAX_PEOPLE} people"
            )
        _check_bounds("joints_m", joints, -MAX_DISTANCE_M, MAX_DISTANCE_M)

        confidence = _numbers("confidence", self.confidence, 3)
        _check_shape("confidence", confidence, (frames, people, NUM_JOINTS))
        confidence = np.nan_to_num(confidence, nan=0.0, posinf=np.inf, neginf=-np.inf)
        _check_bounds("confidence", confidence, 0.0, 1.0)

        times = _numbers("timestamps_s", self.timestamps_s, 1)
        _check_shape("timestamps_s", times, (frames,))
        if not np.isfinite(times).all() or not (np.abs(times) < 1e12).all():
            raise ValueError("timestamps_s holds a value that is no time in seconds")
        times = times.astype(np.float64)
        if not (np.diff(times) > 0).all():
            raise ValueError("timestamps_s does not strictly increase")

        image_joints = self.image_joints
        if image_joints is not None:
            image_joints = _numbers("image_joints", image_joints, 4)
            _check_shape("image_joints", image_joints, (frames, people, NUM_JOINTS, 2))
            _check_bounds("image_joints", image_joints, -MAX_OFF_PICTURE, MAX_OFF_PICTURE)
            image_joints = image_joints.astype(np.float32, copy=False)

        object.__setattr__(self, "joints_m", joints.astype(np.float32, copy=False))
        object.__setattr__(self, "confidence", confidence.astype(np.float32, copy=False))
        object.__setattr__(self, "timestamps_s", times)
        object.__setattr__(self, "image_joints", image_joints)
        object.__setattr__(self, "image_size", _checked_size(self.image_size))
        object.__setattr__(self, "person_ids", _checked_ids(self.person_ids, people))

    @property
    def num_frames(self) -> int:
        return self.joints_m.shape[0]

    @property
    def num_people(self) -> int:
        return self.joints_m.shape[1]

    @property
    def num_bytes(self) -> int:
        """What its arrays take in memory."""
        arrays = (self.joints_m, self.confidence, self.timestamps_s, self.image_joints)
        return sum(array.nbytes for array in arrays if array is not None)

    @property
    def fps(self) -> float | None:
        """Moments a second, from the median interval; None for a single moment."""
        if self.num_frames < 2:
            return None
        return float(1.0 / np.median(np.diff(self.timestamps_s)))


def read_recording(
    file: Path | IO[bytes], where: str, most_bytes: int = MAX_ARRAY_BYTES
) -> SkeletonRecording:
    """Read a recording from a file or its opened content; where: its name in errors.

    most_bytes: that it may unpack to; also, no more than some times the file's size (most_unpacked).

    Raises DataError that names the file and the array.
    """
    try:
        arrays = _unpack(file, where, most_bytes)
    except DataError:
        raise
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataError(f"there is no recording {where}: check the name and the folder") from error
    except PermissionError as error:
        raise DataError(f"{where} may not be read: change its permissions or copy it elsewhere") from error
    except zipfile.BadZipFile as error:
        raise DataError(f"{where} is not an .npz recording, or it is damaged: record it again") from error
    except OSError as error:
        raise DataError(f"{where} cannot be read ({error.strerror or error}): copy it again") from error
    except ArrayError as error:
        raise DataError(f"{where}: {error}: record it again with the pose verb") from error
    except ZIP_ERRORS as error:  # names that are no text, zip features nobody writes
        raise DataError(
            f"{where} is a damaged .npz recording ({first_line(error)}): record it again"
        ) from error
    size, ids = arrays.pop("image_size", None), arrays.pop("person_ids", None)
    try:
        return SkeletonRecording(**arrays, image_size=size, person_ids=ids)  # type: ignore[arg-type]  # checked
    except ValueError as error:
        raise DataError(f"{where}: {error}: record it again with the pose verb") from error


def _unpack(file: Path | IO[bytes], where: str, most_bytes: int) -> dict[str, NDArray[np.generic]]:
    """The arrays of a recording. Raises DataError, ArrayError, and what zip files raise."""
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        missing = [name for name in REQUIRED_ARRAYS if f"{name}.npy" not in names]
        if missing:
            raise DataError(
                f"{where} has no array {' or '.join(missing)}: choose a recording made by the pose verb"
            )
        assert archive.fp
        left = min(most_bytes, most_unpacked(archive.fp.seek(0, os.SEEK_END)))
        arrays: dict[str, NDArray[np.generic]] = {}
        for name in REQUIRED_ARRAYS + OPTIONAL_ARRAYS:
            if f"{name}.npy" in names:
                arrays[name] = read_array(archive, name, "fiu", min(left, MAX_ARRAY_BYTES))
                left -= arrays[name].nbytes
                if arrays[name].dtype.kind == "f":  # signalling NaNs, which NumPy remarks on, made quiet
                    arrays[name][np.isnan(arrays[name])] = np.nan
        return arrays


def _numbers(name: str, array: object, ndim: int) -> NDArray[np.floating]:
    values = np.asarray(array)
    if values.dtype.kind not in "fiu":
        raise ValueError(f"{name} holds {values.dtype}, not numbers")
    if values.ndim != ndim:
        raise ValueError(f"{name} has {values.ndim} axes, not {ndim}")
    if values.dtype.kind != "f":
        return values.astype(np.float64)
    return values


def _check_shape(name: str, array: NDArray[np.floating], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} has the shape {array.shape}, but joints_m asks for {shape}")


def _check_bounds(name: str, array: NDArray[np.floating], low: float, high: float) -> None:
    """Every value is NaN or within [low, high]."""
    least, most = np.fmin.reduce(array, axis=None), np.fmax.reduce(array, axis=None)  # NaN left out
    if least < low or most > high:
        raise ValueError(f"{name} holds values outside {low:g} to {high:g}")


def _checked_size(size: object) -> tuple[int, int] | None:
    if size is None:
        return None
    values = np.asarray(size)
    if (
        values.shape != (2,)
        or values.dtype.kind not in "iu"
        or not ((values >= MIN_SIDE_PX) & (values <= MAX_SIDE_PX)).all()
    ):
        raise ValueError("image_size is not a width and a height in pixels")
    return int(values[0]), int(values[1])


def _checked_ids(ids: object, people: int) -> tuple[int, ...] | None:
    if ids is None:
        return None
    values = np.asarray(ids)
    if values.shape != (people,) or values.dtype.kind not in "iu" or len(set(values.tolist())) != people:
        raise ValueError("person_ids does not give each column a number of its own")
    return tuple(int(value) for value in values)
