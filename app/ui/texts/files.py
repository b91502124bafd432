"""What is said about opening files: recent ones, and those dropped on the window."""

from __future__ import annotations

from pathlib import Path

from app.ui.texts.language import _, plural

RECENT = _("Recent files")
CLEAR_RECENT = _("Clear recent files")


def recent(path: str, among: list[str], gone: bool) -> str:
    """A file's name; with its folder where another one is called the same."""
    file = Path(path)
    twins = sum(Path(other).name == file.name for other in among) > 1
    name = f"{file.name} – {file.parent}" if twins else file.name
    return _("{name} (gone)").format(name=name) if gone else name


def first_of(count: int) -> str:
    return plural("Playing the only file there", "Playing the first of {count} files", count)
