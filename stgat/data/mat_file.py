"""One array of numbers in a MATLAB file (version 5 to 7), read without believing what the file claims.

scipy.io.loadmat asks for the memory that a header claims, and unpacks whatever a compressed element unpacks
to; it also makes objects of cells and structures, which no data set here has. The format: "MAT-File Format",
The MathWorks.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from stgat.data.npz_arrays import most_unpacked

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
#: Numbers of the data types in the file -> NumPy's.
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
#: Classes of arrays that hold plain numbers: double, single, int8 to uint64.
_CLASSES = range(6, 16)
_COMPLEX = 0x08
_INT32 = 5
#: No file of a data set has nearly as many variables.
_MOST_ELEMENTS = 1000


@dataclass(frozen=True)
class _Element:
    kind: int
    data: memoryview


def read_mat_array(content: bytes, name: str) -> NDArray[Any]:
    """The array called `name` of a .mat file. Raises ValueError that says why there is none."""
    if len(content) < _HEADER_BYTES or content[126:128] not in (b"IM", b"MI"):
        _fail("it is no MATLAB file of version 5 to 7")
    order = "<" if content[126:128] == b"IM" else ">"
    left = most_unpacked(len(content))
    for element in _elements(memoryview(content)[_HEADER_BYTES:], order, padded=False):
        if element.kind == _COMPRESSED:
            unpacked = _unpack(element.data, left)
            left -= len(unpacked)
            matrices = _elements(memoryview(unpacked), order, padded=False)
        else:
            matrices = iter([element])
        for matrix in matrices:
            if matrix.kind == _MATRIX and (array := _array(matrix.data, order, name)) is not None:
                return array
    return _fail(f"it holds no {name!r}")


def _unpack(packed: memoryview, most: int) -> bytes:
    machine = zlib.decompressobj()
    try:
        unpacked = machine.decompress(packed, most + 1)
    except zlib.error:
        _fail("it is damaged")
    if len(unpacked) > most:
        _fail("it unpacks to many times its size")
    return unpacked


def _elements(data: memoryview, order: str, padded: bool = True) -> Iterator[_Element]:
    """The elements that data consist of. padded: to eight bytes, as within a matrix."""
    at = 0
    for _ in range(_MOST_ELEMENTS):
        if at + 8 > len(data):
            return
        kind, size = struct.unpack_from(f"{order}II", data, at)
        if kind >> 16:  # a small one: its size, its type and up to four bytes in the place of the tag
            size, kind = kind >> 16, kind & 0xFFFF
            start, following = at + 4, at + 8
            if size > 4:
                _fail("it is damaged")
        else:
            start = at + 8
            following = start + (-(-size // 8) * 8 if padded else size)
        if start + size > len(data):
            _fail("it is cut short")
        yield _Element(kind, data[start : start + size])
        at = following
    _fail("it holds too many elements")


def _array(matrix: memoryview, order: str, name: str) -> NDArray[Any] | None:
    """The numbers of a matrix element; None where it is another variable."""
    head = list(islice(_elements(matrix, order), 4))
    if len(head) < 3 or bytes(head[2].data) != name.encode():
        return None
    flags, sizes, _, *values = head
    if len(flags.data) != 8 or sizes.kind != _INT32 or not values:
        _fail(f"{name!r} is damaged")
    word = struct.unpack_from(f"{order}I", flags.data)[0]
    numbers = values[0]
    if (word & 0xFF) not in _CLASSES or (word >> 8) & _COMPLEX or numbers.kind not in _TYPES:
        _fail(f"{name!r} holds no plain numbers")
    if len(sizes.data) % 4 or len(sizes.data) > 4 * 32:
        _fail(f"{name!r} is damaged")
    shape = tuple(np.frombuffer(sizes.data, f"{order}i4").tolist())
    dtype = np.dtype(order + _TYPES[numbers.kind])
    if min(shape, default=-1) < 0 or math.prod(shape) * dtype.itemsize != len(numbers.data):
        _fail(f"{name!r} claims the shape {shape}, which is not what the file holds")
    flat = np.frombuffer(numbers.data, dtype) if len(numbers.data) else np.empty(0, dtype)
    return flat.reshape(shape, order="F")


def _fail(why: str) -> NoReturn:
    raise ValueError(why)
