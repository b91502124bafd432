"""What the window says of teaching actions."""

from __future__ import annotations

from collections.abc import Sequence

from app.take_recorder import Flaw, Phase, TakeRecorder
from app.ui.texts import headline, percent
from app.ui.texts.language import _, number, plural
from stgat.teaching.profiles import MIN_TAKES, Profile
from stgat.teaching.report import ActionReport, Advice, OldClasses

TITLE = _("Teach an action")
INTRODUCTION = _("Show it a new action five times, and it tells it from the others.")
MY_ACTIONS = _("My actions")  # the profile that is made where there is none

# Commands
RECORD_OR_STOP = _("Record takes, or stop")
END_TAKE = _("End this take, go on with the next")

# Profiles
PROFILE = _("Profile")
PROFILE_HINT = _("A profile keeps the actions you teach, in one file")
PROFILE_MENU = _("More")
NEW_PROFILE = _("New profile…")
OPEN_PROFILE = _("Open a file…")
SAVE_COPY = _("Save a copy…")
TRAIN_ON_TAKES = _("Train a network on these takes…")
REMOVE_PROFILE = _("Remove the profile…")
NEW_PROFILE_NAME = _("Name of the new profile")
PROFILE_FILTER = _("Profiles (*.safetensors);;All files (*)")
NOT_READABLE = _("cannot be read")
SAVE_AGAIN = _("Save again")
REMOVE = _("Remove")
CANCEL = _("Cancel")

# Actions
ACTIONS = _("Taught actions")
NO_ACTIONS = _("None yet. Name one to begin.")
NEW_ACTION = _("Name of a new action")
ADD = _("Add")
REMOVE_ACTION = _("Remove action")

# Takes
TAKES = _("Takes")
RECORD = _("Record takes")
STOP = _("Stop recording")
RECORD_HINT = _("Counts down, then records one take after the other, hands-free (Shift+T)")
HOW_MANY = _("Takes in a row")
HOW_LONG = _("Seconds each")
FROM_VIDEO = _("From a video…")
DISCARD = _("Discard")
PUT_BACK = _("Put back")
GOOD = _("Good")
NAME_FIRST = _("Name an action, or choose one, then record takes of it.")
NO_SESSION = _(
    "Nothing is playing. Start a camera, a file or the demo, then record; or cut takes from a video."
)
STARTING = _("One moment: the source is being opened.")
NOBODY_NOW = _("Nobody is in view. Step back until your whole body is in the picture.")
LOOK_AT_PICTURE = _("Look at the picture: it counts down, and its frame is red while a take is recorded.")
READY = _("Press Record takes, step back, and do the action once in each take.")
NO_TAKES = _("No takes yet. Five are a good start; three are the least.")

# From a video
CUT_TITLE = _("Take from a video")
CUT_FILE = _("Video or recording")
CHOOSE_FILE = _("Choose…")
CUT_FROM = _("From")
CUT_TO = _("To")
CUT = _("Cut")
CUT_HINT = _("One take holds the action once: from just before it begins until it is over.")
CUT_LOOP_HINT = _("These are the ends of the loop that plays.")
CUT_NO_FILE = _("Choose a file.")
CUT_ORDER = _("The end must come after the beginning.")
CUT_LENGTH = _("A take is between half a second and 30 seconds long.")
CUTTING = _("Looking for the person in the video")

# Learning
LEARN = _("Learn")
LEARN_HINT = _("Takes some seconds. Nothing changes until you press Use it.")
NOTHING_TO_LEARN = _("Name an action and record takes of it first.")
LEARN_AGAIN = _("The takes have changed since. Learn again.")
CANCELLING = _("Stopping")
STEPS = {
    "looking": _("Looking at the takes"),
    "learning": _("Learning"),
    "checking": _("Checking with takes left out"),
}
USE = _("Use it")
STOP_USING = _("Stop using")
IN_USE = _("In use: these actions are among the predictions.")
NOT_IN_USE = _("Not in use yet.")
REPORT = _("How well it works")
ONE_ACTION = _(
    "Only one action is taught. Teach a second one that is similar, to see whether the two are told apart."
)

FLAWS = {
    Flaw.NOBODY: _("Nobody was in view."),
    Flaw.LOST: _("You left the picture on the way. Better discard it."),
    Flaw.HIPS: _("Your hips were not in the picture. Better discard it."),
    Flaw.STILL: _("Hardly any motion. Better discard it."),
    Flaw.OTHERS: _("Somebody else was in view. Check that this is you."),
}
#: The same in a word or two, large over the picture.
FLAWS_SHORT = {
    Flaw.NOBODY: _("Nobody in view"),
    Flaw.LOST: _("You left the picture"),
    Flaw.HIPS: _("Hips out of the picture"),
    Flaw.STILL: _("Hardly any motion"),
    Flaw.OTHERS: _("Somebody else in view"),
}
STEP_INTO_VIEW = _("Step into the picture")
GET_READY = _("Get ready")
RECORDING = _("Recording")
NEXT = _("Next")
DONE = _("Done")


