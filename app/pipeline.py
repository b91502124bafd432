"""The live road as three threads: capture, pose, recognition; between them slots, not queues.

Live, a slot holds one item and the newest wins; the frames that lost are counted. One picture more may wait
for a pose that is late now and then, but on average quick enough. Replaying a file to a file (`lossless`), a
slot waits and nothing is lost. The window's thread only asks for snapshots; which picture these show at a
moment is for app.playout to say. A pose or a recognition that throws, hangs or runs out of memory is begun
anew by a watchdog (app.workers); in a lossless run it ends the session instead, for a frame would be skipped.
"""

from __future__ import annotations

import logging
import math
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from app.decisions import DecisionSettings
from app.entities import ActionEvent, Counters, Health, Snapshot, Stage, VideoFrame
from app.errors import USER_ERRORS
from app.explaining import Explanation, explain
from app.playout import GAP_S, PATIENCE_S, Playout
from app.posing import Extractor, Posing
from app.recognizing import Answer, FromLife, Recognition, newest_of
from app.results import Listener, PosedFrame, Result
from app.slots import Slot
from app.sources import SourceInfo, VideoSource
from app.window import PersonWindow
from app.workers import CLOSING_S, Life, Limits, Watchdog, Worker

if TYPE_CHECKING:
    from stgat.recognizer import Recognizer

__all__ = ["Extractor", "Listener", "PosedFrame", "Result", "Session"]

log = logging.getLogger(__name__)

KEPT_EVENTS = 1000
TIMINGS = 100
#: So many pictures tell whether the pose keeps up.
LATELY = 30
#: A stop waits no longer than this by itself.
STOP_WITHIN_S = 0.8
#: Of a file that nobody watches, a frame may take longer: a busy machine shall not end the run.
LOSSLESS_LIMITS = Limits(item_s=60.0)


