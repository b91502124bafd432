"""What is promised of cameras: on a thousand schedules of faults, and in sessions with all their threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.entities import Health, State
from app.pipeline import Session
from app.recorder import SessionRecorder
from app.sources import CameraSource, SessionSource
from tests.app.camera_faults import KINDS
from tests.app.camera_road import Road
from tests.app.fakes import FakeExtractor, FakeRecognizer
from tests.app.test_pipeline import wait_until

SEEDS, BATCHES = 1000, 10
PATIENT_S = 30.0


@pytest.mark.parametrize("batch", range(BATCHES))
def test_promise_a_camera_with_any_faults_is_back_within_two_seconds_and_nothing_stale_is_said(
    batch: int,
) -> None:
    for seed in range(batch, SEEDS, BATCHES):
        road = Road(seed)
        try:
            road.run()
        except Exception as error:
            at = f"seed {seed}, {road.world.now_s:.2f} s"
            raise AssertionError(f"{at}: {error or type(error)}; it said {road.source.trouble!r}") from error


def test_the_schedules_have_every_fault_in_them() -> None:
    faults = [fault for seed in range(SEEDS) for fault in Road(seed).faults]
    assert {(fault.kind, fault.option) for fault in faults} == {
        (kind, option) for kind, options in KINDS.items() for option in options
    }
    assert sum(fault.end_s - fault.start_s == 60.0 for fault in faults) > 50
    assert sum(0.9 <= fault.end_s - fault.start_s <= 1.6 for fault in faults) > 200


class Camera:
    """Sends twenty pictures a second, until it is broken in one of many ways. how: "" while it works."""

    def __init__(self) -> None:
        self.how = ""
        self.mended = threading.Event()
        self.mended.set()
        self._pictures = 0

    def break_down(self, how: str) -> None:
        self.mended.clear()
        self.how = how

    def mend(self) -> None:
        self.how = ""
        self.mended.set()

    def open(self, number: int) -> Handle:
        return Handle(self)

    def picture(self) -> np.ndarray:
        if self.how != "frozen":
            self._pictures += 1
        image = np.zeros((48, 64, 3), np.uint8)
        image[0, 0] = 255, self._pictures % 256, self._pictures // 256 % 256
        return image


class Handle:
    """cv2.VideoCapture on a Camera; useless for ever once that was unplugged."""

    def __init__(self, camera: Camera) -> None:
        self._camera, self._dead = camera, False

    def isOpened(self) -> bool:  # noqa: N802
        return self._camera.how != "unplugged"

    def set(self, prop: int, value: float) -> bool:
        return False

    def get(self, prop: int) -> float:
        return 0.0

    def grab(self) -> bool:
        time.sleep(0.05)
        if self._camera.how == "hangs":
            self._camera.mended.wait(PATIENT_S)
        self._dead |= self._camera.how == "unplugged"
        return not self._dead

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return True, None if self._camera.how == "lies" else self._camera.picture()

    def release(self) -> None: ...


@pytest.fixture
def sessions(no_leaked_threads: None) -> Iterator[dict[str, tuple[Camera, Session]]]:
    """A session on a camera for each way to break down, all at once, as they mostly wait."""
    made: dict[str, tuple[Camera, Session]] = {}
    for how in ("unplugged", "hangs", "lies", "frozen"):
        camera = Camera()
        source = CameraSource(0, make_capture=camera.open)
        made[how] = camera, Session(source, FakeExtractor, FakeRecognizer)
    yield made
    for camera, session in made.values():
        camera.mend()
        session.stop(PATIENT_S)


def labelled(session: Session) -> bool:
    """Whether an action is said, and has gone on for long enough to be an event."""
    said = [one for one in session.snapshot().decisions if one.state is State.ACTION]
    return any(one.since_s is not None and one.timestamp_s - one.since_s > 1.0 for one in said)


def test_promise_a_session_outlives_its_camera_and_goes_on_with_it(
    sessions: dict[str, tuple[Camera, Session]], tmp_path: Path
) -> None:
    recorder = SessionRecorder(sessions["unplugged"][1], tmp_path, spec="camera:0")
    recorder.start()
    for _, session in sessions.values():
        session.start()
    for how, (camera, session) in sessions.items():
        assert wait_until(lambda one=session: labelled(one), PATIENT_S), how
        camera.break_down(how)
    for how, (_, session) in sessions.items():
        assert wait_until(lambda one=session: one.snapshot().trouble != "", PATIENT_S), how
        lost = session.snapshot()
        assert lost.health is Health.RUNNING
        assert lost.decisions == lost.skeletons == ()
        assert lost.frame is not None
        assert wait_until(lambda one=session: one.snapshot().fps == 0.0, PATIENT_S), how
    for camera, _ in sessions.values():
        camera.mend()
    for how, (_, session) in sessions.items():
        assert wait_until(lambda one=session: labelled(one), PATIENT_S), how
        back = session.snapshot()
        assert back.trouble == ""
        assert back.counters.captured - back.counters.posed - back.counters.dropped <= 2
        assert [event.label for event in back.events] == ["hand waving"], "the one before the loss is over"
    recorder.stop()
    assert recorder.wait(PATIENT_S)
    progress = recorder.progress()
    assert not progress.problem
    assert progress.folder is not None
    with SessionSource(str(progress.folder)) as recorded:
        recorded.open()
        times_s = np.array([frame.timestamp_s for frame in recorded.frames()])
    steps_s = np.diff(times_s)
    assert (steps_s > 0).all()
    assert (steps_s > 0.6).sum() >= 1, "the gap is in the recording, as long as it was"
    for _, session in sessions.values():
        assert session.stop(PATIENT_S)


def test_promise_stopping_while_the_camera_is_gone_leaves_no_thread(
    sessions: dict[str, tuple[Camera, Session]],
) -> None:
    for camera, session in sessions.values():
        session.start()
        assert wait_until(lambda one=session: one.snapshot().frame is not None, PATIENT_S)
        camera.break_down("unplugged")
    for _, session in sessions.values():
        assert wait_until(lambda one=session: one.snapshot().trouble != "", PATIENT_S)
        assert session.stop(PATIENT_S)
        assert session.snapshot().health is Health.STOPPED
