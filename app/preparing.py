"""What the `prepare` verb shows: how far it is, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from stgat.data.prepare import Phase, Progress, Summary
from stgat.data.prepared import REJECTED

#: Where there is no terminal a line is written so often.
LINE_EVERY_S = 5.0
_WORDS = {Phase.READ: "Reading", Phase.MERGE: "Putting together"}


@contextmanager
def shown(console: Console) -> Iterator[Callable[[Progress], None]]:
    """What to tell of the progress: a bar on a terminal, a line now and then elsewhere."""
    if not console.is_terminal:
        yield Lines(console).tell
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _SpeedColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Bars(*columns, console=console, transient=True) as bars:
        tasks = {}

        def tell(progress: Progress) -> None:
            phase = progress.phase
            if phase not in tasks:
                tasks[phase] = bars.add_task(_WORDS[phase], total=progress.total, completed=progress.kept)
            bars.update(tasks[phase], completed=progress.done, total=progress.total)

        yield tell


class Lines:
    """One line every LINE_EVERY_S seconds. clock: seconds that only grow."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._phase: Phase | None = None
        self._started = self._told = 0.0

    def tell(self, progress: Progress) -> None:
        now = self._clock()
        if progress.phase is not self._phase:
            self._phase, self._started, self._told = progress.phase, now, now
        if now - self._told < LINE_EVERY_S:
            return
        self._told = now
        rate = (progress.done - progress.kept) / (now - self._started)
        left = timedelta(seconds=round((progress.total - progress.done) / rate)) if rate else "unknown time"
        self._console.print(
            f"{_WORDS[progress.phase]}: {progress.done:,} of {progress.total:,}, {rate:,.0f}/s, {left} left"
        )


class _SpeedColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def outcome(summary: Summary) -> Iterator[str]:
    """The lines that end the verb: what is there now, what was rejected, how long it took."""
    dataset = summary.dataset
    info, samples, folder = dataset.info, dataset.samples, dataset.folder
    if summary.already_done:
        yield f"{folder} is prepared already; --restart does it again."
    yield f"{folder}: {info.title}"
    classes, subjects = len(np.unique(samples.label)), len(np.unique(samples.subject[samples.subject > 0]))
    yield (
        f"  {_count(info.num_samples, 'sample')} of {_count(classes, 'class', 'classes')}"
        + (f" by {_count(subjects, 'subject')}" if subjects else "")
        + f", {_count(info.num_frames, 'frame')}"
        + f", up to {_count(int(samples.people.max()), 'person', 'people')} in a sample"
        + f"; {dataset.joints.nbytes / 1e6:,.1f} MB"
    )
    if info.num_rejected:
        yield f"  {info.num_rejected:,} rejected, listed in {folder / REJECTED}:"
        for refusal in summary.rejected:
            yield f"    {refusal.name}: {refusal.reason}"
        if info.num_rejected > len(summary.rejected):
            yield "    ..."
    if summary.num_read:
        rate = summary.num_read / max(summary.seconds, 1e-9)
        yield f"  {_count(summary.num_read, 'recording')} read in {summary.seconds:.1f} s ({rate:,.0f}/s)"
    elif not summary.already_done:
        yield f"  all recordings were read before; put together in {summary.seconds:.1f} s"
    yield f"Look at it: python main.py inspect {folder}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
