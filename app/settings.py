"""What the application remembers from one start to the next, in one readable JSON file."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.names import free_path
from stgat.reading import read_limited

#: Where another folder for settings, profiles and the like is wanted: tests, a stick.
VARIABLE = "STGAT_LIVE_HOME"
VERSION = 1
#: Of the file, of a text in it, and of a list: so that what is read can always be written and read again,
#: even where each character takes six bytes.
MAX_BYTES = 4 << 20
MAX_TEXT, MAX_LISTED = 4096, 50

log = logging.getLogger(__name__)


def home() -> Path:
    """The folder of everything that is the user's: settings, taught actions, crash reports."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("stgat-live", appauthor=False))


def _name(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a zero byte, which no name may")
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    return text


_Text = Annotated[str, AfterValidator(_name)]
_Texts = Annotated[tuple[_Text, ...], Field(max_length=MAX_LISTED)]


class Settings(BaseModel):
    """All that is remembered; what is not in the file is as here.

    version: of the file's form. language: "" for the system's. window: Qt's geometry and state, base64.
    camera_size: WIDTHxHEIGHT or "any"; camera_fps: 0 for any. recent_files: newest first.
    skeleton, hand_trails: whether they are painted over the picture.
    export_folder: where a file was saved last; "" for the user's documents.
    profile: the file of the taught actions in use, "" for none.
    recordings_folder: "" for one of ours among the user's videos. skeletons_only: recordings have no picture.
    sensitivity: see app.sensitivity. smoothing_s: None for what belongs to the sensitivity.
    model: a file's path, "" for the one that ships as the default. model_files: those opened besides the
        installed ones, newest first.
    tour_seen: the window has been shown round once.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    version: int = VERSION
    language: _Text = ""
    window_geometry: _Text = ""
    window_state: _Text = ""
    recent_files: _Texts = ()
    skeleton: bool = True
    hand_trails: bool = False
    camera_size: str = Field(default="640x480", pattern=r"^([1-9]\d{1,4}x[1-9]\d{1,4}|any)$")
    camera_fps: int = Field(default=30, ge=0, le=1000)
    export_folder: _Text = ""
    profile: _Text = ""
    recordings_folder: _Text = ""
    skeletons_only: bool = False
    sensitivity: float = Field(default=0.5, ge=0.0, le=1.0)
    smoothing_s: float | None = Field(default=None, ge=0.0, le=10.0)
    model: _Text = ""
    model_files: _Texts = ()
    device: _Text = "auto"
    appearance: Literal["system", "light", "dark"] = "system"
    tour_seen: bool = False


class SettingsStore:
    """Reads the settings once, and writes them whenever they change. For one thread.

    path: the file; by default settings.json in `home()`. None as `path` given to `in_memory` keeps nothing.
    problem: a sentence for the user where the file could not be read or written; the broken file is kept
        beside the new one, as settings.json.broken or under the next free name of that kind, and never
        written over.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path: Path | None = path or home() / "settings.json"
        self.problem = ""
        self._in_the_way = False
        self._listeners: list[Callable[[Settings], None]] = []
        self._value = self._read()

    @classmethod
    def in_memory(cls) -> SettingsStore:
        """Settings that are gone with the process."""
        store = cls.__new__(cls)
        store.path, store.problem, store._listeners, store._value = None, "", [], Settings()
        store._in_the_way = False
        return store

    @property
    def value(self) -> Settings:
        return self._value

    def change(self, **fields: Any) -> None:
        """Set these fields and write the file. Raises ValidationError for a value that cannot be."""
        value = Settings.model_validate({**self._value.model_dump(), **fields})
        if value != self._value:
            self._value = value
            self._write()
            for listener in list(self._listeners):
                listener(value)

    def reset(self) -> None:
        """Everything as on the first start."""
        self.change(**Settings().model_dump())

    def on_change(self, listener: Callable[[Settings], None]) -> None:
        """Tell it of every change."""
        self._listeners.append(listener)

    def _read(self) -> Settings:
        assert self.path is not None
        try:
            text = read_limited(self.path, MAX_BYTES).decode("utf-8")
        except FileNotFoundError:
            return Settings()
        except (OSError, UnicodeDecodeError) as error:
            return self._broken(error)
        try:
            return Settings.model_validate(upgraded(json.loads(text)))
        except (ValueError, ValidationError, RecursionError) as error:
            return self._broken(error)

    def _broken(self, error: Exception) -> Settings:
        assert self.path is not None
        log.info("%s: %s", self.path, error)
        kept = self._put_aside() or self.path
        self._in_the_way = kept == self.path
        self.problem = f"The settings could not be read and are as on the first start; the old file: {kept}"
        return Settings()

    def _put_aside(self) -> Path | None:
        """Where the broken file is kept from now on; None where it cannot be moved."""
        assert self.path is not None
        try:
            kept = free_path(self.path.with_name(self.path.name + ".broken"))
            self.path.rename(kept)
        except OSError:
            return None
        return kept

    def _write(self) -> None:
        if self.path is None:
            return
        if self._in_the_way and self._put_aside() is None:
            self.problem = f"The settings cannot be kept: {self.path} is damaged and cannot be moved away"
            log.warning("%s", self.problem)
            return
        self._in_the_way = False
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        try:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                # ASCII: a file's name may hold bytes that are no text, and so no UTF-8.
                text = json.dumps(self._value.model_dump(), indent=2, allow_nan=False) + "\n"
                partial.write_text(text, encoding="ascii")
                partial.replace(self.path)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            self.problem = f"The settings cannot be kept: {self.path}: {error.strerror or error}"
            log.warning("%s", self.problem)


def upgraded(fields: Any) -> dict[str, Any]:
    """A settings file of any version in today's form.

    Raises ValueError where it is no such file, or of a version that is yet to come.
    """
    if not isinstance(fields, dict):
        raise ValueError("not a settings file")
    version = fields.get("version", VERSION)
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise ValueError(f"version {version!r} of the settings is not known to this program")
    return fields
