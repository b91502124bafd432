"""Live frames from a camera; one that is lost is opened anew until it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from app.entities import VideoFrame
from app.errors import SourceError
from app.sources.base import BaseSource, SourceInfo
from app.sources.camera_devices import camera_name, number_now, open_device, why_not_back, why_not_opened
from app.sources.camera_wish import CameraWish
from app.sources.grabber import Capture, Grabber, NoPictureError, NotOpenedError, Stamps
from app.sources.reconnect import FROZEN, LOST, MOST_HUNG, SLOW, STALLED, Patience, Rhythm, Stillness


class CameraSource(BaseSource):
    """A camera by its number (N of /dev/videoN on Linux).

    Timestamps are a monotonic clock's at the moment a picture was grabbed, from 0 at the first. A frame's
    index counts the pictures grabbed, so that a gap in it shows pictures that came faster than they were
    taken. A camera may change its picture's size, which is passed on as it is.

    A camera that has been opened once is never given up: `trouble` says what is wrong with it, and it is
    opened anew until its pictures come again, on which times and numbers go on. A picture that has come again
    and again for some seconds is no news, and is not passed on.

    wish: what is asked of the camera; what it gives is in what open() returns.
    make_capture, clock, patience, make_grabber: for tests and benchmarks; what opens the device, what tells
    the time in seconds, how long to wait, and what reads it.
    """

    live = True

    def __init__(
        self,
        index: int,
        wish: CameraWish | None = None,
        *,
        make_capture: Callable[[int], Capture] | None = None,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience | None = None,
        make_grabber: Callable[..., Grabber] = Grabber,
    ) -> None:
        super().__init__(f"camera:{index}")
        self.index = index
        self._wish = wish or CameraWish()
        self._make_capture = make_capture or open_device
        self._make_grabber, self._clock = make_grabber, clock
        self._patience = patience or Patience()
        self._grabber: Grabber | None = None
        self._let_go: list[Grabber] = []  # of those that may still be in a driver
        self._first: VideoFrame | None = None

    def open(self) -> SourceInfo:
        """Start the camera and wait for its first picture.

        Raises SourceError where there is no such camera, it is busy or forbidden, sends nothing, or
        interrupt() was called.
        """
        self._release()
        self._name = camera_name(self.index)
        self._stamps, self._still, self._rhythm = Stamps(), Stillness(), Rhythm(self._patience)
        self._still_until_s = self._patience.frozen_anew_s
        grabber = self._begin()
        try:
            self._first = grabber.take(self._patience.open_s)
        except NotOpenedError as error:
            self._release()
            raise SourceError(why_not_opened(self.index)) from error
        except NoPictureError:
            pass
        if self._first is None:
            closed = self._interrupted.is_set()
            self._release()
            raise SourceError(
                f"camera {self.index} was closed before its first picture"
                if closed
                else f"camera {self.index} sends no pictures: close other programs that use it, or replug it"
            )
        height, width = self._first.image.shape[:2]
        return SourceInfo(self._name, width, height, grabber.fps, None, live=True)

    def frames(self) -> Iterator[VideoFrame]:
        """The newest picture each time, until interrupted."""
        if self._grabber is None:
            raise RuntimeError("open() comes before frames()")
        frame, self._first = self._first, None
        while frame is not None or (frame := self._next()) is not None:
            if self._interrupted.is_set():
                return
            yield frame
            # Not before: whoever takes the frame knows by then that all before it is over.
            self.trouble = self._say(SLOW) if self._rhythm.slow else ""
            frame = None

    def interrupt(self) -> None:
        super().interrupt()
        grabber = self._grabber
        if grabber is not None:
            grabber.wake()

    def close(self) -> None:
        self._release()
        super().close()

    def _next(self) -> VideoFrame | None:
        """The next picture that is news, however long it takes; None when interrupted."""
        frame = self._take()
        while frame is not None:
            lasted_s = self._still.lasted_s(frame)
            if lasted_s < self._patience.frozen_s:
                self._still_until_s = self._patience.frozen_anew_s
                return frame
            self.trouble = self._say(FROZEN)
            if lasted_s < self._still_until_s:
                frame = self._take()
            else:
                self._still_until_s = lasted_s + min(lasted_s, self._patience.frozen_longest_s)
                frame = self._come_back()
        return None

    def _take(self) -> VideoFrame | None:
        """The next picture, from the device as it is or opened anew; None when interrupted."""
        assert self._grabber is not None
        patience_s, stall_s = self._rhythm.patience_s, self._patience.stall_s
        silent = False
        try:
            frame = self._grabber.take(stall_s)
            if frame is None and not self._interrupted.is_set():
                self.trouble = self.trouble or self._say(STALLED)
                frame = self._grabber.take(patience_s - stall_s)
                silent = frame is None
        except (NotOpenedError, NoPictureError):
            frame = None
        if frame is not None:
            self._rhythm.saw(frame.timestamp_s)
            return frame
        self.trouble = self._say(LOST)
        return self._come_back(silent)

    def _come_back(self, silent: bool = False) -> VideoFrame | None:
        """The first picture of the device opened anew, as often as it takes; None when interrupted."""
        self._rhythm.begin_anew(silent)
        for pause_s in self._patience.pauses():
            if self._interrupted.is_set():
                break
            try:
                frame = self._begin(pause_s).take(pause_s + self._patience.wake_s)
                if frame is not None:
                    self._rhythm.saw(frame.timestamp_s)
                    return frame
                self.trouble = self._say(LOST)
            except NoPictureError:
                self.trouble = self._say(LOST)
            except NotOpenedError:
                # While one of our own is still in the driver, it is no other program that keeps it busy.
                self.trouble = self._say(LOST) if self._hung() else why_not_back(self.index)
        return None

    def _begin(self, pause_s: float = 0.0) -> Grabber:
        """Open the device, anew if it was open, on a thread that waits for pause_s before it does."""
        if self._grabber is not None:
            self._grabber.stop()
            self._let_go = [*self._hung(), self._grabber]
        self._grabber = self._make_grabber(
            lambda: self._make_capture(number_now(self.index, self._name)),
            self._wish,
            self._clock,
            self._stamps,
            self._interrupted,
            pause_s=pause_s,
            free=lambda: len(self._hung()) < MOST_HUNG,
            failing_s=self._patience.failing_s,
            waking_s=self._patience.waking_s,
        )
        return self._grabber

    def _hung(self) -> list[Grabber]:
        return [grabber for grabber in self._let_go if grabber.alive]

    def _release(self) -> None:
        self._first, self.trouble = None, ""
        grabbers = [*self._let_go, *([self._grabber] if self._grabber is not None else [])]
        self._let_go, self._grabber = [], None
        for grabber in grabbers:
            grabber.stop()
        deadline_s = time.monotonic() + self._patience.close_s
        for grabber in grabbers:
            grabber.join(max(0.0, deadline_s - time.monotonic()))

    def _say(self, what: str) -> str:
        return what.format(number=self.index)
