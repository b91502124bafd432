"""What the sensitivity slider does on the untrimmed UTKinect recordings, from one end to the other.

    python benchmarks/sensitivity.py weights/stgat-actions.safetensors ../shared/datasets/utkinect.zip

The network watches once (benchmarks/streaming.py), then each place of the slider decides on the same answers.
--places says which. Events a minute are all that would be reported; the other columns are those of
benchmarks/streaming.py in its row "walks allowed". --json FILE keeps the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from app.errors import USER_ERRORS
from app.sensitivity import decision_settings
from app.streaming import Watched, decide, score, total
from benchmarks.streaming import HELD_OUT, add_arguments, watch_all

COLUMNS = {
    "sensitivity": "sensitivity",
    "events_a_minute": "events/min",
    "false_events_a_minute": "false/min",
    "f1@0.5": "F1@0.5",
    "median_delay_s": "delay, s",
    "never_found": "never found",
}


def at(place: float, recordings: Sequence[Watched]) -> dict[str, float | int | None]:
    """The figures of one place."""
    said = [decide(watched, decision_settings(place)) for watched in recordings]
    scored = total([score(w, words, allow_walks=True) for w, words in zip(recordings, said, strict=True)])
    minutes = sum(watched.duration_s for watched in recordings) / 60
    return {
        "sensitivity": place,
        "events_a_minute": sum(len(words.events) for words in said) / minutes,
        **scored.figures(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser, HELD_OUT)
    parser.add_argument("--places", type=float, nargs="+", default=[0.0, 0.25, 0.5, 0.75, 1.0])
    options = parser.parse_args(arguments)
    try:
        recordings = watch_all(options)
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    rows = [at(place, recordings) for place in options.places]
    table = Table(*COLUMNS.values())
    for row in rows:
        table.add_row(*("-" if row[key] is None else f"{row[key]:.2f}" for key in COLUMNS))
    Console(width=100, highlight=False).print(table)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
