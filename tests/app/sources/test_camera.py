"""A scripted camera stands in for the device: it stalls, unplugs, repeats pictures and changes their size."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest

from app.sources import CameraSource, SourceError
from app.sources.reconnect import MOST_HUNG, Patience

Step = np.ndarray | str
#: As in the application, but ten times as quick.
QUICK = Patience(
    open_s=0.5,
    wake_s=0.8,
    stall_s=0.1,
    silent_s=0.2,
    failing_s=0.06,
    waking_s=0.4,
    pauses_s=(0.01, 0.02, 0.08),
)


class ScriptedCapture:
    """Plays a list of steps: a picture, "fail", "block" (until released from outside), or "raise".

    ended: the steps are over; it fails from then on.
    """

    def __init__(self, steps: Iterable[Step], opened: bool = True) -> None:
        self._steps = iter(steps)
        self._opened = opened
        self._picture: np.ndarray | None = None
        self.unblock, self.released, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.used_by: set[int] = set()

    def isOpened(self) -> bool:  # noqa: N802
        return self._opened

    def set(self, prop: int, value: float) -> bool:
        return True

    def get(self, prop: int) -> float:
        return float("nan")

    def grab(self) -> bool:
        self.used_by.add(threading.get_ident())
        step = next(self._steps, None)
        if step is None:
            self.ended.set()
        if step is None or isinstance(step, str):
            if step == "block":
                self.unblock.wait(20)
            elif step == "raise":
                raise OSError("the driver gave up")
            return False
        self._picture = step
        return True

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return True, self._picture

    def release(self) -> None:
        self.used_by.add(threading.get_ident())
        self.released.set()


def bgr(blue: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[..., 0] = blue
    return image


def paced(
    steps: Iterable[Step], seconds: float = 0.03, taken: threading.Semaphore | None = None
) -> Iterator[Step]:
    """taken: released by `collect` for each frame; nothing comes until a coloured picture is taken."""
    for step in steps:
        time.sleep(seconds)
        yield step
        if taken is not None and isinstance(step, np.ndarray) and step.ndim == 3 and step.any():
            taken.acquire(timeout=5)


Make = Callable[..., tuple[CameraSource, ScriptedCapture]]


@pytest.fixture
def camera() -> Iterator[Make]:
    """Makes a source on a device that can be opened once, or on several, one for each time it is opened."""
    opened: list[tuple[CameraSource, list[ScriptedCapture]]] = []

    def make(
        steps: Iterable[Step], is_open: bool = True, then: Iterable[ScriptedCapture] = (), **options: object
    ) -> tuple[CameraSource, ScriptedCapture]:
        captures = [ScriptedCapture(steps, is_open), *then]
        coming = iter(captures)
        source = CameraSource(
            7,
            make_capture=lambda _: next(coming, None) or ScriptedCapture([], opened=False),
            **{"patience": QUICK, **options},  # type: ignore[arg-type]
        )
        opened.append((source, captures))
        return source, captures[0]

    yield make
    for source, captures in opened:
        for capture in captures:
            capture.unblock.set()
        source.close()
    for thread in threading.enumerate():
        if thread.name == "camera":
            thread.join(2)
            assert not thread.is_alive(), "a thread was left behind"


def collect(source: CameraSource, until: threading.Event, taken: threading.Semaphore | None = None) -> list:
    """What comes until this has happened, and a little longer."""

    def end() -> None:
        until.wait(10)
        time.sleep(0.3)
        source.interrupt()

    ending = threading.Thread(target=end)
    ending.start()
    frames = []
    for frame in source.frames():
        frames.append(frame)
        if taken is not None:
            taken.release()
    ending.join()
    return frames


def blues(frames: list) -> list[int]:
    return [int(frame.image[0, 0, 2]) for frame in frames]


def test_pictures_arrive_as_rgb_with_increasing_times(camera: Make) -> None:
    source, capture = camera(paced(bgr(value) for value in range(10, 20)))
    info = source.open()
    assert (info.width, info.height, info.live, info.frame_count, info.fps) == (64, 48, True, None, None)
    assert source.spec == "camera:7"
    assert source.live
    frames = collect(source, capture.ended)
    assert blues(frames) == [10 + frame.index for frame in frames]
    assert all((frame.image[..., :2] == 0).all() for frame in frames)
    times_s = [frame.timestamp_s for frame in frames]
    assert len(frames) >= 5
    assert times_s[0] == 0.0
    assert (np.diff(times_s) > 0).all()
    source.close()
    assert capture.released.is_set()
    assert len(capture.used_by) == 1, "one thread alone touches the device"


def test_a_slow_consumer_gets_the_newest_picture(camera: Make) -> None:
    source, capture = camera(paced((bgr(value) for value in range(20)), 0.01))
    source.open()
    capture.ended.wait(5)
    assert [frame.index for frame in collect(source, capture.ended)] == [0, 19]


def test_a_camera_that_stumbles_comes_back(camera: Make) -> None:
    steps = [bgr(1), "fail", bgr(2), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 0, 3), np.uint8), bgr(3)]
    taken = threading.Semaphore(0)
    source, capture = camera(paced(steps, taken=taken), patience=Patience())
    source.open()
    assert blues(collect(source, capture.ended, taken)) == [1, 2, 3]


def test_repeated_pictures_and_new_sizes_are_passed_on(camera: Make) -> None:
    taken = threading.Semaphore(0)
    pictures = [bgr(1), bgr(1), bgr(1, (32, 24)), np.zeros((10, 20), np.uint8)]
    source, capture = camera(paced(pictures, taken=taken))
    source.open()
    frames = collect(source, capture.ended, taken)
    assert [frame.image.shape for frame in frames] == [(48, 64, 3), (48, 64, 3), (24, 32, 3), (10, 20, 3)]
    assert (np.diff([frame.timestamp_s for frame in frames]) > 0).all()


@pytest.mark.parametrize("end", ["fail", "block", "raise"])
def test_promise_a_camera_that_stops_is_opened_anew_until_it_is_back(camera: Make, end: str) -> None:
    taken = threading.Semaphore(0)
    back = ScriptedCapture(paced([bgr(3), bgr(4)], taken=taken))
    refused, silent = ScriptedCapture([], opened=False), ScriptedCapture(["fail", "raise"])
    source, lost = camera(paced([bgr(1), bgr(2), *[end] * 9], taken=taken), then=[refused, silent, back])
    source.open()
    frames = collect(source, back.ended, taken)
    assert blues(frames) == [1, 2, 3, 4]
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    times_s = [frame.timestamp_s for frame in frames]
    assert (np.diff(times_s) > 0).all()
    assert times_s[2] - times_s[1] > 0.06, "the gap is in the times"
    lost.unblock.set()
    assert lost.released.wait(2)
    assert silent.released.is_set()


def test_promise_what_is_wrong_with_a_camera_is_said_until_it_is_back(camera: Make) -> None:
    back = ScriptedCapture(paced(bgr(value) for value in (3, 4, 5)))
    refused = [ScriptedCapture([], opened=False) for _ in range(6)]
    source, _ = camera(paced([bgr(1), bgr(2), *["fail"] * 9]), then=[*refused, back])
    source.open()
    said: list[str] = []
    over = threading.Event()

    def listen() -> None:
        while not over.wait(0.002):
            if source.trouble not in said[-1:]:
                said.append(source.trouble)

    listening = threading.Thread(target=listen)
    listening.start()
    frames = source.frames()
    assert blues([next(frames) for _ in range(3)]) == [1, 2, 3]
    assert source.trouble, "whoever has not taken the picture yet still shows the old one"
    next(frames)
    assert source.trouble == ""
    over.set()
    listening.join()
    assert any(sentence.startswith("camera 7 sends no pictures any more") for sentence in said)
    assert any("it goes on by itself" in sentence for sentence in said)
    assert "" in said


def test_promise_a_camera_that_hangs_is_said_to_and_costs_no_more_than_a_few_threads(camera: Make) -> None:
    hung = [ScriptedCapture(["block"]) for _ in range(9)]
    source, first = camera(paced([bgr(1), "block"]), then=hung, patience=QUICK)
    source.open()
    frames = source.frames()
    next(frames)
    waiting = threading.Thread(target=lambda: list(frames))
    waiting.start()
    deadline = time.monotonic() + 10
    while sum(bool(capture.used_by) for capture in hung) < MOST_HUNG - 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(1.0)
    assert source.trouble.startswith("camera 7 sends no pictures any more")
    assert sum(thread.name == "camera" for thread in threading.enumerate()) <= MOST_HUNG + 1
    for capture in (first, *hung):
        capture.unblock.set()
    source.interrupt()
    waiting.join(5)
    assert not waiting.is_alive()


@pytest.mark.parametrize("heals", ["by itself", "opened anew"])
def test_promise_a_frozen_picture_is_no_news(camera: Make, heals: str) -> None:
    patience = Patience(frozen_s=0.1, frozen_anew_s=0.3 if heals == "opened anew" else 60.0)

    def pictures() -> Iterator[Step]:
        yield bgr(1)
        while source.trouble == "" or heals == "opened anew":
            yield bgr(2)
        yield from [bgr(2)] * 5
        yield from (bgr(value) for value in range(3, 200))

    anew = ScriptedCapture(paced((bgr(value) for value in range(3, 200)), 0.01))
    source, _ = camera(paced(pictures(), 0.01), then=[anew], patience=patience)
    source.open()
    times_s: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for frame in source.frames():
        times_s[min(3, *blues([frame]))].append(frame.timestamp_s)
        if times_s[3]:
            break
    assert "the same picture again and again" in source.trouble
    assert times_s[2][-1] - times_s[2][0] < 0.1, "no more of it than it takes to be sure"
    assert times_s[3][0] - times_s[2][0] >= 0.1


def test_a_picture_of_one_colour_is_a_shut_lens_and_not_frozen(camera: Make) -> None:
    black = [np.zeros((48, 64, 3), np.uint8)] * 20
    source, capture = camera(paced(black, 0.02), patience=Patience(frozen_s=0.1, frozen_anew_s=0.2))
    source.open()
    assert len(collect(source, capture.ended)) >= 10


@pytest.mark.parametrize("steps", [["block"], ["fail"], ["raise"], []])
def test_a_camera_that_never_sends_a_picture_gives_one_clear_line(camera: Make, steps: list[str]) -> None:
    source, _ = camera(steps)
    with pytest.raises(SourceError, match="camera 7 sends no pictures: close other programs"):
        source.open()


def test_a_camera_that_does_not_open_says_why(camera: Make) -> None:
    source, capture = camera([], is_open=False)
    with pytest.raises(SourceError, match="camera 7"):
        source.open()
    assert capture.released.is_set()


def test_interrupt_ends_frames_that_wait_for_a_blocked_camera(camera: Make) -> None:
    source, _ = camera(paced([bgr(1), "block"]), patience=Patience(stall_s=30.0))
    source.open()
    frames = source.frames()
    next(frames)
    timer = threading.Timer(0.1, source.interrupt)
    start_s = time.monotonic()
    timer.start()
    assert list(frames) == []
    assert time.monotonic() - start_s < 5.0
    timer.join()


def test_interrupt_ends_a_wait_for_a_camera_that_is_gone(camera: Make) -> None:
    source, _ = camera(paced([bgr(1), *["fail"] * 9]))
    source.open()
    frames = source.frames()
    next(frames)
    timer = threading.Timer(0.5, source.interrupt)
    timer.start()
    assert list(frames) == []
    timer.join()


def test_interrupt_ends_an_open_that_waits(camera: Make) -> None:
    source, _ = camera(["block"], patience=Patience(open_s=30.0))
    timer = threading.Timer(0.1, source.interrupt)
    timer.start()
    with pytest.raises(SourceError, match="closed before"):
        source.open()
    timer.join()


def test_close_does_not_wait_for_a_camera_that_hangs(camera: Make) -> None:
    source, capture = camera(paced([bgr(1), "block"]))
    source.open()
    start_s = time.monotonic()
    source.close()
    source.close()
    assert time.monotonic() - start_s < 1.0
    assert not capture.released.is_set(), "a device is not released while it is read"
    capture.unblock.set()
    assert capture.released.wait(2)
