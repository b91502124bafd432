"""Search the settings of the decision on recordings of training subjects: F1@0.5 without false alarms.

    python benchmarks/tune_decisions.py weights/stgat-actions.safetensors ../shared/datasets/utkinect.zip

With --and CHECKPOINT SUBJECT ... the recordings of further subjects count too, watched by another network,
so that each can be one that never saw whom it watches. The networks run once; then settings are drawn at
random (--draws, --seed) from SPACE, the best of these and of the defaults is improved by one setting at a
time, and what makes no difference goes back to its default; --only NAME ... says which settings are searched
at all. Best is the highest F1@0.5 among those with at most --false-events a minute of idle time, else with
the fewest false events; "walk" said of somebody who walks on between the actions is neither. Printed:
today's defaults and the best, how the best fares on a subject whose recordings had no say in it, and what
each setting alone does to it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.decisions import DecisionSettings
from app.errors import USER_ERRORS
from app.streaming import Score, Watched, decide, score, total
from benchmarks.streaming import add_arguments, table, watch_all

TRAINING = (1, 2, 3, 4, 5)

#: Values that each setting may have. Those with two names are shares of the setting named second.
SPACE = {
    "smoothing_s": (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0),
    "enter": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "leave/enter": (0.4, 0.55, 0.7, 0.85, 1.0),
    "margin": (0.0, 0.05, 0.1, 0.2, 0.3),
    "lag_s": (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4),
    "linger_s": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
    "move_m_s": (0.12, 0.18, 0.25, 0.35),
    "still_m_s/move_m_s": (0.3, 0.45, 0.6, 0.8),
    "idle_after_s": (0.3, 0.6, 0.9, 1.3),
    "merge_gap_s": (0.0, 0.2, 0.4, 0.7, 1.0),
    "min_event_s": (0.2, 0.4, 0.6, 0.8, 1.0),
    "sure": (0.0, 0.7, 0.8, 0.85, 0.9, 0.95),
}

Point = dict[str, float]
Space = dict[str, tuple[float, ...]]
Scores = dict[int, Score]  # by subject


def to_settings(point: Point) -> DecisionSettings:
    """The settings at one point of SPACE."""
    values = {name: value for name, value in point.items() if "/" not in name}
    for name, share in point.items():
        if "/" in name:
            setting, of = name.split("/")
            values[setting] = round(share * point[of], 4)
    return DecisionSettings(**values)


def merit(scored: Score, most_false: float) -> tuple[float, float]:
    """What is compared: with few enough false events F1@0.5, else how few they are."""
    figures = scored.figures()
    false = figures["false_events_a_minute"] or 0.0
    return (0.0, -false) if false > most_false else (1.0, figures["f1@0.5"] or 0.0)


def to_point(settings: DecisionSettings) -> Point:
    """The point that `to_settings` makes these settings of; it need not be one of SPACE's own."""
    values = settings.model_dump()
    return {name: values[name.split("/")[0]] / values.get(name.partition("/")[2], 1.0) for name in SPACE}


def score_all(recordings: Sequence[Watched], settings: DecisionSettings) -> Scores:
    """The score on each subject's recordings."""
    scores: Scores = {}
    for watched in recordings:
        scores[watched.subject] = scores.get(watched.subject, Score()) + score(
            watched, decide(watched, settings), allow_walks=True
        )
    return scores


def draw(generator: np.random.Generator, space: Space) -> Point:
    """A point of the space, every value as likely as another; the other settings as they are by default."""
    drawn = {name: float(generator.choice(values)) for name, values in space.items()}
    return {**to_point(DecisionSettings()), **drawn}


def improve(
    point: Point, space: Space, evaluate: Callable[[Point], tuple[float, float]], rounds: int = 3
) -> Point:
    """Change one setting at a time for the better, until none can be or for so many rounds."""
    best = evaluate(point)
    for _ in range(rounds):
        before = point
        for name, values in space.items():
            for value in values:
                other = {**point, name: value}
                if value != point[name] and (found := evaluate(other)) > best:
                    point, best = other, found
        if point == before:
            break
    return point


def simplify(point: Point, default: Point, evaluate: Callable[[Point], tuple[float, float]]) -> Point:
    """Give settings their default wherever that loses nothing: the data then have nothing to say of them."""
    best = evaluate(point)
    for name in point:
        other = {**point, name: default[name]}
        if (found := evaluate(other)) >= best:
            point, best = other, found
    return point


def unseen(tried: Sequence[Scores], most_false: float) -> Score:
    """Each subject scored with what was best, of all that was tried, on the other subjects."""
    found = []
    for subject in tried[0]:
        others = [total([s for name, s in scores.items() if name != subject]) for scores in tried]
        merits = [merit(scored, most_false) for scored in others]
        found.append(tried[merits.index(max(merits))][subject])
    return total(found)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser, TRAINING)
    parser.add_argument(
        "--and", action="append", nargs="+", default=[], metavar=("CHECKPOINT", "SUBJECT"), dest="others"
    )
    parser.add_argument("--only", nargs="+", choices=list(SPACE), default=list(SPACE), metavar="SETTING")
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--false-events", type=float, default=2.0, metavar="A_MINUTE")
    options = parser.parse_args(arguments)
    space = {name: SPACE[name] for name in options.only}
    parts = [options]
    for checkpoint, *subjects in options.others:
        if not subjects or not all(subject.isdecimal() for subject in subjects):
            parser.error(f"--and {checkpoint}: after the checkpoint come the numbers of the subjects")
        other = {"checkpoint": Path(checkpoint), "subjects": [int(subject) for subject in subjects]}
        parts.append(argparse.Namespace(**{**vars(options), **other}))
    try:
        recordings = [watched for part in parts for watched in watch_all(part)]
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    most = options.false_events
    generator = np.random.default_rng(options.seed)
    points = [to_point(DecisionSettings()), *(draw(generator, space) for _ in range(options.draws))]
    shown = track(points, "Trying settings", console=Console(stderr=True))
    tried = [score_all(recordings, to_settings(point)) for point in shown]
    first = max(range(len(points)), key=lambda i: merit(total(list(tried[i].values())), most))

    def whole(point: Point) -> Score:
        return total(list(score_all(recordings, to_settings(point)).values()))

    def evaluate(point: Point) -> tuple[float, float]:
        return merit(whole(point), most)

    best = simplify(improve(points[first], space, evaluate), to_point(DecisionSettings()), evaluate)
    console = Console(width=150, highlight=False)
    rows = [
        ("defaults", total(list(tried[0].values()))),
        ("best of these and of those drawn", total(list(tried[first].values()))),
        ("the same, by the other subjects", unseen(tried, most)),
        ("that, improved", whole(best)),
    ]
    console.print(table(rows))
    settings = to_settings(best).model_dump()
    console.print("\n".join(f"{name}: {value:g}" for name, value in settings.items()))
    alone = Table(
        "setting", "its values: F1@0.5, false events a minute", title="One changed, the others kept"
    )
    for name, values in space.items():
        cells = []
        for value in sorted({*values, best[name]}):
            figures = whole({**best, name: value}).figures()
            f1, false = figures["f1@0.5"] or 0.0, figures["false_events_a_minute"] or 0.0
            cells.append(f"{'*' if value == best[name] else ''}{value:g}: {f1:.2f}, {false:.1f}")
        alone.add_row(name, "   ".join(cells))
    console.print(alone)
    if options.json:
        names = ("defaults", "drawn", "by_others", "best")
        figures = {name: scored.figures() for name, (_, scored) in zip(names, rows, strict=True)}
        told = {"settings": settings, **figures}
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
