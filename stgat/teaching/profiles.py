"""What a user taught: actions, the takes of each, and the file that keeps them.

A profile holds skeletons and names, never anything learned: what is learned follows from it and from the
model in use, so a profile goes with every model. The file is safetensors with JSON metadata under the key
`stgat-profile`. It may come from anyone: nothing in it is executed, and every size is checked before memory
is asked for.
"""

from __future__ import annotations

import json
import os
import tempfile
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from stgat.data.recording_file import NUM_JOINTS, SkeletonRecording
from stgat.errors import TeachingError
from stgat.labels import IDLE
from stgat.skeleton import FloatArray

FORMAT = 1
SUFFIX = ".safetensors"
MIN_TAKES, MAX_TAKES, MAX_ACTIONS = 3, 40, 30
MIN_TAKE_S, MAX_TAKE_S = 0.5, 30.0
#: Of one take: 30 s at 120 frames a second.
MAX_FRAMES = 3600
MAX_NAME = 40
MAX_FILE_BYTES = 1 << 28
_KEY = "stgat-profile"
_PURPOSE = "a profile of taught actions"
#: Names become lines of files, folders and tables.
_FORBIDDEN = frozenset('/\\:*?"<>|')
_TAKEN = (IDLE, "unknown", "no person")


@dataclass(frozen=True, eq=False)
class Take:
    """One performance of an action by one person, cut to it.

    joints_m: (T, 25, 3) float32 metres in Kinect camera space, NaN where not known. confidence: (T, 25)
    float32 in [0, 1]. timestamps_s: (T,) float64, rising, from 0. origin: where it comes from, for people to
    read.

    Raises TeachingError for anything else, and for what lasts less than MIN_TAKE_S or more than MAX_TAKE_S.
    """

    joints_m: FloatArray
    confidence: FloatArray
    timestamps_s: FloatArray
    origin: str = ""

    def __post_init__(self) -> None:
        try:
            if np.ndim(self.joints_m) != 3 or np.ndim(self.confidence) != 2:
                raise ValueError("a take has joints (T, 25, 3) and their confidence (T, 25)")
            checked = SkeletonRecording(
                np.asarray(self.joints_m)[:, None], np.asarray(self.confidence)[:, None], self.timestamps_s
            )
        except ValueError as error:
            raise TeachingError(f"not a take: {error}") from error
        times = checked.timestamps_s - checked.timestamps_s[0]
        if len(times) > MAX_FRAMES or times[-1] > MAX_TAKE_S:
            raise TeachingError(
                f"a take of {times[-1]:.0f} s and {len(times)} pictures is too long: cut it to one "
                f"performance of at most {MAX_TAKE_S:.0f} s"
            )
        if times[-1] < MIN_TAKE_S:
            raise TeachingError(
                f"a take of {times[-1]:.1f} s is too short: at least {MIN_TAKE_S} s are needed"
            )
        root = np.isfinite(checked.joints_m[:, 0, 0]).all(axis=-1)
        if root.sum() < 2:
            raise TeachingError("the hips are never seen in a take: record it with the body in the picture")
        object.__setattr__(self, "joints_m", checked.joints_m[:, 0])
        object.__setattr__(self, "confidence", checked.confidence[:, 0])
        object.__setattr__(self, "timestamps_s", times)
        object.__setattr__(self, "origin", _printable(self.origin)[:120])

    @property
    def duration_s(self) -> float:
        return float(self.timestamps_s[-1])


@dataclass(frozen=True, eq=False)
class TaughtAction:
    """An action and its takes. Raises TeachingError for a name `check_name` refuses, or too many takes."""

    name: str
    takes: tuple[Take, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_name(self.name))
        if len(self.takes) > MAX_TAKES:
            raise TeachingError(f"{self.name!r} has {len(self.takes)} takes; {MAX_TAKES} are the most")


