"""Listens to the sessions of a soak: how much came through, and how long the answers took."""

from __future__ import annotations

import statistics
import time
from collections import Counter, deque

from app.entities import VideoFrame
from app.results import PosedFrame, Result

LATELY = 200  # answers
#: Of pictures that came without skeletons: how many, and the people whom the pose found in them.
POSED_HERE, FOUND = "pictures through the pose", "people found in them"


class Ear:
    """An app.results.Listener that counts, and keeps the times of the last answers. One for each session.

    now_s: the source's time. counts: by words for people.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self.counts: Counter[str] = Counter()
        self._took_s: deque[float] = deque(maxlen=LATELY)
        self._cpu_s: deque[float] = deque(maxlen=LATELY)
        self._cpu_before_s: float | None = None

    @property
    def answer_ms(self) -> float:
        """Median from when recognition took up a picture to its decision; NaN before the first."""
        return _median_ms(self._took_s)

    @property
    def answer_cpu_ms(self) -> float:
        """Median processor time of that in recognition's own thread: what else runs matters less."""
        return _median_ms(self._cpu_s)

    # Told by the session, in its threads; each count is written by one of them.

    def captured(self, frame: VideoFrame) -> None:
        self.counts["pictures captured"] += 1
        self.now_s = frame.timestamp_s

    def posed(self, posed: PosedFrame) -> None:
        self.counts["pictures posed"] += 1
        if posed.frame.skeletons is None:
            self.counts[POSED_HERE] += 1
            self.counts[FOUND] += len(posed.skeletons)

    def recognised(self, result: Result) -> None:
        cpu_s, before_s = time.thread_time(), self._cpu_before_s
        self._cpu_before_s = cpu_s
        self.counts["events"] += len(result.events)
        if result.observations and result.taken_up_at is not None:
            self.counts["answers"] += 1
            self._took_s.append(time.monotonic() - result.taken_up_at)
            if before_s is not None:
                self._cpu_s.append(cpu_s - before_s)


def _median_ms(seconds: deque[float]) -> float:
    return 1e3 * statistics.median(list(seconds)) if seconds else float("nan")