class Session:
    """One source on its way to decisions. Started once, stopped once; make a new one to start again.

    source: not opened yet; the capture thread opens and closes it.
    make_extractor: called in the pose thread when the first picture without skeletons comes.
    load_recognizer: called in the recognition thread. Both may be slow, and may raise any of
        app.errors.USER_ERRORS, which end the session. Called again when the pose, or recognition, is begun
        anew; before that load_recognizer is told to forget, where it can (ForgetsRecognizer).
    lossless: every frame is posed and seen by recognition, as fast as the machine goes. Otherwise frames
        of a file come at their own pace and those that are too late are dropped.
    interval_s: least time between two decisions, in the source's time; None for what suits the network.
    limits: when a worker counts as hanging, and how often one is begun anew; None for what suits the run.
    on_open: called by the capture thread with what is known of the source.
    on_result: called by the recognition thread for every posed frame it takes in, in order, and once at the
        end for the events that the end of the source ended.
    """

    def __init__(
        self,
        source: VideoSource,
        make_extractor: Callable[[], Extractor],
        load_recognizer: Callable[[], Recognizer],
        *,
        settings: DecisionSettings | None = None,
        lossless: bool = False,
        interval_s: float | None = None,
        limits: Limits | None = None,
        on_open: Callable[[SourceInfo], None] = lambda info: None,
        on_result: Callable[[Result], None] = lambda result: None,
    ) -> None:
        self._source = source
        self._lossless = lossless
        self._on_open, self._on_result = on_open, on_result
        self._listeners: tuple[Listener, ...] = ()

        self._frames: Slot[tuple[VideoFrame, float]] = Slot(lossless)
        self._posed: Slot[list[FromLife]] = Slot(lossless, lambda old, new: newest_of(old + new))
        self._stopping = threading.Event()
        self._posing = Posing(self._frames, self._posed, make_extractor, self._posed_one)
        self._recognition = Recognition(
            self._posed, load_recognizer, settings, interval_s, self._stopping, self
        )
        self._lock = threading.Lock()
        self._snapshot = Snapshot(Health.STARTING)
        patience_s, gap_s = math.inf if lossless else PATIENCE_S, GAP_S if source.live else math.inf
        self._playout = Playout(patience_s, gap_s)
        self._counts = dict.fromkeys(("captured", "posed", "recognised"), 0)
        self._captured_at: deque[float] = deque(maxlen=600)
        self._timings = {stage: deque[float](maxlen=TIMINGS) for stage in Stage}
        self._to_label: deque[float] = deque(maxlen=TIMINGS)
        self._events: deque[ActionEvent] = deque(maxlen=KEPT_EVENTS)
        self._failure: str | None = None
        self._looked_at: tuple[Recognizer, tuple[PersonWindow, ...]] | None = None
        self._source_info: SourceInfo | None = None
        self._watchdog = Watchdog(
            (
                Worker("the pose", "stgat-pose", self._pose),
                Worker("recognition", "stgat-recognize", self._recognize),
            ),
            limits or (LOSSLESS_LIMITS if lossless else Limits()),
            mends=not lossless,
            on_trouble=self._troubled,
            on_failure=self._fail,
        )
        self._capturing = threading.Thread(target=self._run, name="stgat-capture", daemon=True)
        self._watching = threading.Thread(target=self._watchdog.run, name="stgat-watchdog", daemon=True)

    def start(self) -> None:
        """Start the threads and return at once."""
        self._capturing.start()
        self._watching.start()

    def stop(self, timeout_s: float = STOP_WITHIN_S) -> bool:
        """Ask the threads to end and wait for them, at most timeout_s; False if one has not ended by then.

        A thread that is known to hang is not waited for; one that comes back later touches nothing any more.
        """
        self._shut_down()
        deadline = time.monotonic() + timeout_s
        threads = (self._capturing, self._watching, *self._watchdog.threads)
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        ended = not any(thread.is_alive() for thread in (*threads, *self._watchdog.left_behind))
        self._watchdog.give_up()
        with self._lock:
            if self._snapshot.health in (Health.STARTING, Health.RUNNING):
                self._snapshot = replace(self._snapshot, health=Health.STOPPED)
        return ended

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the source has ended and everything of it has been recognised; False on timeout.

        After a failure, for a thread that hangs no longer than app.workers.CLOSING_S.
        """
        self._watching.join(timeout_s)
        if self._watching.is_alive():
            return False
        self._capturing.join(CLOSING_S)
        return True

    def listen(self, listener: Listener) -> None:
        """Tell the listener of everything from now on; from any thread, before the start or in the middle."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def unlisten(self, listener: Listener) -> None:
        """Tell it no more; a call that is under way may still end after this one. Harmless when repeated."""
        with self._lock:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

    @property
    def warning(self) -> str:
        """A sentence on what is missing of the source, or of the machine, or ""; may come with any frame."""
        recognizer = self.recognizer
        return getattr(self._source, "warning", None) or getattr(recognizer, "warning", "")

    def decide_by(self, settings: DecisionSettings) -> None:
        """Decide by these from the next answer on; from any thread. What is going on goes on."""
        self._recognition.decide_by(settings)

    @property
    def failure(self) -> str | None:
        """The sentence that says why the session failed; None while it has not."""
        return self._failure

    @property
    def source_info(self) -> SourceInfo | None:
        """What the source really gives; None until it is open."""
        return self._source_info

    @property
    def recognizer(self) -> Recognizer | None:
        """What answers; None before its first answer."""
        with self._lock:
            return None if self._looked_at is None else self._looked_at[0]

    def explain(self, person_id: int | None = None) -> Explanation | None:
        """As app.explaining.Explains has it: worked out in the thread that asks, with what was kept."""
        with self._lock:
            looked_at = self._looked_at
        return None if looked_at is None else explain(looked_at[1], looked_at[0], person_id)

    def snapshot(self) -> Snapshot:
        """All that a window shows, of one moment; from any thread."""
        now = time.monotonic()
        with self._lock:
            recent = [moment for moment in self._captured_at if now - moment <= 2.0]
            seconds = max(now - recent[0], 1e-3) if recent else 1.0
            frame, skeletons = self._playout.seen(now)
            running = self._snapshot.health is Health.RUNNING
            trouble = (self._source.trouble or self._watchdog.trouble) if running else ""
            return replace(
                self._snapshot,
                frame=frame,
                skeletons=() if trouble else skeletons,
                decisions=() if trouble else self._playout.current(self._snapshot.decisions),
                trouble=trouble,
                counters=Counters(dropped=self._frames.replaced + self._posing.lost, **self._counts),
                fps=(len(recent) - 1) / seconds if len(recent) > 1 else 0.0,
                latency_ms={
                    stage: statistics.median(times) * 1e3 for stage, times in self._timings.items() if times
                },
                frame_to_label_ms=statistics.median(self._to_label) * 1e3 if self._to_label else None,
            )

    # The three threads.

    def _capture(self) -> None:
        try:
            info = self._source_info = self._source.open()
            if self._stopping.is_set():
                return
            self._on_open(info)
            paced = not (self._lossless or info.live)
            started = before = time.monotonic()
            for frame in self._source.frames():
                if self._stopping.is_set():
                    return
                captured_at = time.monotonic()
                self._timings[Stage.CAPTURE].append(captured_at - before)
                if paced and frame.index > 0:
                    # A file in the window plays at its own pace, and from when the model is there: its first
                    # action shall not go by unseen. A stop ends the wait.
                    if not self._recognition.ready.is_set():
                        self._recognition.ready.wait()
                        started = time.monotonic()
                    self._stopping.wait(max(0.0, started + frame.timestamp_s - time.monotonic()))
                    captured_at = time.monotonic()
                with self._lock:
                    self._counts["captured"] += 1
                    if self._playout.captured(frame, captured_at):
                        self._captured_at.clear()  # a camera that was lost is not slow
                    self._captured_at.append(captured_at)
                for listener in self._listeners:
                    listener.captured(frame)
                if self._stopping.is_set() or not self._frames.put((frame, captured_at)):
                    return
                before = time.monotonic()
        finally:
            self._source.close()

    def _pose(self, life: Life) -> None:
        self._posing.work(life)
        with self._lock:
            self._playout.finish()

    def _recognize(self, life: Life) -> None:
        self._recognition.work(life)
        if not self._stopping.is_set():
            warning = self.warning
            with self._lock:
                self._snapshot = replace(self._snapshot, health=Health.ENDED, message=warning)

    # Told by the pose

    def _posed_one(self, posed: PosedFrame, began_at: float) -> None:
        with self._lock:
            now = time.monotonic()
            if not self._lossless:
                self._frames.room = 2 if self._keeps_up() else 1
            self._timings[Stage.POSE].append(now - began_at)
            self._counts["posed"] += 1
            self._playout.posed(posed.frame, posed.skeletons, now)
            if self._snapshot.health is Health.STARTING:  # it may have failed elsewhere in the meantime
                self._snapshot = replace(self._snapshot, health=Health.RUNNING)
        for listener in self._listeners:
            listener.posed(posed)

    def _keeps_up(self) -> bool:
        """Whether the pose is quicker than the pictures come, on average: then one that is late may wait."""
        came, took = list(self._captured_at)[-LATELY:], list(self._timings[Stage.POSE])[-LATELY:]
        return len(came) == len(took) == LATELY and statistics.fmean(took) * (LATELY - 1) < came[-1] - came[0]

    # Told by the recognition (app.recognizing.Told)

    def answered(self, answer: Answer) -> None:
        with self._lock:
            self._timings[Stage.RECOGNITION].append(answer.ended_at - answer.began_at)
            self._counts["recognised"] += 1
            self._to_label.append(answer.ended_at - answer.posed.captured_at)
            self._snapshot = replace(self._snapshot, decisions=answer.decisions)
            self._looked_at = answer.recognizer, answer.looked_at

    def ended(self, events: tuple[ActionEvent, ...]) -> None:
        if events:
            with self._lock:
                self._events.extend(events)
                self._snapshot = replace(self._snapshot, events=tuple(self._events))

    def tell(self, result: Result) -> None:
        self._on_result(result)
        for listener in self._listeners:
            listener.recognised(result)

    # How it goes on, and how it ends.

    def _troubled(self, worker: str) -> None:
        """Something is wrong with a worker: what was said and seen is of the past."""
        with self._lock:
            self._snapshot = replace(self._snapshot, decisions=())
            self._looked_at = None
            self._playout.forget()

    def _run(self) -> None:
        try:
            self._capture()
        except USER_ERRORS as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("the capture failed")
            what = f"{type(error).__name__}: {error}"
            self._fail(f"something went wrong inside the application ({what}); try again, or report it")
        finally:
            # Not before a failure is known: to the others it would be the end of the source.
            self._frames.close()

    def _fail(self, message: str) -> None:
        with self._lock:
            if self._failure is None and not self._stopping.is_set():
                self._failure = message
                self._snapshot = replace(self._snapshot, health=Health.FAILED, message=message)
        self._shut_down()

    def _shut_down(self) -> None:
        self._stopping.set()
        self._recognition.ready.set()
        self._source.interrupt()
        self._frames.close(discard=True)
        self._posed.close(discard=True)
        self._watchdog.stop()
        with self._lock:
            self._playout.finish()
