"""The pose of a session: pictures as they come, to skeletons. It lives in app.workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.entities import VideoFrame
from app.recognizing import FromLife, place
from app.results import PosedFrame
from app.slots import Slot
from app.workers import Life
from stgat.skeleton import Skeleton


class Extractor(Protocol):
    """Pictures to skeletons; pose.extractor.SkeletonExtractor is one."""

    def process(self, image_rgb: NDArray[np.uint8], timestamp_s: float) -> tuple[Skeleton, ...]: ...

    def close(self) -> None: ...


class Posing:
    """Takes frames and who is in them, and hands them on to recognition.

    frames: with when each was captured. make: see app.pipeline.Session. told: of every posed frame, and when
    it was turned to.
    """

    def __init__(
        self,
        frames: Slot[tuple[VideoFrame, float]],
        posed: Slot[list[FromLife]],
        make: Callable[[], Extractor],
        told: Callable[[PosedFrame, float], None],
    ) -> None:
        self._frames, self._posed, self._make, self._told = frames, posed, make, told
        self._in_hand = False
        #: Frames that went with the life that failed at them.
        self.lost = 0

    def work(self, life: Life) -> None:
        """Until there are no more frames."""
        self.lost += self._in_hand
        extractor: Extractor | None = None
        while (item := self._take(life)) is not None:
            frame, captured_at = item
            self._in_hand = True
            began_at = time.monotonic()
            if frame.skeletons is not None:
                skeletons = frame.skeletons
            else:
                if extractor is None:
                    life.load()
                    extractor = self._make()
                    life.closers.append(extractor.close)
                    began_at = time.monotonic()
                life.work_on(place(frame))
                skeletons = extractor.process(frame.image, frame.timestamp_s)
            life.work_on(place(frame))
            self._in_hand = False
            posed = PosedFrame(frame, skeletons, captured_at)
            self._told(posed, began_at)
            life.well = True
            life.rest()
            self._posed.put([FromLife(life.number, posed)])
        self._posed.close()

    def _take(self, life: Life) -> tuple[VideoFrame, float] | None:
        life.rest()
        return self._frames.take()
