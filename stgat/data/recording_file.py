"""Skeleton recordings: the .npz files of the application, with the poses of everybody in view over time.

A recording may come from anyone, so reading one trusts nothing: no pickles, sizes checked before memory is
asked for.
"""

from __future__ import annotations

import struct
import threading
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from stgat.errors import DataError

NUM_JOINTS = 25
MAX_PEOPLE = 16
#: Of one array, unpacked: 15 hours of two people at 30 fps in joints_m.
MAX_ARRAY_BYTES = 1 << 30
MAX_DISTANCE_M = 100.0

#: NumPy has Python parse the header, which in 3.11 fails at times where two threads do so (SystemError).
_ONE_PARSER = threading.Lock()

REQUIRED_ARRAYS = ("joints_m", "confidence", "timestamps_s")
OPTIONAL_ARRAYS = ("image_joints", "image_size", "person_ids")


@dataclass(frozen=True)
class SkeletonRecording:
    """Skeletons of up to M people over T moments, in the NTU RGB+D 25-joint layout.

    joints_m: (T, M, 25, 3) float32 metres in Kinect camera space, NaN where nobody is. Column m is one
        person.
    confidence: (T, M, 25) float32 in [0, 1]; 0 where nobody is.
    timestamps_s: (T,) float64, strictly increasing.
    image_joints: (T, M, 25, 2) float32, fractions of the picture's width and height; None where unknown.
    image_size: (width, height) of the picture in pixels; None where unknown.
    person_ids: (M,) who is in each column, where that goes on beyond this recording; None where it does not.

    Arrays of other number types are converted, NaN confidences become 0. Raises ValueError, naming the
    array, for anything else.
    """

    joints_m: NDArray[np.float32]
    confidence: NDArray[np.float32]
    timestamps_s: NDArray[np.float64]
    image_joints: NDArray[np.float32] | None = None
    image_size: tuple[int, int] | None = None
    person_ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
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
            _check_bounds("image_joints", image_joints, -1e3, 1e3)
            image_joints = image_joints.astype(np.float32)

        object.__setattr__(self, "joints_m", joints.astype(np.float32))
        object.__setattr__(self, "confidence", confidence.astype(np.float32))
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
    def fps(self) -> float | None:
        """Moments a second, from the median interval; None for a single moment."""
        if self.num_frames < 2:
            return None
        return float(1.0 / np.median(np.diff(self.timestamps_s)))


def read_recording(file: Path | IO[bytes], where: str) -> SkeletonRecording:
    """Read a recording from a file or its opened content; where: its name in errors.

    Raises DataError that names the file and the array.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            missing = [name for name in REQUIRED_ARRAYS if f"{name}.npy" not in names]
            if missing:
                raise DataError(
                    f"{where} has no array {' or '.join(missing)}: choose a recording made by the pose verb"
                )
            wanted = (name for name in REQUIRED_ARRAYS + OPTIONAL_ARRAYS if f"{name}.npy" in names)
            arrays = {name: _read_array(archive, name) for name in wanted}
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
    except _ArrayError as error:
        raise DataError(f"{where}: {error}: record it again with the pose verb") from error
    except (ValueError, NotImplementedError) as error:  # names that are no text, zip features nobody writes
        raise DataError(f"{where} is a damaged .npz recording ({error}): record it again") from error
    size, ids = arrays.pop("image_size", None), arrays.pop("person_ids", None)
    try:
        return SkeletonRecording(**arrays, image_size=size, person_ids=ids)  # type: ignore[arg-type]  # checked
    except ValueError as error:
        raise DataError(f"{where}: {error}: record it again with the pose verb") from error


class _ArrayError(Exception):
    pass


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[np.generic]:
    """One array of the archive; raises _ArrayError.

    What its header promises is compared with its size first: a few bytes can promise terabytes, and NumPy
    would ask for the memory before it looks.
    """
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
        raise _ArrayError(f"{name} is packed in a way that is not supported")
    if member.file_size > MAX_ARRAY_BYTES:
        raise _ArrayError(f"{name} would take {member.file_size / 1e9:.1f} GB, more than a recording may")
    try:
        with archive.open(member) as file:
            with _ONE_PARSER:
                shape, dtype = _read_header(file)
            if dtype.hasobject or dtype.kind not in "fiu":
                raise _ArrayError(f"{name} holds {dtype}, not numbers")
            size = dtype.itemsize
            for length in shape:
                size *= length
            if size != member.file_size - file.tell():
                raise _ArrayError(f"{name} says it has the shape {shape}, which is not what the file holds")
        with archive.open(member) as file, _ONE_PARSER:
            return npy.read_array(file, allow_pickle=False)
    except (ValueError, TypeError, KeyError, SyntaxError, OverflowError, EOFError) as error:
        raise _ArrayError(f"{name} is damaged") from error
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError) as error:
        raise _ArrayError(f"{name} is damaged") from error


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    version = npy.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = npy.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = npy.read_array_header_2_0(file)
    else:
        raise ValueError(f"version {version} of the npy format")
    if any(length < 0 for length in shape):
        raise ValueError("a negative length")
    return shape, dtype


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
    if (np.isfinite(array) & ((array < low) | (array > high))).any() or np.isinf(array).any():
        raise ValueError(f"{name} holds values outside {low:g} to {high:g}")


def _checked_size(size: object) -> tuple[int, int] | None:
    if size is None:
        return None
    values = np.asarray(size)
    if (
        values.shape != (2,)
        or values.dtype.kind not in "iu"
        or not ((values >= 16) & (values <= 16_384)).all()
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
