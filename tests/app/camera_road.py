"""The road behind a scripted camera on its clock, from the source to what a window would show, step by step.

Source, slot, playout, window and decisions are the application's; pose and network are fakes that take their
time. What may never happen is checked at every step, by what the script knows and the application does not.
"""

from __future__ import annotations

import random
import weakref

import numpy as np

from app.decisions import Decider, Observation
from app.entities import ActionEvent, Decision, State, VideoFrame
from app.playout import GAP_S, PATIENCE_S, Playout
from app.slots import Slot
from app.sources import CameraSource
from app.sources.reconnect import MOST_HUNG
from app.window import SlidingWindow
from stgat.preprocessing import Preprocessing
from stgat.recognizer import Prediction
from stgat.skeleton import Skeleton
from tests.app.camera_faults import TICK_S, FakeCapture, Fault, SteppedGrabber, World, schedule
from tests.app.fakes import LABELS, body

#: What the promise is: from the camera's return to its picture.
BACK_WITHIN_S = 2.0
#: And until it is said that there are no pictures, and that they are always the same.
SAID_WITHIN_S, FROZEN_WITHIN_S = 1.0, 2.0
#: Somebody waves two times in three seconds; a picture tells its fortieth of a second.
_BODIES = [body(0.3 * np.sin(2 * np.pi * 1.5 * step / 40)) for step in range(80)]
_NOTHING_MISSING = np.ones(25)
_SURE = np.array([0.1, 0.9])
_ANSWER_EVERY_S = 0.3


