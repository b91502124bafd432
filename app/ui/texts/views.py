"""Texts of what is painted over the picture, and of the views beside it."""

from __future__ import annotations

from app.entities import Decision, State
from app.ui import texts
from app.ui.texts.language import _, number, plural

# Over the picture
SKELETON = _("Skeleton")
HAND_TRAILS = _("Trails of the hands")


def caption(person_id: int, decision: Decision | None) -> str:
    """The words beside a person's head: who, what they do as far as it is known, and how sure that is."""
    who = texts.person(person_id)
    if decision is None or decision.state is State.NO_PERSON:
        return who
    what = texts.action(decision)
    if decision.state is State.ACTION:
        what += f" {texts.percent(decision.probability)}"
    return f"{who} · {what}"


# The 3-D view
SPACE = _("3-D view")
SPACE_DESCRIPTION = _(
    "The joints in space. Drag or use the arrow keys to turn, the wheel or + and - to come nearer, "
    "Home or a double click for the first view."
)
SPACE_EMPTY = _("Nobody to show: start a source with a person in view")
SPACE_HELP = _("Drag to turn, wheel to zoom, Home to reset")
LEFT = _("left")
RIGHT = _("right")
GRID = _("squares of {size} m")

# The attention view
ATTENTION = _("Attention")
ATTENTION_FIGURE = _("Joints the network looked at")
ATTENTION_BARS = _("Distances the network looked over")
ATTENTION_NOTE = _(
    "Attention shows where the network looked; it does not prove why it answered so. "
    "1 × is what a joint would get if the network looked everywhere alike; joints with more are filled."
)
ATTENTION_ANSWER = _("{person}: {action}, {percent} in the last window")
ATTENTION_MOST = _("Looked at most: {joints}")
ATTENTION_WAITING = _("Waiting for the first answer about somebody in view")
ATTENTION_NOT_RUNNING = _("Start a source to see what the network looks at")
ATTENTION_NOT_OFFERED = _("What the network looks at cannot be told of this source")
ATTENTION_FAILED = _("What the network looks at cannot be told: {why}")
ALL_BLOCKS = _("All blocks, mean")
BLOCK = _("Block {number} of {count}")
BLOCKS = _("Block of the network")
SAME_JOINT = _("The joint itself")
EVEN = _("The mark on a bar: the share if it looked everywhere alike")
TIMES = _("{factor}\N{NO-BREAK SPACE}×")

JOINTS = {
    "spine base": _("spine base"), "spine mid": _("spine mid"), "neck": _("neck"), "head": _("head"),
    "left shoulder": _("left shoulder"), "left elbow": _("left elbow"), "left wrist": _("left wrist"),
    "left hand": _("left hand"), "right shoulder": _("right shoulder"), "right elbow": _("right elbow"),
    "right wrist": _("right wrist"), "right hand": _("right hand"), "left hip": _("left hip"),
    "left knee": _("left knee"), "left ankle": _("left ankle"), "left foot": _("left foot"),
    "right hip": _("right hip"), "right knee": _("right knee"), "right ankle": _("right ankle"),
    "right foot": _("right foot"), "spine shoulder": _("spine shoulder"),
    "left hand tip": _("left hand tip"), "left thumb": _("left thumb"),
    "right hand tip": _("right hand tip"), "right thumb": _("right thumb"),
}  # fmt: skip


def times(factor: float) -> str:
    """How many times its even share something got."""
    return TIMES.format(factor=number(factor))


def grid(square_m: float) -> str:
    """How large the squares of the floor are."""
    return GRID.format(size=number(square_m, "g"))


def distance(bones: int) -> str:
    """How far away what was looked at is."""
    return SAME_JOINT if bones == 0 else plural("{count} bone away", "{count} bones away", bones)


def block(number: int, count: int) -> str:
    """number: from 1."""
    return BLOCK.format(number=number, count=count)
