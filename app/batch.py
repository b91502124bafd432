"""Every video and recording of a folder into events, one after the other, with one report in the end.

What is known of a file is kept in OUTPUT/results; the next batch looks again only at files that have changed
since, or if the model has. A file that cannot be read is told of in the report and stops nothing.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from app.entities import ActionEvent
from app.errors import USER_ERRORS, OutputError, SourceError
from app.pipeline import Result
from app.road import RecognizerLoader, make_session
from app.sources import SourceInfo
from stgat.data.atomic import replacing
from stgat.data.session_folder import ABOUT, MAX_ABOUT_BYTES, read_about
from stgat.errors import DataError
from stgat.reading import read_limited

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".npz")
RESULTS = "results"
#: Of what is kept; another one means that the file is looked at again.
VERSION = 1
#: Of a day with an action every second.
MAX_KEPT_BYTES = 1 << 24
_STOPS_WITHIN_S = 5.0


@dataclass(frozen=True)
class FileResult:
    """What came of one file.

    file: its path in the folder, with "/". duration_s: from the first picture to the last. events: by their
    start. warning: of the source, such as a file cut short. error: why there is no result; events then hold
    what was seen before. kept: an earlier batch had found it.
    """

    file: str
    duration_s: float = 0.0
    events: tuple[ActionEvent, ...] = ()
    warning: str = ""
    error: str = ""
    kept: bool = False


@dataclass(frozen=True)
class BatchResult:
    """All files in order; of a batch that was stopped, those that were done. model: its name and sha256."""

    folder: Path
    files: tuple[FileResult, ...]
    num_files: int
    model: str
    model_sha256: str

    @property
    def stopped(self) -> bool:
        return len(self.files) < self.num_files

    @property
    def failed(self) -> tuple[FileResult, ...]:
        return tuple(result for result in self.files if result.error)

    @property
    def num_events(self) -> int:
        return sum(len(result.events) for result in self.files)


@dataclass(frozen=True)
class Progress:
    """done: files, of num_files; share: of the file that is looked at now, 0 to 1."""

    done: int
    num_files: int
    file: str
    share: float


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    start_s: FiniteFloat
    end_s: FiniteFloat
    probability: float = Field(ge=0, le=1)
    person: int


class _Kept(BaseModel):
    """One file of OUTPUT/results: what was looked at, and what was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    file: str
    size: int
    modified_ns: int
    model_sha256: str
    duration_s: FiniteFloat = Field(ge=0)
    warning: str
    events: tuple[_Event, ...]


