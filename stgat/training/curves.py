"""A run's figures as TensorBoard curves."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import TracebackType
from typing import Self


class Curves:
    """Writes one point a figure and epoch under RUN/tensorboard; without a run, nothing."""

    def __init__(self, run: Path | None) -> None:
        self._writer = None
        if run is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of what tensorboard imports
                from torch.utils.tensorboard import SummaryWriter
            self._writer = SummaryWriter(str(run / "tensorboard"))

    def add(self, line: dict[str, float]) -> None:
        """The figures of one epoch, as in metrics.jsonl."""
        if self._writer is not None:
            for name, value in line.items():
                if name != "epoch":
                    self._writer.add_scalar(name, value, int(line["epoch"]))
            self._writer.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
