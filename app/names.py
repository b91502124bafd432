"""Names that people give to what becomes a file or a folder."""

from __future__ import annotations

import re

from app.errors import OutputError

LONGEST = 60
_ALLOWED = re.compile(r"[^\W_][\w .+-]*")
#: Windows takes these for devices, with any suffix.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


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
    if len(name) > LONGEST:
        raise OutputError(f"The name is too long; {LONGEST} letters are the most.")
    if not _ALLOWED.fullmatch(name) or name.endswith("."):
        raise OutputError(
            f"{name!r} cannot be a name; begin with a letter or a digit, and use these, spaces and . _ + -"
        )
    if _DEVICES.fullmatch(name):
        raise OutputError(f"{name!r} is the name of a device on Windows; choose another.")
    return name
