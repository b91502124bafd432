"""A training run on the terminal: one line an epoch, and a bar for the epoch that is running."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

if TYPE_CHECKING:
    from stgat.training.progress import Progress as Step


@contextmanager
def shown(console: Console) -> Iterator[Callable[[Step], None]]:
    """What `train` reports to; in a log file there is no bar, and of several processes one has it."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    hidden = not (console.is_terminal and is_first_process())
    with Progress(*columns, console=console, transient=True, disable=hidden) as bars:
        task = bars.add_task("starting", total=None)

        def report(step: Step) -> None:
            if step.epoch_done:
                console.print(epoch_line(step), markup=False)
            text = (
                f"epoch {step.epoch}/{step.epochs}  loss {step.loss:.3f}  top-1 {step.top1:.1f} %  "
                f"{step.samples_per_s:.0f} samples/s  {time_left(step)} left"
            )
            bars.update(task, description=text, completed=step.step, total=step.steps)

        yield report


def is_first_process() -> bool:
    """Whether this is the one that speaks: by torchrun's number, or by the one `devices=N` gives."""
    return os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")) == "0"


def epoch_line(step: Step) -> str:
    """What is said of a finished epoch."""
    validation = f"  validation top-1 {step.validation['top1']:5.1f} %" if step.validation else ""
    return (
        f"epoch {step.epoch:>3}/{step.epochs}  loss {step.loss:.3f}  training top-1 {step.top1:5.1f} %"
        f"{validation}  rate {step.learning_rate:.4f}  {step.samples_per_s:.0f} samples/s  waiting "
        f"{step.waiting:.1f} %  {time_left(step)} left"
    )


def time_left(step: Step) -> str:
    """Until the end of the run; a run that goes on at the end of an epoch has no pace yet."""
    return duration(step.seconds_left) if step.samples_per_s else "unknown time"


def duration(seconds: float) -> str:
    """
    >>> duration(59), duration(61), duration(3600 * 26 + 60)
    ('0:59', '1:01', '26:01:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
