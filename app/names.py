"""Names that become files and folders, on every system and in no other folder.

They are given by people, or come out of files that strangers made.
Windows has names of its own devices, in any folder and with any suffix, and drops dots and spaces at the end.
"""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from pathlib import Path

from app.errors import OutputError

LONGEST = 60
#: As UTF-8; with a suffix and what a file is called while it is written, 255 are the most on most disks.
LONGEST_BYTES = 180
_ALLOWED = re.compile(r"[^\W_][\w .+-]*")
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('/\\:*?"<>|')


def checked_name(text: str) -> str:
    """The name without spaces around it, fit for a file on every system and for no other folder.

    Raises OutputError with the remedy for an empty one, one that is too long, and one with other characters
    than letters, digits, spaces and . _ + -, or that begins with one of these.

    >>> checked_name(" my actions 2 ")
    'my actions 2'
    """
    name = text.strip()
    if not name:
        raise OutputError("A name is needed; give one of letters and digits.")
    if len(name) > LONGEST or len(name.encode("utf-8", "replace")) > LONGEST_BYTES:
        raise OutputError(f"The name is too long; {LONGEST} letters are the most.")
    if not _ALLOWED.fullmatch(name) or name.endswith("."):
        raise OutputError(
            f"{name!r} cannot be a name; begin with a letter or a digit, and use these, spaces and . _ + -"
        )
    if is_device(name):
        raise OutputError(f"{name!r} is the name of a device on Windows; choose another.")
    return name


def is_device(name: str) -> bool:
    """Whether Windows takes a file's name for a device."""
    return bool(_DEVICES.fullmatch(name))


def safe_name(text: str, otherwise: str) -> str:
    """A name for a file or folder made of any text: what no name may hold becomes a space.

    otherwise: where nothing is left of it.

    >>> safe_name("../a: b?.mp4", "video"), safe_name("..", "video"), safe_name("aux.txt", "video")
    ('a b .mp4', 'video', 'aux_.txt')
    """
    plain = unicodedata.normalize("NFC", text)
    kept = "".join(c if c.isprintable() and c not in _FORBIDDEN else " " for c in plain)
    name = _cut(" ".join(kept.split()).strip(". "))
    if is_device(name):
        stem, dot, suffix = name.partition(".")
        name = f"{stem.rstrip()}_{dot}{suffix}"
    return name or otherwise


def _cut(name: str) -> str:
    name = name[:LONGEST]
    while len(name.encode()) > LONGEST_BYTES:
        name = name[:-1]
    return name.rstrip(". ")


def free_path(path: Path) -> Path:
    """The path itself, or with " (2)" and so on before its suffix, so that nothing is there yet.

    Raises FileExistsError where a thousand are taken.
    """
    for number in range(1, 1000):
        candidate = path if number == 1 else path.with_name(f"{path.stem} ({number}){path.suffix}")
        if not os.path.lexists(candidate):
            return candidate
    raise FileExistsError(errno.EEXIST, "there are a thousand files of that name", str(path))
