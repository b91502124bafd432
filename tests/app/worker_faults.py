"""Schedules of what goes wrong with a session's workers, by a seed, and what must hold in every one of them.

    python tests/app/worker_faults.py --schedules 150 --report docs/campaigns/workers.md

Each schedule is a live session of some seconds in real time: up to five faults of the pose or the network
(an exception, no memory, a hang that lasts or ends late, a long pause), then a stop at a moment of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from app.devices import processor
from app.entities import Health
from app.pipeline import Session
from app.workers import TICK_S, Limits
from tests.app.fakes import FakeExtractor, FakeRecognizer, ScriptedSource

FPS = 60.0
#: As in the application, but hanging after half a second instead of ten.
LIMITS = Limits(item_s=0.5, slow_s=0.25, pauses_s=(0.0, 0.1, 0.2, 0.4))
#: No label may be older than this: what is put up with, and as much again for a machine that is busy.
OLDEST_S = 2 * (LIMITS.slow_s + 2 * TICK_S)
KINDS = ("exception", "no memory", "hang", "late answer", "pause")
ERRORS = {
    "exception": lambda: ZeroDivisionError("scripted"),
    "no memory": lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
}


@dataclass
class Outcome:
    """What one schedule came to. broken: the promises that did not hold, as sentences."""

    seed: int
    faults: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    failed: bool = False
    stop_s: float = 0.0
    oldest_s: float = 0.0
    slowest_snapshot_s: float = 0.0


class Faults:
    """Those of one worker, by when they are due; met by whichever of its lives comes first."""

    def __init__(self, due: list[tuple[float, str]], released: threading.Event, met: list[str]) -> None:
        self._due, self._released, self._met = sorted(due), released, met
        self._lock = threading.Lock()

    def meet(self, timestamp_s: float) -> None:
        with self._lock:
            if not self._due or timestamp_s < self._due[0][0]:
                return
            kind = self._due.pop(0)[1]
            self._met.append(kind)
        if kind in ERRORS:
            raise ERRORS[kind]()
        self._released.wait({"hang": 60.0, "late answer": 1.2, "pause": 0.3}[kind])


class Pose(FakeExtractor):
    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self.faults = faults

    def process(self, image_rgb, timestamp_s):
        self.faults.meet(timestamp_s)
        return super().process(image_rgb, timestamp_s)


class Network(FakeRecognizer):
    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self.faults = faults

    def recognize(self, windows, spans):
        self.faults.meet(spans[0][1])
        return super().recognize(windows, spans)


def run_schedule(seed: int) -> Outcome:
    """One session, watched; see the promises in the code."""
    rng = random.Random(seed)
    outcome, released = Outcome(seed), threading.Event()
    before = set(threading.enumerate())
    end_s = rng.uniform(1.0, 4.0)
    plan: dict[str, list[tuple[float, str]]] = {"pose": [], "network": []}
    for _ in range(rng.randint(1, 5)):
        plan[rng.choice(("pose", "network"))].append((rng.uniform(0.0, 0.9 * end_s), rng.choice(KINDS)))
    pose, network = (Faults(due, released, outcome.faults) for due in plan.values())
    told: list[int] = []
    session = Session(
        ScriptedSource(None, FPS),
        lambda: Pose(pose),
        lambda: Network(network),
        limits=LIMITS,
        on_result=lambda result: told.append(result.posed.frame.index) if result.posed else None,
    )
    began = time.monotonic()
    session.start()
    while time.monotonic() - began < end_s:
        _look(session, outcome)
        time.sleep(0.004)
    outcome.failed = session.failure is not None
    if outcome.failed and "failed too often" not in (session.failure or ""):
        outcome.broken.append(f"it ended with {session.failure!r}")
    begun = time.monotonic()
    session.stop()
    outcome.stop_s = time.monotonic() - begun
    count = len(told)
    released.set()
    deadline = time.monotonic() + 10.0
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.005)
    if left:
        outcome.broken.append(f"threads are left: {sorted(thread.name for thread in left)}")
    if len(told) != count:
        outcome.broken.append("something was told after the stop")
    if told != sorted(set(told)):
        outcome.broken.append("a frame was told twice, or out of order")
    counters = session.snapshot().counters
    # Two may wait for the pose, one is in its hands, and one comes with the stop.
    if not 0 <= counters.captured - counters.posed - counters.dropped <= 4:
        outcome.broken.append(f"pictures are missing in the counters: {counters}")
    return outcome


def _look(session: Session, outcome: Outcome) -> None:
    begun = time.monotonic()
    snapshot = session.snapshot()
    outcome.slowest_snapshot_s = max(outcome.slowest_snapshot_s, time.monotonic() - begun)
    if snapshot.trouble and (snapshot.decisions or snapshot.skeletons):
        outcome.broken.append(f"a label beside {snapshot.trouble!r}")
    if snapshot.health is Health.RUNNING:
        for decision in snapshot.decisions:
            age_s = snapshot.counters.captured / FPS - decision.timestamp_s
            outcome.oldest_s = max(outcome.oldest_s, age_s)
    if outcome.oldest_s > OLDEST_S and not any("old label" in words for words in outcome.broken):
        outcome.broken.append(f"an old label: {outcome.oldest_s:.2f} s")


def report(outcomes: list[Outcome], command: str) -> str:
    """The campaign's page."""
    kinds = Counter(kind for outcome in outcomes for kind in outcome.faults)
    stops = sorted(outcome.stop_s for outcome in outcomes)
    broken = [f"- seed {o.seed}: {words}" for o in outcomes for words in o.broken]
    rows = {
        "schedules": f"{len(outcomes)} (seeds {outcomes[0].seed} to {outcomes[-1].seed})",
        "faults met": f"{kinds.total()}: " + ", ".join(f"{kinds[kind]} × {kind}" for kind in KINDS),
        "sessions that ended with their sentence": str(sum(outcome.failed for outcome in outcomes)),
        "promises broken": str(len(broken)),
        "a stop took, median and longest": f"{statistics.median(stops):.2f} s, {stops[-1]:.2f} s",
        "oldest label shown as current": f"{max(o.oldest_s for o in outcomes):.2f} s",
        "slowest snapshot": f"{1e3 * max(o.slowest_snapshot_s for o in outcomes):.0f} ms",
    }
    return (
        "\n".join(
            [
                "# Faults of the workers",
                "",
                f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {processor()}.",
                "",
                "| | |",
                "|---|---|",
                *(f"| {name} | {value} |" for name, value in rows.items()),
                "",
                *broken,
            ]
        ).rstrip()
        + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--schedules", type=int, default=150)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--report", type=Path)
    wish = parser.parse_args()
    outcomes = []
    for seed in range(wish.first_seed, wish.first_seed + wish.schedules):
        outcomes.append(run_schedule(seed))
        if outcomes[-1].broken:
            print(seed, outcomes[-1].broken, flush=True)
    command = f"python tests/app/worker_faults.py --schedules {wish.schedules}"
    told = report(outcomes, command)
    print(told)
    if wish.report is not None:
        wish.report.parent.mkdir(parents=True, exist_ok=True)
        wish.report.write_text(told, encoding="utf-8")
    sys.exit(1 if any(outcome.broken for outcome in outcomes) else 0)


if __name__ == "__main__":
    main()
