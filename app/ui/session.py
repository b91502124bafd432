"""What the window needs of a session, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from app.entities import Snapshot

if TYPE_CHECKING:
    from app.decisions import DecisionSettings


class SessionLike(Protocol):
    """One source on its way to decisions; app.pipeline.Session is the real one.

    start: returns at once; the camera, the file and the model are opened in the session's own threads.
    stop: asks the threads to end and waits at most timeout_s; False if some have not ended by then.
    snapshot: safe from any thread, and cheap: the window asks sixty times a second.
    """

    def start(self) -> None: ...

    def stop(self, timeout_s: float = 1.0) -> bool: ...

    def snapshot(self) -> Snapshot: ...


#: A source spec ("camera:0", "demo" or a file's path) made into a session that is not yet started.
#: Raises OSError, ValueError or RuntimeError with a sentence for the user.
OpenSession = Callable[[str], SessionLike]

#: (source spec, name) of each camera, in the order to offer them.
ListCameras = Callable[[], list[tuple[str, str]]]


@runtime_checkable
class DecidesBy(Protocol):
    """A session whose decisions can be made by other settings while it runs; returns at once.

    A live one goes on by them from the next answer; one on a file decides anew on the whole of it.
    """

    def decide_by(self, settings: DecisionSettings) -> None: ...


@runtime_checkable
class Playback(SessionLike, Protocol):
    """A session on a file, that can be moved about in; a live one cannot. Its methods return at once.

    position_s: of the picture shown, from the first. duration_s: as stated; grows if that was wrong.
    analysed_s: up to where everything is known; seeking does not change what is said of a moment.
    rate: 0.25 to 4 times the file's own pace. loop: (from, to) in seconds, repeated; None for none.
    """

    position_s: float
    duration_s: float
    analysed_s: float
    paused: bool
    rate: float
    loop: tuple[float, float] | None

    def play(self) -> None: ...

    def pause(self) -> None: ...

    def seek(self, time_s: float) -> None:
        """Show the picture of that moment; beyond an end, the end."""

    def step(self, frames: int) -> None:
        """Pause, and go so many pictures on, or back where negative."""


def play_or_pause(playback: Playback) -> None:
    """The other of the two."""
    if playback.paused:
        playback.play()
    else:
        playback.pause()
