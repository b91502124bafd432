"""Kills a process that records, at random moments, and looks at what is left.

    python benchmarks/kill_recording.py --times 200

Each time a process of its own records made-up pictures and skeletons at 30 frames a second, of which every
third is not posed, and is killed (SIGKILL) between 0 and --most seconds after its first frame. With --limit
it comes instead to the end of what a file may hold (RLIMIT_FSIZE), at a random size; with --place on a small
file system and --most 0, to the end of the disk. What was recorded must open and play, with every posed frame
up to a second before the end, exactly, and pictures up to there too. Prints what was missing at most; exit
code 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.entities import VideoFrame
from app.errors import SourceError
from app.recorder import SessionRecorder
from app.results import Listener, PosedFrame
from app.sources import open_source
from app.sources.base import SourceInfo
from stgat.data.session_folder import ABOUT, VIDEO
from stgat.skeleton import Skeleton

FPS, WIDTH, HEIGHT = 30.0, 640, 480
PROMISED_S = 1.0


class MadeUp:
    """A session of pictures and skeletons by the clock."""

    source_info = SourceInfo("Made-up camera", WIDTH, HEIGHT, FPS, None, live=True)

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


def record(place: Path, limit: int | None) -> None:
    """Record until killed, or until the recorder has stopped by itself; tells each frame on stdout."""
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    session = MadeUp()
    recorder = SessionRecorder(session, place, spec="made-up")
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
        os.write(1, b"%d\n" % index)
        if not listeners:
            break
    recorder.wait(10)
    print(recorder.progress().problem, flush=True)


@dataclass
class Outcome:
    """What one recording lacked at its end, in seconds, of skeletons and pictures; broken: the promises."""

    lived_s: float
    skeletons_s: float = 0.0
    pictures_s: float = 0.0
    opened: bool = False
    broken: tuple[str, ...] = ()


def look_at(place: Path, last_index: int) -> Outcome:
    """Open and play what was recorded of frames 0 to last_index."""
    last_s = last_index / FPS
    outcome = Outcome(last_s)
    broken: list[str] = []
    due = [index for index in range(last_index + 1) if index % 3 != 2 and index / FPS <= last_s - PROMISED_S]
    folders = [path for path in place.iterdir() if not path.name.startswith(".")]
    found: list[int] = []
    picture_s = -math.inf
    if folders:
        (folder,) = folders
        if not (folder / ABOUT).is_file():
            broken.append("no session.json")
        try:
            with open_source(str(folder)) as source:
                source.open()
                outcome.opened = True
                for frame in source.frames():
                    index = round(frame.timestamp_s * FPS)
                    made = skeletons_at(index)
                    same = len(made) == len(frame.skeletons or ()) and all(
                        np.array_equal(np.float32(a.joints_m), b.joints_m)
                        for a, b in zip(made, frame.skeletons or (), strict=False)
                    )
                    if not same:
                        broken.append(f"the skeletons of frame {index} are others")
                    found.append(index)
        except SourceError as error:
            if due:
                broken.append(str(error))
        try:
            with open_source(str(folder / VIDEO)) as video:
                video.open()
                for frame in video.frames():
                    picture_s = frame.timestamp_s
        except SourceError as error:
            if due:
                broken.append(str(error))
    missing = sorted(set(due) - set(found))
    if missing:
        broken.append(f"{len(missing)} posed frames are missing, the first at {missing[0] / FPS:.2f} s")
    outcome.skeletons_s = last_s - (max(found) / FPS if found else 0.0)
    outcome.pictures_s = last_s - max(picture_s, 0.0)
    if due and outcome.pictures_s > PROMISED_S:
        broken.append(f"the pictures end {outcome.pictures_s:.2f} s before the end")
    outcome.broken = tuple(broken)
    return outcome


def one(place: Path, most_s: float, limit: int | None, chance: random.Random) -> Outcome:
    """One process, recorded and ended."""
    command = [sys.executable, __file__, "--record", str(place)]
    if limit:
        command += ["--limit", str(limit)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    told = process.stdout.readline()
    if not limit and most_s:
        time.sleep(chance.uniform(0.0, most_s))
        process.send_signal(signal.SIGKILL)
    told += process.stdout.read()
    process.wait()
    numbers = [int(line) for line in told.split(b"\n") if line.isdigit()]
    return look_at(place, max(numbers))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--most", type=float, default=4.0, help="seconds; 0 waits for the disk to be full")
    parser.add_argument("--limit", type=int, default=0, help="bytes that a file may have at most")
    parser.add_argument("--place", type=Path, help="a folder on a small file system")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.record:
        record(arguments.record, arguments.limit)
        return 0
    chance = random.Random(arguments.seed)
    outcomes: list[Outcome] = []
    for number in range(arguments.times):
        with tempfile.TemporaryDirectory(dir=arguments.place) as scratch:
            limit = chance.randrange(2_000, arguments.limit) if arguments.limit else None
            outcome = one(Path(scratch), arguments.most, limit, chance)
            outcomes.append(outcome)
            for words in outcome.broken:
                print(f"{number}: after {outcome.lived_s:.2f} s: {words}", flush=True)
            for left in Path(scratch).iterdir():
                shutil.rmtree(left)
    lived = [one for one in outcomes if one.lived_s > PROMISED_S]
    broken = sum(bool(one.broken) for one in outcomes)
    print(
        f"{len(outcomes)} recordings ended by force after {min(o.lived_s for o in outcomes):.2f} to "
        f"{max(o.lived_s for o in outcomes):.2f} s, {broken} of them with less than promised; "
        f"{sum(o.opened for o in outcomes)} opened, {len(outcomes) - len(lived)} were shorter than "
        f"{PROMISED_S:.0f} s"
    )
    if lived:
        print(
            f"missing before the end, median and most: skeletons "
            f"{np.median([o.skeletons_s for o in lived]):.2f} and {max(o.skeletons_s for o in lived):.2f} s, "
            f"pictures {np.median([o.pictures_s for o in lived]):.2f} and "
            f"{max(o.pictures_s for o in lived):.2f} s"
        )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
