"""Which pictures a video has and when, as they were found by reading it in order."""

from __future__ import annotations

import threading
from bisect import bisect_right

from app.sources.timeline import Timeline

#: Times closer than this are one; files keep theirs to a microsecond at best.
SAME_S = 1e-6


class PictureIndex:
    """Grows while a video is read from its beginning; a second reader of the same file finds its way by it.

    A picture's number counts the decoded pictures from 0, and its time is what Timeline makes of the file's.
    Safe from any thread.

    own_clock: as Timeline has it. complete: the end of the file has been reached.
    """

    def __init__(self, own_clock: bool = False) -> None:
        self.complete = False
        self._own_clock = own_clock
        self._lock = threading.Lock()
        self._timeline: Timeline | None = None
        self._times_s: list[float] = []
        self._stamps: list[int | None] = []  # as the file has them, in its own ticks
        self._keys: list[int] = []  # numbers of the pictures that can be decoded without others
        self._number_of: dict[int, int] = {}  # a stamp that came twice -> -1
        self._origin_s: float | None = None  # the file's time at our 0; None once a time had to be repaired
        self._told_any = False

    def __len__(self) -> int:
        with self._lock:
            return len(self._times_s)

    def tell(
        self, number: int, stamp: int | None, time_s: float | None, key: bool, fps: float | None
    ) -> float:
        """The time of a picture that was met in order; it is taken in where it is new.

        stamp, time_s: what the file says of it, in ticks and in seconds. Only for a reader that began at the
        first picture.
        """
        with self._lock:
            if number < len(self._times_s):
                return self._times_s[number]
            if self._timeline is None:
                self._timeline = Timeline(fps, self._own_clock)
            told_s = self._timeline.next(time_s)
            if not self._told_any:
                self._told_any = True
                self._origin_s = None if time_s is None else time_s - told_s
            elif self._origin_s is not None and (
                time_s is None or abs(time_s - self._origin_s - told_s) > SAME_S
            ):
                self._origin_s = None
            if key:
                self._keys.append(len(self._times_s))
            if stamp is not None:
                self._number_of[stamp] = -1 if stamp in self._number_of else len(self._times_s)
            self._times_s.append(told_s)
            self._stamps.append(stamp)
            return told_s

    @property
    def origin_s(self) -> float | None:
        """What the file's own times are ahead of ours; None where they cannot be relied on."""
        with self._lock:
            return self._origin_s

    def covers(self, time_s: float) -> bool:
        """Whether it is known which picture is to be seen at that time."""
        with self._lock:
            return bool(self._times_s) and (self.complete or time_s <= self._times_s[-1])

    def number_at(self, time_s: float) -> int:
        """The last picture at or before that time; the first where all are later."""
        with self._lock:
            return max(0, bisect_right(self._times_s, time_s + SAME_S) - 1)

    def number_of(self, stamp: int | None) -> int | None:
        """The picture with that stamp; None where there is none yet, or more than one."""
        if stamp is None:
            return None
        with self._lock:
            number = self._number_of.get(stamp, -1)
        return None if number < 0 else number

    def time_s(self, number: int) -> float:
        with self._lock:
            return self._times_s[number]

    def stamp(self, number: int) -> int | None:
        with self._lock:
            return self._stamps[number]

    def keys_before(self, number: int) -> list[int]:
        """Where decoding may begin to get to that picture: the nearest place, then some farther back."""
        with self._lock:
            nearest = bisect_right(self._keys, number) - 1
            places = sorted({max(0, nearest - back) for back in (0, 1, 4)}, reverse=True)
            return [self._keys[place] for place in places] if nearest >= 0 else []

    def next_key(self, number: int) -> int:
        """The next place after that picture where decoding may begin; the end of what is known if none is."""
        with self._lock:
            place = bisect_right(self._keys, number)
            return self._keys[place] if place < len(self._keys) else len(self._times_s)
