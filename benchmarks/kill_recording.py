"""Ends recordings by force, and looks at what is left.

    python benchmarks/kill_recording.py --report docs/campaigns/recordings.md
    python benchmarks/kill_recording.py killed=5 limit=3

Each time a process of its own records made-up pictures and skeletons at 30 frames a second, of which every
third is not posed, until it comes to one of these ends:

    killed    SIGKILL, at a random moment
    limit     a file may grow no more (RLIMIT_FSIZE), at a random size
    disk      the disk is full: a file system of random size (tmpfs; only root may mount one)
    clock     SIGKILL or a stop, with a wall clock that leaps by up to a day at every look. The recording
              begins at half past two of the night in which that comes twice, in a folder in which that name,
              and the next one, are taken

What was recorded must open and play, with every posed frame up to a second before the end, exactly, and
pictures up to there too; what was there before must be untouched. Exit code 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.kill_recording_trial import MINE, PROMISED_S, STOP, TWICE_NAME, Outcome, look_at, record

TIMES = {"killed": 200, "limit": 50, "disk": 50, "clock": 50}
SIZES = {"limit": (2_000, 400_000), "disk": (16_384, 1_000_000)}
#: Recordings at the same time.
AT_A_TIME = 2
#: What is said of them.
SAID = {"limit": "a file has grown as large as it may here", "disk": "the disk is full"}
FIRST_FRAME_WITHIN_S = 120.0


def trial(end: str, scratch: Path, most_s: float, number: int, chance: random.Random) -> Outcome:
    """One process, recorded and ended."""
    place, told = scratch / "place", scratch / "told"
    place.mkdir()
    size = round(math.exp(chance.uniform(*map(math.log, SIZES[end])))) if end in SIZES else 0
    before: frozenset[str] = frozenset()
    if end == "clock":
        before = frozenset((TWICE_NAME, f"{TWICE_NAME} (2)"))
        for name in before:
            (place / name).mkdir()
            (place / name / MINE).touch()
    if end == "disk":
        _mount(place, size)
    try:
        arguments = (place, told, size if end == "limit" else 0, number + 1 if end == "clock" else 0)
        process = multiprocessing.get_context("forkserver").Process(target=record, args=arguments)
        process.start()
        deadline = time.monotonic() + FIRST_FRAME_WITHIN_S
        while not (told.exists() and told.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.002)
        if end not in SIZES:
            time.sleep(chance.uniform(0.0, most_s))
            if end == "clock" and number % 2:
                (scratch / STOP).touch()
            else:
                process.kill()
        process.join()
        outcome = look_at(place, told, before)
        if end in SIZES and SAID[end] not in outcome.said:
            outcome.broken += (f"it is said: {outcome.said or 'nothing'}",)
        return outcome
    finally:
        if end == "disk":
            subprocess.run(["umount", place], check=True)


def _mount(place: Path, size: int) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)


def campaign(end: str, times: int, most_s: float, seed: int) -> list[str]:
    """Sentences on so many trials; those on broken promises begin with BROKEN."""

    def one(number: int) -> Outcome:
        with tempfile.TemporaryDirectory() as scratch:
            outcome = trial(end, Path(scratch), most_s, number, random.Random(f"{seed} {end} {number}"))
        for words in outcome.broken or ("whole",):
            print(f"{end} {number}, after {outcome.lived_s:.2f} s: {words}", file=sys.stderr, flush=True)
        return outcome

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        outcomes = list(pool.map(one, range(times)))
    return [
        _summary(end, outcomes),
        *[
            f"BROKEN: {end} {number}, after {outcome.lived_s:.2f} s: {words}"
            for number, outcome in enumerate(outcomes)
            for words in outcome.broken
        ],
    ]


def _summary(end: str, outcomes: Sequence[Outcome]) -> str:
    lived = [one for one in outcomes if one.lived_s > PROMISED_S]
    broken = sum(bool(one.broken) for one in outcomes)
    words = (
        f"{end}: {len(outcomes)} recordings, ended after {min(o.lived_s for o in outcomes):.2f} to "
        f"{max(o.lived_s for o in outcomes):.2f} s, {broken} of them with less than promised; "
        f"{sum(o.opened for o in outcomes)} opened, {len(outcomes) - len(lived)} were shorter than "
        f"{PROMISED_S:.0f} s."
    )
    if lived:
        words += (
            f" Missing before the end, median and most: skeletons "
            f"{np.median([o.skeletons_s for o in lived]):.2f} and {max(o.skeletons_s for o in lived):.2f} s, "
            f"pictures {np.median([o.pictures_s for o in lived]):.2f} and "
            f"{max(o.pictures_s for o in lived):.2f} s."
        )
    return words


def _times(text: str) -> tuple[str, int]:
    end, _, times = text.partition("=")
    if end not in TIMES or not times.isdigit():
        raise argparse.ArgumentTypeError(f"{text}: expected one of {', '.join(TIMES)} and a number: killed=5")
    return end, int(times)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ends", nargs="*", type=_times, metavar="END=TIMES", help="by default all four")
    parser.add_argument("--most", type=float, default=4.0, help="seconds from the first frame to a kill")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", type=Path, help="write what came of it to this file, as Markdown")
    arguments = parser.parse_args()
    multiprocessing.set_forkserver_preload(["benchmarks.kill_recording_trial"])
    ends = arguments.ends or TIMES.items()
    told = [words for end, times in ends for words in campaign(end, times, arguments.most, arguments.seed)]
    print("\n".join(told))
    if arguments.report:
        from benchmarks.this_machine import facts

        command = " ".join(["python", "benchmarks/kill_recording.py", *sys.argv[1:]])
        lines = ["# Recordings that end badly", "", f"    {command}", "", *[f"- {fact}" for fact in facts()]]
        lines += [
            "",
            __doc__.partition("\n\n")[2].partition("\n\n")[2].strip().rpartition(" Exit code")[0],
            "",
        ]
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(
            "\n".join([*lines, *[f"- {line}" for line in told], ""]), encoding="utf-8"
        )
    return 1 if any(line.startswith("BROKEN") for line in told) else 0


if __name__ == "__main__":
    sys.exit(main())
