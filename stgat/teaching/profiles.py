"""The file that keeps what a user taught (stgat.teaching.actions): actions and the takes of each.

A profile holds skeletons and names, never anything learned: what is learned follows from it and from the
model in use, so a profile goes with every model. The file is safetensors with JSON metadata under the key
`stgat-profile`. It may come from anyone: nothing in it is executed, and every size is checked before memory
is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from stgat.data.recording_file import NUM_JOINTS
from stgat.errors import TeachingError
from stgat.reading import told
from stgat.teaching.actions import (
    MAX_ACTIONS,
    MAX_FRAMES,
    MAX_NAME,
    MAX_TAKE_S,
    MAX_TAKES,
    MIN_TAKE_S,
    MIN_TAKES,
    Profile,
    Take,
    TaughtAction,
    check_name,
)
from stgat.tensor_file import EntryError, open_tensors, read_entry
from stgat.whole_file import whole_file

__all__ = [
    "MAX_ACTIONS",
    "MAX_NAME",
    "MAX_TAKES",
    "MAX_TAKE_S",
    "MIN_TAKES",
    "MIN_TAKE_S",
    "SUFFIX",
    "Profile",
    "Take",
    "TaughtAction",
    "check_name",
    "load_profile",
    "read_names",
    "save_profile",
]

FORMAT = 1
SUFFIX = ".safetensors"
MAX_FILE_BYTES = 1 << 28
_KEY = "stgat-profile"
_PURPOSE = "a profile of taught actions"


class _TakeEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: str = Field(default="", max_length=500)
    frames: int = Field(ge=2, le=MAX_FRAMES)


class _ActionEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=200)
    takes: tuple[_TakeEntry, ...] = Field(max_length=MAX_TAKES)


class _Entry(BaseModel):
    """What the metadata say; the arrays of take t of action a are "a.t.joints_m" and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    name: str = Field(max_length=200)
    actions: tuple[_ActionEntry, ...] = Field(max_length=MAX_ACTIONS)


def save_profile(path: Path, profile: Profile) -> None:
    """Write a profile whole or not at all. Raises OSError where it cannot."""
    entry = _Entry(
        name=profile.name,
        actions=tuple(
            _ActionEntry(
                name=action.name,
                takes=tuple(_TakeEntry(origin=t.origin, frames=len(t.timestamps_s)) for t in action.takes),
            )
            for action in profile.actions
        ),
    )
    arrays = {
        f"{a}.{t}.{name}": np.ascontiguousarray(getattr(take, name))
        for a, action in enumerate(profile.actions)
        for t, take in enumerate(action.takes)
        for name in ("joints_m", "confidence", "timestamps_s")
    }
    with whole_file(path) as temporary:
        save_file(arrays, temporary, metadata={_KEY: entry.model_dump_json()})


def load_profile(path: Path) -> Profile:
    """Read a profile. Raises TeachingError, naming the file, for anything that is none."""
    with _opened(path) as file:
        return _read(path, file)


def read_names(path: Path) -> tuple[str, tuple[tuple[str, int], ...]]:
    """A profile's name, and its actions with how many takes each has. Raises TeachingError."""
    with _opened(path) as file:
        entry = _entry(path, file)
    try:
        return check_name(entry.name), tuple((check_name(a.name), len(a.takes)) for a in entry.actions)
    except TeachingError as error:
        raise TeachingError(f"{path}: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[safe_open]:
    try:
        if path.exists() and not path.is_file():
            raise TeachingError(f"{path} is not a file: choose {_PURPOSE} ({SUFFIX})")
        with open_tensors(path, "np") as file:
            size = path.stat().st_size
            if size > MAX_FILE_BYTES:
                raise TeachingError(f"{path}: {size / 1e6:.0f} MB are more than a profile may take")
            yield file
    except FileNotFoundError as error:
        raise TeachingError(f"{path}: no such profile") from error
    except (SafetensorError, OSError) as error:
        raise TeachingError(f"{path}: cut short, or not {_PURPOSE} ({told(error)})") from error


def _entry(path: Path, file: safe_open) -> _Entry:
    try:
        entry = read_entry(file, _KEY, _Entry)
    except EntryError as error:
        raise TeachingError(f"{path}: {error}") from error
    if entry is None:
        raise TeachingError(f"{path}: a safetensors file, but not {_PURPOSE}")
    if entry.format != FORMAT:
        raise TeachingError(f"{path}: a profile of format {entry.format}, which this version does not know")
    return entry


def _read(path: Path, file: safe_open) -> Profile:
    entry = _entry(path, file)
    expected = {
        f"{a}.{t}.{name}": (shape, kind)
        for a, action in enumerate(entry.actions)
        for t, take in enumerate(action.takes)
        for name, shape, kind in (
            ("joints_m", [take.frames, NUM_JOINTS, 3], "F32"),
            ("confidence", [take.frames, NUM_JOINTS], "F32"),
            ("timestamps_s", [take.frames], "F64"),
        )
    }
    names = set(file.keys())
    for name, (shape, kind) in expected.items():
        if name not in names:
            raise TeachingError(f"{path}: the array {name} is missing")
        found = file.get_slice(name)
        if list(found.get_shape()) != shape or found.get_dtype() != kind:
            raise TeachingError(
                f"{path}: {name} is {found.get_dtype()} {list(found.get_shape())}, not {kind} {shape}"
            )
    if surplus := sorted(names - expected.keys()):
        raise TeachingError(f"{path}: holds {told(surplus[0])}, which belongs to no take")
    try:
        return Profile(
            entry.name,
            tuple(
                TaughtAction(
                    action.name,
                    tuple(_take(file, f"{a}.{t}", take.origin) for t, take in enumerate(action.takes)),
                )
                for a, action in enumerate(entry.actions)
            ),
        )
    except TeachingError as error:
        raise TeachingError(f"{path}: {error}") from error


def _take(file: safe_open, key: str, origin: str) -> Take:
    joints, confidence, times = (
        file.get_tensor(f"{key}.{name}") for name in ("joints_m", "confidence", "timestamps_s")
    )
    return Take(joints, confidence, times, origin)