class Road:
    """One session on one schedule of faults."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.faults = schedule(rng)
        self.end_s = self.faults[-1].end_s + 4.0
        self.world = World(self.faults, rng, self.look)
        self.pose_s = rng.choice((0.02, 0.05, 0.12, 0.3))
        self.answer_s = rng.choice((0.02, 0.1, 0.4))
        self.source = CameraSource(
            0,
            make_capture=lambda number: FakeCapture(self.world),  # type: ignore[arg-type, return-value]
            clock=self.world.clock,
            make_grabber=lambda *given, **options: SteppedGrabber(self.world, *given, **options),  # type: ignore
        )
        self.slot: Slot[VideoFrame] = Slot()
        self.playout = Playout(PATIENCE_S, GAP_S)
        self.window = SlidingWindow(Preprocessing(num_frames=8, window_s=1.0, body="as-measured"))
        self.decider = Decider()
        self.decisions: tuple[Decision, ...] = ()
        self.events: list[ActionEvent] = []
        self.captured = self.posed = self.taken = 0
        self.born_s: list[float] = []  # in the world's time, of each frame captured
        self.frames: dict[int, int] = {}  # index -> place among those captured
        self.stamps_s: list[float] = []
        self.new_since = 0  # place of the first frame after the last gap
        self.gaps: list[tuple[float, float]] = []
        self.troubles: list[str] = []
        self.pictures = 0  # in memory
        self.labelled_s = -1.0
        self._person, self._posed_s, self._due_s = -1, -9.0, -9.0
        self._posing: tuple[VideoFrame, float] | None = None
        self._answering: tuple[list[Observation], VideoFrame, float] | None = None

    def run(self) -> None:
        """From the opening to the close."""
        try:
            info = self.source.open()
            assert info.fps in (None, 30.0)
            for frame in self.source.frames():
                self.capture(frame)
        finally:
            self.source.close()
            self.world.over = True
            self.world.end()
        self.events += self.decider.finish()
        assert self.world.opened == self.world.released, "a device is still open"
        assert self.captured == self.posed + self.slot.replaced + self.waiting
        for event in self.events:
            assert event.start_s <= event.end_s
            assert not any(event.start_s < a - 0.05 and event.end_s > b for a, b in self.gaps), event
        assert self.end_s - 1.0 <= self.labelled_s, "no label at the end"

    @property
    def waiting(self) -> int:
        """Frames on their way to the pose."""
        return self.captured - self.taken - self.slot.replaced + (self._posing is not None)

    # What the three threads do.

    def capture(self, frame: VideoFrame) -> None:
        now_s = self.world.now_s
        if self.stamps_s:
            true_s, step_s = now_s - self.born_s[-1], frame.timestamp_s - self.stamps_s[-1]
            set_back = any(
                f.kind == "clock back" and self.born_s[-1] < f.start_s <= now_s for f in self.faults
            )
            assert step_s > 0
            assert set_back or abs(step_s - true_s) < 1e-3, "a time that is not the camera's"
            if true_s > 1.0 and not set_back:
                self.gaps.append((self.stamps_s[-1], frame.timestamp_s))
            if true_s > 1.0:
                self.new_since = self.captured
        assert frame.image.dtype == np.uint8, "no picture"
        assert frame.image.shape[2:] == (3,), "no picture"
        assert frame.index not in self.frames
        self.frames[frame.index] = self.captured
        self.born_s.append(now_s)
        self.stamps_s.append(frame.timestamp_s)
        self.pictures += 1
        weakref.finalize(frame.image, self._forget)
        self.captured += 1
        self.playout.captured(frame, now_s)
        self.slot.put(frame)
        self.go_on()

    def _forget(self) -> None:
        self.pictures -= 1

    def go_on(self) -> None:
        now_s = self.world.now_s
        if self._posing is not None and now_s >= self._posing[1]:
            (frame, _), self._posing = self._posing, None
            self._pose(frame)
        if self._posing is None and self.captured > self.taken + self.slot.replaced:
            frame_or_none = self.slot.take()
            assert frame_or_none is not None
            self.taken += 1
            self._posing = frame_or_none, now_s + self.pose_s
        if self._answering is not None and now_s >= self._answering[2]:
            observations, frame, _ = self._answering
            self._answering = None
            self.decisions, events = self.decider.update(observations, frame.timestamp_s, frame.index)
            self.events += events

    def _pose(self, frame: VideoFrame) -> None:
        _, low, high = frame.image[0, 0]
        if frame.timestamp_s - self._posed_s > 1.0:
            self._person += 1  # as pose.tracking has it
        self._posed_s = frame.timestamp_s
        joints = _BODIES[(int(low) + 256 * int(high)) % 80]
        person = (Skeleton(joints, _NOTHING_MISSING, self._person, frame.timestamp_s),)
        self.posed += 1
        self.playout.posed(frame, person, self.world.now_s)
        self.window.add(person, frame.timestamp_s)
        if self._answering is None and frame.timestamp_s >= self._due_s:
            self._due_s = frame.timestamp_s + _ANSWER_EVERY_S
            observations = [
                Observation(
                    one.person_id, one.motion_m_s, Prediction(_SURE, LABELS, -3.0, one.start_s, one.end_s)
                )
                for one in self.window.people()
            ]
            self._answering = observations, frame, self.world.now_s + self.answer_s

    # What a window does, ten times a second.

    def look(self) -> None:
        self.go_on()
        now_s, trouble = self.world.now_s, self.source.trouble
        frame, skeletons = self.playout.seen(now_s)
        decisions = () if trouble else self.playout.current(self.decisions)
        if trouble and trouble not in self.troubles:
            self.troubles.append(trouble)
        silent_s = now_s - self.born_s[-1] if self.born_s else 0.0
        assert silent_s < SAID_WITHIN_S + 2 * TICK_S or trouble, "lost, and nothing is said"
        if (fault := self.world.fault()) is not None and fault.option == "for everybody":
            assert now_s - fault.start_s < FROZEN_WITHIN_S + 5 * TICK_S or trouble, (
                "frozen, and nothing is said"
            )
        labels = [decision for decision in decisions if decision.state is State.ACTION]
        for decision in labels:
            self._check_label(decision, silent_s)
        for skeleton in () if trouble else skeletons:
            assert skeleton.timestamp_s >= self.stamps_s[self.new_since] or self._not_yet_shown(frame)
        assert self.pictures <= 20, "pictures pile up"
        assert sum(grabber.alive for grabber in self.world.grabbers) <= MOST_HUNG + 2, "devices pile up"
        assert self.captured == self.posed + self.slot.replaced + self.waiting
        assert 0 <= self.waiting <= 2
        self._check_return(trouble)
        if labels:
            self.labelled_s = now_s
        if now_s >= self.end_s:
            self.source.interrupt()

    def _not_yet_shown(self, frame: VideoFrame | None) -> bool:
        """Whether the picture after the gap waits for its pose yet."""
        return frame is None or self.frames[frame.index] < self.new_since

    def _check_label(self, decision: Decision, silent_s: float) -> None:
        now_s = self.world.now_s
        assert silent_s <= SAID_WITHIN_S + 2 * TICK_S, "a label without a picture"
        assert self.frames[decision.frame_index] >= self.new_since, "a label from before the gap"
        fault = self.world.fault()
        if fault is not None and fault.option == "for everybody":
            assert now_s - fault.start_s <= FROZEN_WITHIN_S + 3 * TICK_S, "a label of a frozen picture"

    def _check_return(self, trouble: str) -> None:
        """Two seconds after the camera was back, its pictures are, and all is said to be well."""
        now_s = self.world.now_s
        if self.world.fault() is not None and self.world.fault() is not self._back_early():
            return
        back_s = max((fault.back_s for fault in self.faults if fault.back_s <= now_s), default=0.0)
        if now_s > back_s + BACK_WITHIN_S + TICK_S:
            assert self.born_s, "no picture"
            assert self.born_s[-1] >= back_s, "still without a picture"
            assert not trouble, f"still said: {trouble}"

    def _back_early(self) -> Fault | None:
        fault = self.world.fault()
        return fault if fault is not None and fault.back_s <= self.world.now_s else None
