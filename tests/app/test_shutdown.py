"""A session is stopped in any state, whatever hangs: nobody waits for it, and it touches nothing later."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.entities import Health, VideoFrame
from app.pipeline import Session
from app.playback import FilePlayback
from app.results import Result
from app.sources import SourceInfo
from app.workers import Limits
from tests.app.fakes import FakeExtractor, FakeRecognizer, ScriptedSource
from tests.app.test_pipeline import wait_until

pytestmark = pytest.mark.usefixtures("no_leaked_threads")

#: A second, on a machine that is busy with other things.
GENEROUS_S = 3.0


class Hold:
    """A place where one of the session's threads hangs until the test is over."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.met, self.released = threading.Event(), threading.Event()

    def at(self, where: str) -> None:
        if where == self.where:
            self.met.set()
            self.released.wait(60)


class HeldSource(ScriptedSource):
    """Hangs as a driver or a network drive does: no interruption reaches it."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(None, 60.0)
        self.hold = hold

    def open(self) -> SourceInfo:
        self.hold.at("the source opens")
        return super().open()

    def frames(self) -> Iterator[VideoFrame]:
        for frame in super().frames():
            if frame.index == 10:
                self.hold.at("the camera hangs")
            yield frame

    def close(self) -> None:
        super().close()
        self.hold.at("the source closes")


class HeldPose(FakeExtractor):
    def __init__(self, hold: Hold) -> None:
        super().__init__()
        hold.at("the pose loads")
        self.hold = hold

    def process(self, image_rgb, timestamp_s):
        if timestamp_s > 0.1:
            self.hold.at("the pose hangs")
            if self.hold.where == "the pose fails":
                self.hold.met.set()
                raise ZeroDivisionError("boom")
        return super().process(image_rgb, timestamp_s)

    def close(self) -> None:
        super().close()
        self.hold.at("the pose closes")


class HeldNetwork(FakeRecognizer):
    def __init__(self, hold: Hold) -> None:
        super().__init__()
        hold.at("the model loads")
        self.hold = hold

    def recognize(self, windows, spans):
        self.hold.at("the network hangs")
        return super().recognize(windows, spans)


def held_session(hold: Hold, **options) -> Session:
    return Session(HeldSource(hold), lambda: HeldPose(hold), lambda: HeldNetwork(hold), **options)


#: Where a thread hangs; with "", it runs, and where the pose fails it is being begun anew after a pause.
HANGS = (
    "the source opens", "the camera hangs", "the source closes", "the pose loads", "the pose hangs",
    "the pose closes", "the model loads", "the network hangs",
)  # fmt: skip


def said(session: Session) -> tuple:
    snapshot = session.snapshot()
    return snapshot.health, snapshot.counters, snapshot.decisions, snapshot.events, snapshot.message


def wait_for_state(hold: Hold, session: Session) -> None:
    if hold.where == "the pose fails":
        assert wait_until(lambda: "begun anew" in session.snapshot().trouble)
    elif hold.where == "" or hold.where.endswith("closes"):
        assert wait_until(lambda: session.snapshot().counters.recognised > 0)
    else:
        assert hold.met.wait(5)


@pytest.mark.parametrize("where", ["", "the pose fails", *HANGS])
def test_promise_a_session_is_stopped_within_a_second_whatever_hangs(where: str) -> None:
    hold = Hold(where)
    touched: list[object] = []
    session = held_session(
        hold,
        on_open=touched.append,
        on_result=touched.append,
        limits=Limits(pauses_s=(30.0,)),
    )
    session.start()
    wait_for_state(hold, session)
    begun = time.monotonic()
    ended = session.stop()
    assert time.monotonic() - begun < GENEROUS_S
    assert ended is (where not in HANGS)
    assert session.snapshot().health is Health.STOPPED
    before = len(touched), said(session)
    hold.released.set()
    assert wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("stgat-")])
    assert (len(touched), said(session)) == before


def test_promise_a_stop_does_not_wait_for_a_thread_that_is_known_to_hang() -> None:
    hold = Hold("the pose hangs")
    session = held_session(hold, limits=Limits(item_s=0.5, slow_s=0.1, hanging=1))
    session.start()
    assert wait_until(lambda: session.snapshot().health is Health.FAILED)
    assert session.wait(10)
    assert not session.stop(60.0)
    hold.released.set()


def test_a_pose_that_hangs_in_closing_holds_up_no_end() -> None:
    hold = Hold("the pose closes")
    results: list[Result] = []
    source = HeldSource(hold)
    source.count = 5
    session = Session(
        source, lambda: HeldPose(hold), lambda: HeldNetwork(hold), lossless=True, on_result=results.append
    )
    session.start()
    assert wait_until(lambda: session.snapshot().health is Health.ENDED)
    assert len(results) == 6
    hold.released.set()
    assert session.wait(10)


def test_promise_a_paused_file_is_stopped_within_a_second_also_where_its_disk_hangs() -> None:
    class Shown(ScriptedSource):
        def seek(self, time_s, exact=True, give_up=lambda: False):
            if time_s > 1.0:
                hold.at("the disk hangs")
            index = round(time_s * self.fps)
            return VideoFrame(next(ScriptedSource(1).frames()).image, index, index / self.fps)

    hold = Hold("the disk hangs")
    playback = FilePlayback(
        Shown(),
        lambda found: Session(
            ScriptedSource(60), FakeExtractor, FakeRecognizer, lossless=True, on_result=found
        ),
    )
    playback.start()
    assert wait_until(lambda: playback.snapshot().frame is not None)
    playback.pause()
    assert wait_until(lambda: playback.analysed_s > 1.5)
    playback.seek(1.5)
    assert hold.met.wait(5)
    begun = time.monotonic()
    assert not playback.stop(0.8)
    assert time.monotonic() - begun < GENEROUS_S
    hold.released.set()