def find_files(folder: Path, output: Path | None = None, subfolders: bool = True) -> list[Path]:
    """The videos and recordings of a folder, by path; hidden ones and those in `output` are left out.

    A recorded session is one, by its session.json: its video and its parts are of the same seconds.

    Raises SourceError where there is no such folder, it cannot be read, or there is nothing in it.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; name one that holds videos or recordings")
    left_out = output.resolve() if output else None

    def refuse(error: OSError) -> None:
        raise SourceError(f"{error.filename}: cannot be read ({error.strerror})") from error

    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        here = Path(parent)
        if _is_session(here):
            found.append(here / ABOUT)
            folders.clear()
            continue
        folders[:] = [
            name
            for name in folders
            if subfolders and not name.startswith(".") and (here / name).resolve() != left_out
        ]
        found += [here / n for n in names if not n.startswith(".") and Path(n).suffix.lower() in SUFFIXES]
    if not found:
        raise SourceError(f"{folder}: holds no video or recording ({', '.join(SUFFIXES)})")
    return sorted(found, key=lambda path: path.as_posix().casefold())


def _is_session(folder: Path) -> bool:
    """Whether it is one of ours; of a damaged one the files are looked at."""
    try:
        read_about(read_limited(folder / ABOUT, MAX_ABOUT_BYTES), ABOUT)
    except (OSError, DataError):
        return False
    return True


def run_batch(
    folder: Path,
    output: Path,
    loader: RecognizerLoader,
    *,
    subfolders: bool = True,
    stop: threading.Event | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_file: Callable[[FileResult], None] = lambda result: None,
) -> BatchResult:
    """Recognise every file of a folder, and keep what is found in `output`.

    stop: set from anywhere, ends the batch within a second or so; what is done is returned and kept.
    on_progress: called ten times a second, and on_file after each file, in the caller's thread.

    Raises SourceError where there is nothing to do, CheckpointError, DeviceError and ModelError before
    anything starts, and OutputError where a result cannot be kept.
    """
    stop = stop or threading.Event()
    files = find_files(folder, output, subfolders)
    recognizer = loader()
    sha256 = _sha256(loader.model)
    try:
        (output / RESULTS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{output} cannot be made ({error.strerror}); choose another --output") from error
    results: list[FileResult] = []
    for path in files:
        if stop.is_set():
            break
        # A name that is no text, as some systems allow, is shown with marks in its place.
        name = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "replace")

        def tell(share: float, name: str = name) -> None:
            on_progress(Progress(len(results), len(files), name, share))

        tell(0.0)
        result = _one_file(path, name, output, loader, sha256, stop, tell)
        if result is None:
            break
        results.append(result)
        on_file(result)
    return BatchResult(folder, tuple(results), len(files), recognizer.metadata.name, sha256)


def _one_file(
    path: Path,
    name: str,
    output: Path,
    loader: RecognizerLoader,
    sha256: str,
    stop: threading.Event,
    tell: Callable[[float], None],
) -> FileResult | None:
    """What is known of a file, from before or by looking; None where it was stopped."""
    keeper = (
        output / RESULTS / f"{hashlib.sha256(os.fsencode(path.name) + name.encode()).hexdigest()[:24]}.json"
    )
    try:
        about = path.stat()
    except OSError as error:
        return FileResult(name, error=f"{path}: cannot be read ({error.strerror})")
    asked = (VERSION, name, about.st_size, about.st_mtime_ns, sha256)
    kept = read_kept(keeper)
    if kept and (kept.version, kept.file, kept.size, kept.modified_ns, kept.model_sha256) == asked:
        events = tuple(ActionEvent(e.label, e.start_s, e.end_s, e.probability, e.person) for e in kept.events)
        return FileResult(name, kept.duration_s, events, kept.warning, kept=True)
    result = _recognize(path, name, loader, stop, tell)
    if result is not None and not result.error:
        told = [_Event.model_validate(event.told()) for event in result.events]
        size, modified_ns = about.st_size, about.st_mtime_ns
        _write(
            keeper,
            _Kept(
                version=VERSION, file=name, size=size, modified_ns=modified_ns, model_sha256=sha256,
                duration_s=result.duration_s, warning=result.warning, events=tuple(told),
            ),
        )  # fmt: skip
    return result


def _recognize(
    path: Path, name: str, loader: RecognizerLoader, stop: threading.Event, tell: Callable[[float], None]
) -> FileResult | None:
    events: list[ActionEvent] = []
    frames, frame_count, last_s = 0, 0, 0.0

    def opened(info: SourceInfo) -> None:
        nonlocal frame_count
        frame_count = info.frame_count or 0

    def take(result: Result) -> None:
        nonlocal frames, last_s
        events.extend(result.events)
        if result.posed is not None:
            frames, last_s = result.posed.frame.index + 1, result.posed.frame.timestamp_s

    try:
        session = make_session(str(path), loader, lossless=True, on_open=opened, on_result=take)
        session.start()
        try:
            while not session.wait(0.1):
                tell(min(1.0, frames / frame_count) if frame_count else 0.0)
                if stop.is_set():
                    return None
        finally:
            session.stop(_STOPS_WITHIN_S)
    except USER_ERRORS as error:
        return FileResult(name, error=str(error))
    in_order = tuple(sorted(events, key=lambda event: (event.start_s, event.person_id)))
    result = FileResult(name, last_s, in_order, session.snapshot().message)
    return replace(result, warning="", error=session.failure) if session.failure else result


def read_kept(path: Path) -> _Kept | None:
    """What was found in a file before; None where that is not known."""
    try:
        return _Kept.model_validate_json(read_limited(path, MAX_KEPT_BYTES))
    except (OSError, ValidationError):
        return None


def _write(path: Path, kept: _Kept) -> None:
    try:
        with replacing(path) as temporary:
            temporary.write_text(kept.model_dump_json(), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}); make room on the disk: the same batch then "
            "goes on from here"
        ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
