"""The pictures of a video stream as FFmpeg decodes them, in order or from anywhere."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import av
import av.container

from app.sources.picture_index import SAME_S, PictureIndex

_log = logging.getLogger(__name__)

#: So many pictures are decoded rather than jumped over: a jump costs about as much.
_NEAR_PICTURES = 4
#: Beyond what is known the same, in seconds; and how far before the place one looks for a beginning.
_NEAR_S = 1.0
_BACK_S = (0.0, 5.0, 30.0)


@dataclass(frozen=True)
class Picture:
    """A decoded picture, not yet made RGB.

    number: in order from the first; None where it was met outside of what has been read in order, and then
        time_s is what the file says, unrepaired.
    """

    raw: av.VideoFrame
    stamp: int | None
    number: int | None
    time_s: float


class Halted(Exception):  # noqa: N818  # no error: somebody has asked for it
    """The reader was told to give up; it can go on from where it is."""


class _LostError(Exception):
    """The pictures met after a jump are not those that were met in order."""


class VideoReader:
    """One stream, from its first picture. For one thread.

    container: the file, open; closed by `close`. open_container: opens it anew, where there is no other way
        back to its beginning.
    index: shared by all readers of the file; filled by those that read it in order.
    check: called with each picture's width and height before it is used.
    damaged: True once something could not be decoded. ended: the last picture has been read.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        open_container: Callable[[], av.container.InputContainer],
        index: PictureIndex,
        fps: float | None,
        check: Callable[[int, int], None],
    ) -> None:
        self._open_container = open_container
        self._index, self._fps, self._check = index, fps, check
        self.damaged = False
        self._container: av.container.InputContainer | None = None
        self._take(container)

    @property
    def pixel_aspect(self) -> object:
        """Width over height of one pixel; None or 0 where the file does not say."""
        return self._stream.sample_aspect_ratio

    def close(self) -> None:
        self._raw, self._current, self._peeked = iter(()), None, None
        if self._container is not None:
            self._container.close()
            self._container = None

    def next(self, halted: Callable[[], bool]) -> Picture | None:
        """The picture after the last one given; None at the end. Raises Halted."""
        picture = self._peek(halted)
        if picture is not None:
            self._current, self._peeked = picture, None
        return picture

    def find(self, time_s: float, exact: bool, halted: Callable[[], bool]) -> Picture | None:
        """The last picture at or before that time, the first where all are later; None where there is none.

        exact: False takes the file's own word for times beyond what has been read in order, instead of
        reading all that lies between. Raises Halted.
        """
        if self._index.covers(time_s):
            return self._go_to(self._index.number_at(time_s), halted)
        origin_s = self._index.origin_s
        if not exact and origin_s is not None:
            picture = self._search(time_s, origin_s, halted)
            if picture is not None:
                return picture
        if not self._in_order or (self._current is not None and self._current.time_s > time_s):
            self._rewind()
        return self._walk_until(time_s, halted)

    # Going to a place

    def _go_to(self, number: int, halted: Callable[[], bool]) -> Picture | None:
        if self._current is not None and self._current.number == number:
            return self._current
        keys = self._index.keys_before(number)
        ahead = self._peeked.number if self._peeked is not None else self._next_number
        if ahead is not None and ahead <= number < max(ahead + _NEAR_PICTURES, self._index.next_key(ahead)):
            try:
                return self._walk_to(number, halted)
            except _LostError:
                _log.debug("picture %d is not to be found by reading on", number)
        for key in keys:
            stamp = self._index.stamp(key)
            try:
                if stamp is not None:
                    self._jump(stamp)
                    return self._walk_to(number, halted)
            except _LostError:
                _log.debug("picture %d cannot be reached from %d", number, key)
        self._rewind()
        try:
            return self._walk_to(number, halted)
        except _LostError:  # the file has become shorter since
            return self._current

    def _walk_to(self, number: int, halted: Callable[[], bool]) -> Picture:
        while True:
            picture = self.next(halted)
            if picture is None or picture.number is None or picture.number > number:
                raise _LostError
            if picture.number == number:
                return picture

    def _search(self, time_s: float, origin_s: float, halted: Callable[[], bool]) -> Picture | None:
        """By the file's own times; None where the file cannot be entered there."""
        current = self._current
        if current is not None and current.time_s <= time_s < current.time_s + _NEAR_S:
            with contextlib.suppress(_LostError):
                return self._walk_until(time_s, halted)
        for back_s in _BACK_S:
            try:
                self._jump(round((max(0.0, time_s - back_s) + origin_s) / self._stream.time_base))
                first = self._peek(halted)
                if first is not None and first.time_s <= time_s + SAME_S:
                    return self._walk_until(time_s, halted)
            except _LostError:
                continue
        return None

    def _walk_until(self, time_s: float, halted: Callable[[], bool]) -> Picture | None:
        while True:
            picture = self._peek(halted)
            if picture is None or (self._current is not None and picture.time_s > time_s + SAME_S):
                return self._current
            self._current, self._peeked = picture, None

    # Decoding

    def _rewind(self) -> None:
        self.close()
        self._take(self._open_container())

    def _take(self, container: av.container.InputContainer) -> None:
        self._container = container
        self._stream = container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._begin(in_order=True)

    def _jump(self, stamp: int) -> None:
        assert self._container is not None
        try:
            self._container.seek(stamp, stream=self._stream)
        except (av.FFmpegError, OverflowError) as error:
            raise _LostError from error
        self._begin(in_order=False)

    def _begin(self, in_order: bool) -> None:
        self._raw: Iterator[av.VideoFrame | None] = self._decode()
        self._in_order = in_order
        self._next_number = 0 if in_order else None
        self._current: Picture | None = None
        self._peeked: Picture | None = None
        self.ended = False

    def _peek(self, halted: Callable[[], bool]) -> Picture | None:
        while self._peeked is None and not self.ended:
            if halted():
                raise Halted
            try:
                raw = next(self._raw)
            except StopIteration:
                self.ended = True
                if self._in_order:
                    self._index.complete = True
                break
            if raw is not None:
                self._check(raw.width, raw.height)
                self._peeked = self._placed(raw)
        return self._peeked

    def _decode(self) -> Iterator[av.VideoFrame | None]:
        """Pictures, and None now and then while there is none yet."""
        assert self._container is not None
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                self.damaged = True
                _log.info("%s: reading stopped: %s", self._container.name, error)
                return
            if packet is None:
                return
            try:
                pictures = packet.decode()
            except av.FFmpegError as error:
                # One damaged picture does not make the rest worthless; a cut file simply has no rest.
                self.damaged = True
                _log.info("%s: a picture cannot be decoded: %s", self._container.name, error)
                continue
            yield None
            yield from pictures

    def _placed(self, raw: av.VideoFrame) -> Picture:
        ticks = self._stream.time_base
        stamp = raw.pts
        if stamp is not None and raw.time_base and raw.time_base != ticks:
            stamp = round(stamp * raw.time_base / ticks)
        time_s = None if stamp is None else float(stamp * ticks)
        if self._in_order:
            assert self._next_number is not None
            number: int | None = self._next_number
            told_s = self._index.tell(self._next_number, stamp, time_s, bool(raw.key_frame), self._fps)
        else:
            number = self._index.number_of(stamp)
            if number is None or (self._next_number is not None and number != self._next_number):
                number, told_s = None, self._unread_time(time_s)
            else:
                told_s = self._index.time_s(number)
        self._next_number = None if number is None else number + 1
        return Picture(raw, stamp, number, told_s)

    def _unread_time(self, time_s: float | None) -> float:
        """Of a picture that nobody has met in order yet."""
        origin_s = self._index.origin_s
        if time_s is None or origin_s is None:
            raise _LostError
        return time_s - origin_s
