"""Arrays in .npz files larger than memory, one row after the other.

`np.load` unpacks a whole member of an .npz. The format itself (numpy.lib.format: a short header, then the
numbers in order) can be read as it arrives.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from stgat.data.npz_arrays import MAX_HEADER_BYTES, ZIP_ERRORS, NpyHeader, read_npy_header
from stgat.data.sequences import MAX_MEMBER_BYTES
from stgat.errors import DataError
from stgat.reading import first_line

#: More elements along an axis than any machine has bytes.
_ABSURD_LENGTH = 2**56

#: A row may have as many bytes whatever the file's size, which it otherwise may exceed four times: what reads
#: a row makes copies of it.
_ROW_ANYWAY = 4 * 2**20


class NpzStream:
    """An .npz file whose arrays are read row by row, so that memory holds one row of each.

    Use as a context manager. Arrays of plain numbers in C order only; nothing is unpickled.

    Raises DataError, in all methods, where the file is missing, no .npz, damaged, cut short, or claims what
    it does not hold.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise DataError(f"{path}: no such file; give the .npz file itself")
        try:
            self._size = path.stat().st_size
            self._archive = zipfile.ZipFile(path)
        except ZIP_ERRORS as error:
            raise DataError(f"{path}: not a readable .npz file ({first_line(error)})") from error

    @property
    def arrays(self) -> tuple[str, ...]:
        """The names of the arrays, without their `.npy`."""
        names = self._archive.namelist()
        return tuple(name.removesuffix(".npy") for name in names if name.endswith(".npy"))

    def header(self, array: str) -> NpyHeader:
        """Type and shape of one array, compared with the size of its member. Its rows are not read."""
        info = self._info(array)
        where = self._where(array)
        with self._errors(where), self._archive.open(info) as member:
            start = io.BytesIO(member.read(MAX_HEADER_BYTES))
        try:
            header = read_npy_header(start)
        except ValueError as error:
            raise DataError(f"{where}: no readable .npy header ({error})") from error
        shape, dtype = header.shape, header.dtype
        if dtype.kind not in "fiub" or dtype.itemsize > 8:
            raise DataError(f"{where}: holds {dtype}, not plain numbers")
        if header.fortran_order:
            raise DataError(f"{where}: is in Fortran order; write it with np.ascontiguousarray")
        if (
            not shape
            or not 0 <= shape[0] < _ABSURD_LENGTH
            or not all(0 < n < _ABSURD_LENGTH for n in shape[1:])
        ):
            raise DataError(f"{where}: its header claims an impossible shape")
        expected = header.data_offset + header.data_bytes
        if info.file_size != expected:
            raise DataError(
                f"{where}: its header claims {dtype} {shape}, {expected} bytes, but it has {info.file_size}"
            )
        if header.row_bytes > min(MAX_MEMBER_BYTES, max(_ROW_ANYWAY, 4 * self._size)):
            raise DataError(f"{where}: claims {header.row_bytes} bytes a row; it looks damaged")
        return header

    def rows(self, array: str) -> Iterator[NDArray[Any]]:
        """The array's rows, shape[1:] each, read-only, in order."""
        header = self.header(array)
        where = self._where(array)
        row_where = where
        with self._errors(where):
            member = self._archive.open(self._info(array))
        with member:
            with self._errors(where):
                member.read(header.data_offset)
            for row in range(header.shape[0]):
                row_where = f"{where}: row {row}"
                with self._errors(row_where):
                    content = member.read(header.row_bytes)
                if len(content) != header.row_bytes:
                    raise DataError(f"{row_where}: the file is cut short")
                yield np.frombuffer(content, header.dtype).reshape(header.shape[1:])
            with self._errors(row_where):
                member.read(1)  # the checksum is compared when the end is met

    def _info(self, array: str) -> zipfile.ZipInfo:
        try:
            info = self._archive.getinfo(f"{array}.npy")
        except KeyError:
            held = ascii(", ".join(self.arrays))[1:-1][:200] or "none"
            raise DataError(f"{self.path}: holds no array {array!r}; it holds {held}") from None
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(
                f"{self._where(array)}: is not compressed as numpy does it; write it with np.savez"
            )
        return info

    def _where(self, array: str) -> str:
        return f"{self.path}: {array}.npy"

    @staticmethod
    @contextmanager
    def _errors(where: str) -> Iterator[None]:
        try:
            yield
        except ZIP_ERRORS as error:
            raise DataError(f"{where}: damaged or cannot be unpacked ({first_line(error)})") from error

    def close(self) -> None:
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
