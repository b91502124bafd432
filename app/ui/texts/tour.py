"""What the tour says: half a minute to read."""

from __future__ import annotations

from app.ui.texts.language import _

TOUR = _("Tour")
NEXT, BACK, SKIP, DONE = _("Next"), _("Back"), _("Skip"), _("Done")
#: By part of the window: title, and a sentence or two.
STEPS = {
    "source": (
        _("Choose what to watch"),
        _("A camera, a video or a recording, or the demo. A file can also be dropped on the window."),
    ),
    "picture": (
        _("The picture"),
        _("Everybody in view gets a skeleton. Stand back until your hips show; your whole body is best."),
    ),
    "action": (
        _("The current action"),
        _("What is done now, how sure that is, and what else it could be."),
    ),
    "timeline": (
        _("The last half minute"),
        _("Each action from its start to its end, a row for each person."),
    ),
    "menu": (
        _("Everything else"),
        _("All commands are in the menu (F10), all keys in a table (?), the settings under Ctrl+, (comma)."),
    ),
    "privacy": (
        _("Nothing leaves this machine"),
        _("No picture, no skeleton, no report is ever sent anywhere. To see this tour again, press F1."),
    ),
}


def counter(step: int, steps: int) -> str:
    return _("{step} of {steps}").format(step=step, steps=steps)
