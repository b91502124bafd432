"""A scripted session, and a person of made-up motion to play in it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import numpy as np

from app.entities import ActionEvent, Counters, Decision, Health, Snapshot, Stage, State, VideoFrame
from stgat.skeleton import NTU25, Skeleton

# A standing person seen from the front, as fractions of a 4:3 picture: x (0.5 is the middle), y.
_STANDING = {
    "spine base": (0.0, 0.54), "spine mid": (0.0, 0.42), "spine shoulder": (0.0, 0.30), "neck": (0.0, 0.265),
    "head": (0.0, 0.20), "shoulder": (0.075, 0.31), "elbow": (0.115, 0.42), "wrist": (0.125, 0.53),
    "hand": (0.127, 0.555), "hand tip": (0.128, 0.585), "thumb": (0.112, 0.56), "hip": (0.045, 0.55),
    "knee": (0.055, 0.73), "ankle": (0.058, 0.89), "foot": (0.075, 0.92),
}  # fmt: skip


def person(
    time_s: float, person_id: int = 1, at: float = 0.5, waving: bool = True, size: float = 1.0
) -> Skeleton:
    """Somebody who faces the camera, breathes, and waves with the right hand."""
    image = np.zeros((25, 2))
    for joint, name in enumerate(NTU25.joints):
        side = -1 if name.startswith("right ") else 1  # unmirrored: the right hand is at the picture's left
        x, y = _STANDING[name.removeprefix("left ").removeprefix("right ")]
        image[joint] = side * x, y + 0.004 * math.sin(2 * time_s)
    if waving:
        swing = 0.35 * math.sin(7 * time_s)
        elbow = np.array([-0.15, 0.335])
        image[NTU25.joints.index("right elbow")] = elbow
        for name, reach in (("wrist", 0.13), ("hand", 0.155), ("hand tip", 0.185)):
            image[NTU25.joints.index(f"right {name}")] = elbow + reach * np.array(
                [0.75 * math.sin(swing - 0.2), -math.cos(swing)]
            )
        image[NTU25.joints.index("right thumb")] = image[NTU25.joints.index("right hand")] + (0.018, -0.008)
    image = (image - (0.0, 0.55)) * size + (at, 0.55)
    confidence = np.full(25, 0.97)
    confidence[[NTU25.joints.index(n) for n in ("left foot", "left hand tip", "left thumb")]] = 0.25
    joints_m = np.column_stack([(image - (at, 0.54)) * (2.4, -1.8), np.full(25, 2.5)])
    return Skeleton(joints_m, confidence, person_id, time_s, image)


def backdrop(width: int = 640, height: int = 480) -> np.ndarray:
    """A plain room: a wall with a soft light, and a floor."""
    y, x = np.mgrid[0:height, 0:width]
    light = np.exp(-(((x / width - 0.35) / 0.5) ** 2 + ((y / height - 0.25) / 0.6) ** 2))
    wall = np.stack([92 + 60 * light, 98 + 58 * light, 104 + 52 * light], axis=-1)
    floor = np.stack([74 + 30 * light, 66 + 28 * light, 60 + 24 * light], axis=-1)
    return np.where((y > 0.8 * height)[..., None], floor, wall).astype(np.uint8)


TOP = (("wave", 0.86), ("raise hand", 0.07), ("throw", 0.03), ("clap", 0.02), ("drink water", 0.01))


def decision(
    person_id: int = 1,
    state: State = State.ACTION,
    label: str | None = "wave",
    time_s: float = 0.0,
    top: tuple[tuple[str, float], ...] = TOP,
    since_s: float | None = None,
) -> Decision:
    label = label if state is State.ACTION else None
    probability = top[0][1] if top else 0.0
    return Decision(person_id, time_s, round(30 * time_s), state, label, probability, top, since_s)


def frame(index: int = 0, time_s: float | None = None, width: int = 64, height: int = 48) -> VideoFrame:
    image = np.full((height, width, 3), 90, np.uint8)
    return VideoFrame(image, index, index / 30 if time_s is None else time_s)


def running(index: int = 0, **changes: object) -> Snapshot:
    """A snapshot in the middle of things: one person waves."""
    picture = frame(index)
    fields: dict = {
        "health": Health.RUNNING,
        "frame": picture,
        "skeletons": (person(picture.timestamp_s),),
        "decisions": (decision(time_s=picture.timestamp_s),),
        "counters": Counters(100, 8, 92, 30),
        "fps": 29.97,
        "latency_ms": {Stage.CAPTURE: 3.0, Stage.POSE: 18.4, Stage.RECOGNITION: 41.0},
        "frame_to_label_ms": 84.0,
    }
    return Snapshot(**(fields | changes))


class FakeSession:
    """Says what it is told to: a snapshot, or a function that makes one. Counts its starts and stops."""

    def __init__(
        self, script: Snapshot | Callable[[], Snapshot], stop_takes_s: float = 0.0, spec: str = ""
    ) -> None:
        self.script = script
        self.stop_takes_s = stop_takes_s
        self.spec = spec
        self.starts = self.stops = 0
        self.stopped_in: threading.Thread | None = None

    def start(self) -> None:
        self.starts += 1

    def stop(self, timeout_s: float = 1.0) -> bool:
        time.sleep(min(self.stop_takes_s, timeout_s))
        self.stops += 1
        self.stopped_in = threading.current_thread()
        return self.stop_takes_s <= timeout_s

    def snapshot(self) -> Snapshot:
        return self.script if isinstance(self.script, Snapshot) else self.script()


class FakeFile(FakeSession):
    """A session on a file that lasts a minute and a half; keeps what it is asked to do."""

    def __init__(
        self, script: Snapshot | Callable[[], Snapshot], stop_takes_s: float = 0.0, spec: str = ""
    ) -> None:
        super().__init__(script, stop_takes_s, spec)
        self.position_s, self.duration_s, self.analysed_s = 0.0, 90.0, 90.0
        self.paused, self.rate = False, 1.0
        self.loop: tuple[float, float] | None = None
        self.asked: list[tuple[str, float]] = []

    def play(self) -> None:
        self.paused = False
        self.asked.append(("play", self.position_s))

    def pause(self) -> None:
        self.paused = True

    def seek(self, time_s: float) -> None:
        self.position_s = time_s
        self.asked.append(("seek", time_s))

    def step(self, frames: int) -> None:
        self.asked.append(("step", frames))


class Play:
    """A minute of a person (or two) who waves, rests and does something unknown, by the clock."""

    SCENES = (
        ("idle", 2.0), ("wave", 5.0), ("unknown", 2.5), ("drink water", 4.0), ("idle", 3.0),
        ("sit down", 2.5), ("stand up", 2.0), ("wave", 6.0), ("unknown", 1.5), ("put on a hat or cap", 5.0),
    )  # fmt: skip

    def __init__(
        self,
        people: int = 1,
        width: int = 1280,
        height: int = 720,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._people, self._clock = people, clock
        self._image = backdrop(width, height)
        self._begun = clock()
        self._shown: Snapshot | None = None
        self._length_s = sum(length for _, length in self.SCENES)

    def scene(self, time_s: float) -> tuple[str, float]:
        """(what is done, since when) at that time."""
        begin = time_s - time_s % self._length_s
        for name, length in self.SCENES:
            if time_s < begin + length:
                return name, begin
            begin += length
        return self.SCENES[-1][0], begin

    def __call__(self) -> Snapshot:
        index = int(30 * (self._clock() - self._begun))
        if self._shown is None or index != self._shown.frame.index:
            self._shown = self._snapshot(index)
        return self._shown

    def _snapshot(self, index: int) -> Snapshot:
        time_s = index / 30
        people = [person(time_s, 1, 0.42 if self._people > 1 else 0.5)]
        if self._people > 1:
            people.append(person(time_s + 0.4, 2, 0.72, waving=False, size=0.9))
        return Snapshot(
            Health.RUNNING,
            VideoFrame(self._image, index, time_s),
            tuple(people),
            tuple(self._decision(p.person_id, time_s) for p in people),
            tuple(self._events(time_s)),
            Counters(index, index // 40, index - index // 40, index // 4),
            29.9,
            {Stage.CAPTURE: 3.1, Stage.POSE: 18.4, Stage.RECOGNITION: 39.6},
            83.0,
        )

    def _name(self, person_id: int, time_s: float) -> tuple[str, float]:
        shift = 0.0 if person_id == 1 else 11.0
        name, begin = self.scene(time_s + shift)
        return name, begin - shift

    def _decision(self, person_id: int, time_s: float) -> Decision:
        name, since_s = self._name(person_id, time_s)
        sure = min(0.93, 0.5 + 0.3 * (time_s - since_s)) + 0.02 * math.sin(3 * time_s)
        rest = [n for n in ("wave", "drink water", "clap", "throw", "sit down", "raise hand") if n != name]
        if name in ("idle", "unknown"):
            sure = 0.31
        first = rest[0] if name in ("idle", "unknown") else name
        others = [n for n in rest if n != first][:4]
        shares = [(1 - sure) * part for part in (0.5, 0.25, 0.13, 0.07)]
        top = tuple(sorted([(first, sure), *zip(others, shares, strict=True)], key=lambda pair: -pair[1]))
        state = State(name) if name in ("idle", "unknown") else State.ACTION
        return decision(person_id, state, name, time_s, top)

    def _events(self, time_s: float) -> list[ActionEvent]:
        events = []
        for person_id in range(1, self._people + 1):
            moment = max(0.0, time_s - 40)
            while moment < time_s:
                name, begin = self._name(person_id, moment)
                end = moment + 0.1
                while self._name(person_id, end)[1] == begin:
                    end += 0.1
                end = self._name(person_id, end)[1]
                if end <= time_s and name not in ("idle", "unknown"):
                    events.append(ActionEvent(name, round(begin, 2), round(end, 2), 0.9, person_id))
                moment = end + 0.01
        return sorted(events, key=lambda event: event.end_s)
