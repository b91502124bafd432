"""Puts the road together: a source, the pose, a model, and the session that runs them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.decisions import DecisionSettings
from app.models import DEFAULT_MODEL, check_live
from app.pipeline import Extractor, Result, Session
from app.playback import FilePlayback
from app.sources import SourceInfo, open_source, open_twice

if TYPE_CHECKING:
    from stgat.recognizer import Recognizer
    from stgat.teaching.report import TeachingReport


@dataclass(frozen=True, eq=False)
class _Wish:
    model: Path
    device: str
    profile: Path | None


class RecognizerLoader:
    """Loads a checkpoint on first use and keeps it: the next source need not wait for it. Thread-safe."""

    def __init__(self, model: Path = DEFAULT_MODEL, device: str = "auto") -> None:
        self._wish = _Wish(model, device, None)
        self._loading = threading.Lock()
        self._kept: tuple[_Wish, Recognizer, TeachingReport | None] | None = None

    @property
    def model(self) -> Path:
        """The file that the next session uses."""
        return self._wish.model

    @property
    def device(self) -> str:
        return self._wish.device

    @property
    def profile(self) -> Path | None:
        """The file of taught actions that the next session uses."""
        return self._wish.profile

    @property
    def report(self) -> TeachingReport | None:
        """On the teaching of the profile in use, once it was done; None without a profile."""
        kept = self._kept
        return kept[2] if kept is not None and kept[0] is self._wish else None

    def use(self, model: Path | None = None, device: str | None = None) -> None:
        """Load this model, on this device, when the next session asks; None leaves it as it is.

        What was loaded is forgotten, also where the names are the same: the file may be another by now.
        Returns at once, whatever is being loaded; what is wrong with the file is for the next session to say.
        """
        now = self._wish
        self._wish = _Wish(model or now.model, device or now.device, now.profile)

    def forget(self) -> None:
        """Load afresh when next asked, and wait for no load that is under way: it may hang."""
        self.use()
        self._loading = threading.Lock()

    def teach_with(self, profile: Path | None) -> None:
        """Have the next session name a profile's actions as well, the file as it will be then; None: no more.

        Returns at once.
        """
        # A new wish also for the same file, which may have changed.
        self._wish = _Wish(self._wish.model, self._wish.device, profile)

    def __call__(self) -> Recognizer:
        """Raises CheckpointError, DeviceError, ModelError for a model that the live pose cannot feed, and
        TeachingError for a profile that cannot be taught to it."""
        with self._loading:
            wish = self._wish  # what is asked for while this one loads is for the next session
            kept = self._kept
            if kept is None or kept[0] is not wish:
                self._kept = kept = None
                kept = (wish, *_load(wish))
                if wish is self._wish:  # else another load may have come before this one, which took so long
                    self._kept = kept
            return kept[1]


def _load(wish: _Wish) -> tuple[Recognizer, TeachingReport | None]:
    from app.engines import choose_engine, share_cores
    from stgat.checkpoint import load_checkpoint
    from stgat.continual.recognizer import recognizer_of

    checkpoint, report = load_checkpoint(wish.model), None
    check_live(checkpoint.metadata, wish.model)
    if wish.profile is not None:
        from app.teaching import teach_checkpoint
        from stgat.teaching.profiles import load_profile

        taught = teach_checkpoint(checkpoint, wish.model, load_profile(wish.profile))
        checkpoint, report = taught.checkpoint, taught.report
    share_cores(checkpoint.metadata)
    recognizer = recognizer_of(checkpoint, choose_engine(checkpoint.metadata, wish.device))
    recognizer.warm_up()
    return recognizer, report


def make_extractor() -> Extractor:
    """The pose road with its model file. Raises PoseModelMissing where that has not been made yet."""
    from pose.extractor import SkeletonExtractor

    return SkeletonExtractor()


def make_session(
    spec: str,
    load_recognizer: Callable[[], Recognizer],
    *,
    settings: DecisionSettings | None = None,
    lossless: bool = False,
    repeat_demo: bool = False,
    on_open: Callable[[SourceInfo], None] = lambda info: None,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Session:
    """A session on "camera:0", "demo" or a path. Raises SourceError for a spec that names nothing."""
    return Session(
        open_source(spec, repeat_demo),
        make_extractor,
        load_recognizer,
        settings=settings,
        lossless=lossless,
        on_open=on_open,
        on_result=on_result,
    )


def open_in_window(
    spec: str,
    load_recognizer: Callable[[], Recognizer],
    *,
    settings: DecisionSettings | None = None,
) -> Session | FilePlayback:
    """What the window plays: a file that can be moved about in; a camera as it comes; the demo over and over.

    Raises SourceError for a spec that names nothing.
    """
    both = None if spec.strip().lower() == "demo" else open_twice(spec)
    if both is None:
        return make_session(spec, load_recognizer, settings=settings, repeat_demo=True)
    analysed, shown = both
    return FilePlayback(
        shown,
        lambda on_result: Session(
            analysed, make_extractor, load_recognizer, settings=settings, lossless=True, on_result=on_result
        ),
        settings,
    )
