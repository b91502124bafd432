"""Arrays in .npz files that may come from anyone: no pickles, and no size believed that a file claims.

A few bytes can claim terabytes, and a small archive can unpack to a large one. `np.load` asks for the memory
before it looks.
"""

from __future__ import annotations

import io
import math
import struct
import threading
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from stgat.reading import first_line

#: What damage is met as; also a version of the zip format that is not known here (NotImplementedError), and
#: a password (RuntimeError).
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)

#: What a file may unpack to whatever its size: half an hour of one person at 30 frames a second.
UNPACKED_ANYWAY = 32 * 2**20
#: Beyond that it may unpack to so many times its size. Coordinates shrink by a tenth.
UNPACKED_TIMES = 12

#: A header says a type and a shape: some 128 bytes, and the 12 that precede it.
MAX_HEADER_BYTES = 10_012
_LAST_LETTER = 0x10FFFF
_CHUNK_BYTES = 1 << 20

#: NumPy has Python parse the header, which in 3.11 fails at times where two threads do so (SystemError).
_ONE_PARSER = threading.Lock()


class ArrayError(ValueError):
    """An array that is not what its file claims; the message begins with its name."""


@dataclass(frozen=True)
class NpyHeader:
    """What an array says of itself. data_offset: bytes in its file before the numbers."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    data_offset: int

    @property
    def row_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def data_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def most_unpacked(file_bytes: int) -> int:
    """How many bytes a file of this size may unpack to."""
    return max(UNPACKED_ANYWAY, UNPACKED_TIMES * file_bytes)


def read_npy_header(file: IO[bytes]) -> NpyHeader:
    """The header of a .npy file, from its beginning; more than the header may be read.

    Raises ValueError for whatever is no such header, and OSError.
    """
    start = io.BytesIO(file.read(MAX_HEADER_BYTES))
    try:
        version = npy.read_magic(start)
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"version {version} of the format is not known")
        # Version 3 differs from 2 in the encoding of field names, which arrays of numbers do not have.
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        # NumPy remarks on headers written by Python 2.
        with _ONE_PARSER, warnings.catch_warnings(action="ignore"):
            shape, fortran_order, dtype = read(start, max_header_size=MAX_HEADER_BYTES)
    except Exception as error:  # a literal of Python's: its parser and numpy's dtypes raise what they like
        raise ValueError(first_line(error)) from error
    return NpyHeader(shape, fortran_order, dtype, start.tell())


def read_array(archive: zipfile.ZipFile, name: str, kinds: str, most_bytes: int) -> NDArray[Any]:
    """One array of an .npz file, which has it, whole. kinds: of its type (np.dtype.kind).

    Raises ArrayError, also where the array has more than `most_bytes`.
    """
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
        raise ArrayError(f"{name} is packed in a way that is not supported")
    if member.file_size > most_bytes:
        raise ArrayError(f"{name} would take {member.file_size / 1e6:.0f} MB, too much for so small a file")
    try:
        with archive.open(member) as file:
            header = read_npy_header(file)
        if header.dtype.hasobject or header.dtype.kind not in kinds:
            raise ArrayError(f"{name} holds {header.dtype}, not {'texts' if kinds == 'U' else 'numbers'}")
        claimed = header.data_bytes if min(header.shape, default=0) >= 0 else -1
        if claimed != member.file_size - header.data_offset:
            raise ArrayError(f"{name} says it has the shape {header.shape}, which is not what the file holds")
        with archive.open(member) as file:
            file.seek(header.data_offset)
            return _read_numbers(file, header)
    except ArrayError:
        raise
    except ZIP_ERRORS as error:
        raise ArrayError(f"{name} is damaged") from error


def _read_numbers(file: IO[bytes], header: NpyHeader) -> NDArray[Any]:
    """The numbers from here on; what is there takes their memory, not what was claimed."""
    content = bytearray()
    while len(content) < header.data_bytes:
        chunk = file.read(min(_CHUNK_BYTES, header.data_bytes - len(content)))
        if not chunk:
            raise EOFError
        content += chunk
    file.read(1)  # the checksum is compared when the end is met
    if header.dtype.kind == "U" and content:
        letters = np.frombuffer(content, header.dtype.str[0] + "u4")
        if ((letters > _LAST_LETTER) | ((letters >= 0xD800) & (letters < 0xE000))).any():
            raise ValueError("numbers that are no letters")
    flat = np.frombuffer(content, header.dtype) if content else np.empty(0, header.dtype)
    return flat.reshape(header.shape, order="F" if header.fortran_order else "C")
