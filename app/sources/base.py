"""What every source of frames promises, and the manners all of them share."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from app.entities import VideoFrame


@dataclass(frozen=True)
class SourceInfo:
    """What is known of a source before its first frame is used.

    name: for people: a camera's or a file's name.
    width, height: of the first picture as it is shown (rotation applied), in pixels. Later pictures may
        differ.
    fps: pictures a second as the source states them; None where it does not, or states nonsense.
    frame_count: stated or estimated, for a progress bar; None where unknown.
    live: True where time cannot be waited for: the consumer drops frames instead.
    duration_s: when the last picture comes, as stated; None where unknown.
    """

    name: str
    width: int
    height: int
    fps: float | None
    frame_count: int | None
    live: bool
    duration_s: float | None = None


class VideoSource(Protocol):
    """Frames, one after another, with the source's own time.

    open, frames and close are for one thread; interrupt may be called from any other.
    Every method but close may raise app.errors.SourceError.
    """

    spec: str
    live: bool

    @property
    def trouble(self) -> str:
        """A sentence on what keeps the next frame from coming, while the source tries to mend it; else "".

        May be asked from any thread, at any time.
        """

    def open(self) -> SourceInfo:
        """Make the source ready; it has been seen to deliver at least one picture."""

    def frames(self) -> Iterator[VideoFrame]:
        """The frames from first to last. Timestamps start at 0 and strictly increase."""

    def interrupt(self) -> None:
        """Make frames() end soon, also where it is blocked; holds until close()."""

    def close(self) -> None:
        """Let go of the device or file; harmless when repeated. open() may follow."""


class SeekableSource(VideoSource, Protocol):
    """A recorded source, whose pictures can be had in any order."""

    def seek(
        self, time_s: float, exact: bool = True, give_up: Callable[[], bool] = lambda: False
    ) -> VideoFrame | None:
        """The last picture at or before that time, the first where all are later.

        It is the same picture, with the same number and time, as reading in order gives. exact: False allows
        a time that has not been read in order yet to be looked up at once, by what the file says of its
        times. None where interrupted, or given up as `give_up` asked. Call open() before, and not frames().
        """


class BaseSource(ABC):
    """The shared part of the sources: `with` closes, and an interruption holds until close.

    warning: a sentence for the user about frames already delivered, such as a file that is cut short.
    """

    live = False

    def __init__(self, spec: str) -> None:
        self.spec = spec
        self.warning: str | None = None
        self.trouble = ""
        self._interrupted = threading.Event()

    @abstractmethod
    def open(self) -> SourceInfo: ...

    @abstractmethod
    def frames(self) -> Iterator[VideoFrame]: ...

    def interrupt(self) -> None:
        self._interrupted.set()

    def close(self) -> None:
        self._interrupted.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
