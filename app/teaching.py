"""Profiles of taught actions in the user's folder, and what the rest of the application asks of teaching."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import OutputError
from app.names import free_path, is_device, safe_name
from app.recordings import SkeletonRecording, save_recording
from app.settings import home
from stgat.errors import TeachingError
from stgat.teaching.profiles import (
    MAX_NAME,
    SUFFIX,
    Profile,
    check_name,
    load_profile,
    read_names,
    save_profile,
)
from stgat.teaching.report import ActionReport, Advice

if TYPE_CHECKING:
    from stgat.checkpoint import Checkpoint
    from stgat.teaching.teach import Taught

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProfileFile:
    """A profile in the folder. actions: names and numbers of takes. error: what is wrong with the file."""

    name: str
    path: Path
    actions: tuple[tuple[str, int], ...] = ()
    error: str = ""


def profiles_folder() -> Path:
    """Where the user's profiles are; it need not exist."""
    return home() / "profiles"


def profile_path(name: str) -> Path:
    """Where a profile of this name is kept. Raises TeachingError for a name that can be no file's."""
    text = check_name(name)
    if text.endswith(".") or is_device(text):
        raise TeachingError(f"the name {text!r} cannot be a file's: choose another")
    return profiles_folder() / f"{text}{SUFFIX}"


def list_profiles() -> list[ProfileFile]:
    """The profiles of the folder by name; one that cannot be read says why."""
    found = []
    paths = profiles_folder().glob(f"*{SUFFIX}")
    for path in sorted(paths, key=lambda path: path.stem.casefold()):
        if path.name.startswith("."):
            continue
        try:
            found.append(ProfileFile(path.stem, path, read_names(path)[1]))
        except TeachingError as error:
            found.append(ProfileFile(path.stem, path, error=str(error).removeprefix(f"{path}: ")))
    return found


def find_profile(text: str) -> Path:
    """The profile of this name in the folder, or the file of this path.

    Raises TeachingError that lists the names where there is neither.
    """
    path = Path(text)
    if path.is_file():
        return path
    if path.name == text:
        kept = profile_path(text.removesuffix(SUFFIX))
        if kept.is_file():
            return kept
    names = ", ".join(profile.name for profile in list_profiles()) or "none yet"
    raise TeachingError(f"{text}: neither a profile nor a file; profiles: {names}")


def store_profile(profile: Profile) -> Path:
    """Keep a profile under its name, in place of an older one. Raises OutputError where it cannot."""
    return write_profile(profile_path(profile.name), profile)


def write_profile(path: Path, profile: Profile) -> Path:
    """Write a profile to a file. Raises OutputError where it cannot."""
    try:
        save_profile(path, profile)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}): check that its folder exists and has room"
        ) from error
    return path


def remove_profile(name: str) -> None:
    """Delete a profile. Raises TeachingError where there is none, OutputError where it may not be."""
    path = profile_path(name)
    try:
        path.unlink()
    except FileNotFoundError as error:
        raise TeachingError(f"there is no profile {name!r}") from error
    except OSError as error:
        raise OutputError(f"{path} cannot be removed ({error.strerror or error})") from error


def import_profile(file: Path) -> ProfileFile:
    """Copy somebody's profile in, read whole and checked first; a name that is taken gets a number.

    Raises TeachingError for a file that is none, OutputError where it cannot be kept.
    """
    profile = load_profile(file)
    name, number = profile.name, 1
    while profile_path(name).exists():
        number += 1
        end = f" {number}"
        name = profile.name[: MAX_NAME - len(end)] + end
    kept = Profile(name, profile.actions)
    path = store_profile(kept)
    return ProfileFile(name, path, tuple((action.name, len(action.takes)) for action in kept.actions))


def export_profile(name: str, file: Path) -> None:
    """Write a profile to a file of its own, to be given away. Raises TeachingError, OutputError."""
    write_profile(file, load_profile(find_profile(name)))


def export_recordings(profile: Profile, folder: Path) -> int:
    """Write every take as a recording, `ACTION/01.npz` and so on: a data set to train on (`prepare
    recordings`).

    What is there already stays: a take whose name is taken is written beside it. An action whose name no
    folder can have on Windows, such as "aux", gets a like one. How many were written. Raises OutputError.
    """
    count = 0
    for action in profile.actions:
        place = folder / safe_name(action.name, "action")
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{place} cannot be made ({error.strerror or error})") from error
        for number, take in enumerate(action.takes, 1):
            recording = SkeletonRecording(take.joints_m[:, None], take.confidence[:, None], take.timestamps_s)
            save_recording(free_path(place / f"{number:02}.npz"), recording)
            count += 1
    return count


def teach_profile(
    model: Path,
    profile: Profile,
    progress: Callable[[float, str], None] = lambda share, step: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Taught:
    """`stgat.teaching.teach.teach` with a model file and what that model remembers.

    Raises CheckpointError, and what `teach` raises.
    """
    from stgat.checkpoint import load_checkpoint

    return teach_checkpoint(load_checkpoint(model), model, profile, progress, cancelled)


def teach_checkpoint(
    checkpoint: Checkpoint,
    model: Path,
    profile: Profile,
    progress: Callable[[float, str], None] = lambda share, step: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Taught:
    """The same with a checkpoint that was loaded from `model`."""
    from stgat.teaching.memory import load_memory, memory_path
    from stgat.teaching.teach import teach

    place = memory_path(model)
    memory = load_memory(place) if place.is_file() else None
    if memory is not None and memory.model != checkpoint.sha256:
        log.warning("%s is of another model than %s and is not used", place, model)
        memory = None
    return teach(checkpoint, profile, progress, cancelled, memory)


def advice_sentence(report: ActionReport) -> str:
    """What to do about a taught action, in a sentence."""
    if report.advice is Advice.ENOUGH:
        return "Told well; more takes are not needed."
    if report.advice is Advice.MORE_TAKES and report.right == report.takes:
        return (
            f"All right so far, but {report.takes} takes say little; record about {report.more_takes} more."
        )
    if report.advice is Advice.MORE_TAKES:
        return f"More takes would help: record about {report.more_takes} more."
    other = f" from {report.confusions[0][0]}" if report.confusions else ""
    return f"More takes hardly help; make the movement more different{other}."
