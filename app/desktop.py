"""The window, from the command line: which source it opens on, and what happens where there is no screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.crash_reports import CrashReports
from app.errors import SessionError
from app.memory import share_heap
from app.road import RecognizerLoader, open_in_window
from app.sensitivity import chosen
from app.settings import SettingsStore
from app.sources import CameraWish, RecordingSource, list_cameras, open_source
from app.sources.camera_wish import with_wish

if TYPE_CHECKING:
    from rich.console import Console

    from app.entities import ActionEvent
    from app.pipeline import Session
    from app.playback import FilePlayback

#: Where there is no screen a source is played so long; of a drawn figure, as in the demo, a picture is saved.
OFFSCREEN_SECONDS = 10.0
OFFSCREEN_SCREENSHOT = Path("screenshots") / "stgat-live.png"


def open_window(
    source: str | None,
    loader: RecognizerLoader,
    screenshot: Path | None,
    quit_after_s: float | None,
    console: Console,
    named: Collection[str] = (),
) -> int:
    """Open the window and stay until it closes; returns the exit code.

    source: None takes the first camera, or the demo where there is none. Without a screen the window is
    painted into memory for `OFFSCREEN_SECONDS`, what it recognised is printed, and its picture is saved: on
        its own accord of a skeleton recording only, such as the demo.
    named: what of the loader, "model" or "device", the command line named; the rest is as remembered.

    Raises SourceError for a source that names nothing, and, without a screen, SessionError for a session that
    failed: with one, the window has said so.
    """
    share_heap()
    offscreen = not has_screen()
    if source is None:
        source = "camera:0" if list_cameras() and not offscreen else "demo"
    # A spec that names nothing is said on the terminal, not in the window.
    drawn = isinstance(open_source(source), RecordingSource)
    # A picture without a screen looks the same everywhere, and leaves no trace.
    store = SettingsStore.in_memory() if offscreen else SettingsStore()
    if store.value.model and "model" not in named:
        loader.use(Path(store.value.model))
    if "device" not in named and store.value.device != loader.device:
        loader.use(device=store.value.device)
    if offscreen:
        quit_after_s = quit_after_s or OFFSCREEN_SECONDS
        if screenshot is None and drawn:  # of people only where somebody asks for it
            screenshot = OFFSCREEN_SCREENSHOT
        if screenshot is not None:
            screenshot.parent.mkdir(parents=True, exist_ok=True)
        console.print(f"There is no screen here: playing {source} offscreen for {quit_after_s:g} seconds.")
        loader()  # outside those seconds
    from app.ui.run import run_window
    from app.ui.services import Services

    sessions: list[Session | FilePlayback] = []

    def open_session(spec: str) -> Session | FilePlayback:
        wish = CameraWish.parse(store.value.camera_size, store.value.camera_fps)
        sessions.append(open_in_window(with_wish(spec, wish), loader, settings=chosen(store.value)))
        del sessions[:-1]
        return sessions[-1]

    code = run_window(
        open_session,
        source=source,
        screenshot=screenshot,
        quit_after_s=quit_after_s,
        offscreen=offscreen,
        services=Services(
            store,
            loader,
            crashes=None if offscreen else CrashReports(),
            welcome=not offscreen and screenshot is None and quit_after_s is None,
        ),
    )
    failure = sessions[-1].failure if sessions else None
    if offscreen:
        if failure is None and sessions:
            print_events(sessions[-1].snapshot().events, console)
        if screenshot is not None:
            console.print(f"The window as it was at the end: {screenshot}")
    if offscreen and failure is not None:
        raise SessionError(failure)
    return code


def print_events(events: Sequence[ActionEvent], console: Console) -> None:
    """A line an event, for people."""
    if not events:
        console.print("No action was recognised.")
    for event in events:
        console.print(
            f"{event.start_s:7.2f} s - {event.end_s:6.2f} s  person {event.person_id}  {event.label}"
            f"  {100 * event.probability:.0f} %"
        )


def has_screen() -> bool:
    """Whether a window would be seen: always on Windows and macOS, with a display server elsewhere."""
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
