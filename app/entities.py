"""The types that cross rooms in the application. Immutable; units in the names."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from stgat.skeleton import Skeleton


@dataclass(frozen=True)
class VideoFrame:
    """One picture and when it was taken.

    image: (H, W, 3) uint8 RGB, never mirrored.
    index: the frame's number in its source, from 0.
    timestamp_s: the source's own time, from 0 at the source's first frame.
    skeletons: given by sources that carry poses already (a recording, the demo); None where the
        pose must be estimated from the picture.
    """

    image: NDArray[np.uint8]
    index: int
    timestamp_s: float
    skeletons: tuple[Skeleton, ...] | None = None


class State(StrEnum):
    """What the application says a person is doing at the moment."""

    ACTION = "action"
    IDLE = "idle"
    UNKNOWN = "unknown"
    NO_PERSON = "no_person"


@dataclass(frozen=True)
class Decision:
    """What is said of one person at one moment.

    label: the action's name where state is ACTION, else None.
    top: up to five (label, probability) pairs, likeliest first, after smoothing in time.
    since_s: when the action began, as its event will have it; None where there is none, or it is not known.
    """

    person_id: int
    timestamp_s: float
    frame_index: int
    state: State
    label: str | None
    probability: float
    top: tuple[tuple[str, float], ...]
    since_s: float | None = None


@dataclass(frozen=True)
class ActionEvent:
    """An action from its start to its end, in the source's time."""

    label: str
    start_s: float
    end_s: float
    probability: float
    person_id: int

    def told(self) -> dict[str, str | float | int]:
        """By name, rounded, as every file has it."""
        return {
            "label": self.label,
            "start_s": round(self.start_s, 3),
            "end_s": round(self.end_s, 3),
            "probability": round(self.probability, 4),
            "person": self.person_id,
        }


class Stage(StrEnum):
    CAPTURE = "capture"
    POSE = "pose"
    RECOGNITION = "recognition"


@dataclass(frozen=True)
class Counters:
    """Frames since the start. Dropped frames were captured but never posed (live only)."""

    captured: int = 0
    dropped: int = 0
    posed: int = 0
    recognised: int = 0


class Health(StrEnum):
    """How a session is doing: what the window's message line is chosen by."""

    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Snapshot:
    """All a window needs to paint one moment of a session; made under a lock, cheap to take.

    skeletons belong to `frame`, or to the newest one before it that was posed where the pose is late (see
    app.playout); decisions may be up to one recognition older.
    events: those that ended, oldest first (a growing tuple; at most the newest 1,000 are kept).
    fps: pictures captured a second, over the last two seconds.
    latency_ms: the median time of each stage over the last hundred items.
    frame_to_label_ms: from a frame's capture to the decision that saw it, median; None before the first.
    message: a sentence for the user where health is FAILED, and where ENDED needs one (a file cut short).
    trouble: a sentence on what is wrong while the session goes on and mends it: a camera that is gone, a
        worker begun anew; "" where all is well. With it, nothing is said of anybody: no skeletons, no
        decisions.
    """

    health: Health
    frame: VideoFrame | None = None
    skeletons: tuple[Skeleton, ...] = ()
    decisions: tuple[Decision, ...] = ()
    events: tuple[ActionEvent, ...] = ()
    counters: Counters = Counters()
    fps: float = 0.0
    latency_ms: dict[Stage, float] = field(default_factory=dict)
    frame_to_label_ms: float | None = None
    message: str = ""
    trouble: str = ""