@dataclass(frozen=True, eq=False)
class Profile:
    """The actions that one user taught; no change is made in place.

    Raises TeachingError for a bad name, two actions of one name, or more than MAX_ACTIONS.
    """

    name: str
    actions: tuple[TaughtAction, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_name(self.name))
        names = [action.name.casefold() for action in self.actions]
        double = next(
            (action.name for action in self.actions if names.count(action.name.casefold()) > 1), None
        )
        if double is not None:
            raise TeachingError(f"there is an action {double!r} already: choose another name")
        if len(names) > MAX_ACTIONS:
            raise TeachingError(
                f"{len(names)} actions are too many for one profile; {MAX_ACTIONS} are the most"
            )

    def action(self, name: str) -> TaughtAction | None:
        """The action of this name, however it is capitalised."""
        wanted = check_name(name).casefold()
        return next((action for action in self.actions if action.name.casefold() == wanted), None)

    def with_action(self, name: str) -> Self:
        """The profile with one more action, without takes yet."""
        return replace(self, actions=(*self.actions, TaughtAction(name)))

    def with_take(self, name: str, take: Take) -> Self:
        """The profile with one more take of an action, which is made where it is new."""
        if self.action(name) is None:
            return self.with_action(name).with_take(name, take)
        return self._changed(name, lambda action: replace(action, takes=(*action.takes, take)))

    def without_take(self, name: str, index: int) -> Self:
        """The profile without the take of this place, from 0. Raises IndexError."""

        def shorter(action: TaughtAction) -> TaughtAction:
            action.takes[index]  # the place must be there
            kept = tuple(take for i, take in enumerate(action.takes) if i != index % len(action.takes))
            return replace(action, takes=kept)

        return self._changed(name, shorter)

    def without_action(self, name: str) -> Self:
        """The profile without an action and its takes."""
        gone = self._known(name)
        return replace(self, actions=tuple(action for action in self.actions if action is not gone))

    def renamed(self, old: str, new: str) -> Self:
        """The profile with another name for one of its actions."""
        return self._changed(old, lambda action: replace(action, name=new))

    def _known(self, name: str) -> TaughtAction:
        action = self.action(name)
        if action is None:
            raise TeachingError(f"the profile {self.name!r} has no action {name!r}")
        return action

    def _changed(self, name: str, change: Callable[[TaughtAction], TaughtAction]) -> Self:
        mine = self._known(name)
        return replace(
            self, actions=tuple(change(action) if action is mine else action for action in self.actions)
        )


def check_name(name: str, labels: Collection[str] = ()) -> str:
    """The name of an action or a profile without spaces around it.

    labels: of the model, which may not be taken again. Raises TeachingError for a name that is empty, longer
    than MAX_NAME, not printable, does not begin with a letter or a digit, holds what no file name may, or
    means something already.
    """
    text = unicodedata.normalize("NFC", name).strip()
    if not text:
        raise TeachingError("a name is missing")
    if len(text) > MAX_NAME:
        raise TeachingError(f"the name {text[:MAX_NAME]!r}... is longer than {MAX_NAME} characters")
    if not text.isprintable():
        raise TeachingError(f"the name {text!r} holds characters that cannot be shown")
    if not text[0].isalnum():
        raise TeachingError(f"the name {text!r} must begin with a letter or a digit")
    if wrong := sorted(_FORBIDDEN & set(text)):
        raise TeachingError(f"the name {text!r} may not hold {wrong[0]}")
    if text.casefold() in _TAKEN:
        raise TeachingError(f"the name {text!r} has a meaning already: choose another")
    if text.casefold() in {label.casefold() for label in labels}:
        raise TeachingError(f"the model knows an action {text!r} already: choose another name")
    return text


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
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    try:
        save_file(arrays, temporary, metadata={_KEY: entry.model_dump_json()})
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except SafetensorError as error:  # how safetensors tells of a full disk
        raise OSError(f"{path}: cannot be written ({error}); is the disk full?") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def load_profile(path: Path) -> Profile:
    """Read a profile. Raises TeachingError, naming the file, for anything that is none."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise TeachingError(f"{path} is not a file: choose {_PURPOSE} ({SUFFIX})")
        if size > MAX_FILE_BYTES:
            raise TeachingError(f"{path}: {size / 1e6:.0f} MB are more than a profile may take")
        with safe_open(path, framework="np") as file:
            return _read(path, file)
    except FileNotFoundError as error:
        raise TeachingError(f"{path}: no such profile") from error
    except (SafetensorError, OSError) as error:
        raise TeachingError(f"{path}: cut short, or not {_PURPOSE} ({error})") from error


def read_names(path: Path) -> tuple[str, tuple[tuple[str, int], ...]]:
    """A profile's name, and its actions with how many takes each has. Raises TeachingError."""
    try:
        with safe_open(path, framework="np") as file:
            entry = _entry(path, file)
    except (SafetensorError, OSError) as error:
        raise TeachingError(f"{path}: cut short, or not {_PURPOSE} ({error})") from error
    return check_name(entry.name), tuple((check_name(a.name), len(a.takes)) for a in entry.actions)


def _entry(path: Path, file: safe_open) -> _Entry:
    text = (file.metadata() or {}).get(_KEY)
    if text is None:
        raise TeachingError(f"{path}: a safetensors file, but not {_PURPOSE}")
    try:
        entry = _Entry.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TeachingError(f"{path}: {place or 'the profile'}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise TeachingError(f"{path}: what it says of itself is no JSON ({error})") from error
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
        raise TeachingError(f"{path}: holds {surplus[0]}, which belongs to no take")
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


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