def action_row(name: str, takes: int) -> str:
    return f"{headline(name)} · {takes_counted(takes)}"


def takes_counted(count: int) -> str:
    return plural("{count} take", "{count} takes", count)


def takes_recorded(good: int) -> str:
    """At the end of a series."""
    return plural("{count} good take", "{count} good takes", good)


def takes_of(name: str) -> str:
    return _("Takes of “{name}”").format(name=name)


def take(number: int) -> str:
    return _("Take {number}").format(number=number)


def take_of_many(number: int, count: int) -> str:
    return _("Take {number} of {count}").format(number=number, count=count)


def seconds(length_s: float) -> str:
    return _("{seconds} s").format(seconds=number(length_s))


def verdict(flaws: Sequence[Flaw]) -> str:
    """One sentence on a take, the gravest flaw's."""
    return FLAWS[flaws[0]] if flaws else GOOD


def take_description(number: int, length_s: float, flaws: Sequence[Flaw]) -> str:
    return f"{take(number)}, {seconds(length_s)}: {verdict(flaws)}"


def discard_take(number: int) -> str:
    return _("Discard take {number}").format(number=number)


def was_cut(length_s: float, name: str) -> str:
    return _("A take of {length} is among the takes of “{name}”.").format(length=seconds(length_s), name=name)


def countdown(recorder: TakeRecorder) -> tuple[str, str]:
    """(what is written large over the picture, the line under it) for a recorder's phase."""
    which = take_of_many(min(recorder.good + 1, recorder.takes), recorder.takes)
    if recorder.phase is Phase.WAITING:
        return STEP_INTO_VIEW, which
    if recorder.phase is Phase.COUNTDOWN:
        return str(max(1, -int(-recorder.left_s // 1))), f"{GET_READY} · {which}"
    if recorder.phase is Phase.RECORDING:
        return "", f"{RECORDING} · {which}"
    flaws = recorder.last.flaws if recorder.last else ()
    return (FLAWS_SHORT[flaws[0]] if flaws else GOOD), f"{NEXT} · {which}"


def too_few(name: str, takes: int) -> str:
    """Why there is nothing to learn from yet."""
    missing = plural("{count} more take", "{count} more takes", max(0, MIN_TAKES - takes))
    return _("“{name}” needs {missing} before it can be learned.").format(name=name, missing=missing)


def other_in_use(name: str) -> str:
    return _("In use now: the profile “{name}”.").format(name=name)


def remove_profile_question(profile: Profile) -> str:
    takes = takes_counted(sum(len(action.takes) for action in profile.actions))
    return _("Remove the profile “{name}” with {takes}? Its file is deleted.").format(
        name=profile.name, takes=takes
    )


def remove_action_question(name: str, takes: int) -> str:
    return _("Remove “{name}” with {takes}?").format(name=name, takes=takes_counted(takes))


def remove_broken_question(name: str) -> str:
    return _("Remove the profile “{name}”, which cannot be read? Its file is deleted.").format(name=name)


def not_loaded(problem: str) -> str:
    """At the start, where the remembered profile is gone or broken."""
    return _("Your taught actions are not in use: {problem}").format(problem=problem)


def discarded(number: int) -> str:
    return _("Take {number} is discarded.").format(number=number)


# The report


def right_of(report: ActionReport) -> str:
    return _("{right} of {takes} takes recognised, each after learning from the others alone").format(
        right=report.right, takes=report.takes
    )


def confusions(report: ActionReport) -> str:
    """What it was taken for; empty where it never was for another."""
    if not report.confusions:
        return ""
    parts = [
        _("{label} ({count}×)").format(label=_(label), count=count) for label, count in report.confusions
    ]
    return _("Taken for: {labels}").format(labels=", ".join(parts))


def advice(report: ActionReport) -> str:
    """What to do about it, in a sentence."""
    if report.advice is Advice.ENOUGH:
        return _("Enough takes: more would hardly help.")
    if report.advice is Advice.LOOKS_ALIKE:
        return _(
            "It looks like another action to the model. More takes hardly help; a clearer movement would."
        )
    return plural(
        "About {count} more take would help.", "About {count} more takes would help.", report.more_takes
    )


def old_actions(old: OldClasses | None) -> str:
    """What teaching costs the actions that were there before."""
    if old is None:
        return _("What this costs the actions it knew already cannot be told for this model.")
    after, before = (percent(share).replace(" ", "\N{NO-BREAK SPACE}") for share in (old.after, old.before))
    words = _("The actions it knew already: {after} recognised, {before} without yours.").format(
        before=before, after=after
    )
    if old.taken:
        own, taught, count = old.taken[0]
        words += " " + _("Most often lost: “{own}”, now called “{taught}” ({count}×).").format(
            own=_(own), taught=taught, count=count
        )
    return words
