"""What is written down while the road runs: when each picture, each pose, each answer was where.

All times are of time.monotonic; nothing is worked out until the run is over (app.benchmark.figures).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.entities import Snapshot, VideoFrame
from app.results import PosedFrame, Result
from stgat.skeleton import FloatArray, Skeleton

if TYPE_CHECKING:
    from app.pipeline import Extractor
    from stgat.recognizer import Prediction, Recognizer


@dataclass
class Marks:
    """Of each picture by its number: when it was captured, and where it was from then on."""

    captured: dict[int, float] = field(default_factory=dict)
    pose_began: dict[int, float] = field(default_factory=dict)
    posed: dict[int, float] = field(default_factory=dict)
    taken_up: dict[int, float] = field(default_factory=dict)
    network_began: dict[int, float] = field(default_factory=dict)
    network_ended: dict[int, float] = field(default_factory=dict)
    decided: dict[int, float] = field(default_factory=dict)
    shown: dict[int, float] = field(default_factory=dict)  # first painted
    overlaid: dict[int, float] = field(default_factory=dict)  # its own skeletons first painted
    labelled: dict[int, float] = field(default_factory=dict)  # what was decided on it first painted
    painting: list[tuple[float, float]] = field(default_factory=list)  # (when it ended, how long it took)


class Probe:
    """Listens to a session (app.results.Listener) and to what the window paints, and stands before the pose
    and the network to time them."""

    def __init__(self) -> None:
        self.marks = Marks()
        self._pose_began = self._network_began = self._network_ended = 0.0
        self._times: dict[float, int] = {}  # of pictures, by the source's time
        self._snapshot: Snapshot | None = None

    def forget(self) -> None:
        """Drop all that was written down, which would be taken for the application's memory."""
        self.marks, self._times = Marks(), {}

    # In the session's threads

    def captured(self, frame: VideoFrame) -> None:
        self.marks.captured[frame.index] = time.monotonic()
        self._times[frame.timestamp_s] = frame.index

    def posed(self, posed: PosedFrame) -> None:
        number = posed.frame.index
        self.marks.posed[number] = time.monotonic()
        if posed.frame.skeletons is None:
            self.marks.pose_began[number] = self._pose_began

    def recognised(self, result: Result) -> None:
        if result.posed is None or result.decisions is None or not result.observations:
            return
        number = result.posed.frame.index
        self.marks.decided[number] = time.monotonic()
        assert result.taken_up_at is not None
        self.marks.taken_up[number] = result.taken_up_at
        self.marks.network_began[number] = self._network_began
        self.marks.network_ended[number] = self._network_ended

    def before_pose(self, make: Callable[[], Extractor]) -> Callable[[], Extractor]:
        return lambda: _TimedExtractor(make(), self)

    def before_network(self, load: Callable[[], Recognizer]) -> Callable[[], Any]:
        return lambda: _TimedRecognizer(load(), self)

    # In the window's thread

    def shows(self, snapshot: Snapshot) -> None:
        """The window is about to paint this."""
        self._snapshot = snapshot

    def painted(self, took_s: float) -> None:
        """It has."""
        now, snapshot, marks = time.monotonic(), self._snapshot, self.marks
        marks.painting.append((now, took_s))
        if snapshot is None or snapshot.frame is None:
            return
        marks.shown.setdefault(snapshot.frame.index, now)
        for skeleton in snapshot.skeletons[:1]:
            number = self._times.get(skeleton.timestamp_s)
            if number is not None:
                marks.overlaid.setdefault(number, now)
        for decision in snapshot.decisions[:1]:
            marks.labelled.setdefault(decision.frame_index, now)


class _TimedExtractor:
    def __init__(self, extractor: Extractor, probe: Probe) -> None:
        self._extractor, self._probe = extractor, probe

    def process(self, image_rgb: NDArray[np.uint8], timestamp_s: float) -> tuple[Skeleton, ...]:
        self._probe._pose_began = time.monotonic()
        return self._extractor.process(image_rgb, timestamp_s)

    def close(self) -> None:
        self._extractor.close()


class _TimedRecognizer:
    """A recogniser whose `recognize` is timed; everything else is the other one's."""

    def __init__(self, recognizer: Recognizer, probe: Probe) -> None:
        self._recognizer, self._probe = recognizer, probe

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recognizer, name)

    def recognize(
        self, windows: Sequence[FloatArray], spans: Sequence[tuple[float, float]]
    ) -> list[Prediction]:
        self._probe._network_began = time.monotonic()
        try:
            return self._recognizer.recognize(windows, spans)
        finally:
            self._probe._network_ended = time.monotonic()
