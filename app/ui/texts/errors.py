"""What is said when something failed."""

from __future__ import annotations

from pathlib import Path

from app.ui.texts.language import _

COPY_DETAILS = _("Copy details")
COPY_ERROR_DETAILS = _("Copy error details")
COPIED = _("Copied")
DETAILS = _("Details")
FAILED_TITLE = _("Something went wrong")
FAILED = _(
    "A part of the application failed. It goes on as well as it can; if something is stuck, start it again."
)
CRASHED_TITLE = _("The application crashed")
CRASHED = _("The last time it ran, the application was ended by a crash.")
NOT_KEPT = _("The report could not be saved. Nothing was sent to anybody.")


def kept(path: Path) -> str:
    """Where the report is, and that it is nowhere else."""
    return _("The report is kept on this machine: {path}. Nothing was sent to anybody.").format(path=path)
