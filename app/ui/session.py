"""What the window needs of a session, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.entities import Snapshot


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
