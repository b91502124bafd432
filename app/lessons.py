"""What teaching in the window needs besides Qt: a profile kept as it grows, and the road to the network.

A profile is written after every change, so that nothing a person has recorded is lost with the window.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.errors import ModelError
from app.teaching import profile_path, teach_profile
from stgat.errors import TeachingError
from stgat.teaching.profiles import Profile, Take, check_name, load_profile, save_profile

if TYPE_CHECKING:
    from app.road import RecognizerLoader
    from stgat.teaching.report import TeachingReport

#: progress(share 0..1, step): see stgat.teaching.teach.
Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]


class LessonsLike(Protocol):
    """The network's side of teaching; Lessons is the real one. learn and cut take seconds."""

    def labels(self) -> tuple[str, ...]:
        """The model's own actions; none where it cannot be read."""

    def learn(self, profile: Profile, progress: Progress, cancelled: Cancelled) -> TeachingReport:
        """Teach the model and tell how well it went. Raises TeachingError, TeachingCancelled, USER_ERRORS."""

    def cut(self, path: str, start_s: float, end_s: float, cancelled: Cancelled) -> Take:
        """A take from a video or recording. Raises SourceError, TeachingError, TeachingCancelled."""

    def refuses(self, profile: Profile) -> str:
        """Why the model cannot have these actions, as far as their names tell; "" where nothing does."""

    def use(self, path: Path | None) -> None:
        """From the next session on have these actions besides the model's own; None: no longer."""

    def used(self) -> Path | None:
        """The profile in use; it may have been named on the command line."""

    def report(self) -> TeachingReport | None:
        """Of the profile in use, once it was loaded."""


class Lessons:
    """Teaching the model that the window has loaded."""

    def __init__(self, loader: RecognizerLoader | None) -> None:
        self._loader = loader

    def labels(self) -> tuple[str, ...]:
        from stgat.checkpoint import read_metadata
        from stgat.errors import CheckpointError

        try:
            return tuple(read_metadata(self._loaded().model).labels)
        except (CheckpointError, ModelError):
            return ()  # the session says what is wrong with it

    def learn(self, profile: Profile, progress: Progress, cancelled: Cancelled) -> TeachingReport:
        return teach_profile(self._loaded().model, profile, progress, cancelled).report

    def cut(self, path: str, start_s: float, end_s: float, cancelled: Cancelled) -> Take:
        from app.takes import take_from_source

        return take_from_source(path, start_s, end_s, cancelled)

    def refuses(self, profile: Profile) -> str:
        labels = self.labels()
        try:
            for action in profile.actions:
                check_name(action.name, labels)
        except TeachingError as error:
            return str(error)
        return ""

    def used(self) -> Path | None:
        return self._loader.profile if self._loader is not None else None

    def use(self, path: Path | None) -> None:
        if self._loader is not None:
            self._loader.teach_with(path)

    def report(self) -> TeachingReport | None:
        return self._loader.report if self._loader is not None else None

    def _loaded(self) -> RecognizerLoader:
        if self._loader is None:
            raise ModelError("there is no model to teach")
        return self._loader


class Workbook:
    """One profile, open to be changed; every change is written to its file at once.

    path: the file. problem: the sentence that says why the last change could not be written, else ""; the
    change is kept in memory then, and written with the next one or by `save`.
    """

    def __init__(self, path: Path, profile: Profile) -> None:
        self.path, self.profile, self.problem = path, profile, ""

    @classmethod
    def new(cls, name: str) -> Workbook:
        """An empty profile, written. Raises TeachingError for a name that cannot be, or is taken."""
        path = profile_path(name)
        if path.exists():
            raise TeachingError(f"there is a profile {name!r} already; choose another name")
        workbook = cls(path, Profile(name))
        workbook.save()
        return workbook

    @classmethod
    def open(cls, path: Path) -> Workbook:
        """Raises TeachingError for a file that is no profile."""
        return cls(path, load_profile(path))

    def save(self) -> bool:
        """Write it; False, with a sentence in `problem`, where that fails."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save_profile(self.path, self.profile)
        except OSError as error:
            why = f"{self.path}: cannot be written: {error.strerror}" if error.strerror else str(error)
            self.problem = f"{why}; your takes are kept in memory until they can be saved"
            return False
        self.problem = ""
        return True

    def change(self, profile: Profile) -> None:
        """Go on with this one."""
        if profile is not self.profile:
            self.profile = profile
            self.save()
