"""When a camera is taken for lost, frozen or slow, how long to wait with it, and what is said of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.entities import VideoFrame
from app.sources.grabber import FAILING_S, WAKING_S

#: So many devices that never answered may be left to their threads; then one of them is waited for.
MOST_HUNG = 3

STALLED = "camera {number} has sent no picture for a second: waiting for it"
LOST = "camera {number} sends no pictures any more: check its cable and other programs; it goes on by itself"
FROZEN = (
    "camera {number} sends the same picture again and again: see whether it is switched off or covered, or "
    "replug it"
)
SLOW = (
    "camera {number} sends hardly a picture a second, too few to tell what is done: turn on a light, or ask "
    "for a smaller picture"
)


@dataclass(frozen=True)
class Patience:
    """How long a camera is waited for, in seconds.

    open_s: for the first picture when a source is opened, as cameras take up to some seconds to wake; wake_s:
        the same when one is opened anew.
    stall_s: without a picture for so long, that is said. silent_s: and then it is opened anew.
    failing_s: of reads that fail without a break, until it is opened anew; waking_s: before the first.
    pauses_s: before each opening anew; the last for all that follow. Together with failing_s it is less than
        the two seconds within which a camera that is back shall be seen.
    frozen_s: of the very same picture, until that is said. frozen_anew_s: until it is opened anew for it, and
        again when it has lasted twice as long, or frozen_longest_s more: meanwhile it is still looked at.
    close_s: for a device to let go of it at the end.
    """

    open_s: float = 15.0
    wake_s: float = 8.0
    stall_s: float = 1.0
    silent_s: float = 1.5
    failing_s: float = FAILING_S
    waking_s: float = WAKING_S
    pauses_s: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8)
    frozen_s: float = 2.0
    frozen_anew_s: float = 5.0
    frozen_longest_s: float = 60.0
    close_s: float = 0.8

    def pauses(self) -> Iterator[float]:
        """Before the first opening anew, the second, and so on without an end."""
        yield from self.pauses_s
        while True:
            yield self.pauses_s[-1]


class Rhythm:
    """How quickly a camera's pictures follow each other, and so how long to wait for the next."""

    LONGEST_S = 16.0

    def __init__(self, patience: Patience) -> None:
        self._stall_s, self._silent_s = patience.stall_s, patience.silent_s
        self._steps_s: deque[float] = deque(maxlen=5)
        self._last_s: float | None = None
        self._factor = 1.0

    def saw(self, timestamp_s: float) -> None:
        if self._last_s is not None:
            self._steps_s.append(timestamp_s - self._last_s)
        self._last_s = timestamp_s
        if len(self._steps_s) == self._steps_s.maxlen and max(self._steps_s) < self._stall_s:
            self._factor = 1.0

    def begin_anew(self, silent: bool) -> None:
        """The device is opened anew; silent: for being silent, though it may be very slow: it gets longer."""
        self._steps_s.clear()
        self._last_s = None
        if silent:
            self._factor *= 2

    @property
    def slow(self) -> bool:
        """Whether each picture takes about a second or more."""
        return len(self._steps_s) >= 3 and min(list(self._steps_s)[-3:]) > 0.8 * self._stall_s

    @property
    def patience_s(self) -> float:
        """How long the next picture is waited for before the device is opened anew."""
        usual_s = max(self._silent_s * self._factor, 3 * max(self._steps_s, default=0.0))
        return min(usual_s, max(self._silent_s, self.LONGEST_S))


class Stillness:
    """For how long a camera has sent the very same picture.

    A real one never does, since its sensor has noise. A picture of one colour shows nothing, as with a shut
    lens, and is not counted.
    """

    def __init__(self) -> None:
        self._image: NDArray[np.uint8] | None = None
        self._since_s = 0.0

    def lasted_s(self, frame: VideoFrame) -> float:
        """Seconds until this picture; 0 where it differs from the one before."""
        image = frame.image
        if self._image is None or not _same(image, self._image) or int(image.min()) == int(image.max()):
            self._image, self._since_s = image, frame.timestamp_s
        return frame.timestamp_s - self._since_s


def _same(image: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    if image.shape != other.shape or not np.array_equal(image[::32, ::32], other[::32, ::32]):
        return False  # nearly always told by so few pixels
    return bool(np.array_equal(image, other))
