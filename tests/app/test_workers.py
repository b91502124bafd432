"""Workers that throw, hang or run out of memory: noticed, told, begun anew, and ended when it is too much."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from app.workers import Life, Limits, Watchdog, Worker, is_out_of_memory
from tests.app.test_pipeline import wait_until

pytestmark = pytest.mark.usefixtures("no_leaked_threads")

LIMITS = Limits()


class Scene:
    """A watchdog over one worker, by a clock that the test moves; `work` is what each life of it does."""

    def __init__(self, work: Callable[[Life], None], mends: bool = True, limits: Limits = LIMITS) -> None:
        self.now_s = 0.0
        self.troubles: list[str] = []
        self.failures: list[str] = []
        self.lives: list[Life] = []
        self._work = work
        self.worker = Worker("the pose", "stgat-pose", self._live)
        self.dog = Watchdog(
            [self.worker],
            limits,
            mends=mends,
            on_trouble=lambda name: self.troubles.append(self.dog.trouble),
            on_failure=self.failures.append,
        )

    def _live(self, life: Life) -> None:
        self.lives.append(life)
        self._work(life)

    def look(self, after_s: float = 0.0) -> None:
        self.now_s += after_s
        self.dog.look(self.now_s)

    def until(self, life: int, condition: Callable[[Life], bool]) -> None:
        assert wait_until(lambda: len(self.lives) > life and condition(self.lives[life]))


def fail(life: Life) -> None:
    life.work_on("frame 7, 0.23 s")
    raise ZeroDivisionError("boom")


def fails(scene: Scene) -> None:
    """Begin a life, see it fail, and have the watchdog see that."""
    scene.look(60.0 if scene.worker.due_s is None else max(0.0, scene.worker.due_s - scene.now_s))
    scene.until(len(scene.lives) - 1, lambda life: life.error is not None)
    scene.look()


def test_promise_a_worker_that_throws_is_logged_told_and_begun_anew(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(fail)
    fails(scene)
    assert "Traceback" in caplog.text
    assert "ZeroDivisionError: boom" in caplog.text
    assert scene.troubles == ["the pose is begun anew (ZeroDivisionError: boom)"]
    scene.look()
    assert wait_until(lambda: len(scene.lives) == 2)
    assert scene.failures == []


def test_promise_five_times_in_a_minute_and_then_it_is_the_end_with_a_message() -> None:
    scene = Scene(fail)
    for _ in range(5):
        fails(scene)
    assert scene.failures == []
    assert scene.now_s < 60.0
    fails(scene)
    (message,) = scene.failures
    assert message.startswith("the pose failed too often (ZeroDivisionError: boom): close other programs")
    scene.look(100.0)
    assert len(scene.lives) == 6


def test_pauses_between_restarts_grow_and_old_failures_are_forgotten() -> None:
    scene = Scene(fail)
    pauses = []
    for _ in range(5):
        fails(scene)
        assert scene.worker.due_s is not None
        pauses.append(scene.worker.due_s - scene.now_s)
    assert pauses == [0.0, 1.0, 2.0, 4.0, 8.0]
    scene.now_s += LIMITS.within_s + 1.0
    fails(scene)
    assert scene.failures == []
    assert scene.worker.due_s == scene.now_s


def test_promise_a_worker_that_hangs_is_left_behind_and_touches_nothing_any_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    back, touched = threading.Event(), []

    def hang(life: Life) -> None:
        life.work_on("frame 7, 0.23 s")
        if life.number == 0:
            back.wait(30)
            life.work_on("frame 7, 0.23 s")
        touched.append(life.number)
        life.well = True
        life.rest()

    scene = Scene(hang)
    scene.look()
    scene.until(0, lambda life: life.place != "")
    scene.look()
    scene.look(1.9)
    assert scene.dog.trouble == ""
    scene.look(0.2)
    assert scene.dog.trouble == "the pose has not answered for some seconds"
    scene.look(7.8)
    assert len(scene.lives) == 1
    scene.look(0.2)
    assert scene.dog.trouble == "the pose is begun anew (no answer within 10 s)"
    assert "back.wait(30)" in caplog.text  # where it hangs
    left = scene.dog.left_behind
    scene.look()
    scene.until(1, lambda life: life.ended)
    back.set()
    assert wait_until(lambda: not left[0].is_alive())
    scene.look()
    assert touched == [1]
    assert scene.worker.done
    assert scene.dog.trouble == ""
    assert scene.dog.left_behind == []


def test_a_first_load_may_take_its_time_and_a_rest_for_ever() -> None:
    loaded, rested = threading.Event(), threading.Event()

    def work(life: Life) -> None:
        life.load()
        loaded.wait(30)
        life.rest()
        rested.wait(30)

    scene = Scene(work)
    scene.look()
    scene.until(0, lambda life: life.step[0] == 1)
    scene.look()
    scene.look(LIMITS.loading_s - 1.0)
    loaded.set()
    scene.until(0, lambda life: life.step[0] == 2)
    scene.look()
    scene.look(1e6)
    assert scene.troubles == scene.failures == []
    rested.set()
    scene.until(0, lambda life: life.ended)


def test_a_load_that_is_begun_anew_has_the_same_time_again() -> None:
    back, loaded = threading.Event(), threading.Event()

    def work(life: Life) -> None:
        life.load()
        (back if life.number == 0 else loaded).wait(30)
        life.rest()

    scene = Scene(work)
    scene.look()
    scene.until(0, lambda life: life.step[0] == 1)
    scene.look()
    scene.look(LIMITS.loading_s)
    assert scene.dog.trouble == "the pose is begun anew (no answer within 180 s)"
    scene.look()
    scene.until(1, lambda life: life.step[0] == 1)
    scene.look(1.0)
    scene.look(LIMITS.loading_s - 1.0)
    assert scene.worker.due_s is None and len(scene.dog.left_behind) == 1
    loaded.set()
    scene.until(1, lambda life: life.ended)
    back.set()
    assert wait_until(lambda: scene.dog.left_behind == [])


def test_promise_threads_that_hang_do_not_pile_up() -> None:
    back = threading.Event()

    def hang(life: Life) -> None:
        life.work_on("frame 7, 0.23 s")
        back.wait(30)
        life.rest()

    scene = Scene(hang)
    for number in range(LIMITS.hanging):
        scene.look(20.0)
        scene.until(number, lambda life: life.place != "")
        scene.look()
        scene.look(10.0)
    assert "failed too often (no answer within 10 s)" in scene.failures[0]
    assert len(scene.dog.left_behind) == LIMITS.hanging
    back.set()
    assert wait_until(lambda: scene.dog.left_behind == [])


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_promise_a_worker_that_runs_out_of_memory_is_told_as_that(error: Exception) -> None:
    assert is_out_of_memory(error)

    def work(life: Life) -> None:
        raise error

    scene = Scene(work)
    fails(scene)
    assert scene.troubles == ["the pose is begun anew (out of memory)"]


def test_torch_says_out_of_memory_as_is_expected_of_it() -> None:
    import torch

    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 60)
    assert is_out_of_memory(raised.value)
    assert not is_out_of_memory(ZeroDivisionError("boom"))


def test_promise_where_nothing_may_be_skipped_the_failure_names_the_frame() -> None:
    scene = Scene(fail, mends=False)
    fails(scene)
    assert scene.failures == [
        "the pose failed at frame 7, 0.23 s (ZeroDivisionError: boom); try again, or report it"
    ]
    assert scene.troubles == []
    scene.look(100.0)
    assert len(scene.lives) == 1


def test_what_a_worker_holds_is_closed_when_its_life_ends_and_nobody_waits_for_it() -> None:
    closed, may_close = threading.Event(), threading.Event()

    def close() -> None:
        may_close.wait(30)
        closed.set()

    scene = Scene(lambda life: life.closers.append(close))
    scene.look()
    scene.until(0, lambda life: life.ended)
    scene.look()
    assert scene.worker.done
    assert not closed.is_set()
    may_close.set()
    assert closed.wait(5)


def test_a_process_that_was_held_up_for_long_finds_nobody_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop that slept for an hour: neither watchdog nor workers have run."""
    back = threading.Event()

    def work(life: Life) -> None:
        life.work_on("frame 7, 0.23 s")
        back.wait(30)
        life.rest()

    scene = Scene(work)
    times = iter([0.0, 0.1, 0.2, 3600.0, 3600.1, 7200.0])
    waits = iter([None] * 4 + [back.set])

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return next(times, 7200.0)

    class Woken(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            scene.until(0, lambda life: life.place != "" or life.ended)
            act = next(waits, None)
            if act is not None:
                act()
                scene.until(0, lambda life: life.ended)
            return True

    monkeypatch.setattr("app.workers.time", Clock)
    scene.dog._woken = Woken()
    scene.dog.run()
    assert scene.troubles == scene.failures == []
    assert len(scene.lives) == 1
