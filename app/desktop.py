"""The window, from the command line: which source it opens on, and what happens where there is no screen."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.road import RecognizerLoader, make_session
from app.sources import list_cameras, open_source

if TYPE_CHECKING:
    from rich.console import Console

    from app.pipeline import Session

#: Where there is no screen the demo is played so long, and a picture of the window saved here.
OFFSCREEN_SECONDS = 10.0
OFFSCREEN_SCREENSHOT = Path("screenshots") / "stgat-live.png"


def open_window(
    source: str | None,
    loader: RecognizerLoader,
    screenshot: Path | None,
    quit_after_s: float | None,
    console: Console,
) -> int:
    """Open the window and stay until it closes; returns the exit code.

    source: None takes the first camera, or the demo where there is none. Without a screen the window is
    painted into memory for `OFFSCREEN_SECONDS`, what it recognised is printed, and its picture is saved.

    Raises SourceError for a source that names nothing, and what the loader raises for the model.
    """
    offscreen = not has_screen()
    if source is None:
        source = "camera:0" if list_cameras() and not offscreen else "demo"
    open_source(source)  # a spec that names nothing is said on the terminal, not in the window
    if offscreen:
        quit_after_s = quit_after_s or OFFSCREEN_SECONDS
        screenshot = screenshot or OFFSCREEN_SCREENSHOT
        screenshot.parent.mkdir(parents=True, exist_ok=True)
        console.print(f"There is no screen here: playing {source} offscreen for {quit_after_s:g} seconds.")
    sessions: list[Session] = []

    def open_session(spec: str) -> Session:
        sessions.append(make_session(spec, loader, repeat_demo=True))
        del sessions[:-1]
        return sessions[-1]

    from app.ui.run import run_window

    code = run_window(
        open_session, source=source, screenshot=screenshot, quit_after_s=quit_after_s, offscreen=offscreen
    )
    if offscreen:
        from app.cli import print_events

        snapshot = sessions[-1].snapshot()
        print_events(snapshot.events)
        if snapshot.message:
            console.print(snapshot.message)
        console.print(f"The window as it was at the end: {screenshot}")
        return code or int(sessions[-1].failure is not None)
    return code


def has_screen() -> bool:
    """Whether a window would be seen: always on Windows and macOS, with a display server elsewhere."""
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
