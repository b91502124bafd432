"""Reading files that may come from anyone: no more than is wanted, and nothing that never ends."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

#: Of what a file says of itself, in an error.
_MOST_TOLD = 200


def read_limited(path: Path, most: int) -> bytes:
    """The content of a regular file of at most that many bytes.

    Raises OSError with a reason as its strerror, also for a larger file, for what is no file (a pipe or a
    device may never end), and for a name that no file can have.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise OSError(errno.EINVAL, "it is no regular file", str(path))
            content = file.read(min(about.st_size, most) + 1)
    except ValueError as error:  # a zero byte in the name
        raise OSError(errno.EINVAL, "no file can have that name", str(path)) from error
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most} bytes", str(path))
    return content


def _without_waiting(name: str, flags: int) -> int:
    """To open a pipe is to wait for somebody who writes to it."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def told(value: object, most: int = _MOST_TOLD) -> str:
    """What a file says, fit for an error: one line, nothing that moves a terminal's cursor, not too long.

    >>> told("a\\x1b[2J\\nb"), told("long" * 100, most=8)
    ('a\\\\x1b[2J\\\\nb', 'longlong...')
    """
    text = str(value)
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: most + 1])
    return shown if len(text) <= most and len(shown) <= 2 * most else f"{shown[:most]}..."


def first_line(error: BaseException) -> str:
    """What an error of another library says, fit for ours; its name where it says nothing."""
    return told((str(error).strip() or type(error).__name__).splitlines()[0])
