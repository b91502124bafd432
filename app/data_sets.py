"""The data sets that were prepared from the window, each by a process that goes on without it.

A data set is a folder in `data_folder()`: data-set.json says where it came from; `prepared` in it is what
is trained on; beside them is what app.jobs keeps.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import OutputError
from app.jobs import Job, JobState, Standing, named_folders
from app.names import checked_name
from app.progress_file import number
from app.settings import home
from stgat.data.atomic import replacing
from stgat.reading import read_limited

DATA_SET, PREPARED = "data-set.json", "prepared"
MAX_BYTES = 1 << 20


def data_folder() -> Path:
    """Where the window keeps the data sets it has prepared."""
    return home() / "data-sets"


class Origin(BaseModel):
    """What a data set is prepared from. form: a name of stgat.data.formats. source: its folder or archive."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    form: str
    source: Path


@dataclass(frozen=True)
class DataSetView:
    """A data set as it stands. log: its process's last lines."""

    name: str
    folder: Path
    origin: Origin
    standing: Standing
    log: tuple[str, ...] = ()

    @property
    def prepared(self) -> Path:
        return self.folder / PREPARED

    @property
    def ready(self) -> bool:
        return self.standing.state is JobState.FINISHED

    @property
    def share(self) -> float | None:
        """How much of the present phase is done, 0 to 1; None where that is not known yet."""
        done, total = (number(self.standing.progress.get(name)) for name in ("done", "total"))
        return min(1.0, done / total) if done is not None and total is not None and total > 0 else None


def prepare_set(name: str, origin: Origin) -> Path:
    """Begin to prepare a data set, or go on where the one of that name and origin was stopped.

    Raises OutputError for a name that cannot be one, or is another data set's, and where no folder or
    process can be made.
    """
    folder = data_folder() / checked_name(name)
    before = read_origin(folder)
    if folder.exists() and before != origin:
        raise OutputError(f"There is a data set called {folder.name} already; choose another name.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / DATA_SET) as temporary:
            temporary.write_text(origin.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        if before is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise OutputError(
            f"{folder} cannot be made ({error.strerror or error}); check that the disk has room."
        ) from error
    Job(folder).start("prepare", origin.form, str(origin.source), str(folder / PREPARED))
    return folder


def stop_preparing(folder: Path) -> None:
    """Ask it to stop so that it can be gone on with. Raises OutputError where that cannot be asked."""
    Job(folder).ask_to_stop()


def delete_set(folder: Path) -> None:
    """Remove a prepared data set, not what it was prepared from. Raises OutputError."""
    if folder.parent != data_folder() or not (folder / DATA_SET).is_file():
        raise OutputError(f"{folder} is not a data set of this program; nothing was removed.")
    Job(folder).delete()


def list_sets() -> list[DataSetView]:
    """Every data set that was prepared or is being, by name."""
    views = []
    for folder in named_folders(data_folder(), DATA_SET):
        origin = read_origin(folder)
        if origin is not None:
            job = Job(folder)
            views.append(DataSetView(folder.name, folder, origin, job.standing(), tuple(job.log_tail(20))))
    return views


def read_origin(folder: Path) -> Origin | None:
    try:
        return Origin.model_validate_json(read_limited(folder / DATA_SET, MAX_BYTES))
    except (OSError, ValidationError):
        return None
