"""A recorded file as something to move about in: played, paused, stepped through, sought and repeated.

The file is gone through once, from its beginning and without losing a picture, as fast as the machine goes;
what is found is kept. So what is said of a moment does not depend on how one came to it. The pictures are
decoded a second time, wherever the playhead is.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.decisions import DecisionSettings
from app.entities import Health, Snapshot, VideoFrame
from app.errors import USER_ERRORS
from app.explaining import Explanation, explain
from app.findings import Findings
from app.pipeline import Result, Session
from app.playhead import Playhead
from app.sources import SeekableSource, SourceInfo
from app.sources.picture_index import SAME_S
from app.sources.timeline import DEFAULT_FPS

log = logging.getLogger(__name__)

#: A picture that is looked for longer than this is given up where another one is wanted by then.
PATIENCE_S = 0.2

#: Makes the session that goes through the file, not started, with its on_result.
MakeAnalysis = Callable[[Callable[[Result], None]], Session]


@dataclass(frozen=True)
class _Wanted:
    """A picture to be shown: at a time that is known to have one, or at any time."""

    time_s: float
    known: bool


class FilePlayback:
    """app.ui.session.Playback on a file. Started once, stopped once; all methods return at once.

    source: the file, not opened yet; its pictures are shown. make_analysis: see MakeAnalysis; what it makes
    is lossless. settings: what decisions are made by.

    It plays from the start, never faster than the analysis goes; a seek beyond what is analysed shows the
    picture, and who is in it when the analysis gets there. At its end it is paused, and `play` begins anew.
    Health is ENDED there, and RUNNING again anywhere else.
    """

    def __init__(
        self, source: SeekableSource, make_analysis: MakeAnalysis, settings: DecisionSettings | None = None
    ) -> None:
        self._source = source
        self._findings = Findings(settings)
        self._analysis = make_analysis(self._found)
        self._changed = threading.Condition()
        self._stopping = False
        self._failure: str | None = None
        self._info: SourceInfo | None = None
        self._head = Playhead()
        self._jump_shown = -1  # which of the playhead's jumps has its picture shown
        self._frame: VideoFrame | None = None
        self._shown: _Wanted | None = None
        self._shown_at: deque[float] = deque(maxlen=300)
        self._wishes = 0  # to decide by other settings
        self._deciding: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run, name="stgat-display", daemon=True)

    # A session

    def start(self) -> None:
        self._analysis.start()
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Ask the threads to end and wait for them, at most timeout_s; False if one has not ended by then."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._source.interrupt()
        ended = self._analysis.stop(timeout_s)
        threads = [t for t in (self._thread, *self._deciding) if t.ident is not None]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return ended and not any(thread.is_alive() for thread in threads)

    @property
    def failure(self) -> str | None:
        """The sentence that says why it failed; None while it has not."""
        return self._failure or self._analysis.failure

    @property
    def warning(self) -> str:
        """A sentence on what is missing of the file, or ""."""
        return self._analysis.warning

    def snapshot(self) -> Snapshot:
        """The picture at the playhead, what was found in it, and every event found in the file so far.

        fps: pictures shown a second. Counters and times are the analysis'.
        """
        told = self._analysis.snapshot()
        now = time.monotonic()
        with self._changed:
            frame, shown = self._frame, self._shown
            recent = [moment for moment in self._shown_at if now - moment <= 2.0]
            health = self._health()
        number = self._findings.number_at(frame.timestamp_s) if frame and shown and shown.known else None
        skeletons, decisions = self._findings.of(number) if number is not None else ((), ())
        if frame is not None and number is None:
            skeletons = frame.skeletons or ()
        seconds = max(now - recent[0], 1e-3) if recent else 1.0
        return replace(
            told,
            health=health,
            frame=frame,
            skeletons=skeletons,
            decisions=decisions,
            events=self._findings.events,
            fps=(len(recent) - 1) / seconds if len(recent) > 1 else 0.0,
            message=self.failure or (told.message if health is Health.ENDED else ""),
        )

    def explain(self, person_id: int | None = None) -> Explanation | None:
        """As app.explaining.Explains has it, for the picture shown."""
        recognizer, frame = self._analysis.recognizer, self._frame
        number = None if frame is None else self._findings.number_at(frame.timestamp_s)
        if recognizer is None or number is None:
            return None
        people = self._findings.people_at(number, recognizer.metadata.preprocessing)
        return explain(people, recognizer, person_id)

    # What a person does with it

    @property
    def position_s(self) -> float:
        """Of the picture shown, or of the one that was asked for last and is on its way."""
        with self._changed:
            on_its_way = self._frame is None or self._jump_shown != self._head.jumps
            return self._head.at_s if on_its_way or self._frame is None else self._frame.timestamp_s

    @property
    def duration_s(self) -> float:
        """When the last picture comes: as the file says, until it is known."""
        with self._changed:
            return self._end_s()

    @property
    def analysed_s(self) -> float:
        return self._findings.last_s or 0.0

    @property
    def paused(self) -> bool:
        return self._head.paused

    @property
    def rate(self) -> float:
        return self._head.rate

    @rate.setter
    def rate(self, rate: float) -> None:
        with self._changed:
            self._advance()
            self._head.rate = rate
            self._changed.notify_all()

    @property
    def loop(self) -> tuple[float, float] | None:
        return self._head.loop

    @loop.setter
    def loop(self, loop: tuple[float, float] | None) -> None:
        with self._changed:
            self._head.loop = loop
            self._changed.notify_all()

    def play(self) -> None:
        """Go on; at the end, begin anew."""
        with self._changed:
            if self._at_end():
                self._jump(self.loop[0] if self.loop else 0.0)
            self._head.paused = False
            self._head.go_on()
            self._changed.notify_all()

    def pause(self) -> None:
        with self._changed:
            self._advance()
            self._head.paused = True
            self._changed.notify_all()

    def seek(self, time_s: float) -> None:
        """Show the picture of that moment; beyond an end, the end."""
        with self._changed:
            self._jump(time_s)

    def step(self, frames: int) -> None:
        """Pause, and go so many pictures on, or back where negative."""
        with self._changed:
            self._advance()
            self._head.paused = True
            here = self._findings.number_at(self._head.at_s)
            there_s = None if here is None else self._findings.time_s(max(0, here + frames))
            if there_s is None:  # it is not known yet when that picture comes, or there is none
                fps = self._info.fps if self._info else None
                there_s = self._head.at_s + frames / (fps or DEFAULT_FPS)
            self._jump(there_s)

    def decide_by(self, settings: DecisionSettings) -> None:
        """Decide anew on the whole file; the latest wish counts."""
        with self._changed:
            self._wishes += 1
            thread = threading.Thread(
                target=self._decide_anew, args=(settings, self._wishes), name="stgat-deciding", daemon=True
            )
            self._deciding = [t for t in self._deciding if t.is_alive()] + [thread]
            thread.start()

    def _decide_anew(self, settings: DecisionSettings, wish: int) -> None:
        self._findings.decide_anew(settings, lambda: self._stopping or self._wishes != wish)

    # All below with the lock held

    def _jump(self, time_s: float) -> None:
        self._head.jump(time_s, self._end_s(math.inf))
        self._changed.notify_all()

    def _end_s(self, unknown_s: float = 0.0) -> float:
        known_s = self._findings.last_s or 0.0
        if self._findings.complete:
            return known_s
        stated_s = self._info.duration_s if self._info else None
        if stated_s is None:
            stated_s = unknown_s
        return max(stated_s, known_s, self._frame.timestamp_s if self._frame else 0.0)

    def _at_end(self) -> bool:
        return self._findings.complete and self._head.at_s >= self._end_s() - SAME_S

    def _health(self) -> Health:
        if self.failure:
            return Health.FAILED
        if self._stopping:
            return Health.STOPPED
        if self._frame is None or self._findings.last_s is None:
            return Health.STARTING
        return Health.ENDED if self._head.paused and self._at_end() else Health.RUNNING

    def _advance(self) -> None:
        complete = self._findings.complete  # before the other: what is last then is the last
        self._head.advance(self._findings.last_s, complete, self._jump_shown != self._head.jumps)

    def _plan(self) -> tuple[_Wanted, float | None]:
        """The picture that is due, and how long until another one is; None until something changes."""
        self._advance()
        number = self._findings.number_at(self._head.at_s)
        if number is None:
            return _Wanted(self._head.at_s, False), None
        time_s = self._findings.time_s(number)
        assert time_s is not None
        return _Wanted(time_s, True), self._head.wait_s(self._findings.time_s(number + 1))

    # The display's thread

    def _run(self) -> None:
        try:
            info = self._source.open()
            with self._changed:
                self._info = info
            while (wanted := self._await()) is not None:
                self._show(*wanted)
        except USER_ERRORS as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("the display failed")
            self._fail(f"Something went wrong inside the application ({type(error).__name__}: {error})")
        finally:
            self._source.close()

    def _await(self) -> tuple[_Wanted, int] | None:
        """Wait until another picture than the one shown is due; None when it is time to end."""
        with self._changed:
            while not self._stopping:
                wanted, wait_s = self._plan()
                if wanted != self._shown:
                    return wanted, self._head.jumps
                self._jump_shown = self._head.jumps
                self._changed.wait(wait_s)
        return None

    def _show(self, wanted: _Wanted, jump: int) -> None:
        begun = time.monotonic()
        frame = self._source.seek(
            wanted.time_s,
            exact=wanted.known,
            give_up=lambda: self._head.jumps != jump and time.monotonic() - begun > PATIENCE_S,
        )
        if frame is None:
            return
        with self._changed:
            now = time.monotonic()
            if self._jump_shown != jump or now - begun > PATIENCE_S:
                # The clock goes on from here: a picture that took long is not made up for.
                self._head.go_on(wanted.time_s if self._head.jumps == jump else None)
            self._frame, self._shown, self._jump_shown = frame, wanted, jump
            self._shown_at.append(now)

    def _fail(self, message: str) -> None:
        with self._changed:
            if not self._stopping:
                self._failure = message

    # The analysis' thread

    def _found(self, result: Result) -> None:
        self._findings.add(result)
        with self._changed:
            self._changed.notify_all()
