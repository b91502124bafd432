from __future__ import annotations

import threading
import time

import pytest

from app.ui.runner import SessionRunner
from tests.app.ui.fakes import FakeSession, running


class Opener:
    """Opens fake sessions and keeps a journal of what happened in which order."""

    def __init__(self, **session):
        self.journal: list[str] = []
        self.threads: list[threading.Thread] = []
        self.hold = threading.Event()
        self.hold.set()
        self._session = session

    def __call__(self, spec):
        self.threads.append(threading.current_thread())
        self.hold.wait(5)
        self.journal.append(f"open {spec}")
        session = FakeSession(running(), spec=spec, **self._session)
        stop = session.stop

        def journalled(timeout_s=1.0):
            ended = stop(timeout_s)
            self.journal.append(f"stop {spec}")
            return ended

        session.stop = journalled
        return session


@pytest.fixture
def opener():
    return Opener()


@pytest.fixture
def runner(opener):
    runner = SessionRunner(opener)
    yield runner
    opener.hold.set()
    runner.close()


def wait_for_snapshot(runner, timeout_s=3.0):
    deadline = time.monotonic() + timeout_s
    while (snapshot := runner.snapshot()) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return snapshot


def wait_until_done(runner, timeout_s=3.0):
    deadline = time.monotonic() + timeout_s
    while (runner.snapshot() is None and runner.busy) and time.monotonic() < deadline:
        time.sleep(0.005)


def test_a_source_is_opened_in_another_thread(runner, opener):
    runner.play("demo")
    assert wait_for_snapshot(runner) is not None
    assert opener.threads != [threading.current_thread()]


def test_the_next_source_is_opened_only_after_the_last_has_stopped():
    opener = Opener(stop_takes_s=0.2)
    runner = SessionRunner(opener)
    runner.play("camera:0")
    wait_for_snapshot(runner)
    runner.play("camera:0")
    assert runner.snapshot() is None
    wait_for_snapshot(runner)
    assert runner.close()
    assert opener.journal.pop() == "stop camera:0"
    assert opener.journal == ["open camera:0", "stop camera:0", "open camera:0"]


def test_promise_the_memory_of_a_session_that_has_stopped_is_given_back(runner, opener, monkeypatch):
    monkeypatch.setattr("app.ui.runner.memory.give_back", lambda: opener.journal.append("give back"))
    runner.play("a")
    wait_for_snapshot(runner)
    runner.play("b")
    wait_for_snapshot(runner)
    assert opener.journal == ["open a", "stop a", "give back", "open b"]


def test_of_several_wishes_while_one_is_under_way_the_last_counts(runner, opener):
    opener.hold.clear()
    runner.play("a")
    for spec in ("b", "c", "d"):
        runner.play(spec)
    opener.hold.set()
    wait_for_snapshot(runner)
    assert opener.journal == ["open a", "stop a", "open d"]


def test_stopping_while_the_source_is_still_being_opened(runner, opener):
    opener.hold.clear()
    runner.play("a")
    runner.stop()
    opener.hold.set()
    wait_until_done(runner)
    assert runner.snapshot() is None
    assert opener.journal == ["open a", "stop a"]


def test_closing_while_the_source_is_still_being_opened_stops_it_again(runner, opener):
    opener.hold.clear()
    runner.play("a")
    threading.Timer(0.2, opener.hold.set).start()
    assert runner.close()
    assert opener.journal == ["open a", "stop a"]


def test_closing_does_not_wait_for_an_opening_that_hangs(runner, opener):
    opener.hold.clear()
    runner.play("a")
    begun = time.monotonic()
    assert not runner.close(0.2)
    assert time.monotonic() - begun < 1.0


def test_nothing_is_opened_after_closing(runner, opener):
    assert runner.close()
    runner.play("a")
    assert runner.snapshot() is None
    assert opener.journal == []


def test_an_error_is_kept_until_the_next_wish(opener):
    tries = []

    def fails_once(spec):
        tries.append(spec)
        if len(tries) == 1:
            raise ValueError("bad.mp4 is not a video.")
        return opener(spec)

    runner = SessionRunner(fails_once)
    runner.play("bad.mp4")
    wait_until_done(runner)
    assert runner.error == "bad.mp4 is not a video."
    runner.play("good.mp4")
    assert runner.error is None
    assert wait_for_snapshot(runner) is not None
    assert runner.close()


def test_a_session_that_is_late_to_stop_is_let_go_with_a_warning(caplog):
    runner = SessionRunner(Opener(stop_takes_s=2.0))
    runner.play("a")
    wait_for_snapshot(runner)
    runner.stop()
    wait_until_done(runner)
    assert not runner.busy
    assert "did not stop" in caplog.text
    assert runner.close()
