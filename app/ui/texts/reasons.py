"""What the rest of the program says of errors, in the window's language.

Those sentences are written where the errors are, in English. Here are the ones that a person can meet in the
window, by their form; one that is not among them is shown as it is.
"""

from __future__ import annotations

import re
import string

from app.ui.texts.language import _


def _reason(form: str) -> tuple[re.Pattern[str], str]:
    """A form with {names} for what differs: what it looks like, and how to say it."""
    parts = string.Formatter().parse(form)
    pattern = "".join(
        re.escape(words) + ("" if name is None else f"(?P<{name}>.+?)") for words, name, _spec, _conv in parts
    )
    return re.compile(pattern, re.DOTALL), _(form)


_REASONS = (
    _reason("there is no camera {number} ({node} does not exist): use {others} instead"),
    _reason(
        "there is no camera {number} ({node} does not exist): plug one in, or use a video file or the demo"
    ),
    _reason(
        "camera {number} ({node}) may not be used by this account: run `{command}`, then log out and in again"
    ),
    _reason(
        "camera {number} ({node}) could not be opened: close other programs that use it, or try another one"
    ),
    _reason(
        "camera {number} could not be opened: plug it in, and allow this terminal to use the "
        "camera in System Settings, Privacy & Security"
    ),
    _reason(
        "camera {number} could not be opened: plug it in, close other programs that use it, and "
        "allow desktop apps to use the camera in Settings, Privacy & security, Camera"
    ),
    _reason("camera {number} sends no pictures: close other programs that use it, or replug it"),
    _reason("camera {number} has sent no picture for a second: waiting for it"),
    _reason(
        "camera {number} sends no pictures any more: check its cable and other programs; it goes on by itself"
    ),
    _reason(
        "camera {number} does not open again: check its cable, and close other programs that use it; it goes "
        "on by itself then"
    ),
    _reason("camera {number} is not there any more: plug it in again, and it goes on by itself"),
    _reason(
        "camera {number} sends the same picture again and again: see whether it is switched off or covered, "
        "or replug it"
    ),
    _reason(
        "camera {number} sends hardly a picture a second, too few to tell what is done: turn on a light, or "
        "ask for a smaller picture"
    ),
    _reason(
        "{path} is not a video, or it is damaged or was cut short while it was written: play it "
        "in a video player to check, or choose another file"
    ),
    _reason(
        "not one picture of {path} could be decoded: play it in a video player to check, or "
        "choose another file"
    ),
    _reason("{path} has no pictures in it, only sound or other data: choose a video"),
    _reason("there is no file {path}: check the name and the folder"),
    _reason("{path} is a folder: choose a video file in it"),
    _reason("there is no folder {path}: check the name"),
    _reason(
        "{path} is a folder, but no recorded session, for it has no {file}: choose a file in it, or "
        "the folder of a session"
    ),
    _reason("{path} is empty: copy or record it again"),
    _reason("{path} may not be read: change its permissions or copy it elsewhere"),
    _reason("{path} cannot be read ({reason}): check the disk or copy it elsewhere"),
    _reason("{path} is cut short: {end} of {duration} s could be read"),
    _reason("{path} is damaged: some of its pictures could not be read"),
    _reason("{path}: no such model file"),
    _reason("{path}: is a folder; name a .safetensors file in it"),
    _reason("device {name} cannot be used here ({reason}); choose the device cpu"),
    _reason("the pose has not answered for some seconds"),
    _reason("recognition has not answered for some seconds"),
    _reason("the pose is begun anew ({why})"),
    _reason("recognition is begun anew ({why})"),
    _reason("the pose failed too often ({why}): close other programs and start again, or report it"),
    _reason("recognition failed too often ({why}): close other programs and start again, or report it"),
    _reason("the pose failed at {place} ({why}); try again, or report it"),
    _reason("recognition failed at {place} ({why}); try again, or report it"),
    _reason("the GPU failed ({reason}): the processor goes on, more slowly"),
    _reason("something went wrong inside the application ({what}); try again, or report it"),
)


def said(sentence: str) -> str:
    """The sentence in the window's language, where it is one of these."""
    for pattern, form in _REASONS:
        match = pattern.fullmatch(sentence)
        if match is not None:
            return form.format(**match.groupdict())
    return sentence
