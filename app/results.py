"""What a session hands on while it runs, and who may listen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.entities import ActionEvent, Decision, VideoFrame
from stgat.skeleton import Skeleton

if TYPE_CHECKING:
    from app.decisions import Observation


@dataclass(frozen=True)
class PosedFrame:
    """A frame and who is in it; captured_at is on the clock of time.monotonic."""

    frame: VideoFrame
    skeletons: tuple[Skeleton, ...]
    captured_at: float


@dataclass(frozen=True)
class Result:
    """What recognition made of a posed frame, or of the end of the source (posed is None).

    decisions: None where this frame was not due for one. events: those that ended with it.
    observations: what they were decided by, None where there are none.
    taken_up_at: when recognition turned to this frame, on the clock of PosedFrame.captured_at.
    """

    posed: PosedFrame | None
    decisions: tuple[Decision, ...] | None
    events: tuple[ActionEvent, ...]
    observations: tuple[Observation, ...] | None = None
    taken_up_at: float | None = None


class Listener(Protocol):
    """Follows a session while it runs; its methods are called in the session's threads, must return at once
    and raise nothing.

    captured: every frame of the source, also those that the pose will not get to. posed: every frame that was
    posed, in order. recognised: as `on_result` of Session.
    """

    def captured(self, frame: VideoFrame) -> None: ...

    def posed(self, posed: PosedFrame) -> None: ...

    def recognised(self, result: Result) -> None: ...
