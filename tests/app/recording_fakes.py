"""A session without threads: a test says what is captured, posed and recognised."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from app.entities import ActionEvent, Decision, State, VideoFrame
from app.recorder import SessionRecorder
from app.results import Listener, PosedFrame, Result
from app.sources import SourceInfo
from stgat.skeleton import Skeleton
from tests.app.fakes import body

FPS = 30.0


class PlayedSession:
    """Tells its listeners what it is told to."""

    def __init__(self, name: str = "Camera", width: int = 64, height: int = 48) -> None:
        self.source_info: SourceInfo | None = SourceInfo(name, width, height, FPS, None, live=True)
        self.listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self.listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        self.listeners = [other for other in self.listeners if other is not listener]

    def show(
        self,
        index: int,
        people: int = 1,
        *,
        posed: bool = True,
        width: int = 64,
        height: int = 48,
        ids: tuple[int, ...] | None = None,
    ) -> VideoFrame:
        """Frame number `index`, as bright as its number, with so many people in it."""
        image = np.full((height, width, 3), index % 200, np.uint8)
        frame = VideoFrame(image, index, index / FPS)
        for listener in list(self.listeners):
            listener.captured(frame)
            if posed:
                listener.posed(PosedFrame(frame, people_at(index, people, ids), time.monotonic()))
        return frame

    def say(self, *events: ActionEvent, decisions: tuple[Decision, ...] | None = None) -> None:
        for listener in list(self.listeners):
            listener.recognised(Result(None, decisions, events))


def people_at(index: int, people: int = 1, ids: tuple[int, ...] | None = None) -> tuple[Skeleton, ...]:
    """Person 1 waves, the others stand a metre beside."""
    found = []
    for m in range(people):
        joints = body(0.3 * np.sin(index / 3) if m == 0 else 0.0) + np.array([float(m), 0.0, 0.0])
        image_joints = 0.5 + joints[:, :2] * [-0.1, -0.2]
        person = ids[m] if ids else m + 1
        found.append(Skeleton(joints, np.full(25, 0.75), person, index / FPS, image_joints))
    return tuple(found)


def event(label: str, start_s: float, end_s: float, person: int = 1) -> ActionEvent:
    return ActionEvent(label, start_s, end_s, 0.9, person)


def going_on(label: str, since_s: float, now_s: float, person: int = 1) -> Decision:
    return Decision(person, now_s, round(now_s * FPS), State.ACTION, label, 0.8, ((label, 0.8),), since_s)


def record(
    place: Path,
    frames: int = 60,
    *,
    people: int = 1,
    skeleton_only: bool = False,
    events: tuple[ActionEvent, ...] = (),
    name: str = "Camera",
) -> Path:
    """A whole recording, quickly made: the encoder is given time, so that no picture is dropped."""
    session = PlayedSession(name)
    recorder = SessionRecorder(session, place, spec="camera:0", skeleton_only=skeleton_only)
    recorder.start()
    for index in range(frames):
        session.show(index, people)
        if index % 10 == 9:
            until(lambda: skeleton_only or recorder.caught_up)
    session.say(*events)
    finish(recorder)
    folder = recorder.progress().folder
    assert folder is not None and not recorder.progress().problem
    return folder


def finish(recorder: SessionRecorder) -> None:
    recorder.stop()
    assert recorder.wait(10)


def until(condition, timeout_s: float = 10.0) -> None:
    """Wait for it; fails where it does not come."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)
