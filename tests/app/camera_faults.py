"""A camera with scripted faults on a clock of its own, and the road behind it: no threads, nothing waits.

What reads the camera here is app.sources.grabber.Device, as in the application; only the thread around it is
replaced by steps (`SteppedGrabber`). A call that would block says until when, and is made again then.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.entities import VideoFrame
from app.sources.grabber import RETRY_S, Device, NoPictureError, NotOpenedError
from app.sources.reconnect import Patience

TICK_S = 0.1
_FAR_S = 1e9


class Blocked(BaseException):  # no error: nothing may catch it
    """The driver does not answer before this moment."""

    def __init__(self, until_s: float) -> None:
        super().__init__(until_s)
        self.until_s = until_s


@dataclass(frozen=True)
class Fault:
    """kind, option: see KINDS. value: seconds: a picture of a slow camera takes; a clock is set back."""

    kind: str
    start_s: float
    end_s: float
    option: str = ""
    value: float = 0.0

    @property
    def back_s(self) -> float:
        """From when on a device opened by then works; one that only has to be opened anew does all along."""
        anew = self.kind == "frozen until reopened"
        return min(self.end_s, self.start_s + Patience().frozen_anew_s) if anew else self.end_s


#: kind -> its options.
KINDS: dict[str, tuple[str, ...]] = {
    "unplugged": ("refused", "raises", "opening hangs"),  # what opening it does; old handles are dead
    "unplugged, blocking": ("refused", "raises", "opening hangs"),  # and reading it blocks until it is back
    "hangs": ("goes on", "dead"),  # every call blocks; then old handles work, or do not
    "hangs for ever": ("",),  # the handle's calls never return, a new one works
    "silent": ("",),  # a read blocks for a second and fails, as V4L2's select does
    "fails": ("",),
    "lies": ("none", "not ok", "empty", "wrong type", "two channels", "raises"),
    "frozen": ("for everybody", "each handle anew"),
    "frozen until reopened": ("",),
    "slow": ("",),
    "size": ("",),
    "clock back": ("",),
}
KILLING = ("unplugged", "unplugged, blocking")


def schedule(rng: random.Random) -> list[Fault]:
    """One to three faults with a second or more of a healthy camera between them."""
    faults = []
    now_s = rng.uniform(0.8, 2.0)
    for _ in range(rng.choice((1, 2, 2, 3))):
        kind = rng.choice(list(KINDS))
        if kind == "hangs for ever" and any(fault.kind == kind for fault in faults):
            kind = "hangs"
        lengths = rng.uniform(0.05, 0.9), rng.uniform(0.9, 1.6), rng.uniform(2.0, 8.0), 60.0
        (length_s,) = rng.choices(lengths, (4, 4, 4, 1))
        if kind in ("size", "clock back"):
            length_s = 0.0
        if kind in ("slow", "frozen until reopened"):
            length_s = rng.uniform(7.0, 10.0)
        value = {"slow": rng.uniform(1.1, 3.0), "clock back": 10 ** rng.uniform(-3, 6)}.get(kind, 0.0)
        faults.append(Fault(kind, now_s, now_s + length_s, rng.choice(KINDS[kind]), value))
        now_s += length_s + rng.uniform(2.5, 3.5)
    return faults


class World:
    """The device, its faults and the time.

    fps: pictures a second. stated_fps: what the device says of it. look: called at every step of the time.
    """

    def __init__(self, faults: list[Fault], rng: random.Random, look: Callable[[], None]) -> None:
        self.now_s = 0.0
        self.faults, self._look = faults, look
        self.fps = rng.uniform(7.0, 12.0)
        self.stated_fps = rng.choice((0.0, math.nan, math.inf, -1.0, 30.0, 1e9))
        self.wake_s = rng.uniform(0.0, 0.3)
        self.holder: FakeCapture | None = None
        self.grabbers: list[SteppedGrabber] = []
        self.opened = self.released = 0
        self.over = False
        self.still: np.ndarray | None = None
        self._looked_s = 0.0
        self._noise = 0

    def fault(self) -> Fault | None:
        """The one that lasts."""
        now_s = self.now_s
        return next((one for one in self.faults if one.start_s <= now_s < one.end_s), None)

    def clock(self) -> float:
        """What the camera's clock says: it is set back now and then."""
        back = (f.value for f in self.faults if f.kind == "clock back" and f.start_s <= self.now_s)
        return 5e6 + self.now_s - sum(back)

    def picture(self) -> np.ndarray:
        """A new (H, W, 3) picture: its moment is in its first pixels, and noise."""
        self._noise = self._noise * 5 % 251 + 1
        wide = sum(f.kind == "size" and f.start_s <= self.now_s for f in self.faults)
        image = np.full((6 + 2 * wide, 8, 3), 90, np.uint8)
        image[0, 0] = self._noise, int(self.now_s * 40) % 256, int(self.now_s * 40) // 256 % 256
        return image

    def advance(self, to_s: float) -> None:
        """Let time pass; whoever was left in a driver goes on, and somebody looks ten times a second."""
        while self.now_s < to_s and not self.over:
            self.now_s = min(to_s, self.now_s + TICK_S)
            for grabber in self.grabbers:
                if grabber.stopping:
                    grabber.step()
            self.grabbers = [grabber for grabber in self.grabbers if grabber.alive]
            if self.now_s >= self._looked_s + TICK_S - 1e-6:
                self._looked_s = self.now_s
                self._look()

    def end(self) -> None:
        """Every call that still blocks returns."""
        self.faults = []
        for _ in range(9):
            self.now_s += 1.0
            for grabber in self.grabbers:
                grabber.unblock()


