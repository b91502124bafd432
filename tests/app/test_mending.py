"""A live session whose pose or network fails in the middle: what is said meanwhile, and that it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from app.entities import Health, Snapshot
from app.pipeline import Session
from app.results import Result
from app.road import RecognizerLoader
from app.workers import Limits
from stgat.checkpoint import load_checkpoint
from stgat.recognizer import Recognizer
from tests.app.fakes import PICTURE, FakeExtractor, FakeRecognizer, ScriptedSource, tiny_checkpoint
from tests.app.test_pipeline import wait_until

pytestmark = pytest.mark.usefixtures("no_leaked_threads")

#: No pauses, and hanging after a second in which the watchdog itself has run.
QUICK = Limits(item_s=1.0, slow_s=0.25, pauses_s=(0.0,))


class Fault:
    """What goes wrong with the pose or the network, at most so many times, when it is `due`."""

    def __init__(self, error: Exception | None = None, times: int = 1) -> None:
        self.due, self.released = threading.Event(), threading.Event()
        self.error, self.times = error, times
        self.met = self.came_back = 0

    def __call__(self) -> None:
        """Raise the error, or where there is none hang until released."""
        if not self.due.is_set() or self.met >= self.times:
            return
        self.met += 1
        if self.error is not None:
            raise self.error
        self.released.wait(30)
        self.came_back += 1


class Pose(FakeExtractor):
    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault

    def process(self, image_rgb, timestamp_s):
        self.fault()
        return super().process(image_rgb, timestamp_s)


class Network(FakeRecognizer):
    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault

    def recognize(self, windows, spans):
        self.fault()
        return super().recognize(windows, spans)


class Loader:
    """Loads a network each time it is asked, and is told to forget."""

    def __init__(self, fault: Fault) -> None:
        self.fault, self.calls = fault, []

    def __call__(self) -> Network:
        self.calls.append("load")
        return Network(self.fault)

    def forget(self) -> None:
        self.calls.append("forget")


class Live:
    """A session on a camera that never ends, with what was seen of it."""

    def __init__(self, where: str, fault: Fault, limits: Limits = QUICK, **options) -> None:
        self.where, self.fault = where, fault
        self.poses: list[Pose] = []
        self.loader = Loader(fault if where == "network" else Fault())
        self.results: list[Result] = []
        self.source = ScriptedSource(None, 60.0)
        self.session = Session(
            self.source, self._pose, self.loader, limits=limits, on_result=self.results.append, **options
        )

    def _pose(self) -> Pose:
        self.poses.append(Pose(self.fault if self.where == "pose" else Fault()))
        return self.poses[-1]

    def until(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        """The first snapshot of that kind; none on the way may show a label beside a trouble."""
        found: list[Snapshot] = []

        def look() -> bool:
            snapshot = self.session.snapshot()
            assert not (snapshot.trouble and (snapshot.decisions or snapshot.skeletons))
            if condition(snapshot):
                found.append(snapshot)
            return bool(found)

        assert wait_until(look, 60.0), self.session.snapshot()
        return found[0]

    def labelled(self, after: int = -1) -> Snapshot:
        """A label is said, of a frame after that one."""
        return self.until(lambda s: any(d.label and d.frame_index > after for d in s.decisions))


@pytest.fixture
def live() -> Iterator[Callable[..., Live]]:
    made: list[Live] = []

    def make(where: str, fault: Fault, limits: Limits = QUICK, **options) -> Live:
        made.append(Live(where, fault, limits, **options))
        made[-1].session.start()
        return made[-1]

    yield make
    for one in made:
        one.fault.released.set()
        one.session.stop()


@pytest.mark.parametrize(
    ("where", "error"),
    [("pose", ZeroDivisionError("boom")), ("network", ZeroDivisionError("boom")), ("network", MemoryError())],
)
def test_promise_after_a_worker_throws_the_session_goes_on_without_a_stale_label(
    live, where: str, error: Exception
) -> None:
    scene = live(where, Fault(error))
    scene.labelled()
    scene.fault.due.set()
    troubled = scene.until(lambda s: bool(s.trouble))
    name = "the pose" if where == "pose" else "recognition"
    why = "out of memory" if isinstance(error, MemoryError) else "ZeroDivisionError: boom"
    assert troubled.trouble == f"{name} is begun anew ({why})"
    assert troubled.health is Health.RUNNING
    scene.until(lambda s: not s.trouble)
    assert troubled.frame is not None
    scene.labelled(after=troubled.frame.index)
    if where == "pose":
        assert [pose.closed for pose in scene.poses] == [1, 0]
        counters = scene.session.snapshot().counters
        assert counters.dropped > 0  # the picture at which it failed at least
        assert 0 <= counters.captured - counters.posed - counters.dropped <= 4
        assert scene.loader.calls == ["load"]
    else:
        assert len(scene.poses) == 1
        assert scene.loader.calls == ["load", "forget", "load"]


@pytest.mark.parametrize("where", ["pose", "network"])
def test_what_went_on_when_a_worker_failed_is_an_event_that_is_told_once(live, where: str) -> None:
    scene = live(where, Fault(ZeroDivisionError("boom")))
    scene.labelled(after=100)
    scene.fault.due.set()
    scene.until(lambda s: bool(s.trouble))
    (event,) = scene.until(lambda s: bool(s.events)).events
    assert wait_until(lambda: [e for result in scene.results for e in result.events] == [event])


@pytest.mark.parametrize("where", ["pose", "network"])
def test_promise_a_worker_that_hangs_is_replaced_and_its_late_answer_ignored(live, where: str) -> None:
    scene = live(where, Fault())
    scene.labelled()
    scene.fault.due.set()
    scene.until(lambda s: "has not answered for some seconds" in s.trouble)
    troubled = scene.until(lambda s: "begun anew (no answer within 1 s)" in s.trouble)
    assert troubled.frame is not None
    scene.labelled(after=troubled.frame.index)
    told_before = len(scene.results)
    scene.fault.released.set()
    assert wait_until(lambda: scene.fault.came_back == 1)
    assert wait_until(lambda: len(scene.results) > told_before + 10)
    indices = [r.posed.frame.index for r in scene.results if r.posed is not None]
    assert indices == sorted(set(indices))
    assert scene.session.stop()
    if where == "pose":
        assert [pose.closed for pose in scene.poses] == [1, 1]


def test_promise_a_worker_that_fails_too_often_ends_the_session_with_a_sentence(live) -> None:
    scene = live("pose", Fault(RuntimeError("broken"), times=100))
    scene.fault.due.set()
    failed = scene.until(lambda s: s.health is Health.FAILED)
    assert "failed too often (RuntimeError: broken)" in failed.message
    assert failed.message == scene.session.failure
    assert scene.fault.met == 6
    assert scene.session.wait(5)
    assert scene.source.closed
    assert all(pose.closed == 1 for pose in scene.poses)


@pytest.mark.parametrize("where", ["pose", "network"])
def test_promise_without_loss_a_failure_names_its_frame_and_no_frame_is_skipped(live, where: str) -> None:
    scene = live(where, Fault(ValueError("odd")), lossless=True)
    assert wait_until(lambda: len(scene.results) >= 20)
    scene.fault.due.set()
    scene.until(lambda s: s.health is Health.FAILED)
    assert scene.session.wait(5)
    name = "the pose" if where == "pose" else "recognition"
    indices = [r.posed.frame.index for r in scene.results if r.posed is not None]
    assert indices == list(range(len(indices)))
    failed_at = int(scene.session.failure.split("frame ")[1].split(",")[0])
    assert failed_at >= len(indices) >= 20
    assert scene.session.failure.startswith(
        f"{name} failed at frame {failed_at}, {failed_at / 60:.2f} s (ValueError: odd); try again"
    )


def test_promise_without_loss_a_pose_that_hangs_ends_the_run(live) -> None:
    scene = live("pose", Fault(), lossless=True)
    scene.labelled()
    scene.fault.due.set()
    assert scene.session.wait(20)
    assert "no answer within 1 s" in scene.session.failure
    assert scene.fault.came_back == 0
    assert not scene.session.stop()  # the thread that hangs is still there, and was not waited for


@pytest.mark.parametrize(
    ("name", "limit"), [("MOST_POSED", 10), ("MOST_POSED_BYTES", 10 * PICTURE.nbytes + 1)]
)
def test_pictures_that_wait_for_a_network_that_hangs_are_bounded(
    live, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    most = 10
    monkeypatch.setattr(f"app.recognizing.{name}", limit)
    scene = live("network", Fault(), Limits(item_s=1000.0))
    scene.labelled()
    scene.fault.due.set()
    assert wait_until(lambda: scene.fault.met == 1)
    posed = scene.session.snapshot().counters.posed
    assert wait_until(lambda: scene.session.snapshot().counters.posed > posed + 3 * most)
    told = len(scene.results)
    scene.fault.released.set()
    assert wait_until(lambda: len(scene.results) > told + most)
    first, *late = [r.posed.frame.index for r in scene.results[told : told + most + 1] if r.posed]
    assert late == list(range(late[0], late[0] + most))  # the newest that waited, in order
    assert late[0] - first > most  # and not those before


def test_a_loader_that_forgets_loads_afresh_and_waits_for_no_load_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = RecognizerLoader(tiny_checkpoint(tmp_path / "tiny.safetensors"), "cpu")
    first = loader()
    assert loader() is first
    loader.forget()
    second = loader()
    assert second is not first

    begun, released = threading.Event(), threading.Event()
    answers = iter([lambda: begun.set() or released.wait(30), lambda: None])

    def load(wish):
        next(answers)()
        return object(), None

    monkeypatch.setattr("app.road._load", load)
    loader.forget()
    hangs = threading.Thread(target=loader)
    hangs.start()
    assert begun.wait(5)
    loader.forget()
    third = loader()
    released.set()
    hangs.join()
    assert third not in (first, second)
    assert loader() is third  # and not loaded once more, for what came back late


class OnGpu(Recognizer):
    """Stands for a GPU, by a device that computes nothing, until it is gone and raises what PyTorch does."""

    def __init__(self, model: Path) -> None:
        self.real, self.gone = Recognizer(load_checkpoint(model), "cpu"), threading.Event()
        super().__init__(load_checkpoint(model), "meta")

    def logits(self, windows: torch.Tensor) -> torch.Tensor:
        if self.device.type == "cpu":
            return super().logits(windows)
        if self.gone.is_set():
            raise torch.AcceleratorError(
                "CUDA error: unspecified launch failure\nCUDA kernel errors might ..."
            )
        return self.real.logits(windows)


def test_promise_when_the_gpu_is_lost_the_processor_goes_on_and_it_is_said(tmp_path: Path) -> None:
    gpu = OnGpu(tiny_checkpoint(tmp_path / "tiny.safetensors"))
    session = Session(ScriptedSource(None, 60.0), FakeExtractor, lambda: gpu)
    session.start()

    def decided(after: int) -> bool:
        snapshot = session.snapshot()
        assert snapshot.trouble == ""
        return any(d.label == "hand waving" and d.frame_index > after for d in snapshot.decisions)

    assert wait_until(lambda: decided(-1))
    assert session.warning == ""
    gpu.gone.set()
    assert wait_until(lambda: gpu.device.type == "cpu")
    captured = session.snapshot().counters.captured
    assert wait_until(lambda: decided(captured))
    assert session.warning == (
        "the GPU failed (CUDA error: unspecified launch failure): the processor goes on, more slowly"
    )
    assert session.stop()
