"""Work in a process of its own that outlives the window, kept in a folder by which it is found again.

process.json   which process it is (app.processes)
progress.json  how far it is, and in the end how it ended, as its verb tells it (app.progress_file)
log.txt        what it printed, of all its starts
stop           is there when it is asked to stop
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.errors import OutputError
from app.processes import Identity, start_detached
from app.program import program
from app.progress_file import read_progress
from stgat.reading import told

PROCESS, PROGRESS, LOG, STOP = "process.json", "progress.json", "log.txt", "stop"
#: What paths in a configuration are meant from, as in the verbs' own examples.
PLACE = Path(__file__).resolve().parents[1]
_TAIL_BYTES = 20_000


class JobState(StrEnum):
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class Standing:
    """How a job stands.

    message: the sentence with which it failed; "" where it ended without a word, killed or switched off.
    progress: what its verb told last.
    """

    state: JobState
    message: str = ""
    progress: dict[str, Any] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        return self.state in (JobState.RUNNING, JobState.STOPPING)


class Job:
    """A verb that keeps --progress and heeds --stop-file, and its folder, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *arguments: str) -> None:
        """Run `main.py ARGUMENTS --progress ... --stop-file ...` in the program's own folder.

        Raises OutputError where it runs already, where the folder cannot be written, and where no process can
        be started.
        """
        if self.standing().alive:
            raise OutputError(f"{self.folder.name} is running already.")
        follow = ("--progress", str(self.folder / PROGRESS), "--stop-file", str(self.folder / STOP))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in (STOP, PROGRESS):
                (self.folder / name).unlink(missing_ok=True)
            # Its lines are to be in the log when they are said.
            identity = start_detached(
                [*program(), *arguments, *follow], self.folder / LOG, PLACE, {"PYTHONUNBUFFERED": "1"}
            )
            try:
                identity.write(self.folder / PROCESS)
            except OSError:
                identity.kill()  # nobody would find it again
                raise
        except OSError as error:
            raise OutputError(
                f"{self.folder} cannot be used ({error.strerror or error}); check that the disk has room."
            ) from error

    def standing(self) -> Standing:
        identity = Identity.read(self.folder / PROCESS)
        alive = identity is not None and identity.alive()
        progress = read_progress(self.folder / PROGRESS)  # after that: of who has ended it is the last word
        if alive:
            stopping = (self.folder / STOP).exists()
            return Standing(JobState.STOPPING if stopping else JobState.RUNNING, "", progress)
        said = progress.get("state")
        if said in ("finished", "stopped"):
            return Standing(JobState(said), "", progress)
        message = progress.get("message") if said == "failed" else self._last_words()
        return Standing(JobState.FAILED, told(message or "", 1000), progress)

    def ask_to_stop(self) -> None:
        """It will stop so that it can be continued. Raises OutputError where that cannot be asked."""
        try:
            (self.folder / STOP).touch()
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written ({error.strerror}); it goes on.") from error

    def kill(self, within_s: float = 2.0) -> None:
        """End it at once, whatever it is doing. Raises OutputError where it still runs after within_s."""
        identity = Identity.read(self.folder / PROCESS)
        if identity is None:
            return
        identity.kill()
        deadline = time.monotonic() + within_s
        while identity.alive():
            if time.monotonic() > deadline:
                raise OutputError(f"{self.folder.name} does not end; end process {identity.pid} by hand.")
            time.sleep(0.02)

    def delete(self) -> None:
        """End it and remove its folder with everything in it. Raises OutputError where either fails."""
        self.kill()
        try:
            if self.folder.is_symlink():
                self.folder.unlink()  # what it points to is not ours
            elif self.folder.exists():
                shutil.rmtree(self.folder)
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be removed ({error.strerror}).") from error

    def log_tail(self, lines: int = 200) -> list[str]:
        """The log's last lines, without colours and the like; nothing where there is no log."""
        try:
            with (self.folder / LOG).open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - _TAIL_BYTES))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        kept = ("".join(c for c in line if c.isprintable()).rstrip() for line in text.splitlines())
        return [line for line in kept if line][-lines:]

    def _last_words(self) -> str:
        """The last line of a log that ends with a traceback or an error; else nothing was said."""
        lines = self.log_tail(60)
        if not lines:
            return ""
        told = lines[-1].startswith("Error: ") or any(line.startswith("Traceback") for line in lines)
        return lines[-1].removeprefix("Error: ") if told else ""


def named_folders(parent: Path, holding: str) -> Sequence[Path]:
    """The folders in `parent` that hold a file of that name, by name; none where there is no such parent."""
    try:
        return sorted(folder for folder in parent.iterdir() if (folder / holding).is_file())
    except OSError:
        return []
