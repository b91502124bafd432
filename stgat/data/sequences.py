"""What every reader gives: trimmed sequences of skeletons with their labels."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from stgat.errors import DataError
from stgat.skeleton import FloatArray

#: No single recording of a real data set comes near this; a larger one is damaged or hostile.
MAX_MEMBER_BYTES = 64 * 2**20


@dataclass(frozen=True)
class SkeletonSequence:
    """One trimmed recording of one action.

    joints_m: (T, V, 3) metres of one person, in `layout`.
    timestamps_s: (T,) from 0.
    action: the data set's own name of the action.
    subject, camera: the data set's own numbers; camera is 0 where there is only one.
    """

    name: str
    joints_m: FloatArray
    timestamps_s: FloatArray
    layout: str
    action: str
    subject: int
    camera: int = 0


def members(source: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    """The files of a data set that end in `suffix`, from its folder or its zip archive, in order of name.

    Hidden files are left out. Yields (path inside the source, content). Raises DataError where the source is
    missing, is no folder or zip, is damaged, or holds no such file.
    """
    found = False
    if source.is_dir():
        for path in sorted(source.rglob(f"*{suffix}")):
            if path.name.startswith("."):
                continue
            found = True
            yield path.relative_to(source).as_posix(), path.read_bytes()
    elif source.is_file():
        try:
            with zipfile.ZipFile(source) as archive:
                for info in sorted(archive.infolist(), key=lambda info: info.filename):
                    name = PurePosixPath(info.filename)
                    if info.is_dir() or name.suffix != suffix or name.name.startswith("."):
                        continue
                    if info.file_size > MAX_MEMBER_BYTES:
                        raise DataError(f"{source}: {name} claims {info.file_size} bytes; it looks damaged")
                    found = True
                    yield str(name), _unpack(archive, info, source)
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise DataError(f"{source}: not a readable zip archive ({error})") from error
    else:
        raise DataError(f"{source}: no such file or folder; give the data set's folder or zip archive")
    if not found:
        raise DataError(f"{source}: holds no {suffix} file; is it the right data set?")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: Path) -> bytes:
    try:
        return archive.read(info)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # The last two: a compression that is not known here, and a password.
        raise DataError(f"{source}: {info.filename} is damaged or cannot be unpacked ({error})") from error


def check_joints(joints: np.ndarray, num_joints: int, where: str) -> FloatArray:
    """Joints as (T, num_joints, 3) float32, or DataError that says what `where` holds instead."""
    if joints.ndim != 3 or joints.shape[1:] != (num_joints, 3) or not np.issubdtype(joints.dtype, np.number):
        raise DataError(f"{where}: expected joints (T, {num_joints}, 3), found {joints.dtype} {joints.shape}")
    if len(joints) == 0:
        raise DataError(f"{where}: holds no frame")
    if not np.isfinite(joints).all():
        frame = int(np.argwhere(~np.isfinite(joints))[0][0])
        raise DataError(f"{where}: frame {frame} holds a coordinate that is no number")
    return joints.astype(np.float32)
