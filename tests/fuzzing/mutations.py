"""Seeded changes of inputs that know a little of texts, numbers and parts.

libFuzzer's own mutations change bits and copy pieces; what a stranger's file has wrong is more often a number
too large, a line too many, or a part of another file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from tests.fuzzing.target import PART

#: Where counts, sizes and coordinates go wrong.
NUMBERS = (
    b"0", b"-1", b"1", b"2", b"25", b"255", b"256", b"65536", b"2147483648", b"4294967295", b"1000000000",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616",
    b"9" * 30, b"9" * 5000, b"nan", b"NaN", b"inf", b"-inf", b"1e999", b"-1e-999", b"1e308", b"0.5", b"1.",
    b"+1", b"0x10", b"1_000", b"\xd9\xa1", b"", b"true", b"null", b'"1"', b"[]", b"{}",
)  # fmt: skip
#: The same as they stand in binary files.
PACKED = tuple(
    number.to_bytes(width, order)
    for width in (1, 2, 4, 8)
    for order in ("little", "big")
    for number in (0, 1, 2 ** (8 * width - 1) - 1, 2 ** (8 * width - 1), 2 ** (8 * width) - 1)
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def mutate(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    """One to four changes of an input; what `others` and `tokens` have may come into it."""
    for _ in range(random.randint(1, 4)):
        change = random.choice(_CHANGES)
        content = change(content, others or (content,), tokens or NUMBERS, random)
    return content


def stretch(content: bytes, size: int, random: Random) -> bytes:
    """An input made about as long as `size` by repeating a piece of it, often whole lines or items."""
    start, stop = _piece(content, random)
    if random.random() < 0.5:
        separator = random.choice((b"\n", b",", b"},", b"],", PART, b" "))
        at = content.find(separator, start) + len(separator)
        following = content.find(separator, at) + len(separator)
        if len(separator) <= at < following:
            start, stop = at, following
    piece = content[start:stop] or b"0"
    times = max(1, (size - len(content)) // len(piece))
    return content[:start] + piece * times + content[start:]


def _piece(content: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(content) + 1)
    return start, min(len(content), start + random.choice((1, 2, 4, 16, 64, 256)))


def _flip(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    if not content:
        return bytes([random.randrange(256)])
    at = random.randrange(len(content))
    return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]


def _number(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    found = list(_NUMBER.finditer(content[: 1 << 14]))
    if not found:
        return _flip(content, others, tokens, random)
    match = random.choice(found)
    return content[: match.start()] + random.choice(NUMBERS) + content[match.end() :]


def _packed(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    value = random.choice(PACKED)
    at = random.randrange(max(1, len(content) - len(value)))
    return content[:at] + value + content[at + len(value) :]


def _token(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    start, stop = _piece(content, random)
    return content[:start] + random.choice(tokens) + content[random.choice((start, stop)) :]


def _remove(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    start, stop = _piece(content, random)
    return content[:start] + content[stop:]


def _repeat(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    start, stop = _piece(content, random)
    return content[:stop] + content[start:stop] * random.choice((1, 2, 10)) + content[stop:]


def _cut(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _splice(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(others)
    start, stop = _piece(other, random)
    at = random.randrange(len(content) + 1)
    return content[:at] + other[start:stop] + content[at:]


def _lines(content: bytes, others: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    separator = PART if PART in content and random.random() < 0.3 else b"\n"
    lines = content.split(separator)
    at = random.randrange(len(lines))
    match random.randrange(3):
        case 0:
            del lines[at]
        case 1:
            lines.insert(random.randrange(len(lines) + 1), lines[at])
        case _:
            to = random.randrange(len(lines))
            lines[at], lines[to] = lines[to], lines[at]
    return separator.join(lines)


_Change = Callable[[bytes, Sequence[bytes], Sequence[bytes], Random], bytes]
_CHANGES: tuple[_Change, ...] = (
    _flip, _number, _number, _packed, _token, _remove, _repeat, _cut, _splice, _lines,
)  # fmt: skip
