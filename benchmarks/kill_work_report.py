"""What benchmarks/kill_work.py found, as a page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.kill_work import Kill, Pace

_COLUMNS = ("", "killed", "what was left", "more kills", "the run that went on", "result")


def write_report(path: Path, name: str, seed: int, pace: Pace, kills: Sequence[Kill]) -> None:
    """What was run and found in all, and a line for each kill."""
    from benchmarks.this_machine import facts

    same = sum(not kill.wrong for kill in kills)
    lines = [
        f"# Interrupted work: {name}",
        "",
        f"    {' '.join(['python', 'benchmarks/kill_work.py', *sys.argv[1:]])}",
        "",
        *[f"- {fact}" for fact in facts()],
        "",
        f"Uninterrupted: {pace.start_s:.1f} s to the first file, {pace.work_s:.1f} s from there to the end, "
        f"{pace.saves} files seen while they were written. {len(kills)} runs were killed, "
        f"{sum(kill.more > 0 for kill in kills)} of them once or twice more; "
        f"{sum(_torn(kill.left) for kill in kills)} kills left a half-written file. Seed {seed}. "
        f"**The result was that of the uninterrupted run {same} of {len(kills)} times.**",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        f"|{' --- |' * len(_COLUMNS)}",
    ]
    for number, kill in enumerate(kills, 1):
        result = "; ".join(kill.wrong).replace("|", "/") or "same"
        cells = (str(number), kill.moment, kill.left, str(kill.more), kill.said, result)
        lines.append(f"| {' | '.join(cells)} |")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _torn(left: str) -> bool:
    return "half-written" in left and "0 half-written" not in left