class FakeCapture:
    """cv2.VideoCapture on a World. One handle at a time can be open, as with any camera."""

    def __init__(self, world: World) -> None:
        fault = world.fault()
        kind, option = (fault.kind, fault.option) if fault else ("", "")
        if kind in KILLING and option == "raises":
            raise OSError("the driver gave up")
        if fault and (option == "opening hangs" or kind == "hangs"):
            raise Blocked(fault.end_s)
        self._world, self._born_s = world, world.now_s
        taken = world.holder is not None and not world.holder.forsaken
        self._opened = kind not in (*KILLING, "hangs for ever") and not taken
        if self._opened:
            world.holder = self
            world.opened += 1
        self._given_s = world.now_s + world.wake_s - 1 / world.fps
        self._still: np.ndarray | None = None
        self._picture: object = None
        self._ok = True

    @property
    def forsaken(self) -> bool:
        """Whether the driver has let go of a handle that never answers again."""
        never = (f for f in self._world.faults if f.kind == "hangs for ever")
        return any(self._born_s <= f.start_s and f.end_s <= self._world.now_s for f in never)

    def isOpened(self) -> bool:  # noqa: N802
        return self._opened

    def set(self, prop: int, value: float) -> bool:
        return False

    def get(self, prop: int) -> float:
        return self._world.stated_fps

    def grab(self) -> bool:
        world, fault = self._world, self._world.fault()
        for one in world.faults:
            if self._born_s <= one.start_s <= world.now_s:
                if one.kind == "hangs for ever":
                    raise Blocked(_FAR_S)
                if one.kind == "unplugged, blocking" and world.now_s < one.end_s:
                    raise Blocked(one.end_s)
                if one.kind in KILLING or (one.option == "dead" and world.now_s >= one.end_s):
                    return False
        kind = fault.kind if fault else ""
        if fault and kind == "hangs":
            raise Blocked(fault.end_s)
        if fault and kind == "silent":
            if world.now_s < self._given_s + 1.0:
                raise Blocked(min(fault.end_s, self._given_s + 1.0))
            self._given_s = world.now_s
            return False
        if kind == "fails":
            return False
        due_s = self._given_s + (fault.value if fault and kind == "slow" else 1 / world.fps)
        if world.now_s < due_s - 1e-9:
            raise Blocked(due_s if fault is None else min(due_s, fault.end_s))
        self._given_s = world.now_s
        self._take(fault)
        return True

    def _take(self, fault: Fault | None) -> None:
        kind, option = (fault.kind, fault.option) if fault else ("", "")
        self._ok = not (kind == "lies" and option == "not ok")
        if kind == "lies":
            wrong = {"empty": np.zeros((0, 0, 3), np.uint8), "wrong type": np.zeros((4, 4, 3), np.float32)}
            wrong["two channels"] = np.zeros((4, 4, 2), np.uint8)
            self._picture = OSError("lost sync") if option == "raises" else wrong.get(option)
        elif self._frozen(kind):
            everybodys = self._world.still if option == "for everybody" else None
            self._still = everybodys if everybodys is not None else self._still
            self._still = self._world.picture() if self._still is None else self._still
            self._picture = self._world.still = self._still
        else:
            self._still, self._world.still, self._picture = None, None, self._world.picture()

    def _frozen(self, kind: str) -> bool:
        handles = (f for f in self._world.faults if f.kind == "frozen until reopened")
        return kind == "frozen" or any(self._born_s <= f.start_s <= self._world.now_s for f in handles)

    def retrieve(self) -> tuple[bool, object]:
        if isinstance(self._picture, Exception):
            raise self._picture
        return self._ok, self._picture

    def release(self) -> None:
        if self._opened:
            self._opened = False
            self._world.released += 1
        if self._world.holder is self:
            self._world.holder = None


