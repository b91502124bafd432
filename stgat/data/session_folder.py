"""The folder of a recorded session: which files are in it, and how they are read.

    session.json           what was recorded, when and by which model
    skeletons/part-*.npz   up to ten seconds each (stgat.data.recording_file), together in order of time
    events.jsonl           an action a line: {"label": l, "start_s": a, "end_s": b, "person": p, ...}
    video.mkv              the pictures; not there where only skeletons were recorded

All on one clock: seconds since the first frame that has been posed. A session may have been cut off at any
moment, and may come from anyone: what is damaged is left out and told of, no name in a file is followed, and
no link out of the folder.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stgat.data.json_text import read_json
from stgat.data.npz_arrays import most_unpacked
from stgat.data.recording_file import MAX_PEOPLE, NUM_JOINTS, SkeletonRecording, read_recording
from stgat.errors import DataError
from stgat.reading import first_line, read_limited

VERSION = 1
ABOUT, VIDEO, SKELETONS, EVENTS = "session.json", "video.mkv", "skeletons", "events.jsonl"
MAX_ABOUT_BYTES = 1 << 20
#: Ten seconds of sixteen people at 60 frames a second, not packed, are 6 MB.
MAX_PART_BYTES = 1 << 25
MAX_EVENTS_BYTES = 1 << 27
MAX_LABEL = 200
#: Sentences on lines that are no actions.
MAX_PROBLEMS = 100

_PART = re.compile(r"part-\d{4,9}\.npz")


@dataclass(frozen=True)
class About:
    """What session.json says.

    source: the camera's name. started_at: as ISO 8601, with its time zone. fps: as the camera stated it.
    ended: whether the recording was brought to its end; then duration_s is how long it is.
    """

    source: str
    started_at: str
    fps: float | None
    ended: bool
    duration_s: float | None
    skeleton_only: bool


@dataclass(frozen=True)
class RecordedEvent:
    """An action in a session. line: where in events.jsonl it stands, from 1."""

    label: str
    start_s: float
    end_s: float
    person_id: int
    line: int


def is_session(folder: Path) -> bool:
    """Whether this is the folder of a recorded session."""
    return (folder / ABOUT).is_file()


def part_name(number: int) -> str:
    return f"part-{number:04}.npz"


def is_part(name: str) -> bool:
    """Whether a path within a session is one of its parts."""
    path = PurePosixPath(name)
    return path.parent == PurePosixPath(SKELETONS) and bool(_PART.fullmatch(path.name))


def part_files(folder: Path) -> list[Path]:
    """The parts in order of time; none where the folder has none. Raises OSError."""
    skeletons = folder / SKELETONS
    names = [path.name for path in skeletons.iterdir()] if skeletons.is_dir() else []
    return [skeletons / name for name in sorted_parts(names)]


def lies_within(path: Path, folder: Path) -> bool:
    """Whether a path is a regular file in the folder, and no link that leads out of it."""
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False


def sorted_parts(names: Iterable[str]) -> list[str]:
    """Those names that are of parts, by their numbers."""
    return sorted((name for name in names if _PART.fullmatch(PurePosixPath(name).name)), key=_number)


def _number(name: str) -> int:
    return int(PurePosixPath(name).stem.partition("-")[2])


def read_about(content: bytes, where: str) -> About:
    """What is known of a session; where: the name of session.json in errors.

    Raises DataError for what is no session, or one of a later program.
    """
    try:
        if len(content) > MAX_ABOUT_BYTES:
            raise ValueError("too large")
        told = read_json(content, where)
        version = told["version"]
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise ValueError(f"version {version!r}")
        source = told.get("source")
        about = About(
            source=_text(source.get("name")) if isinstance(source, dict) else "",
            started_at=_text(told.get("started_at")),
            fps=_number_or_none(told.get("fps")),
            ended=told.get("ended") is True,
            duration_s=_number_or_none(told.get("duration_s")),
            skeleton_only=told.get("skeleton_only") is True,
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{where} does not describe a recorded session: get the folder again") from error
    if version > VERSION:
        raise DataError(f"{where} was recorded by a later program: get the newest version of this one")
    return about


def _number_or_none(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e9 else None


def _text(value: object) -> str:
    return "".join(c for c in value[:MAX_LABEL] if c.isprintable()) if isinstance(value, str) else ""


def read_part(path: Path) -> SkeletonRecording:
    """One part. Raises DataError, naming it, where it is damaged."""
    try:
        content = read_limited(path, MAX_PART_BYTES)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from error
    return read_recording(io.BytesIO(content), str(path))


def usable_parts(
    names: Sequence[str], read: Callable[[str], bytes], where: str, size: int
) -> tuple[list[SkeletonRecording], list[str]]:
    """The parts in order of time, and a sentence on each that cannot be used.

    read: gives the content of a name, or raises DataError. where: the session's name in sentences.
    size: of what the parts lie in, in bytes; together they may unpack to some times as much.
    """
    parts: list[SkeletonRecording] = []
    problems: list[str] = []
    left = most_unpacked(size)
    for name in sorted_parts(names):
        try:
            part = read_recording(io.BytesIO(read(name)), f"{where}/{name}", left)
            if parts and part.timestamps_s[0] <= parts[-1].timestamps_s[-1]:
                raise DataError(f"{where}/{name} goes back in time")
        except DataError as error:
            problems.append(str(error))
        else:
            parts.append(part)
            left -= part.num_bytes
    return parts, problems


def read_events(content: bytes, where: str) -> tuple[list[RecordedEvent], list[str]]:
    """The actions with a label, in order of the lines; and a sentence on each line that is none.

    A last line without an end was being written when the session was cut off, and is no problem; an empty
    label leaves an action out. After MAX_PROBLEMS sentences the rest is not read.
    """
    events: list[RecordedEvent] = []
    problems: list[str] = []
    if len(content) > MAX_EVENTS_BYTES:
        return [], [f"{where}: {len(content)} bytes are more than the actions of a recording take"]
    for number, line in enumerate(io.BytesIO(content), 1):
        if not line.strip():
            continue
        try:
            event = _event(read_json(line, "the line"), number)
        except (ValueError, TypeError, KeyError) as error:
            if not line.endswith(b"\n"):
                break
            why = f"no {error}" if isinstance(error, KeyError) else first_line(error)
            problems.append(f"{where}: line {number}: no action ({why})")
            if len(problems) == MAX_PROBLEMS:
                problems.append(
                    f"{where}: line {number}: what follows is not read, too much of it is damaged"
                )
                break
            continue
        if event is not None:
            events.append(event)
    return events, problems


def _event(told: Any, line: int) -> RecordedEvent | None:
    if not isinstance(told, dict):
        raise ValueError("not an object with label, start_s, end_s and person")
    label, start_s, end_s, person = told["label"], told["start_s"], told["end_s"], told["person"]
    if label is None or (isinstance(label, str) and not label.strip()):
        return None
    if (
        not isinstance(label, str)
        or len(label) > MAX_LABEL
        or any(not letter.isprintable() for letter in label)
    ):
        raise ValueError("label is no name")
    start, end = _number_or_none(start_s), _number_or_none(end_s)
    if start is None or end is None or end <= start:
        raise ValueError("start_s and end_s are no times in order")
    if isinstance(person, bool) or not isinstance(person, int):
        raise ValueError("person is no number")
    return RecordedEvent(" ".join(label.split()), start, end, person, line)


def cut(
    parts: Sequence[SkeletonRecording], start_s: float, end_s: float, first: int, alone: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """What was seen from start_s to end_s: joints (T, M, 25, 3), NaN where nobody is, and their times (T,).

    Column 0 is the person `first`; unless that one is asked for alone, the others follow, those seen most
    before the rest, up to MAX_PEOPLE. T may be 0.
    """
    inside = []
    sightings: dict[int, int] = {}
    for part in parts:
        begin, end = np.searchsorted(part.timestamps_s, (start_s, end_s + 1e-9))
        if begin == end:
            continue
        ids = part.person_ids or tuple(range(part.num_people))
        joints, times = part.joints_m[begin:end], part.timestamps_s[begin:end]
        inside.append((ids, joints, times))
        for column, person in enumerate(ids):
            seen = int(np.isfinite(joints[:, column, 0]).all(axis=-1).sum())
            sightings[person] = sightings.get(person, 0) + seen
    others = sorted((p for p, n in sightings.items() if p != first and n), key=lambda p: -sightings[p])
    people = [first] if alone else [first, *others[: MAX_PEOPLE - 1]]
    T = sum(len(times) for _, _, times in inside)
    cut_joints = np.full((T, len(people), NUM_JOINTS, 3), np.nan, np.float32)
    cut_times = np.empty(T, np.float64)
    row = 0
    for ids, joints, times in inside:
        rows = slice(row, row + len(times))
        cut_times[rows] = times
        for column, person in enumerate(people):
            if person in ids:
                cut_joints[rows, column] = joints[:, ids.index(person)]
        row += len(times)
    return cut_joints, cut_times
