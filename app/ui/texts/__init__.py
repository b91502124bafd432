"""Every text the window shows; those of a part of it that stands for itself are in a module beside this."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.entities import Decision, Health, Snapshot, State
from app.hints import Hint
from app.sources.camera_wish import bare
from app.ui.texts import reasons
from app.ui.texts.language import _, number

APPLICATION = "STGAT Live"

# Toolbar, menu and their accessible names
START = _("Start")
STOP = _("Stop")
MIRROR = _("Mirror")
FULL_SCREEN = _("Full screen")
LEAVE_FULL_SCREEN = _("Leave full screen")
MENU = _("Menu")
PLAY_OR_STOP = _("Start or stop; on a file, play or pause")
SHORTCUTS = _("Keyboard shortcuts")
CLOSE = _("Close")
GROUP_SESSION = _("Session")
GROUP_VIEW = _("View")
GROUP_EVENTS = _("Events")
GROUP_ACTIONS = _("Actions")
GROUP_TOOLS = _("Tools")
GROUP_HELP = _("Help")
SOURCE = _("Source")
CAMERAS = _("Cameras")
NO_CAMERA_FOUND = _("No camera found")
DEMO = _("Demo")
OPEN_FILE = _("Open file…")
OPEN_TITLE = _("Open a video or a recording")
FILE_FILTERS = _(
    "Videos and recordings (*.mp4 *.m4v *.mov *.mkv *.avi *.webm *.npz session.json);;All files (*)"
)
QUIT = _("Quit")
TOOLTIPS = {
    START: _("Start (Space)"),
    STOP: _("Stop, and let go of the camera or file"),
    MIRROR: _("Show the picture as a mirror does (M)"),
    FULL_SCREEN: _("Full screen (F11)"),
    MENU: _("Everything the window can do (F10)"),
    SOURCE: _("Choose a camera, a file or the demo (Ctrl+O opens a file)"),
}

# Panels
CURRENT_ACTION = _("Current action")
MOST_LIKELY = _("Most likely")
LAST_SECONDS = _("Last 30 seconds")
NOW = _("now")
VIDEO = _("Video with the skeleton")
TOP_FIVE = _("Five most likely actions")
TIMELINE = _("Timeline of the last 30 seconds")
NOTHING = "–"
STATE_NAMES = {
    State.ACTION: _("Action"),
    State.IDLE: _("Idle"),
    State.UNKNOWN: _("Unknown"),
    State.NO_PERSON: _("No person"),
}
STATE_HINTS = {
    State.IDLE: _("Standing by, no action"),
    State.UNKNOWN: _("Moving, but no action it is sure of"),
    State.NO_PERSON: _("Nobody is in view"),
}
WAITING_FOR_ACTION = _("Waiting for the first answer")
NOT_RUNNING = _("Not running")

# Status bar
HEALTH_NAMES = {
    Health.STARTING: _("Starting"),
    Health.RUNNING: _("Running"),
    Health.ENDED: _("Ended"),
    Health.FAILED: _("Failed"),
    Health.STOPPED: _("Stopped"),
}
STOPPING = _("Stopping")
TROUBLED = _("Waiting")
STATUS_TOOLTIPS = {
    "fps": _("Pictures captured a second, over the last two seconds"),
    "latency": _("From a picture's capture to the answer that saw it, median"),
    "dropped": _("Pictures that came while the pose was still busy with an earlier one"),
}


@dataclass(frozen=True)
class Message:
    """Words painted over the video.

    covering: the picture is dimmed and the words stand in its middle; otherwise they are a small note
    at its lower edge, and the picture stays in view.
    button: the name of the way out, or empty. busy: something is under way. error: something failed.
    """

    title: str
    detail: str = ""
    button: str = ""
    busy: bool = False
    covering: bool = True
    error: bool = False


STARTING = Message(_("Starting"), _("Opening the source and the model"), busy=True)
STOPPING_MESSAGE = Message(_("Stopping"), busy=True)
HINTS = {
    Hint.NOBODY: Message(
        _("No person in view"), _("Step back until your whole body is in the picture"), covering=False
    ),
    Hint.DARK: Message(
        _("The picture is black"), _("Open the camera's cover, or turn on a light"), covering=False
    ),
    Hint.STEP_BACK: Message(_("Step back until your hips show"), covering=False),
}
STOPPED = Message(_("Stopped"), _("Press Space or Start to go on"), button=START)
CHOOSE_SOURCE = Message(_("Choose a source"), _("A camera, a file or the demo"), button=START)


def ended(snapshot_message: str) -> Message:
    """The source has come to its end."""
    return Message(_("File ended"), sentence(snapshot_message), button=_("Replay"))


def troubled(what: str) -> Message:
    """Something is wrong, and is being mended. Without its camera, the picture is old and steps back."""
    if what.startswith("camera "):
        return Message(_("Waiting for the camera"), sentence(what), busy=True)
    return Message(_("One moment"), sentence(what), busy=True, covering=False)


def failed(spec: str, why: str, had_picture: bool) -> Message:
    """The source could not be opened (had_picture False), or something was lost while it ran.

    The title blames the camera only where the sentence does: the model may be at fault as well.
    """
    if spec.startswith("camera:") and "camera" in why.lower():
        title = _("Camera lost") if had_picture else _("No camera")
    elif had_picture:
        title = _("Stopped by an error")
    elif spec.startswith("camera:"):
        title = _("Cannot start")
    else:
        title = (
            _("Cannot play the demo")
            if spec == "demo"
            else _("Cannot play {name}").format(name=Path(spec).name)
        )
    detail = sentence(why) or _("The reason is not known.")
    if not had_picture and ".safetensors" in why:
        title = _("Cannot use the model")
        detail = detail.rstrip(".") + ". " + _("Choose another one in the settings (Ctrl+,)")
    return Message(title, detail, button=_("Try again"), error=True)


def sentence(words: str) -> str:
    """Errors begin small, as on a terminal; in the window they stand alone. File names are kept."""
    words = reasons.said(words)
    first = words.partition(" ")[0]
    return words if "." in first or "/" in first else headline(words)


def source_name(spec: str, cameras: list[tuple[str, str]]) -> str:
    """A source's name for people: the camera's own, the file's without its folder, or "Demo"."""
    if spec == "demo":
        return DEMO
    spec = bare(spec)
    named = dict(cameras).get(spec)
    if named is not None:
        return named
    if spec.startswith("camera:"):
        return _("Camera {number}").format(number=spec.partition(":")[2])
    path = Path(spec)
    return path.parent.name if path.name == "session.json" else path.name


