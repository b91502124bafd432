"""What a user taught: takes, actions, and the profile that holds them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from stgat.data.recording_file import SkeletonRecording
from stgat.errors import TeachingError
from stgat.labels import IDLE
from stgat.skeleton import FloatArray

MIN_TAKES, MAX_TAKES, MAX_ACTIONS = 3, 40, 30
MIN_TAKE_S, MAX_TAKE_S = 0.5, 30.0
#: Of one take: 30 s at 120 frames a second.
MAX_FRAMES = 3600
MAX_NAME = 40
#: Names become lines of files, folders and tables.
_FORBIDDEN = frozenset('/\\:*?"<>|')
_TAKEN = (IDLE, "unknown", "no person")


@dataclass(frozen=True, eq=False)
class Take:
    """One performance of an action by one person, cut to it.

    joints_m: (T, 25, 3) float32 metres in Kinect camera space, NaN where not known. confidence: (T, 25)
    float32 in [0, 1]. timestamps_s: (T,) float64, rising, from 0. origin: where it comes from, for people to
    read.

    Raises TeachingError for anything else, and for what lasts less than MIN_TAKE_S or more than MAX_TAKE_S.
    """

    joints_m: FloatArray
    confidence: FloatArray
    timestamps_s: FloatArray
    origin: str = ""

    def __post_init__(self) -> None:
        try:
            if np.ndim(self.joints_m) != 3 or np.ndim(self.confidence) != 2:
                raise ValueError("a take has joints (T, 25, 3) and their confidence (T, 25)")
            checked = SkeletonRecording(
                np.asarray(self.joints_m)[:, None], np.asarray(self.confidence)[:, None], self.timestamps_s
            )
        except ValueError as error:
            raise TeachingError(f"not a take: {error}") from error
        times = checked.timestamps_s - checked.timestamps_s[0]
        if len(times) > MAX_FRAMES or times[-1] > MAX_TAKE_S:
            raise TeachingError(
                f"a take of {times[-1]:.0f} s and {len(times)} pictures is too long: cut it to one "
                f"performance of at most {MAX_TAKE_S:.0f} s"
            )
        if times[-1] < MIN_TAKE_S:
            raise TeachingError(
                f"a take of {times[-1]:.1f} s is too short: at least {MIN_TAKE_S} s are needed"
            )
        root = np.isfinite(checked.joints_m[:, 0, 0]).all(axis=-1)
        if root.sum() < 2:
            raise TeachingError("the hips are never seen in a take: record it with the body in the picture")
        object.__setattr__(self, "joints_m", checked.joints_m[:, 0])
        object.__setattr__(self, "confidence", checked.confidence[:, 0])
        object.__setattr__(self, "timestamps_s", times)
        object.__setattr__(self, "origin", _printable(self.origin)[:120])

    @property
    def duration_s(self) -> float:
        return float(self.timestamps_s[-1])


@dataclass(frozen=True, eq=False)
class TaughtAction:
    """An action and its takes. Raises TeachingError for a name `check_name` refuses, or too many takes."""

    name: str
    takes: tuple[Take, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_name(self.name))
        if len(self.takes) > MAX_TAKES:
            raise TeachingError(f"{self.name!r} has {len(self.takes)} takes; {MAX_TAKES} are the most")


@dataclass(frozen=True, eq=False)
class Profile:
    """The actions that one user taught; no change is made in place.

    Raises TeachingError for a bad name, two actions of one name, or more than MAX_ACTIONS.
    """

    name: str
    actions: tuple[TaughtAction, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_name(self.name))
        names = [action.name.casefold() for action in self.actions]
        double = next(
            (action.name for action in self.actions if names.count(action.name.casefold()) > 1), None
        )
        if double is not None:
            raise TeachingError(f"there is an action {double!r} already: choose another name")
        if len(names) > MAX_ACTIONS:
            raise TeachingError(
                f"{len(names)} actions are too many for one profile; {MAX_ACTIONS} are the most"
            )

    def action(self, name: str) -> TaughtAction | None:
        """The action of this name, however it is capitalised."""
        wanted = check_name(name).casefold()
        return next((action for action in self.actions if action.name.casefold() == wanted), None)

    def with_action(self, name: str) -> Self:
        """The profile with one more action, without takes yet."""
        return replace(self, actions=(*self.actions, TaughtAction(name)))

    def with_take(self, name: str, take: Take) -> Self:
        """The profile with one more take of an action, which is made where it is new."""
        if self.action(name) is None:
            return self.with_action(name).with_take(name, take)
        return self._changed(name, lambda action: replace(action, takes=(*action.takes, take)))

    def without_take(self, name: str, index: int) -> Self:
        """The profile without the take of this place, from 0. Raises IndexError."""

        def shorter(action: TaughtAction) -> TaughtAction:
            action.takes[index]  # the place must be there
            kept = tuple(take for i, take in enumerate(action.takes) if i != index % len(action.takes))
            return replace(action, takes=kept)

        return self._changed(name, shorter)

    def without_action(self, name: str) -> Self:
        """The profile without an action and its takes."""
        gone = self._known(name)
        return replace(self, actions=tuple(action for action in self.actions if action is not gone))

    def renamed(self, old: str, new: str) -> Self:
        """The profile with another name for one of its actions."""
        return self._changed(old, lambda action: replace(action, name=new))

    def _known(self, name: str) -> TaughtAction:
        action = self.action(name)
        if action is None:
            raise TeachingError(f"the profile {self.name!r} has no action {name!r}")
        return action

    def _changed(self, name: str, change: Callable[[TaughtAction], TaughtAction]) -> Self:
        mine = self._known(name)
        return replace(
            self, actions=tuple(change(action) if action is mine else action for action in self.actions)
        )


def check_name(name: str, labels: Collection[str] = ()) -> str:
    """The name of an action or a profile without spaces around it.

    labels: of the model, which may not be taken again. Raises TeachingError for a name that is empty, longer
    than MAX_NAME, not printable, does not begin with a letter or a digit, holds what no file name may, or
    means something already.
    """
    text = unicodedata.normalize("NFC", name).strip()
    if not text:
        raise TeachingError("a name is missing")
    if len(text) > MAX_NAME:
        raise TeachingError(f"the name {text[:MAX_NAME]!r}... is longer than {MAX_NAME} characters")
    if not text.isprintable():
        raise TeachingError(f"the name {text!r} holds characters that cannot be shown")
    if not text[0].isalnum():
        raise TeachingError(f"the name {text!r} must begin with a letter or a digit")
    if wrong := sorted(_FORBIDDEN & set(text)):
        raise TeachingError(f"the name {text!r} may not hold {wrong[0]}")
    if text.casefold() in _TAKEN:
        raise TeachingError(f"the name {text!r} has a meaning already: choose another")
    if text.casefold() in {label.casefold() for label in labels}:
        raise TeachingError(f"the model knows an action {text!r} already: choose another name")
    return text


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
