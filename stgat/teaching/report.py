"""What is known of taught actions before anybody trusts them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Advice(StrEnum):
    """What to do about a taught action.

    ENOUGH: it is told well. MORE_TAKES: more takes would help. LOOKS_ALIKE: it is taken for others, and more
    takes hardly changed that; a clearer movement would.
    """

    ENOUGH = "enough"
    MORE_TAKES = "more takes"
    LOOKS_ALIKE = "looks alike"


@dataclass(frozen=True)
class ActionReport:
    """How well one taught action is told, judged by takes that were not learned from.

    takes, right: every take is left out of the learning once; right of them were named as they should among
        all actions, taught or not. confusions: what the others were called, and how often, most frequent
        first.
    curve: (takes learned from, share of other takes named right), by rising number.
    more_takes: about how many more would help; 0 unless the advice is MORE_TAKES.
    """

    name: str
    takes: int
    right: int
    confusions: tuple[tuple[str, int], ...] = ()
    curve: tuple[tuple[int, float], ...] = ()
    advice: Advice = Advice.ENOUGH
    more_takes: int = 0

    @property
    def share(self) -> float:
        return self.right / self.takes if self.takes else 0.0


@dataclass(frozen=True)
class OldClasses:
    """What the teaching costs the actions that the model knew: windows of them that it was not fitted on.

    before, after: shares named right. taken: (own action, taught action, windows that were named right and
    are now called that), most frequent first.
    """

    windows: int
    before: float
    after: float
    taken: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True)
class TeachingReport:
    """actions: in the profile's order. old: None where the model came without remembered windows of its own
    actions, so that the cost for them cannot be told. seconds: how long the teaching took."""

    actions: tuple[ActionReport, ...]
    old: OldClasses | None
    seconds: float

    @property
    def takes(self) -> int:
        return sum(action.takes for action in self.actions)

    @property
    def right(self) -> int:
        return sum(action.right for action in self.actions)

    def action(self, name: str) -> ActionReport:
        """The report on an action. Raises KeyError."""
        for action in self.actions:
            if action.name == name:
                return action
        raise KeyError(name)
