"""Has the system bring to the disk itself what a recording has written, for the case of a power cut.

That costs the part of the skeletons that was being written, at most ten seconds, and some five of the rest.
To the end of the process what is written is safe at once. The disk may take seconds, so nobody waits for it.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from stgat.data.atomic import sync_folder
from stgat.data.session_folder import ABOUT, EVENTS, SKELETONS, VIDEO, sorted_parts

SYNC_EVERY_S = 5.0


class DiskSync:
    """A thread that syncs the files of a folder that have changed, every few seconds and once at the end.

    Their names too: those in the folder, those of the parts, and the folder's own.
    """

    def __init__(
        self, folder: Path, every_s: float = SYNC_EVERY_S, sync: Callable[[int], None] = os.fsync
    ) -> None:
        self._folder, self._every_s, self._sync = folder, every_s, sync
        self._synced: dict[Path, int] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stgat-recording-sync", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Once more, and no more; returns at once."""
        self._ending.set()

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._ending.wait(self._every_s)
            # What cannot be synced is heard of where it is written.
            with contextlib.suppress(OSError):
                self._sync_changed(ended)

    def _sync_changed(self, ended: bool) -> None:
        whole = self._folder / SKELETONS
        parts = sorted_parts(path.name for path in whole.iterdir()) if whole.is_dir() else []
        # Not what may be replaced at this moment: Windows replaces no file that is open.
        names = [VIDEO, EVENTS, *([ABOUT] if ended else [])]
        parts = parts if ended else parts[:-1]
        for path in [*(self._folder / name for name in names), *(whole / name for name in parts)]:
            if not path.is_file():
                continue
            changed = path.stat().st_mtime_ns
            if self._synced.get(path) != changed:
                with path.open("rb+") as file:
                    self._sync(file.fileno())
                self._synced[path] = changed
        for folder in (whole, self._folder, self._folder.parent):
            sync_folder(folder)
