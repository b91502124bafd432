"""One recording that ends badly: a process that makes it, and a look at what is left."""

from __future__ import annotations

import math
import os
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.entities import VideoFrame
from app.errors import SourceError
from app.recorder import SessionRecorder
from app.recording_folder import session_name
from app.results import Listener, PosedFrame
from app.sources import open_source
from app.sources.base import SourceInfo
from stgat.data.session_folder import ABOUT, VIDEO
from stgat.skeleton import Skeleton

FPS, WIDTH, HEIGHT = 30.0, 640, 480
PROMISED_S = 1.0
CAMERA = "Made-up camera"
STOP = "stop"

#: Middle European time; in this night half past two comes twice.
TZ = "CET-1CEST,M3.5.0,M10.5.0/3"
TWICE = (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
TWICE_NAME = session_name(CAMERA, datetime(2026, 10, 25, 2, 30))
MINE = "mine, and not to be touched"


class MadeUp:
    """A session of pictures and skeletons by the clock."""

    source_info = SourceInfo(CAMERA, WIDTH, HEIGHT, FPS, None, live=True)

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self.listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        self.listeners = [other for other in self.listeners if other is not listener]


def skeletons_at(index: int) -> tuple[Skeleton, ...]:
    """One person, from time to time two, whose joints tell the frame."""
    people = 2 if index % 90 > 60 else 1
    joints = np.random.default_rng(index).normal(0, 0.5, (people, 25, 3)) + np.array([0.0, 0.0, 3.0])
    confidence = np.full(25, 0.9)
    image = np.full((25, 2), 0.5)
    return tuple(Skeleton(joints[m], confidence, m + 1, index / FPS, image) for m in range(people))


def leaping(seed: int) -> Callable[[], datetime]:
    """Sets this process's wall clock leaping by up to a day at every look; returns what begins a recording.

    That says half past two of the night in which it comes twice, the first or the second time.
    """
    chance, really = random.Random(seed), time.time
    time.time = lambda: really() + chance.uniform(-26, 26) * 3600
    os.environ["TZ"] = TZ
    time.tzset()
    return lambda: chance.choice(TWICE).astimezone()


def record(place: Path, told: Path, limit: int, seed: int) -> None:
    """Record until killed, until the recorder stops by itself, or there is a file STOP beside `told`.

    told: a file that each frame's number is written to, and in the end why the recorder stopped.
    limit: bytes that a file may have; 0 for any. seed: of a wall clock that leaps; 0 for one that does not.
    """
    said = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    now = {"now": leaping(seed)} if seed else {}
    session = MadeUp()
    recorder = SessionRecorder(session, place, spec="made-up", **now)
    recorder.start()
    ramp = np.add.outer(np.arange(HEIGHT), np.arange(2 * WIDTH)).astype(np.uint8)
    started = time.monotonic()
    for index in range(100_000):
        time.sleep(max(0.0, started + index / FPS - time.monotonic()))
        left = 4 * index % WIDTH
        image = np.repeat(ramp[:, left : left + WIDTH, None], 3, axis=2)
        frame = VideoFrame(image, index, index / FPS)
        listeners = list(session.listeners)
        for listener in listeners:
            listener.captured(frame)
        if index % 3 != 2:
            for listener in listeners:
                listener.posed(PosedFrame(frame, skeletons_at(index), time.monotonic()))
        os.write(said, b"%d\n" % index)
        if told.with_name(STOP).exists():
            recorder.stop()
            break
        if not listeners:
            break
    recorder.wait(10)
    os.write(said, f"{recorder.progress().problem or STOP}\n".encode())
    sys.exit(0)


@dataclass
class Outcome:
    """What one recording lacked at its end, in seconds, of skeletons and pictures; broken: the promises.

    said: why it stopped, where it did so by itself.
    """

    lived_s: float
    skeletons_s: float = 0.0
    pictures_s: float = 0.0
    opened: bool = False
    said: str = ""
    broken: tuple[str, ...] = ()


def look_at(place: Path, told: Path, before: frozenset[str] = frozenset()) -> Outcome:
    """Open and play what was recorded in `place` beside the folders that were there before."""
    lines = told.read_text(encoding="utf-8").splitlines()
    last_index = max(int(line) for line in lines if line.isdigit())
    last_s = last_index / FPS
    outcome = Outcome(last_s, said="" if lines[-1].isdigit() else lines[-1])
    broken = [
        f"{name} is not as it was"
        for name in sorted(before)
        if [path.name for path in (place / name).iterdir()] != [MINE]
    ]
    due = [index for index in range(last_index + 1) if index % 3 != 2 and index / FPS <= last_s - PROMISED_S]
    folders = [path for path in place.iterdir() if not path.name.startswith(".") and path.name not in before]
    found: list[int] = []
    picture_s = -math.inf
    if folders:
        (folder,) = folders
        found, picture_s = _play(folder, outcome, broken, bool(due))
    missing = sorted(set(due) - set(found))
    if missing:
        broken.append(f"{len(missing)} posed frames are missing, the first at {missing[0] / FPS:.2f} s")
    outcome.skeletons_s = last_s - (max(found) / FPS if found else 0.0)
    outcome.pictures_s = last_s - max(picture_s, 0.0)
    if due and outcome.pictures_s > PROMISED_S:
        broken.append(f"the pictures end {outcome.pictures_s:.2f} s before the end")
    outcome.broken = tuple(broken)
    return outcome


def _play(folder: Path, outcome: Outcome, broken: list[str], must_open: bool) -> tuple[list[int], float]:
    """The posed frames that are there, and the time of the last picture."""
    found: list[int] = []
    picture_s = -math.inf
    if not (folder / ABOUT).is_file():
        broken.append("no session.json")
    try:
        with open_source(str(folder)) as source:
            source.open()
            outcome.opened = True
            for frame in source.frames():
                index = round(frame.timestamp_s * FPS)
                if not _same(skeletons_at(index), frame.skeletons or ()):
                    broken.append(f"the skeletons of frame {index} are others")
                found.append(index)
        with open_source(str(folder / VIDEO)) as video:
            video.open()
            for frame in video.frames():
                picture_s = frame.timestamp_s
    except SourceError as error:
        if must_open:
            broken.append(str(error))
    return found, picture_s


def _same(made: tuple[Skeleton, ...], found: tuple[Skeleton, ...]) -> bool:
    return len(made) == len(found) and all(
        np.array_equal(np.float32(a.joints_m), b.joints_m) for a, b in zip(made, found, strict=True)
    )
