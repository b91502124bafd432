"""One number for how sure the application has to be before it speaks: 0 fewer and surer, 1 more and sooner.

Half is `DecisionSettings` as it ships, to the last digit. Towards each end every setting that matters moves
in a straight line to a value that was tried on recordings (benchmarks/sensitivity.py).
"""

from __future__ import annotations

import math

from app.decisions import DecisionSettings
from app.settings import Settings

SHIPPED = 0.5
#: What differs at 0: an action must be likelier to be named and to stay named, for longer, and once be all
#: but certain; the average looks further back.
FEWEST = {"enter": 0.8, "leave": 0.4, "smoothing_s": 0.4, "min_event_s": 1.0, "sure": 0.9}
#: And at 1.
MOST = {"enter": 0.35, "leave": 0.15, "smoothing_s": 0.1, "min_event_s": 0.4}


def decision_settings(sensitivity: float = SHIPPED, smoothing_s: float | None = None) -> DecisionSettings:
    """The settings for a place between 0 and 1; smoothing_s, in seconds, goes before what belongs there.

    Raises ValueError for a number outside [0, 1], or a smoothing that DecisionSettings refuses.
    """
    if not 0.0 <= sensitivity <= 1.0:  # also NaN
        raise ValueError(f"sensitivity {sensitivity!r} is not between 0 and 1")
    shipped = DecisionSettings()
    end, share = (FEWEST, 1 - 2 * sensitivity) if sensitivity < SHIPPED else (MOST, 2 * sensitivity - 1)
    # An event's probability reaches `enter` in any case, so `sure` asks something from there on only.
    begins = {"sure": shipped.enter}
    changes = {
        name: _between(begins.get(name, getattr(shipped, name)), there, share) for name, there in end.items()
    }
    if share == 0:
        changes = {}
    if smoothing_s is not None:
        changes["smoothing_s"] = smoothing_s
    return DecisionSettings.model_validate({**shipped.model_dump(), **changes})


def chosen(settings: Settings) -> DecisionSettings:
    """What was chosen, as it is remembered."""
    return decision_settings(settings.sensitivity, settings.smoothing_s)


def _between(start: float, end: float, share: float) -> float:
    value = start + share * (end - start)
    return end if math.isclose(value, end) else value
