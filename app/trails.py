"""Where the hands have been for the last moments: what is painted behind them as a trail."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.overlay import JOINT_SIDES, Side, unsure
from stgat.skeleton import NTU25, FloatArray, Skeleton

#: How long a trail is, and after how long out of sight it is broken off.
LENGTH_S = 1.5
GAP_S = 0.3
HANDS = (NTU25.joints.index("left hand"), NTU25.joints.index("right hand"))


@dataclass(frozen=True)
class Trail:
    """One hand's way without a gap, oldest first: points (n, 2) in fractions of the picture, n >= 2.

    freshness: (n,) from 0 (LENGTH_S old) to 1 (now).
    """

    person_id: int
    side: Side
    points: FloatArray
    freshness: FloatArray


class HandTrails:
    """Remembers the hands of everybody in view, by the source's time; where that goes back, nothing stays."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], deque[tuple[float, float, float]]] = {}
        self._now_s = -np.inf

    def clear(self) -> None:
        """Forget everything."""
        self._seen.clear()
        self._now_s = -np.inf

    def add(self, skeletons: Sequence[Skeleton], timestamp_s: float) -> None:
        """Take in who was seen at a moment; a hand that is hardly seen leaves no trail."""
        if timestamp_s == self._now_s:
            return
        if timestamp_s < self._now_s:
            self.clear()
        self._now_s = timestamp_s
        for skeleton in skeletons:
            if skeleton.image_joints is None:
                continue
            doubtful = unsure(skeleton)
            for hand in HANDS:
                x, y = skeleton.image_joints[hand]
                if np.isfinite(x) and np.isfinite(y) and not doubtful[hand]:
                    way = self._seen.setdefault((skeleton.person_id, hand), deque())
                    way.append((timestamp_s, float(x), float(y)))
        for key, way in list(self._seen.items()):
            while way and timestamp_s - way[0][0] > LENGTH_S:
                way.popleft()
            if not way:
                del self._seen[key]

    def trails(self) -> list[Trail]:
        """The trails as they are now."""
        found = []
        for (person_id, hand), way in self._seen.items():
            seen = np.array(way)
            breaks = np.flatnonzero(np.diff(seen[:, 0]) > GAP_S) + 1
            for part in np.split(seen, breaks):
                if len(part) > 1:
                    freshness = 1.0 - (self._now_s - part[:, 0]) / LENGTH_S
                    found.append(Trail(person_id, JOINT_SIDES[hand], part[:, 1:], freshness))
        return found
