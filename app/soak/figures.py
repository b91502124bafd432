"""From the looks of a soak to its figures: what grew, how fast, and whether that is allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.benchmark.figures import Bar
from app.soak.gauges import Held
from stgat.skeleton import FloatArray

#: At first memory grows: everything is loaded, buffers fill. That lasts so long, or this share of less.
WARM_H, WARM_SHARE = 1.0, 1 / 3
#: What is allowed after warm-up: of a long run the memory's growth in an hour played, of one that is too
#: short for that (fewer hours after it, or fewer ends of the longest stretches) what it has grown by.
MOST_MB_AN_HOUR, MOST_MB_SHORT = 1.0, 30.0
LONG_H, LONG_ENDS = 0.5, 4
#: And the answers' processor time at the end, in that of the beginning.
MOST_DRIFT = 1.25
PARTS = 10
TYPES = 12


@dataclass(frozen=True)
class Part:
    """A tenth of the run after warm-up: when it ended, medians, and the least and the most."""

    played_h: float
    wall_min: float
    memory_mb: float
    threads: tuple[float, float]
    handles: tuple[float, float]
    answer_ms: float
    answer_cpu_ms: float
    load: float


@dataclass(frozen=True)
class Slope:
    """MB an hour after Theil and Sen, with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """Of one soak.

    warm_h: when warm-up ended. held: after it, at the ends of the longest stretches. a_played_hour,
    a_wall_hour: how fast the memory grew from end to end. grown: type -> (objects at the second of all such
    ends, at the last), of those that grew most. left: threads that outlived the window. parts: tenths of what
    came after warm-up, whatever went on.
    """

    played_h: float
    wall_h: float
    warm_h: float
    start_mb: float
    held: tuple[Held, ...]
    a_played_hour: Slope | None
    a_wall_hour: Slope | None
    parts: tuple[Part, ...]
    grown: dict[str, tuple[int, int]]
    counts: dict[str, int]
    failures: tuple[str, ...]
    left: tuple[str, ...]
    with_pose: bool

    @property
    def long(self) -> bool:
        """Whether there is enough after warm-up to speak of growth in an hour."""
        return self.played_h - self.warm_h >= LONG_H and len(self.held) >= LONG_ENDS

    @property
    def halves(self) -> tuple[Held, Held] | None:
        """The least of everything in the first half of the ends and in the second; None of less than two.

        At one moment a thread may still be on its way out; what leaks never goes away.
        """
        if len(self.held) < 2:
            return None
        half = len(self.held) // 2
        first, last = (
            Held(*(min(one) for one in zip(*ends, strict=True)))
            for ends in (self.held[:half], self.held[half:])
        )
        return first, last

    def as_json(self) -> dict[str, Any]:
        held = [one._asdict() for one in self.held]
        return {**asdict(self), "held": held, "bars": [asdict(bar) for bar in bars(self)]}


def figures(
    table: Mapping[str, FloatArray],
    held: Sequence[Held],
    objects: Sequence[Counter[str]],
    counts: Mapping[str, int],
    failures: Sequence[str],
    left: Sequence[str],
    with_pose: bool,
) -> Figures:
    """The figures of a table of looks (app.soak.gauges.Gauges.table); of at least one look.

    held, objects: at the ends of the longest stretches; of objects, an early and the last count.
    """
    played, wall = table["played_h"], table["wall_s"]
    warm_h = min(WARM_H, WARM_SHARE * float(played[-1]))
    warm = {name: column[played >= warm_h] for name, column in table.items()}
    ends = tuple(one for one in held if one.played_h >= warm_h)
    return Figures(
        played_h=float(played[-1]),
        wall_h=float(wall[-1]) / 3600,
        warm_h=warm_h,
        start_mb=float(table["memory_mb"][0]),
        held=ends,
        a_played_hour=_slope(ends, [one.played_h for one in ends]),
        a_wall_hour=_slope(ends, [one.wall_s / 3600 for one in ends]),
        parts=_parts(warm),
        grown=_grown(objects),
        counts=dict(sorted(counts.items())),
        failures=tuple(failures),
        left=tuple(left),
        with_pose=with_pose,
    )


def bars(of: Figures) -> list[Bar]:
    """What was asked of it, and whether it was met; of a short run less is asked."""
    found = []
    if of.long:
        slope = of.a_played_hour
        found += [
            Bar(
                "memory grown in an hour played, after warm-up",
                "-" if slope is None else f"{slope.value:+.2f} MB",
                f"less than {MOST_MB_AN_HOUR:g} MB",
                slope is None or slope.value < MOST_MB_AN_HOUR,
            ),
            Bar(
                "an answer's processor time, end to beginning",
                f"{drift(of):.2f}",
                f"at most {MOST_DRIFT:g}",
                not drift(of) > MOST_DRIFT,
            ),
        ]
    if of.halves is not None:
        first, last = of.halves
        if not of.long:
            grown = last.memory_mb - first.memory_mb
            met, asked = not grown >= MOST_MB_SHORT, f"less than {MOST_MB_SHORT:g} MB"
            found.append(Bar("memory grown after warm-up", f"{grown:+.1f} MB", asked, met))
        for name in ("threads", "handles"):
            before, after = getattr(first, name), getattr(last, name)
            told = f"{before:.0f}, then {after:.0f}"
            found.append(Bar(f"{name} at the ends of stretches", told, "no more", not after > before))
    found += [
        Bar("failures", str(len(of.failures)), "0", not of.failures),
        Bar("threads left when the window is closed", str(len(of.left)), "0", not of.left),
    ]
    return found


def drift(of: Figures) -> float:
    """The last tenth's processor time of an answer in that of the first; NaN where there was none."""
    return of.parts[-1].answer_cpu_ms / of.parts[0].answer_cpu_ms


def _parts(table: Mapping[str, FloatArray]) -> tuple[Part, ...]:
    rows = [rows for rows in np.array_split(np.arange(len(table["wall_s"])), PARTS) if rows.size]
    return tuple(_part({name: column[some] for name, column in table.items()}) for some in rows)


def _part(table: Mapping[str, FloatArray]) -> Part:
    def median(name: str) -> float:
        known = table[name][np.isfinite(table[name])]
        return float(np.median(known)) if known.size else float("nan")

    def spread(name: str) -> tuple[float, float]:
        return float(table[name].min()), float(table[name].max())

    return Part(
        played_h=float(table["played_h"][-1]),
        wall_min=float(table["wall_s"][-1]) / 60,
        memory_mb=median("memory_mb"),
        threads=spread("threads"),
        handles=spread("handles"),
        answer_ms=median("answer_ms"),
        answer_cpu_ms=median("answer_cpu_ms"),
        load=median("load"),
    )


def _slope(held: Sequence[Held], hours: Sequence[float]) -> Slope | None:
    """None of less than three, or where the system tells no memory."""
    memory_mb = [one.memory_mb for one in held]
    if len(held) < 3 or not np.isfinite(memory_mb).all():
        return None
    from scipy.stats import theilslopes

    fit = theilslopes(memory_mb, hours)
    return Slope(float(fit.slope), float(fit.low_slope), float(fit.high_slope))


def _grown(objects: Sequence[Counter[str]]) -> dict[str, tuple[int, int]]:
    if len(objects) < 2:
        return {}
    before, after = objects
    grown = sorted(after, key=lambda name: before[name] - after[name])
    return {name: (before[name], after[name]) for name in grown[:TYPES] if after[name] > before[name]}
