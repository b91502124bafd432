"""From the marks of a run to its figures: where the milliseconds went, what was lost, what the bars are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.benchmark.probe import Marks

#: The stages in their order, as (name, from, to), each a mark of one picture; "due" is when it was taken.
STAGES = (
    ("capture: decode and hand over", "due", "captured"),
    ("wait for the pose", "captured", "pose_began"),
    ("pose", "pose_began", "posed"),
    ("wait for the window, painting", "posed", "overlaid"),
    ("wait for recognition", "posed", "taken_up"),
    ("windowing", "taken_up", "network_began"),
    ("network", "network_began", "network_ended"),
    ("decision", "network_ended", "decided"),
    ("label to the window, painting", "decided", "labelled"),
)


@dataclass(frozen=True)
class Spread:
    """Of many milliseconds: the middle, and what 95 and 99 of a hundred do not exceed."""

    p50: float
    p95: float
    p99: float
    count: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread | None:
        """None of nothing."""
        ordered = sorted(1e3 * value for value in seconds)
        if not ordered:
            return None
        return cls(
            *(ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95, 0.99)), len(ordered)
        )


@dataclass(frozen=True)
class Figures:
    """Of one run. Rates are a second; CPU is in cores; memory in MiB, None where the system does not tell.

    captured: pictures that were taken in the time measured. dropped: those never painted. missed: those the
    camera's thread was too late for, which were never taken. not_posed: captured, but without a pose.
    answers: of the network, about somebody. interval_s: least time between two of them.
    overlay, label: from when a picture was taken to when its skeletons, and what was decided on it, were
    painted. to_decision: to when it was decided. loop: how late events are in the window's thread.
    visible_s, first_label_s: from the start of the process; None where that was not seen.
    """

    model: str
    seconds: float
    people: float
    captured: int
    dropped: int
    missed: int
    not_posed: int
    answers: int
    interval_s: float
    stages: Mapping[str, Spread]
    painting: Spread | None
    overlay: Spread | None
    label: Spread | None
    to_decision: Spread | None
    loop: Spread | None
    cpu: float
    window_cpu: float
    memory: tuple[float | None, float | None]
    visible_s: float | None
    first_label_s: float | None

    @property
    def shown_fps(self) -> float:
        return (self.captured - self.dropped) / self.seconds

    @property
    def posed_fps(self) -> float:
        return (self.captured - self.not_posed) / self.seconds

    @property
    def answers_a_second(self) -> float:
        return self.answers / self.seconds

    def as_json(self) -> dict[str, Any]:
        rates = {name: getattr(self, name) for name in ("shown_fps", "posed_fps", "answers_a_second")}
        return {**asdict(self), **rates, "bars": [asdict(bar) for bar in bars(self)]}


@dataclass(frozen=True)
class Bar:
    """What was asked of a figure, and whether it was met."""

    figure: str
    measured: str
    asked: str
    met: bool


def counted(
    marks: Marks, due_s: Sequence[float], fps: float, begin_s: float, end_s: float
) -> tuple[dict[str, int], dict[str, list[float]]]:
    """The counts of the pictures due between two moments, and the seconds of each stage of theirs.

    due_s: when each picture was taken, by its number, fps a second less those that were missed; empty where
        that is when it was captured.
    """
    due = dict(enumerate(due_s)) if due_s else marks.captured
    numbers = [n for n, at in due.items() if begin_s <= at < end_s and n in marks.captured]
    columns: dict[str, Mapping[int, float]] = {**vars(marks), "due": due}
    spans = [
        *STAGES,
        ("overlay", "due", "overlaid"),
        ("label", "due", "labelled"),
        ("to_decision", "due", "decided"),
    ]
    seconds = {
        name: [
            columns[last][n] - columns[first][n]
            for n in numbers
            if n in columns[first] and n in columns[last]
        ]
        for name, first, last in spans
    }
    first_s, last_s = (due[numbers[0]], due[numbers[-1]]) if due_s and numbers else (0.0, 0.0)
    counts = {
        "missed": max(0, round((last_s - first_s) * fps) + 1 - len(numbers)),
        "captured": len(numbers),
        "dropped": sum(n not in marks.shown for n in numbers),
        "not_posed": sum(n not in marks.posed for n in numbers),
        "answers": sum(n in marks.decided for n in numbers),
    }
    return counts, seconds


def bars(figures: Figures) -> list[Bar]:
    """The bars of a run with somebody in view; a network that may answer every frame has its own."""
    light = figures.interval_s == 0.0
    every = figures.captured / figures.seconds
    least = 0.99 * every if light else 4.0
    found = [
        Bar(
            "pictures shown a second",
            f"{figures.shown_fps:.1f}",
            f"{every:.1f}, all captured",
            not figures.dropped,
        ),
        Bar("pictures not shown", str(figures.dropped), "0", figures.dropped == 0),
        Bar("pictures missed by the camera's thread", str(figures.missed), "0", figures.missed == 0),
        Bar("pictures without a pose", str(figures.not_posed), "0", figures.not_posed == 0),
        Bar(
            "answers a second",
            f"{figures.answers_a_second:.1f}",
            "every picture" if light else "4",
            figures.answers_a_second >= least,
        ),
        _latency("frame to overlay, p95", figures.overlay, 80.0),
        _latency("frame to label, p95", figures.label, 120.0 if light else 250.0),
        _latency("event loop's delay, p99", figures.loop, 20.0, "p99"),
    ]
    for name, value, most in (
        ("window visible", figures.visible_s, 2.0),
        ("first label", figures.first_label_s, 5.0),
    ):
        met = value is not None and value <= most
        found.append(Bar(name, "-" if value is None else f"{value:.1f} s", f"{most:g} s", met))
    return found


def _latency(name: str, spread: Spread | None, most: float, part: str = "p95") -> Bar:
    if spread is None:
        return Bar(name, "-", f"{most:g} ms", False)
    value = getattr(spread, part)
    return Bar(name, f"{value:.0f} ms", f"{most:g} ms", value < most)
