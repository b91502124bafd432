"""Kills `python main.py prepare` and `train` at random moments, resumes them, and compares with whole runs.

    python benchmarks/kill_work.py prepare --report docs/campaigns/interrupted-prepare.md
    python benchmarks/kill_work.py train --report docs/campaigns/interrupted-train.md

A made-up data set in NTU RGB+D's shape is prepared, and a tiny network trained on it: each once without
interruption, and then again and again with a SIGKILL to the whole process group, worker processes included.
Moments are drawn over the start, over the whole of the work, into single saves (a file that is being written
is seen, then up to a few thousandths of a second) and into the end. After each kill the project's own readers
look at what is left; then the same command goes on, is half of the times killed once or twice more, and its
result is compared with the whole run's: prepared files byte for byte, of training the weights and the
optimiser's state bit for bit and the figures of every epoch.

The whole runs and every tenth of the others are `python main.py` from its first import on; the rest are
forked from here with everything imported, and run main.py then. Every second training saves many times an
epoch, instead of every five minutes, so that a kill in the middle of one has something to go on from.

Exit code 1 where anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import multiprocessing
import os
import random
import runpy
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import app.cli  # noqa: F401  # so that it is there in what is forked
from benchmarks.kill_work_report import write_report
from benchmarks.kill_work_works import PrepareWork, TrainWork, Work

MAIN = Path(__file__).resolve().parents[1] / "main.py"
#: Every so many runs begin with the imports.
ANEW_EVERY = 10
SAVE_EVERY_S = 0.03
POLL_S = 0.002
#: After a file that is being written was seen.
INTO_A_SAVE_S = 0.006
INTO_THE_END_S = 0.1
#: How the moments are shared out, in twentieths.
SHARES = {"start": 3, "work": 9, "save": 6, "end": 2}
MAX_MORE_KILLS = 2


@dataclass
class Pace:
    """How an uninterrupted run went: seconds to its first file, from there to its end, and its saves."""

    start_s: float = 0.0
    work_s: float = 0.0
    saves: int = 0


@dataclass
class Kill:
    """One interrupted run. moment: in words. left: what was there; said: by the run that ended it."""

    moment: str
    left: str
    more: int = 0
    said: str = ""
    wrong: list[str] = field(default_factory=list)


class Run:
    """A command in a process group of its own, watched by the files it makes.

    forked: whether it has everything imported when it starts. often: whether a training saves often.
    """

    def __init__(self, work: Work, out: Path, forked: bool = True, often: bool = False) -> None:
        self._work, self._out = work, out
        self._arguments, self._often = work.arguments(out), often
        self._log = out.with_name("log")
        target = self._run if forked else self._run_anew
        self._process = multiprocessing.get_context("fork").Process(target=target)
        self._process.start()
        self.began = time.monotonic()
        self.first_file_s = 0.0
        self.saves = 0
        self._seen: set[tuple[str, int]] = set()

    def _leave(self) -> None:
        os.setsid()
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)

    def _run_anew(self) -> None:
        self._leave()
        os.execv(sys.executable, [sys.executable, str(MAIN), *self._arguments])

    def _run(self) -> None:
        self._leave()
        if self._often:
            from stgat.training import train

            train.SAVE_EVERY_S = SAVE_EVERY_S
        sys.argv = [str(MAIN), *self._arguments]
        runpy.run_path(str(MAIN), run_name="__main__")

    def watch(self, until: Callable[[Run], bool]) -> bool:
        """Look again and again until the condition holds; False where the process ended before."""
        while self._process.exitcode is None:
            self._look()
            if until(self):
                return True
            time.sleep(POLL_S)
        self._look()
        return False

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # before it had a group of its own
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()

    def ended(self) -> tuple[int | None, str]:
        """The exit code, and what was said."""
        self._process.join()
        return self._process.exitcode, self._log.read_text(errors="replace")

    @property
    def lasted_s(self) -> float:
        return time.monotonic() - self.began

    @property
    def ending(self) -> bool:
        return self._work.ending(self._out)

    def _look(self) -> None:
        if not self.first_file_s and self._work.begun(self._out):
            self.first_file_s = self.lasted_s
        for path in _being_written(self._out):
            try:
                one = path.name, path.stat().st_ino
            except FileNotFoundError:
                continue
            if one not in self._seen:
                self._seen.add(one)
                self.saves += 1


def _being_written(out: Path) -> Iterator[Path]:
    for folder in (out, out / "parts"):
        try:
            yield from [
                path for path in folder.iterdir() if path.name[0] == "." and path.suffix in (".tmp", ".part")
            ]
        except FileNotFoundError:
            return


def whole(work: Work, out: Path, forked: bool) -> Pace:
    """Run once without interruption. Raises RuntimeError where that fails."""
    run = Run(work, out, forked)
    run.watch(lambda run: False)
    lasted_s = run.lasted_s
    code, said = run.ended()
    if code:
        raise RuntimeError(f"{work.name} fails by itself: {said}")
    return Pace(run.first_file_s, lasted_s - run.first_file_s, run.saves)


def moments(times: int, chance: random.Random) -> list[tuple[str, float]]:
    """What to wait for, and how far into it, 0 to 1: `times` of them, shared as in SHARES.

    Of each kind they are spread evenly, each drawn within its own stretch.
    """
    kinds = [kind for kind, share in SHARES.items() for _ in range(share)]
    chance.shuffle(kinds)
    counts = Counter(itertools.islice(itertools.cycle(kinds), times))
    drawn = [(k, (i + chance.random()) / n) for k, n in counts.items() for i in range(n)]
    chance.shuffle(drawn)
    return drawn


def killed(run: Run, pace: Pace, moment: tuple[str, float], chance: random.Random) -> str:
    """Kill a run at a moment; in words when that was, or "" where it had ended before."""
    kind, share = moment
    if kind == "save":
        number = int(share * pace.saves)
        reached, rest_s = run.watch(lambda run: run.saves > number), chance.uniform(0.0, INTO_A_SAVE_S)
        words = f"{1000 * rest_s:.1f} ms into save {number + 1}"
    elif kind == "work":
        reached, rest_s = run.watch(lambda run: run.first_file_s > 0), share * pace.work_s
        words = f"{rest_s:.2f} s after its first file"
    elif kind == "end":
        reached, rest_s = run.watch(lambda run: run.ending), share * INTO_THE_END_S
        words = f"{1000 * rest_s:.0f} ms into its end"
    else:
        reached, rest_s = True, share * (pace.start_s + (pace.work_s if kind == "any" else 0.0))
        words = f"{rest_s:.2f} s after its start"
    deadline = time.monotonic() + rest_s
    if not reached or not run.watch(lambda run: time.monotonic() >= deadline):
        run.ended()
        return ""
    run.kill()
    return words


def one(
    begin: Callable[[], Run],
    work: Work,
    pace: Pace,
    out: Path,
    moment: tuple[str, float],
    chance: random.Random,
) -> Kill | None:
    """Kill, look, go on, compare; None where the run had ended before the moment came."""
    words = killed(begin(), pace, moment, chance)
    if not words:
        return None
    kill = Kill(words, work.left(out))
    kill.wrong += work.faults(out)
    for _ in range(chance.choice([0, 0, 1, MAX_MORE_KILLS])):
        if killed(begin(), pace, ("any", chance.random()), chance):
            kill.more += 1
            kill.wrong += work.faults(out)
    done = work.done(out)
    code, said = begin().ended()
    kill.said = work.said(said)
    if code:
        kill.wrong.append(f"the run that goes on ends with {code}: {' '.join(said.split())[-500:]}")
    else:
        kill.wrong += work.differences(out, done, kill.said)
    return kill


def import_for_training(scratch: Path) -> None:
    """So that what is forked has it."""
    import stgat.training.train  # noqa: F401
    from stgat.training.curves import Curves

    with Curves(scratch):  # imports what draws them
        pass


def campaign(
    work: Work, times: int, all_forked: bool, chance: random.Random, scratch: Path
) -> tuple[Pace, list[Kill]]:
    """So many kills of one kind of work, each told as it is done; the pace is that of forked runs."""
    work.place(scratch)
    anew = whole(work, work.reference, all_forked)
    (scratch / "forked").mkdir()
    fast = anew if all_forked else whole(work, scratch / "forked" / "out", True)
    kills: list[Kill] = []
    waiting = moments(times, chance)
    while len(kills) < times:
        moment, number = waiting.pop() if waiting else moments(20, chance)[0], len(kills)
        forked = all_forked or number % ANEW_EVERY > 0
        with tempfile.TemporaryDirectory(dir=scratch) as place:
            out = Path(place) / "out"
            begin = partial(Run, work, out, forked, number % 2 == 1)
            kill = one(begin, work, fast if forked else anew, out, moment, chance)
        if kill is not None:
            kills.append(kill)
            print(f"{work.name} {len(kills)}: {kill.moment}; {kill.left}; {kill.wrong or 'same'}", flush=True)
    return fast, kills


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", choices=("prepare", "train"))
    parser.add_argument("--times", type=int, default=50, help="how many kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=300, help="recordings to prepare and train on")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--forked", action="store_true", help="begin no run with the imports: much faster")
    parser.add_argument("--report", type=Path, help="write what came of it to this file, as Markdown")
    arguments = parser.parse_args()
    chance = random.Random(f"{arguments.seed} {arguments.work}")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        work: Work = PrepareWork(arguments.samples)
        if arguments.work == "train":
            import_for_training(scratch)
            work.place(scratch)
            whole(work, work.reference, arguments.forked)
            work = TrainWork(work.reference, arguments.epochs)
        pace, kills = campaign(work, arguments.times, arguments.forked, chance, scratch)
    if arguments.report:
        write_report(arguments.report, work.name, arguments.seed, pace, kills)
    wrong = sum(bool(kill.wrong) for kill in kills)
    print(f"{len(kills)} kills, {wrong} with a different result")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
