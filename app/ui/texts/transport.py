"""What is said about playing a recorded file."""

from __future__ import annotations

from app.ui.texts import Message
from app.ui.texts.language import _, number

GROUP_PLAYBACK = _("Playback")
PLAYBACK = _("Playback controls")
PLAY = _("Play")
PAUSE = _("Pause")
PLAY_AGAIN = _("Play again")
PLAY_OR_PAUSE = _("Play or pause the file")
STEP_BACK = _("One picture back")
STEP_ON = _("One picture on")
BACK_5_S = _("Back 5 seconds")
ON_5_S = _("On 5 seconds")
SLOWER = _("Slower")
FASTER = _("Faster")
LOOP_BEGIN = _("Begin the loop here")
LOOP_END = _("End the loop here")
LOOP_OFF = _("No loop")
SPEED = _("Speed")
POSITION = _("Position in the file")
TOOLTIPS = {
    PLAY: _("Play (Space)"),
    PAUSE: _("Pause (Space)"),
    PLAY_AGAIN: _("Play again from the beginning (Space)"),
    STEP_BACK: _("One picture back (Left; with Shift, 5 seconds)"),
    STEP_ON: _("One picture on (Right; with Shift, 5 seconds)"),
    LOOP_BEGIN: _("Repeat from here (I)"),
    LOOP_END: _("Repeat up to here (O)"),
    LOOP_OFF: _("Repeat no longer (P)"),
    SPEED: _("Speed (J slower, L faster)"),
}

LOADING = Message(_("Loading the model"), _("Then the file is analysed from its beginning"), covering=False)
NOT_ANALYSED = Message(
    _("Not analysed yet"), _("The skeleton follows when the analysis gets here"), covering=False
)
NOT_ANALYSED_HINT = _("Not analysed yet")


def ended(warning: str) -> Message:
    """At the end of a file that is still open."""
    return Message(_("End of the file"), warning or _("Space plays it again"), covering=False)


def clock(time_s: float) -> str:
    """0:12.3, 1:02:03.4: hours where there are any."""
    tenths = round(max(0.0, time_s) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = number(rest / 10, "04.1f")
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def times(position_s: float, duration_s: float) -> str:
    return f"{clock(position_s)} / {clock(duration_s)}"


def speed(rate: float) -> str:
    return f"{number(rate, 'g')}×"


def speed_name(rate: float) -> str:
    return _("Speed: {rate}").format(rate=speed(rate))


def where(position_s: float, duration_s: float) -> str:
    """The position for those who do not see the bar."""
    return _("{position} of {duration}").format(position=clock(position_s), duration=clock(duration_s))