def person(person_id: int) -> str:
    return _("Person {number}").format(number=person_id)


def action_name(label: str) -> str:
    """A known action's name in the window's language; any other as it is."""
    return _(label) if label else label


def percent(fraction: float) -> str:
    return "<1 %" if 0 < fraction < 0.005 else f"{100 * fraction:.0f} %"


def headline(label: str) -> str:
    """The words with a capital letter, the rest as it is; a known action's name in the window's language."""
    words = action_name(label)
    return words[:1].upper() + words[1:]


def action(decision: Decision) -> str:
    """What is written large for a decision."""
    if decision.state is State.ACTION and decision.label:
        return headline(decision.label)
    return STATE_NAMES[decision.state]


def action_hint(decision: Decision) -> str:
    """The line under it."""
    if decision.state is State.ACTION:
        return _("{percent} sure").format(percent=percent(decision.probability))
    return STATE_HINTS[decision.state]


def fps(snapshot: Snapshot) -> str:
    return _("{rate} fps").format(rate=number(snapshot.fps) if snapshot.fps > 0 else NOTHING)


def latency(snapshot: Snapshot) -> str:
    delay = snapshot.frame_to_label_ms
    return _("{delay} ms to answer").format(delay=NOTHING if delay is None else f"{delay:.0f}")


def latency_details(snapshot: Snapshot) -> str:
    """The latency's tooltip: its meaning, then each stage's share."""
    stages = [f"{stage.value}: {value:.0f} ms" for stage, value in snapshot.latency_ms.items()]
    return "\n".join([STATUS_TOOLTIPS["latency"], *stages])


def dropped(snapshot: Snapshot) -> str:
    counters = snapshot.counters
    share = counters.dropped / counters.captured if counters.captured else 0.0
    words = _("{count} dropped").format(count=counters.dropped)
    return words + (f" ({percent(share)})" if counters.dropped else "")
