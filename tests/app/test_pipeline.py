"""The three threads: what they promise about order, loss, stopping and failing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.decisions import DecisionSettings
from app.entities import Health, VideoFrame
from app.errors import SourceError
from app.pipeline import Result, Session
from app.sensitivity import decision_settings
from app.sources import BaseSource
from app.ui.session import DecidesBy
from stgat.errors import CheckpointError
from tests.app.fakes import FakeExtractor, FakeRecognizer, ScriptedSource


def session(source: BaseSource, extractor=None, recognizer=None, **options) -> Session:
    return Session(
        source,
        lambda: extractor or FakeExtractor(),
        lambda: recognizer or FakeRecognizer(),
        **options,
    )


def wait_until(condition, timeout_s: float = 5.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return False


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert wait_until(lambda: not [t for t in threading.enumerate() if t not in before and t.is_alive()], 2)


def test_lossless_replay_poses_and_sees_every_frame_in_order() -> None:
    results: list[Result] = []
    replay = session(
        ScriptedSource(90),
        FakeExtractor(0.001),
        FakeRecognizer(0.01),
        lossless=True,
        on_result=results.append,
    )
    replay.start()
    assert replay.wait(30)
    snapshot = replay.snapshot()
    assert snapshot.health is Health.ENDED
    assert (snapshot.counters.captured, snapshot.counters.posed, snapshot.counters.dropped) == (90, 90, 0)
    assert [r.posed.frame.index for r in results[:-1] if r.posed] == list(range(90))
    assert results[-1].posed is None
    assert [e.label for e in snapshot.events] == ["hand waving"]


def test_two_lossless_replays_give_the_same_decisions() -> None:
    def run() -> list:
        results: list[Result] = []
        replay = session(ScriptedSource(60), lossless=True, on_result=results.append)
        replay.start()
        assert replay.wait(30)
        return [(r.decisions, r.events) for r in results]

    assert run() == run()


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
def test_decisions_come_at_the_interval_whatever_the_rate(fps: float) -> None:
    results: list[Result] = []
    replay = session(
        ScriptedSource(int(4 * fps), fps), lossless=True, interval_s=0.2, on_result=results.append
    )
    replay.start()
    assert replay.wait(30)
    decided = [r for r in results if r.decisions is not None]
    assert len(decided) == pytest.approx(20, abs=4)
    assert {d.label for r in decided[8:] for d in r.decisions or ()} == {"hand waving"}


def test_live_the_newest_frame_wins_and_the_lost_ones_are_counted() -> None:
    live = session(ScriptedSource(None, 200.0, live=False), FakeExtractor(0.03))
    live.start()
    assert wait_until(lambda: live.snapshot().counters.dropped > 10)
    assert live.stop()
    counters = live.snapshot().counters
    assert counters.captured >= counters.posed + counters.dropped
    assert counters.captured - counters.posed - counters.dropped <= 2


def test_slow_recognition_loses_no_skeleton() -> None:
    seen: list[int] = []
    slow = session(
        ScriptedSource(60, 60.0),
        recognizer=FakeRecognizer(0.15),
        on_result=lambda r: seen.append(r.posed.frame.index) if r.posed else None,
    )
    slow.start()
    assert slow.wait(20)
    counters = slow.snapshot().counters
    assert len(seen) == counters.posed == 60 - counters.dropped
    assert counters.recognised < counters.posed


def test_a_file_in_the_window_plays_at_its_own_pace() -> None:
    started = time.monotonic()
    paced = session(ScriptedSource(30, 30.0))
    paced.start()
    assert paced.wait(10)
    assert 0.9 <= time.monotonic() - started <= 3.0


def test_a_file_waits_for_the_model_before_it_plays_on() -> None:
    loaded = threading.Event()

    def load() -> FakeRecognizer:
        loaded.wait(5)
        return FakeRecognizer()

    waiting = Session(ScriptedSource(30, 30.0), FakeExtractor, load)
    waiting.start()
    assert wait_until(lambda: waiting.snapshot().frame is not None)
    time.sleep(0.3)
    assert waiting.snapshot().counters.captured == 1
    loaded.set()
    assert waiting.wait(10)
    assert waiting.snapshot().counters.captured == 30


@pytest.mark.parametrize(
    "when", ["at once", "loading", "stalled", "running", "ended", "posing", "recognising"]
)
def test_promise_stop_ends_all_threads_within_a_second_from_any_state(when: str) -> None:
    source = ScriptedSource(None if when != "ended" else 3, 100.0, stall_at=5 if when == "stalled" else None)

    def load() -> FakeRecognizer:
        time.sleep(0.8 if when == "loading" else 0.0)
        return FakeRecognizer(0.3 if when == "recognising" else 0.0)

    running = Session(
        source,
        lambda: FakeExtractor(0.3 if when == "posing" else 0.0),
        load,
        lossless=when in ("posing", "recognising"),
    )
    running.start()
    if when != "at once":
        time.sleep(0.4)
    started = time.monotonic()
    assert running.stop(1.0)
    assert time.monotonic() - started < 1.0
    assert source.closed
    assert running.snapshot().health is (Health.ENDED if when == "ended" else Health.STOPPED)


def test_stop_before_start_is_harmless() -> None:
    assert session(ScriptedSource(1)).stop()


def test_a_source_that_cannot_open_fails_with_its_sentence() -> None:
    failing = session(ScriptedSource(open_error="no camera 3: plug one in, or choose a video"))
    failing.start()
    assert failing.wait(5)
    snapshot = failing.snapshot()
    assert snapshot.health is Health.FAILED
    assert snapshot.message == failing.failure == "no camera 3: plug one in, or choose a video"


def test_a_camera_that_stops_fails_and_frees_everything() -> None:
    source, extractor = ScriptedSource(60, 100.0, fail_at=20), FakeExtractor()
    failing = session(source, extractor)
    failing.start()
    assert failing.wait(5)
    assert "check its cable" in failing.snapshot().message
    assert source.closed
    assert extractor.closed == 1


def test_a_worker_that_throws_is_reported_and_stops_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    failing = session(ScriptedSource(None, 100.0), FakeExtractor(error="boom"), lossless=True)
    failing.start()
    assert failing.wait(5)
    snapshot = failing.snapshot()
    assert snapshot.health is Health.FAILED
    assert "ZeroDivisionError" in snapshot.message
    assert "boom" in caplog.text


def test_a_person_who_leaves_ends_their_event() -> None:
    leaving = session(ScriptedSource(150), FakeExtractor(present=lambda t: t < 2.5), lossless=True)
    leaving.start()
    assert leaving.wait(20)
    (event,) = leaving.snapshot().events
    assert event.end_s < 3.6
    assert leaving.snapshot().decisions == ()


def test_other_settings_are_decided_by_from_the_next_answer_on() -> None:
    results: list[Result] = []

    def listen(result: Result) -> None:
        results.append(result)
        if result.posed is not None and result.posed.frame.index == 60:
            running.decide_by(DecisionSettings(enter=1.0, leave=0.95))

    running = session(ScriptedSource(120), lossless=True, interval_s=0.1, on_result=listen)
    assert isinstance(running, DecidesBy)
    running.start()
    assert running.wait(30)
    said = [(r.posed.frame.index, d.label) for r in results if r.posed for d in r.decisions or ()]
    assert {label for index, label in said if 30 < index <= 60} == {"hand waving"}
    assert {label for index, label in said if index > 64} == {None}
    (event,) = running.snapshot().events
    assert event.label == "hand waving"


def test_settings_that_change_all_the_time_lose_no_event() -> None:
    def listen(result: Result) -> None:
        if result.posed is not None:
            running.decide_by(decision_settings(result.posed.frame.index % 11 / 10))

    running = session(ScriptedSource(120), lossless=True, interval_s=0.1, on_result=listen)
    running.start()
    assert running.wait(30)
    assert [event.label for event in running.snapshot().events] == ["hand waving"]


def test_pictures_that_the_pose_does_not_get_to_are_seen_all_the_same() -> None:
    """All of them by who looks often enough (test_playout); here another thread may keep us waiting."""
    slow = session(ScriptedSource(40, 15.0, live=False), FakeExtractor(0.2))
    slow.start()
    seen: list[int] = []
    while slow.snapshot().health in (Health.STARTING, Health.RUNNING):
        frame = slow.snapshot().frame
        if frame is not None and frame.index not in seen[-1:]:
            seen.append(frame.index)
        time.sleep(0.002)
    assert seen == sorted(seen)
    assert len(seen) > 1.5 * slow.snapshot().counters.posed


def test_promise_a_session_that_failed_stays_failed_whatever_pose_comes_back() -> None:
    held, in_second = threading.Event(), threading.Event()

    class Held(FakeExtractor):
        def process(self, image_rgb, timestamp_s):
            if timestamp_s > 0:
                in_second.set()
                assert held.wait(10.0)
            return super().process(image_rgb, timestamp_s)

    def load() -> FakeRecognizer:
        assert in_second.wait(10.0)
        raise CheckpointError("the model is broken")

    session = Session(ScriptedSource(3), Held, load, lossless=True)
    session.start()
    try:
        assert wait_until(lambda: session.failure is not None)
    finally:
        held.set()
    assert session.wait(5)
    assert wait_until(lambda: not any(thread.name == "stgat-pose" for thread in threading.enumerate()))
    assert session.snapshot().health is Health.FAILED


def test_promise_a_source_that_fails_is_never_taken_for_one_that_has_ended() -> None:
    import app.continual  # noqa: F401  # which recognition waits for, and would end late

    taken_for_ended = []

    class SlowlyToldError(SourceError):
        def __str__(self) -> str:
            taken_for_ended.append(wait_until(lambda: failing.snapshot().health is Health.ENDED, 0.5))
            return "camera 0 stopped sending pictures: check its cable"

    class Failing(ScriptedSource):
        def frames(self) -> Iterator[VideoFrame]:
            yield from super().frames()
            raise SlowlyToldError

    failing = session(Failing(3), lossless=True)
    failing.start()
    assert failing.wait(5)
    assert taken_for_ended == [False]
    assert failing.snapshot().health is Health.FAILED
    assert failing.failure == "camera 0 stopped sending pictures: check its cable"
