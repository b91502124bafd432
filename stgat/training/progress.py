"""What a run tells of itself while it trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """Where a run stands, told after every step.

    epoch: the one that is running, from 1; step: its batches done, of `steps`.
    loss: mean of the epoch so far; top1: of its training windows, percent.
    waiting: share of the time, in percent, that the network waited for data.
    seconds_left: until the end of the run, at the pace so far.
    validation: figures on the validation part, at an epoch's end where there is such a part.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    top1: float
    learning_rate: float
    samples_per_s: float
    waiting: float
    seconds_left: float
    validation: dict[str, float] = field(default_factory=dict)

    @property
    def epoch_done(self) -> bool:
        return self.step == self.steps


Report = Callable[[Progress], None]
