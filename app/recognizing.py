"""The recognition of a session: skeletons as they come, to decisions and events. It lives in app.workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from app.decisions import Decider, DecisionSettings
from app.entities import ActionEvent, Decision, VideoFrame
from app.results import PosedFrame, Result
from app.slots import Slot
from app.window import PersonWindow
from app.workers import Life

if TYPE_CHECKING:
    from app.continual import ContinualObserver
    from app.decisions import Observation
    from app.recognition import Observer
    from stgat.recognizer import Recognizer

#: So many poses wait for recognition, and so much of their pictures (ten of 3840x2160 pixels); while it is
#: being loaded or mended the oldest go.
MOST_POSED, MOST_POSED_BYTES = 60, 1 << 28


@runtime_checkable
class ForgetsRecognizer(Protocol):
    """What loads a recogniser, and may be told not to trust what it has loaded, or is loading."""

    def forget(self) -> None: ...


@dataclass(frozen=True)
class FromLife:
    """A posed frame, and which of the pose's lives made it: another may give the same people other ids."""

    life: int
    posed: PosedFrame


@dataclass(frozen=True)
class Answer:
    """What was said of a frame, by whom and from what; from when to when that took, by time.monotonic."""

    posed: PosedFrame
    decisions: tuple[Decision, ...]
    recognizer: Recognizer
    looked_at: tuple[PersonWindow, ...]
    began_at: float
    ended_at: float


class Told(Protocol):
    """Whom the recognition tells what it has found; app.pipeline.Session is the one."""

    def answered(self, answer: Answer) -> None: ...

    def ended(self, events: tuple[ActionEvent, ...]) -> None: ...

    def tell(self, result: Result) -> None: ...


class Recognition:
    """Takes what has been posed and decides. Where it or the pose is begun anew, what went on has ended.

    posed: where the frames come from, several at once where it was late. load, interval_s: as Session has
    them. stopping: then nothing more need be made ready. ready: set when it can answer.
    """

    def __init__(
        self,
        posed: Slot[list[FromLife]],
        load: Callable[[], Recognizer],
        settings: DecisionSettings | None,
        interval_s: float | None,
        stopping: threading.Event,
        told: Told,
    ) -> None:
        self._posed, self._load, self._interval_s, self._told = posed, load, interval_s, told
        self._stopping = stopping
        self._decider = Decider(settings)
        self._over: tuple[ActionEvent, ...] = ()  # ended without a frame that could be told with them
        self._lock = threading.Lock()
        self._new_settings: DecisionSettings | None = None
        self.ready = threading.Event()

    def decide_by(self, settings: DecisionSettings) -> None:
        """Decide by these from the next answer on; from any thread. What is going on goes on."""
        with self._lock:
            self._new_settings = settings

    def work(self, life: Life) -> None:
        """Until nothing more can come."""
        recognizer = self._loaded(life)
        if recognizer is None:
            return
        observer, posed_by = None, -1
        while (items := self._take(life)) is not None:
            newest = items[-1]
            life.work_on(place(newest.posed.frame))
            if observer is None or newest.life != posed_by:
                observer, posed_by = self._begin(recognizer), newest.life
            for item in items:
                if item.life == posed_by:
                    observer.add(item.posed.skeletons, item.posed.frame.timestamp_s)
            began_s = time.monotonic()
            observations = observer.observe()
            life.work_on(place(newest.posed.frame))
            for item in items[:-1]:
                self._told.tell(Result(item.posed, None, ()))
            if observations is None:
                self._tell(newest.posed, None, ())
                continue
            moment = newest.posed.frame.timestamp_s, newest.posed.frame.index
            self._take_settings()
            decisions, events = self._decider.update(observations, *moment)
            self._told.answered(
                Answer(newest.posed, decisions, recognizer, observer.looked_at, began_s, time.monotonic())
            )
            self._told.ended(events)
            self._tell(newest.posed, decisions, events, tuple(observations), began_s)
        events = self._decider.finish()
        self._told.ended(events)
        self._tell(None, None, events)

    def _take(self, life: Life) -> list[FromLife] | None:
        life.rest()
        return self._posed.take()

    def _loaded(self, life: Life) -> Recognizer | None:
        life.load()
        if life.number > 0 and isinstance(self._load, ForgetsRecognizer):
            self._load.forget()
        recognizer = self._load()
        if self._stopping.is_set():
            return None
        recognizer.warm_up()
        life.rest()
        self.ready.set()
        life.well = True
        return recognizer

    def _begin(self, recognizer: Recognizer) -> Observer | ContinualObserver:
        """Watch afresh: who is seen now may be others, so what went on has ended as far as anybody knows."""
        from app.continual import make_observer  # brings PyTorch, for which no window shall wait

        events = self._decider.finish()
        self._told.ended(events)
        self._over += events
        return make_observer(recognizer, self._interval_s)

    def _tell(
        self,
        posed: PosedFrame | None,
        decisions: tuple[Decision, ...] | None,
        events: tuple[ActionEvent, ...],
        observations: tuple[Observation, ...] | None = None,
        taken_up_at: float | None = None,
    ) -> None:
        over, self._over = self._over, ()
        self._told.tell(Result(posed, decisions, (*over, *events), observations, taken_up_at))

    def _take_settings(self) -> None:
        with self._lock:
            settings, self._new_settings = self._new_settings, None
        if settings is not None:
            self._decider.change(settings)


def place(frame: VideoFrame) -> str:
    """Where in its source a frame is, for people."""
    return f"frame {frame.index}, {frame.timestamp_s:.2f} s"


def newest_of(items: list[FromLife]) -> list[FromLife]:
    """The last of them, as many as may wait; one at least."""
    items = items[-MOST_POSED:]
    num_bytes = sum(item.posed.frame.image.nbytes for item in items)
    while len(items) > 1 and num_bytes > MOST_POSED_BYTES:
        num_bytes -= items.pop(0).posed.frame.image.nbytes
    return items
