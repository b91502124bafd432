"""Every text the window shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.entities import Decision, Health, Snapshot, State

APPLICATION = "STGAT Live"

# Toolbar, menu and their accessible names
START = "Start"
STOP = "Stop"
MIRROR = "Mirror"
FULL_SCREEN = "Full screen"
LEAVE_FULL_SCREEN = "Leave full screen"
SOURCE = "Source"
CAMERAS = "Cameras"
NO_CAMERA_FOUND = "No camera found"
DEMO = "Demo"
OPEN_FILE = "Open file…"
OPEN_TITLE = "Open a video or a recording"
FILE_FILTERS = "Videos and recordings (*.mp4 *.m4v *.mov *.mkv *.avi *.webm *.npz);;All files (*)"
QUIT = "Quit"
TOOLTIPS = {
    START: "Start (Space)",
    STOP: "Stop (Space)",
    MIRROR: "Show the picture as a mirror does (M)",
    FULL_SCREEN: "Full screen (F11)",
    SOURCE: "Choose a camera, a file or the demo (Ctrl+O opens a file)",
}

# Panels
CURRENT_ACTION = "Current action"
MOST_LIKELY = "Most likely"
LAST_SECONDS = "Last 30 seconds"
NOW = "now"
VIDEO = "Video with the skeleton"
TOP_FIVE = "Five most likely actions"
TIMELINE = "Timeline of the last 30 seconds"
NOTHING = "–"
STATE_NAMES = {
    State.ACTION: "Action",
    State.IDLE: "Idle",
    State.UNKNOWN: "Unknown",
    State.NO_PERSON: "No person",
}
STATE_HINTS = {
    State.IDLE: "Standing by, no action",
    State.UNKNOWN: "Moving, but no action it is sure of",
    State.NO_PERSON: "Nobody is in view",
}
WAITING_FOR_ACTION = "Waiting for the first answer"
NOT_RUNNING = "Not running"

# Status bar
HEALTH_NAMES = {
    Health.STARTING: "Starting",
    Health.RUNNING: "Running",
    Health.ENDED: "Ended",
    Health.FAILED: "Failed",
    Health.STOPPED: "Stopped",
}
STOPPING = "Stopping"
STATUS_TOOLTIPS = {
    "fps": "Pictures captured a second, over the last two seconds",
    "latency": "From a picture's capture to the answer that saw it, median",
    "dropped": "Pictures that came while the pose was still busy with an earlier one",
}


@dataclass(frozen=True)
class Message:
    """Words painted over the video.

    covering: the picture is dimmed and the words stand in its middle; otherwise they are a small note
    at its lower edge, and the picture stays in view.
    button: the name of the way out, or empty. busy: something is under way.
    """

    title: str
    detail: str = ""
    button: str = ""
    busy: bool = False
    covering: bool = True


STARTING = Message("Starting", "Opening the source and the model", busy=True)
STOPPING_MESSAGE = Message("Stopping", busy=True)
NO_PERSON_IN_VIEW = Message(
    "No person in view", "Step back until your whole body is in the picture", covering=False
)
STOPPED = Message("Stopped", "Press Space or Start to go on", button=START)
CHOOSE_SOURCE = Message("Choose a source", "A camera, a file or the demo", button=START)


def ended(snapshot_message: str) -> Message:
    """The source has come to its end."""
    return Message("File ended", _sentence(snapshot_message), button="Replay")


def failed(spec: str, why: str, had_picture: bool) -> Message:
    """The source could not be opened (had_picture False), or something was lost while it ran.

    The title blames the camera only where the sentence does: the model may be at fault as well.
    """
    if spec.startswith("camera:") and "camera" in why.lower():
        title = "Camera lost" if had_picture else "No camera"
    elif had_picture:
        title = "Stopped by an error"
    elif spec.startswith("camera:"):
        title = "Cannot start"
    else:
        title = "Cannot play the demo" if spec == "demo" else f"Cannot play {Path(spec).name}"
    return Message(title, _sentence(why) or "The reason is not known.", button="Try again")


def _sentence(words: str) -> str:
    """Errors begin small, as on a terminal; in the window they stand alone. File names are kept."""
    first = words.partition(" ")[0]
    return words if "." in first or "/" in first else headline(words)


def source_name(spec: str, cameras: list[tuple[str, str]]) -> str:
    """A source's name for people: the camera's own, the file's without its folder, or "Demo"."""
    if spec == "demo":
        return DEMO
    named = dict(cameras).get(spec)
    if named is not None:
        return named
    return f"Camera {spec.partition(':')[2]}" if spec.startswith("camera:") else Path(spec).name


def person(person_id: int) -> str:
    return f"Person {person_id}"


def percent(fraction: float) -> str:
    return "<1 %" if 0 < fraction < 0.005 else f"{100 * fraction:.0f} %"


def headline(label: str) -> str:
    """The words with a capital letter, the rest as it is."""
    return label[:1].upper() + label[1:]


def action(decision: Decision) -> str:
    """What is written large for a decision."""
    if decision.state is State.ACTION and decision.label:
        return headline(decision.label)
    return STATE_NAMES[decision.state]


def action_hint(decision: Decision) -> str:
    """The line under it."""
    if decision.state is State.ACTION:
        return f"{percent(decision.probability)} sure"
    return STATE_HINTS[decision.state]


def fps(snapshot: Snapshot) -> str:
    return f"{snapshot.fps:.1f} fps" if snapshot.fps > 0 else "– fps"


def latency(snapshot: Snapshot) -> str:
    delay = snapshot.frame_to_label_ms
    return "– ms to answer" if delay is None else f"{delay:.0f} ms to answer"


def latency_details(snapshot: Snapshot) -> str:
    """The latency's tooltip: its meaning, then each stage's share."""
    stages = [f"{stage.value}: {value:.0f} ms" for stage, value in snapshot.latency_ms.items()]
    return "\n".join([STATUS_TOOLTIPS["latency"], *stages])


def dropped(snapshot: Snapshot) -> str:
    counters = snapshot.counters
    share = counters.dropped / counters.captured if counters.captured else 0.0
    return f"{counters.dropped} dropped" + (f" ({percent(share)})" if counters.dropped else "")
