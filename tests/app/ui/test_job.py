from __future__ import annotations

import threading
import time

import pytest
from PyQt6.QtCore import QObject

from app.errors import SourceError
from app.ui.job import Job


@pytest.fixture
def owner(qtbot):
    thing = QObject()
    yield thing
    thing.deleteLater()


def test_it_tells_how_far_it_is_and_what_came_of_it(qtbot, owner):
    work, told = Job(owner, "some-work"), []
    work.progressed.connect(lambda share, step: told.append((share, step)))
    go_on = threading.Event()

    def job(progress, cancelled):
        progress(0.5, "learning")
        go_on.wait(5.0)
        return 42

    with qtbot.waitSignal(work.done) as done:
        work.begin(job)
        assert work.busy
        with pytest.raises(RuntimeError):
            work.begin(job)
        qtbot.waitUntil(lambda: bool(told))
        go_on.set()
    assert done.args == [42]
    assert told == [(0.5, "learning")]
    assert not work.busy


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceError("a.mp4: no such file"), "a.mp4: no such file"),
        (ZeroDivisionError("x"), "went wrong inside"),
    ],
)
def test_an_error_is_a_sentence(qtbot, owner, error, said):
    work = Job(owner, "some-work")

    def job(progress, cancelled):
        raise error

    with qtbot.waitSignal(work.failed) as failed:
        work.begin(job)
    assert said in failed.args[0]


def test_what_is_cancelled_ends_in_silence(qtbot, owner):
    work, told = Job(owner, "some-work"), []
    work.done.connect(told.append)
    work.failed.connect(told.append)

    def job(progress, cancelled):
        while not cancelled():
            time.sleep(0.002)
        raise RuntimeError("told to stop")

    with qtbot.waitSignal(work.ended):
        work.begin(job)
        work.cancel()
    assert told == []
    with qtbot.waitSignal(work.done):  # and it can be used again
        work.begin(lambda progress, cancelled: 1)


def test_closing_waits_for_its_end_but_not_for_ever(owner):
    work, stuck = Job(owner, "some-work"), threading.Event()
    work.begin(lambda progress, cancelled: stuck.wait(5.0))
    began = time.monotonic()
    assert not work.close(0.1)
    assert time.monotonic() - began < 1.0
    stuck.set()
    assert work.close(2.0)
