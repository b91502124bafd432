"""Whether two lists of class names are one."""

from __future__ import annotations

from collections.abc import Sequence


def first_difference(mine: Sequence[str], theirs: Sequence[str]) -> str:
    """Where two lists of class names first differ, in words with both counts; empty where they do not."""
    if tuple(mine) == tuple(theirs):
        return ""
    counts = f"{len(mine)} classes against {len(theirs)}"
    for k, (a, b) in enumerate(zip(mine, theirs, strict=False)):
        if a != b:
            return f"class {k} is {a!r} against {b!r} ({counts})"
    longer, k = (mine, len(theirs)) if len(mine) > len(theirs) else (theirs, len(mine))
    return f"class {k}, {longer[k]!r}, is there in one only ({counts})"
