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
    profile: Path | None


class RecognizerLoader:
    """Loads a checkpoint on first use and keeps it: the next source need not wait for it. Thread-safe."""

    def __init__(self, model: Path = DEFAULT_MODEL, device: str = "auto") -> None:
        self.model, self.device = model, device
        self._taught = _Wish(None)
        self._kept_for = self._taught
        self.report: TeachingReport | None = None
        self._lock = threading.Lock()
        self._recognizer: Recognizer | None = None

    def teach_with(self, profile: Path | None) -> None:
        """Have the next session name a profile's actions as well, the file as it will be then; None: no more.

        Returns at once. report: on the teaching, once it was done; None without a profile.
        """
        self._taught = _Wish(profile)  # a new one also for the same file, which may have changed

    @property
    def profile(self) -> Path | None:
        """The file of taught actions that the next session uses."""
        return self._taught.profile

    def __call__(self) -> Recognizer:
        """Raises CheckpointError, DeviceError, ModelError for a model that the live pose cannot feed, and
        TeachingError for a profile that cannot be taught to it."""
        with self._lock:
            wish = self._taught  # what is asked for while this one loads is for the next session
            if self._recognizer is None or self._kept_for is not wish:
                self._recognizer, self.report = None, None
                from stgat.checkpoint import load_checkpoint
                from stgat.recognizer import Recognizer

                checkpoint = load_checkpoint(self.model)
                check_live(checkpoint.metadata, self.model)
                if wish.profile is not None:
                    from app.teaching import teach_checkpoint
                    from stgat.teaching.profiles import load_profile

                    taught = teach_checkpoint(checkpoint, self.model, load_profile(wish.profile))
                    checkpoint, self.report = taught.checkpoint, taught.report
                recognizer = Recognizer(checkpoint, self.device)
                recognizer.warm_up()
                self._recognizer, self._kept_for = recognizer, wish
            return self._recognizer


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
