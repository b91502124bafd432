"""Inputs that broke a reader once, in a folder a target; the names say what was wrong with them."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def regressions(target: str) -> list[bytes]:
    """A target's inputs, in order of their names."""
    return [path.read_bytes() for path in sorted((_FOLDER / target).glob("*")) if path.is_file()]
