"""Reports of what went wrong, kept in a folder of the user's and nowhere else.

An exception that nobody caught is written as it happens. What ends the process at once (a fault in native
code) is caught by Python's faulthandler in a file that is empty otherwise; the next start finds it.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import time
from datetime import datetime
from pathlib import Path
from typing import IO

from app.diagnostics import private
from app.settings import home

KEPT = 10
#: An empty file of a process that was killed is cleared away after so long; until then it may be running.
STALE_S = 7 * 24 * 3600.0
_REPORT, _RUNNING = "crash-*.txt", "running-*.txt"

log = logging.getLogger(__name__)


class CrashReports:
    """The folder. No method raises: what cannot be written shall not make things worse."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or home() / "crash-reports"
        self._faults: IO[str] | None = None

    def write(self, text: str) -> Path | None:
        """Keep a report, and of all no more than the newest KEPT; None where it cannot be written."""
        stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S-%f")
        path = self.folder / f"crash-{stamp}.txt"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            log.warning("the crash report cannot be kept: %s", error)
            return None
        self._tidy()
        return path

    def reports(self) -> list[Path]:
        """Newest first."""
        return sorted(self.folder.glob(_REPORT), reverse=True)

    def watch(self, preface: str = "") -> Path | None:
        """Have a hard crash of this process written down; returns the report of one that was before, if any.

        preface: what the report begins with, such as versions.
        """
        before = self._find_faults(preface)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._faults = (self.folder / f"running-{os.getpid()}.txt").open("w", encoding="utf-8")
            faulthandler.enable(self._faults, all_threads=True)
        except (OSError, ValueError) as error:
            log.warning("hard crashes cannot be written down: %s", error)
        return before

    def close(self) -> None:
        """The process ends as it should."""
        if self._faults is None:
            return
        faulthandler.disable()
        self._faults.close()
        try:
            Path(self._faults.name).unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s", error)
        self._faults = None

    def _find_faults(self, preface: str) -> Path | None:
        found = None
        for path in sorted(self.folder.glob(_RUNNING)):
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
                if text.strip():
                    path.unlink()
                    found = self.write(private(f"{preface}\n{text}")) or found
                elif time.time() - path.stat().st_mtime > STALE_S:
                    path.unlink()
            except OSError as error:
                log.warning("%s", error)
        return found

    def _tidy(self) -> None:
        for path in self.reports()[KEPT:]:
            try:
                path.unlink()
            except OSError as error:
                log.warning("%s", error)
