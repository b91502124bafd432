"""The texts of the event list, of seeing an event again, and of saving."""

from __future__ import annotations

from app.entities import ActionEvent
from app.ui.texts import headline, person
from app.ui.texts.language import _, plural
from app.ui.texts.timeline import clock

# The list
EVENTS = _("Events")
COLUMNS = (_("Start"), _("End"), _("Person"), _("Action"), _("Sure"))
FILTER = _("Show only…")
FILTER_NAME = _("Show only events with these words")
EMPTY = _("No events yet. An action is listed here when it is over.")
NONE_MATCHES = _("No event has these words.")
SAVE = _("Save…")
SAVE_HINT = _("Save all events as a table, JSON or subtitles (Ctrl+E)")
COPY = _("Copy")
LIST_HINT = _("Click an event, or press Enter, to see it again")


def count(shown: int, of: int) -> str:
    """Under the list."""
    if shown == of:
        return plural("{count} event", "{count} events", of)
    return _("{shown} of {count} events").format(shown=shown, count=of)


# Seeing an event again
AGAIN = _("See again")
FIGURE = _("The person as a figure, doing it again")
PAUSE = _("Pause")
GO_ON = _("Go on")
HALF_SPEED = _("Half speed")
NOTHING_CHOSEN = _("Click an event on the timeline or in the list of events to see it again.")
NOT_KEPT = _("This moment is no longer kept. Live, the skeletons of the last 10 minutes are.")
NOT_YET_KEPT = _("Too little of this moment was seen to show it again.")


def title(event: ActionEvent) -> str:
    return f"{headline(event.label)} · {person(event.person_id)}"


def span(event: ActionEvent) -> str:
    return f"{clock(event.start_s, tenths=True)} – {clock(event.end_s, tenths=True)}"


def playing_again(event: ActionEvent) -> str:
    """In the status bar, while a file repeats an event."""
    return _("{action}, {span}, over and over. P plays on.").format(
        action=headline(event.label), span=span(event)
    )


# Saving
SAVE_EVENTS = _("Save events…")
SAVE_VIDEO = _("Save annotated video…")
SAVE_EVENTS_TITLE = _("Save all events of this session")
SAVE_VIDEO_TITLE = _("Save the video with skeletons and actions drawn in")
EVENT_FILTERS = {
    ".csv": _("Table for spreadsheets (*.csv)"),
    ".json": _("JSON for programs (*.json)"),
    ".srt": _("Subtitles, SubRip (*.srt)"),
    ".vtt": _("Subtitles for the web, WebVTT (*.vtt)"),
}
VIDEO_FILTERS = {".mp4": _("MP4 video (*.mp4)"), ".mkv": _("Matroska video (*.mkv)")}
NOTHING_TO_SAVE = _("There are no events to save yet. They come when an action is over.")
NOT_SAVED = _("Not saved")
SAVING_VIDEO = _("Annotated video")
CANCEL = _("Cancel")
HIDE = _("Hide")
STARTING_VIDEO = _("Loading the model")
CANCELLING = _("Cancelling")
CANCELLED = _("Cancelled. Nothing was saved.")
HIDE_HINT = _("It goes on; “Save annotated video…” shows it again.")
NO_VIDEO_OF_A_CAMERA = _(
    "An annotated video is made of a file. Open one with Ctrl+O; to keep what a camera sees, record it first."
)


def events_saved(number: int, path: object, gaps: int) -> str:
    said = plural("{count} event saved to ", "{count} events saved to ", number) + str(path)
    return f"{said}. {GAPS}" if gaps else said


GAPS = _("The window was held up for long; some events in between are missing.")


def video_saved(path: object) -> str:
    return _("Saved to {path}").format(path=path)


def frames_done(done: int, of: int | None) -> str:
    if of:
        return _("Picture {done} of {count}").format(done=done, count=of)
    return _("Picture {done}").format(done=done)


def events_of(source: str) -> str:
    """The file name that is proposed, without its ending."""
    return _("{source} events").format(source=source)


def annotated(source: str) -> str:
    return _("{source} annotated").format(source=source)
