"""Texts of the fields in which files and folders are chosen, and of questions."""

from __future__ import annotations

from app.ui.texts.language import _

CHOOSE_FOLDER = _("Folder…")
CHOOSE_FILE = _("File…")
CANCEL = _("Cancel")


def chooser(title: str, kind: str) -> str:
    """A button's accessible name: what it chooses, and for which field."""
    return f"{title}: {kind}"
