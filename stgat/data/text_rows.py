"""Text files of one joint or one frame a line, as several small data sets are published."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from stgat.errors import DataError
from stgat.skeleton import FloatArray

#: No depth sensor sees as far; a larger number is in another unit, pixels or millimetres, or is damaged.
MAX_COORDINATE_M = 100.0
#: The longest recording of these data sets has not a million.
MAX_TEXT_BYTES = 8 * 2**20


def read_rows(content: bytes, columns: int, where: str) -> FloatArray:
    """The numbers of a text file as (rows, columns) float64; blank lines do not count.

    Raises DataError that names the line of what is no text, no finite number, or too many or few numbers.
    """
    if len(content) > MAX_TEXT_BYTES:
        raise DataError(
            f"{where}: has {len(content)} bytes, ten times as many as any recording; it looks damaged"
        )
    filled = (line for _, line in text_lines(content, where) if line)
    first = next(filled, None)
    if first is None:
        raise DataError(f"{where}: is empty")
    try:
        rows = np.loadtxt(chain([first], filled), comments=None, ndmin=2)
    except ValueError:
        rows = np.zeros((0, 0))
    if rows.shape[1] != columns or not np.isfinite(rows).all():
        raise DataError(f"{where}: {_first_fault(text_lines(content, where), columns)}")
    return rows


def text_lines(content: bytes, where: str) -> Iterator[tuple[int, str]]:
    """The lines of a text and their numbers from 1, without the blanks around them, one at a time.

    Raises DataError where it is no text.
    """
    try:
        for number, line in enumerate(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig"), 1):
            yield number, line.strip()
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: is no text file ({error.reason})") from error


def read_joints(content: bytes, num_joints: int, columns: int, where: str) -> FloatArray:
    """The frames of a text file with one joint a line as (T, num_joints, columns) float64.

    columns: x, y and z in metres, then others. Raises DataError.
    """
    rows = read_rows(content, columns, where)
    if len(rows) % num_joints:
        raise DataError(
            f"{where}: holds {len(rows)} rows, not whole frames of {num_joints} joints; it is cut short, or "
            "of another data set"
        )
    frames = rows.reshape(-1, num_joints, columns)
    check_metres(frames[..., :3], where)
    return frames


def check_metres(joints: FloatArray, where: str) -> None:
    """Raises DataError where coordinates (T, V, 3) cannot be metres."""
    far = np.abs(joints).max(axis=(1, 2)) > MAX_COORDINATE_M
    if far.any():
        frame = int(np.argmax(far))
        largest = np.abs(joints[frame]).max()
        raise DataError(f"{where}: frame {frame} holds the coordinate {largest:g}; metres are expected")


def _first_fault(lines: Iterable[tuple[int, str]], columns: int) -> str:
    """What NumPy would not take, with its line; NumPy counts lines differently and says less."""
    for number, line in lines:
        words = line.split()
        if words and len(words) != columns:
            return f"line {number}: expected {columns} numbers, found {len(words)}"
        for word in words:
            try:
                finite = np.isfinite(float(word))
            except ValueError:
                finite = False
            if not finite:
                return f"line {number}: {word[:20]!r} is no number"
    return f"expected {columns} numbers a line"
