"""The text of a raw NTU RGB+D file, read with array arithmetic: many times as fast as line by line.

Only the regular form is read, the one the data set's files have: one space between words, one kind of
line ending, no blank lines. Anything else, right or wrong, is left to stgat.data.ntu_text, which also finds
what is wrong. What both can read, both read to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stgat.data.ntu_text import (
    MAX_BYTES,
    MAX_COORDINATE_M,
    MAX_FRAMES,
    MAX_PEOPLE,
    NUM_JOINTS,
    WORDS_PER_JOINT,
    WORDS_PER_PERSON,
    Rows,
    parse_coordinate,
)
from stgat.skeleton import FloatArray

IntArray = NDArray[np.int64]
ByteArray = NDArray[np.uint8]
BitArray = NDArray[np.uint64]

#: Lines of joints have 24 bytes at least; of shorter ones, what is kept takes many times the text.
_LEAST_BYTES_A_LINE = 16

_NEWLINE, _RETURN, _SPACE, _MINUS, _DOT, _ZERO, _NINE, _EXPONENT = b"\n\r -.09E"
_LINES_PER_PERSON = 2 + NUM_JOINTS

_WIDTH = 16  # bytes looked at of a word, up to its end
#: Fifteen characters without the sign: as a whole number they stay under 2**53, where float64 is exact.
_MAX_LENGTH = 15
#: (16, 2) for a word of each length, which of the bytes that end with it belong to it.
_OWN_BYTES = np.frombuffer(
    b"".join(b"\0" * (_WIDTH - length) + b"\xff" * length for length in range(_MAX_LENGTH + 1)), dtype="<u8"
).reshape(-1, 2)
_POWERS_OF_TEN = 10 ** np.arange(_WIDTH, dtype=np.uint64)


@dataclass(frozen=True)
class _Lines:
    """Where the lines are. starts, ends: (lines,) of each, its newline (and what goes with it) left out.
    num_words: (lines,). spaces: one bit a byte of the text, set where a space is, and 64 more."""

    starts: IntArray
    ends: IntArray
    num_words: IntArray
    spaces: ByteArray


def read_regular(content: bytes) -> Rows | None:
    """What the file says, or None where it is not of the regular form, or nobody is in it."""
    if not 0 < len(content) <= MAX_BYTES or content.count(b"\n") * _LEAST_BYTES_A_LINE > len(content):
        return None
    _keep_freed_memory()
    if not content.endswith(b"\n"):
        content += b"\r\n" if b"\r\n" in content else b"\n"
    text = np.frombuffer(content, dtype=np.uint8)
    lines = _find_lines(content, text)
    if lines is None:
        return None
    people = _find_people(content, text, lines)
    if people is None:
        return None
    num_frames, frames, heads = people
    ids = _read_ids(content, lines.starts[heads].tolist())
    words = _find_coordinates(lines, (heads[:, None] + np.arange(2, _LINES_PER_PERSON)).ravel())
    if ids is None or words is None:
        return None
    numbers = _to_numbers(content, text, *words)
    if numbers is None:
        return None
    joints_m = np.ascontiguousarray(numbers.reshape(3, -1).T, dtype=np.float32)
    return Rows(num_frames, ids, frames.tolist(), joints_m.reshape(-1, NUM_JOINTS, 3))


@cache
def _keep_freed_memory() -> None:
    """Let glibc reuse the memory of arrays up to this size, here freed as soon as it is had.

    By default it takes arrays over 128 KiB fresh from the system each time, and having them mapped page by
    page costs as much as all the arithmetic; the limit grows to the largest freed (mallopt(3)).
    """
    np.empty(8 * 2**20, dtype=np.uint8)


def _find_lines(content: bytes, text: ByteArray) -> _Lines | None:
    """The lines; None where a word is empty or holds what no number of the data set does."""
    is_space, is_newline = text == _SPACE, text == _NEWLINE
    separates = is_space | is_newline
    if separates[0] or np.any(separates[1:] & separates[:-1]):
        return None
    line_ends = np.flatnonzero(is_newline)
    starts = np.concatenate(([0], line_ends[:-1] + 1))
    if b"/" in content:
        return None
    num_known = np.count_nonzero(text - np.uint8(_MINUS) <= _NINE - _MINUS)  # - . / and the digits
    num_known += np.count_nonzero(is_space) + len(line_ends)
    if b"E" in content:
        num_known += np.count_nonzero(text == _EXPONENT)
    ends = line_ends
    if b"\r" in content:  # as the last byte of every line, behind a word, and nowhere else
        ends = line_ends - 1
        if np.any(text[ends] != _RETURN) or np.any(separates[ends - 1]):
            return None
        num_known += len(ends)
    if num_known != len(text):
        return None

    packed = np.packbits(is_space, bitorder="little")
    spaces = np.zeros(len(text) // 64 * 8 + 16, dtype=np.uint8)
    spaces[: len(packed)] = packed
    by_64 = spaces.view("<u8")
    counts = np.bitwise_count(by_64)
    before = np.cumsum(counts, dtype=np.int64) - counts
    part = by_64[line_ends >> 6] & ((np.uint64(1) << (line_ends & 63).astype(np.uint64)) - np.uint64(1))
    up_to_end = before[line_ends >> 6] + np.bitwise_count(part)
    return _Lines(starts, ends, np.diff(up_to_end, prepend=0) + 1, spaces)


def _find_people(content: bytes, text: ByteArray, lines: _Lines) -> tuple[int, IntArray, IntArray] | None:
    """The number of frames, and of each person in each the frame and the line it begins on, in order.

    None where what the lines announce and what they hold does not make one whole file.
    """
    header = content[: lines.ends[0]]
    if not header.isdigit() or len(header) > 9 or not 1 <= (num_frames := int(header)) <= MAX_FRAMES:
        return None
    heads = np.flatnonzero(lines.num_words == WORDS_PER_PERSON)
    if len(heads) == 0 or 1 + num_frames + _LINES_PER_PERSON * len(heads) != len(lines.starts):
        return None
    # Before a head stand the header, a count for each frame begun, and the people before it.
    frames = heads - 2 - _LINES_PER_PERSON * np.arange(len(heads))
    if frames[0] < 0 or frames[-1] >= num_frames or np.any(frames[1:] < frames[:-1]):
        return None
    counts = np.bincount(frames, minlength=num_frames)
    counts_at = 1 + np.arange(num_frames) + _LINES_PER_PERSON * (np.cumsum(counts) - counts)
    if counts.max() > MAX_PEOPLE or not (
        _all_say(text, lines, counts_at, (_ZERO + counts,))
        and _all_say(text, lines, heads + 1, tuple(b"%d" % NUM_JOINTS))
    ):
        return None
    return num_frames, frames, heads


def _all_say(text: ByteArray, lines: _Lines, which: IntArray, chars: tuple[IntArray | int, ...]) -> bool:
    """Whether these lines consist of these characters, each either one for all lines or one a line."""
    starts = lines.starts[which]
    return bool(np.all(lines.ends[which] - starts == len(chars))) and all(
        bool(np.all(text[starts + place] == char)) for place, char in enumerate(chars)
    )


def _read_ids(content: bytes, starts: list[int]) -> list[int] | None:
    words = [content[start : content.index(b" ", start)] for start in starts]
    distinct = set(words)
    if not all(word.isdigit() and len(word) <= 20 for word in distinct):
        return None
    numbers = {word: int(word) for word in distinct}
    return [numbers[word] for word in words]


def _find_coordinates(lines: _Lines, joint_lines: IntArray) -> tuple[IntArray, IntArray] | None:
    """(3 * lines,) where the first words of these lines start and end, then the second, then the third."""
    if np.any(lines.num_words[joint_lines] != WORDS_PER_JOINT):
        return None
    starts = np.empty((3, len(joint_lines)), dtype=np.int64)
    ends = np.empty_like(starts)
    starts[0] = begin = lines.starts[joint_lines]
    # The flags of the 57 bytes or more that follow the line's start: room for three words of this data set.
    eights = np.ndarray((len(lines.spaces) - 7,), dtype="<u8", buffer=lines.spaces, strides=(1,))
    flags = eights[begin >> 3] >> (begin & 7).astype(np.uint64)
    for word in range(3):
        if word:
            starts[word] = ends[word - 1] + 1
            flags &= flags - np.uint64(1)  # without its lowest set bit
        ends[word] = begin + np.bitwise_count(~flags & (flags - np.uint64(1)))  # the bits under that bit
    return (starts.ravel(), ends.ravel()) if np.all(flags) else None


def _to_numbers(content: bytes, text: ByteArray, starts: IntArray, ends: IntArray) -> FloatArray | None:
    """(words,) float64, each what float() makes of that word; None where a word is no coordinate.

    A word is read as one whole number with a zero for its dot; what stands before the dot is then moved
    one place down. Whole numbers under 2**53 and powers of ten up to 10**22 are exact in float64, so their
    one division is rounded once and rightly (Clinger, "How to Read Floating Point Numbers Accurately",
    PLDI 1990).
    """
    negative = text[starts] == _MINUS
    lengths = ends - starts - negative
    # A view of all runs of 16 bytes: each word is then copied as one item. The lines that come before the
    # first joint have more bytes than that.
    runs = np.ndarray((len(content) - _WIDTH + 1,), dtype=f"S{_WIDTH}", buffer=content, strides=(1,))
    words = runs[ends - _WIDTH].view("<u8").reshape(-1, 2)  # the first character is the lowest byte
    words &= _OWN_BYTES.take(lengths, axis=0, mode="clip")
    digits = words.view(np.uint8) - np.uint8(_ZERO)
    is_digit = digits <= 9
    digits *= is_digit
    is_dot = words.view(np.uint8) == _DOT
    numbers = _read_eight_digits(digits.view("<u8").reshape(-1, 2))
    whole = numbers[:, 0] * np.uint64(10**8) + numbers[:, 1]

    dots = is_dot.view("<u8").reshape(-1, 2)
    num_digits = _add_halves(np.bitwise_count(is_digit.view("<u8").reshape(-1, 2)))
    dots_in_half = np.bitwise_count(dots)
    num_dots = _add_halves(dots_in_half)
    # Above a dot's bit are seven of its own byte and eight for each character behind it, in its half.
    decimals = _add_halves(np.bitwise_count(~dots & -dots) >> 3) + 8 * dots_in_half[:, 0]
    unit = _POWERS_OF_TEN.take(decimals, mode="clip")
    before_dot = whole // (unit * np.uint64(10)) * num_dots
    values = (whole - before_dot * unit * np.uint64(9)).astype(np.float64) / unit.astype(np.float64)
    values *= 1.0 - 2.0 * negative

    plain = (num_digits + num_dots == lengths) & (num_dots <= 1) & (num_digits > 0)
    for word in np.flatnonzero(~plain):  # with an exponent, very long, or wrong
        number = parse_coordinate(content[starts[word] : ends[word]])
        if number is None:
            return None
        values[word] = number
    return values if np.abs(values).max() <= MAX_COORDINATE_M else None


def _read_eight_digits(digits: BitArray) -> BitArray:
    """The number that each eight digits make, one digit a byte, the first the lowest: all pairs at once."""
    pairs = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100) + (pairs >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    return (fours * np.uint64(10_000) + (fours >> np.uint64(32))) & np.uint64(0xFFFFFFFF)


def _add_halves(counts: ByteArray) -> ByteArray:
    """(words, 2) to (words,)"""
    return counts[:, 0] + counts[:, 1]
