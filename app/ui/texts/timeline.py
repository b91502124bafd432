"""The timeline's texts."""

from __future__ import annotations

from collections.abc import Sequence

from app.entities import ActionEvent
from app.ui.texts import NOW, headline, percent, person
from app.ui.texts.language import _, number, plural

TIMELINE = _("Timeline of the last minutes")
FILE_TIMELINE = _("Timeline of the whole file")
TO_NOW = _("To now")
WHOLE_FILE = _("Whole file")
TO_NOW_HINT = _("Follow what happens now again (End, or a double click)")
WHOLE_FILE_HINT = _("Show the whole file again (End, or a double click)")
SEE_AGAIN_HINT = _("Click to see it again")
NOT_ANALYSED = _("Not looked at yet")
HOW = _(
    "Wheel or + and −: more or less time. Drag: earlier or later. "
    "Left and Right: from event to event. Enter: see it again. End: back."
)
NO_EVENTS = _("No events yet.")


def clock(seconds: float, tenths: bool = False) -> str:
    """
    >>> clock(75.04), clock(3675), clock(75.04, tenths=True)
    ('1:15', '1:01:15', '1:15.0')
    """
    whole = round(10 * max(0.0, seconds)) if tenths else 10 * round(max(0.0, seconds))
    minutes, rest = divmod(whole, 600)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{number(rest / 10, '04.1f') if tenths else f'{rest // 10:02}'}"


def ago(seconds: float) -> str:
    """The words under a tick that far from now."""
    if seconds < 0.5:
        return NOW
    return f"−{seconds:.0f} s" if seconds < 60 else f"−{clock(seconds)}"


def event(of: ActionEvent) -> str:
    """One event in a line."""
    return _("{action}, {person}, {start} to {end}, {percent}").format(
        action=headline(of.label),
        person=person(of.person_id),
        start=clock(of.start_s, tenths=True),
        end=clock(of.end_s, tenths=True),
        percent=percent(of.probability),
    )


def others(count: int) -> str:
    """Of people for whom there is no lane."""
    return plural("{count} more", "{count} more", count)


def summary(events: Sequence[ActionEvent]) -> str:
    """All there is on the strip, for those who do not see it."""
    if not events:
        return f"{NO_EVENTS} {HOW}"
    count = plural("{count} event.", "{count} events.", len(events))
    newest = _("The newest: {event}.").format(event=event(max(events, key=lambda e: e.end_s)))
    return f"{count} {newest} {HOW}"


def chosen(of: ActionEvent, number: int, count: int) -> str:
    """The event that the keyboard is on."""
    return _("Event {number} of {count}: {event}. Enter shows it again.").format(
        number=number, count=count, event=event(of)
    )


def state(start_s: float, end_s: float, name: str) -> str:
    """What is not an action."""
    return f"{name}, {clock(start_s, tenths=True)} – {clock(end_s, tenths=True)}"
