"""The folder of a session that is being recorded: its name, and session.json in it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import unicodedata
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs

from app.errors import OutputError
from app.names import safe_name
from stgat.data.session_folder import ABOUT
from stgat.errors import CheckpointError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def default_place() -> Path:
    """Where recordings go unless somebody says otherwise: a folder of ours among the user's videos."""
    return Path(platformdirs.user_videos_dir()) / "STGAT Live"


def session_name(source: str, started_at: datetime) -> str:
    """A folder's name that every system can have, and that leads to no other folder.

    >>> session_name("../HD: Pro/Cam\\n", datetime(2026, 11, 22, 14, 3, 5))
    '2026-11-22 14-03-05 HD Pro Cam'
    """
    kept = "".join(c if c.isalnum() or c in " -_" else " " for c in unicodedata.normalize("NFC", source))
    return f"{started_at:%Y-%m-%d %H-%M-%S} {safe_name(kept.strip(' -_'), 'session')}"


def make_session_folder(place: Path, source: str, started_at: datetime, about: dict[str, Any]) -> Path:
    """A new folder in `place` with session.json in it from its first moment. Raises OSError.

    A name that is there already, whatever it is, is left alone: " (2)" and so on is added.
    """
    place.mkdir(parents=True, exist_ok=True)
    name = session_name(source, started_at)
    growing = place / f".{name}.{uuid.uuid4().hex}.partial"  # a killed process may have left one
    growing.mkdir()
    try:
        write_about(growing, about)
        for number in range(1, 1000):
            folder = place / (name if number == 1 else f"{name} ({number})")
            if os.path.lexists(folder):
                continue
            try:
                growing.rename(folder)
            except OSError as error:
                if error.errno in _TAKEN:  # by another recording, since the look
                    continue
                raise
            return folder
        raise FileExistsError(errno.EEXIST, "there are a thousand recordings of that name", str(place / name))
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def write_about(folder: Path, about: dict[str, Any]) -> None:
    """Write session.json, whole or not at all, without waiting for the disk. Raises OSError."""
    partial = folder / f".{ABOUT}.partial"
    try:
        partial.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(folder / ABOUT)
    finally:
        partial.unlink(missing_ok=True)


def told_of_model(path: Path | None) -> dict[str, Any]:
    """The model that answers in the meantime: its name, file, sha256 and labels; None where unknown."""
    if path is None:
        return {"model": None, "labels": None}
    from stgat.checkpoint import read_metadata, sha256_of

    try:
        metadata = read_metadata(path)
        sha256 = sha256_of(path)
    except (CheckpointError, OSError):
        return {"model": {"name": path.stem, "file": path.name, "sha256": None}, "labels": None}
    model = {"name": metadata.name, "file": path.name, "sha256": sha256}
    return {"model": model, "labels": list(metadata.labels)}


def why_stopped(error: Exception, place: Path, began: bool = True) -> str:
    """The sentence on a recording that could not go on in this folder, or, not `began`, could not begin."""
    cause: BaseException = error
    if isinstance(error, OutputError) and error.__cause__ is not None:
        cause = error.__cause__
    number = cause.errno if isinstance(cause, OSError) else None
    kept = "What was recorded is kept. " if began else ""
    if number in _NO_ROOM:
        why, way_out = "the disk is full", f"{kept}Make room, or choose another folder."
    elif number == errno.EFBIG:
        why = "a file has grown as large as it may here"
        way_out = f"{kept}Choose a folder on another disk."
    elif number in _FORBIDDEN:
        why, way_out = "the folder may not be written to", "Choose another folder."
    elif number == errno.ENOENT:
        why, way_out = "the folder has been removed or renamed", "Record again, or choose another folder."
    elif number in (errno.EEXIST, errno.ENOTDIR):
        why, way_out = "a file is where the folder should be", "Choose another folder."
    else:
        why = str(cause.strerror if isinstance(cause, OSError) and cause.strerror else cause)
        way_out = f"{kept}Look at the disk, or choose another folder."
    if not began:
        return f"Nothing can be recorded in {place}: {why}. {way_out}"
    return f"The recording in {place} has stopped: {why}. {way_out}"