class SteppedGrabber:
    """app.sources.grabber.Grabber without its thread: it goes on whenever it is stepped."""

    def __init__(self, world: World, make_capture, wish, clock, stamps, interrupted, **options) -> None:
        self.fps: float | None = None
        self.alive, self.stopping = True, False
        self._world, self._stamps, self._interrupted = world, stamps, interrupted
        self._make_capture, self._wish, self._clock = make_capture, wish, clock
        self._free = options["free"]
        self._patience = options["failing_s"], options["waking_s"]
        self._next_s = world.now_s + options["pause_s"]
        self._in_driver = False
        self._device: Device | None = None
        self._newest: VideoFrame | None = None
        self._failure: Exception | None = None
        world.grabbers.append(self)

    def take(self, timeout_s: float) -> VideoFrame | None:
        deadline_s = self._world.now_s + timeout_s
        while True:
            self.step()
            if self._interrupted.is_set() or self._world.over:
                return None
            if self._newest is not None:
                frame, self._newest = self._newest, None
                return frame
            if self._failure is not None:
                raise self._failure
            if self._world.now_s >= deadline_s:
                return None
            self._world.advance(min(max(self._next_s, self._world.now_s + 1e-3), deadline_s))

    def wake(self) -> None: ...

    def stop(self) -> None:
        self.stopping = True
        self.step()

    def join(self, timeout_s: float) -> None: ...

    def step(self) -> None:
        """Everything that can be done at this moment."""
        while self.alive and self._failure is None and self._world.now_s >= self._next_s - 1e-9:
            if self.stopping and not self._in_driver:
                break
            self._in_driver = False
            try:
                self._go_on()
            except Blocked as blocked:
                self._next_s, self._in_driver = max(blocked.until_s, self._world.now_s + 1e-3), True
            except NotOpenedError as error:
                self._end(error)
            except Exception as error:  # noqa: BLE001
                self._end(NoPictureError(str(error)))
            if self._newest is not None:
                break
        if self.stopping and not self._in_driver:
            self._end(None)

    def unblock(self) -> None:
        """The call that it is in returns now."""
        self._next_s = self._world.now_s
        self.step()

    def _go_on(self) -> None:
        if self._device is None:
            if not self._free():
                self._next_s = self._world.now_s + RETRY_S
                return
            self._device = Device(self._make_capture, self._wish, *self._patience, lambda: self._world.now_s)
            self.fps = self._device.fps
        read = self._device.read(self._clock)
        if read is None:
            self._next_s = self._world.now_s + RETRY_S
        elif not self.stopping:
            self._newest = VideoFrame(read[0], *self._stamps.next(read[1]))

    def _end(self, failure: Exception | None) -> None:
        if self._device is not None:
            self._device.release()
        self._failure, self.alive = failure, False
