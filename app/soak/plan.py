"""What is done to the window, one stretch after another: sources, recordings and settings that change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: The source of the longest stretches, at whose ends it is always the same that goes on.
LONGEST = "people"
#: No stretch is shorter: something must have begun before it ends.
SHORTEST_S = 1.0


@dataclass(frozen=True)
class Stretch:
    """A source for so many seconds of its own time, and what else is asked meanwhile.

    source: "people" and "people, small" with their skeletons; "pictures" with nobody's, for the pose;
        "demo"; "recording", the one made last.
    record_s: from when to when it is recorded; None for not at all. settings: to be changed at its beginning.
    stop_first: whether the stretch before it is stopped, or changed for this one while it plays.
    reload: whether the model is to be loaded anew.
    """

    source: str
    seconds: float
    record_s: tuple[float, float] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    stop_first: bool = False
    reload: bool = False


def stretches(rng: np.random.Generator, every_s: float) -> Iterator[Stretch]:
    """Stretches without end; the longest last about every_s.

    One round of them lasts a little over 1.6 times every_s: with ten minutes, a quarter of an hour.
    """
    while True:
        for source, share in (
            ("people", 1.0),
            ("pictures", 1 / 60),
            ("people, small", 0.5),
            ("recording", 1 / 60),
            ("demo", 1 / 20),
        ):
            seconds = max(SHORTEST_S, share * every_s * float(rng.uniform(0.9, 1.1)))
            yield Stretch(
                source,
                seconds,
                record_s=(0.4 * seconds, 0.6 * seconds) if source in ("people", "pictures") else None,
                settings={
                    "sensitivity": round(float(rng.uniform(0.3, 0.8)), 2),
                    "smoothing_s": round(float(rng.uniform(0.1, 0.5)), 2),
                    "hand_trails": bool(rng.uniform() < 0.5),
                    "skeletons_only": bool(rng.uniform() < 0.3),
                    "appearance": str(rng.choice(["light", "dark"])),
                },
                stop_first=bool(rng.uniform() < 0.5),
                reload=bool(rng.uniform() < 0.1),
            )
