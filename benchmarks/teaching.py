"""How well actions are learned from five or ten takes: taught beside the network's own, and a baseline.

    python benchmarks/teaching.py configs/stgat-actions-small.yaml --episodes 30 --json teaching.json

The network is pretrained without the actions (benchmarks/novel_actions.py; runs/NAME-for-teaching, about ten
minutes of one core, once). An episode draws a few of the novel actions of a data set and as many takes of
each, teaches them as the application does, and asks of other takes what they are: of UTD-MHAD takes by the
subjects 1, 3, 5, 7 teach and all takes by 2, 4, 6, 8 are asked of; of GTU, which does not say who is who, all
other takes.

"n-way" is the share named right where only the taught actions are to choose from; "among all" where the
network's own are, too. The baseline is the nearest neighbour on joints, relative to the hips, cut or
stretched to 32 frames: "raw" as the sensor gave them, "cut" on the one body, facing the camera and without
the stillness at either end. Cost: own actions, windows of held-out people; unknown, takes of novel actions
that were not taught, what share of them is called a taught action with the probability at which the
application says it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from app.decisions import DecisionSettings
from app.errors import USER_ERRORS
from benchmarks.novel_actions import Sequence, novel_sequences, pretrained, reduced
from stgat.data.idle import moving
from stgat.labels import IDLE
from stgat.sampling import resample
from stgat.skeleton import FloatArray
from stgat.teaching.learner import Rows, take_scores
from stgat.teaching.lesson import Lesson, Looked, look_at_takes
from stgat.teaching.memory import Memory
from stgat.teaching.teach import learn, old_classes
from stgat.training.load_config import load_pooled_config

FRAMES = 32
#: (actions, takes a class)
SETTINGS = ((5, 5), (5, 10), (10, 5), (10, 10))


@dataclass(frozen=True)
class Episode:
    """Shares in percent. own_*: of the network's own actions. unknown_*: of takes of actions nobody taught:
    called any action before, any after, and a taught one after."""

    n_way: float
    among_all: float
    raw_neighbour: float
    cut_neighbour: float
    told: float
    own_before: float
    own_after: float
    unknown_before: float | None
    unknown_after: float | None
    unknown_taught: float | None


def draw(
    sequences: list[Sequence], actions: int, takes: int, rng: np.random.Generator
) -> tuple[list[str], list[int], list[int], list[int]]:
    """Names of the actions, and places in `sequences` of takes to teach, to ask of, and of other actions."""
    known = sorted({sequence.action for sequence in sequences})
    names = [str(name) for name in rng.choice(known, actions, replace=False)]
    teach: list[int] = []
    ask: list[int] = []
    for name in names:
        mine = rng.permutation([i for i, s in enumerate(sequences) if s.action == name]).tolist()
        teaching = [i for i in mine if sequences[i].subject % 2 or not sequences[i].subject][:takes]
        teach += teaching
        ask += [i for i in mine if i not in teaching and sequences[i].subject % 2 == 0]
    others = [i for i, s in enumerate(sequences) if s.action not in names and s.subject % 2 == 0]
    return names, teach, ask, others


def raw_vector(sequence: Sequence) -> FloatArray:
    """(32 * V * 3,) of a whole sequence as the sensor gave it, relative to the hips."""
    joints, times = sequence.raw_m, sequence.take.timestamps_s
    return resample(joints - joints[:, :1], times, FRAMES, times[0], times[-1]).ravel()


def cut_vector(sequence: Sequence) -> FloatArray:
    """(32 * 25 * 3,) of the part of a sequence that moves, on the one body, facing the camera."""
    take = sequence.take
    joints = resample(take.joints_m, take.timestamps_s, FRAMES, *moving(take.joints_m, take.timestamps_s))
    joints = joints - joints[:, :1]
    across = (joints[:, 8] - joints[:, 4]).mean(axis=0)
    angle = np.arctan2(across[2], across[0])
    c, s = np.cos(angle), np.sin(angle)
    return (joints @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T).ravel()


def nearest(vectors: FloatArray, teach: list[int], ask: list[int]) -> NDArray[np.int64]:
    """Places in `teach` of the nearest to each of `ask`."""
    a, b = vectors[ask], vectors[teach]
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return squares.argmin(axis=1)


def episodes(
    sequences: list[Sequence],
    looked: list[Looked],
    metadata,
    memory: Memory,
    setting: tuple[int, int],
    count: int,
    seed: int,
) -> Iterator[Episode]:
    """One after the other; the same seed draws the same ones."""
    rng = np.random.default_rng(seed)
    raw = np.stack([raw_vector(sequence) for sequence in sequences])
    cut = np.stack([cut_vector(sequence) for sequence in sequences])
    enter = DecisionSettings().enter
    for _ in range(count):
        names, teach, ask, others = draw(sequences, *setting, rng)
        label = {name: number for number, name in enumerate(names)}
        truth = np.array([label[sequences[i].action] for i in ask])
        taught = np.array([label[sequences[i].action] for i in teach])
        lesson = Lesson(metadata, names, [looked[i] for i in teach], taught, memory)
        _, rows, _ = learn(lesson)
        scores = asked(lesson, rows, [looked[i] for i in ask])
        unknown = asked(lesson, rows, [looked[i] for i in others])
        silent = Rows(rows.weight[:0], rows.bias[:0])
        before = asked(lesson, silent, [looked[i] for i in others])
        K = lesson.K
        idle = lesson.labels.index(IDLE)
        own = old_classes(lesson, rows, memory)
        yield Episode(
            n_way=percent(scores[:, K:].argmax(axis=1) == truth),
            among_all=percent(scores.argmax(axis=1) == truth + K),
            raw_neighbour=percent(taught[nearest(raw, teach, ask)] == truth),
            cut_neighbour=percent(taught[nearest(cut, teach, ask)] == truth),
            told=percent((scores.argmax(axis=1) == truth + K) & (scores.max(axis=1) >= enter)),
            own_before=100 * own.before,
            own_after=100 * own.after,
            unknown_before=percent((before.argmax(axis=1) != idle) & (before.max(axis=1) >= enter)),
            unknown_after=percent((unknown.argmax(axis=1) != idle) & (unknown.max(axis=1) >= enter)),
            unknown_taught=percent((unknown.argmax(axis=1) >= K) & (unknown.max(axis=1) >= enter)),
        )


def asked(lesson: Lesson, rows: Rows, looked: list[Looked]) -> FloatArray:
    """(takes, K + n) mean probabilities over the plain windows of each."""
    if not looked:
        return np.zeros((0, lesson.K + len(rows.bias)))
    examples = lesson.examples_of(looked, np.zeros(len(looked), np.int64))
    return take_scores(rows, examples)[1]


def percent(right: NDArray[np.bool_]) -> float | None:
    return float(right.mean() * 100) if len(right) else None


def spread(values: list[float]) -> str:
    return f"{np.mean(values):.1f} ± {np.std(values):.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--episodes", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=30, help="of the pretraining")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    try:
        whole = load_pooled_config(options.config)
        checkpoint, memory = pretrained(reduced(whole, options.epochs), options.runs)
        sequences = novel_sequences(whole)
        started = time.process_time()
        looked = look_at_takes(checkpoint, [sequence.take for sequence in sequences])
        seconds = (time.process_time() - started) / len(sequences)
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{len(sequences)} takes looked at, {seconds:.3f} s of one core each", flush=True)
    columns = (
        "data set", "ways", "takes", "n-way", "raw neighbour", "cut neighbour", "ahead in", "among all",
        "own before", "own after", "told", "unknown named before", "after", "as taught",
    )  # fmt: skip
    table = Table(*columns)
    found = []
    for data_set in ("utd-mhad", "gtu"):
        places = [i for i, sequence in enumerate(sequences) if sequence.data_set == data_set]
        for setting in SETTINGS:
            results = list(
                episodes(
                    [sequences[i] for i in places],
                    [looked[i] for i in places],
                    checkpoint.metadata,
                    memory,
                    setting,
                    options.episodes,
                    options.seed,
                )
            )
            by_name = {name: [asdict(r)[name] for r in results] for name in asdict(results[0])}
            ahead = sum(r.n_way > max(r.raw_neighbour, r.cut_neighbour) for r in results)
            row = [data_set, *map(str, setting), spread(by_name["n_way"]), spread(by_name["raw_neighbour"])]
            row += [spread(by_name["cut_neighbour"]), f"{ahead} of {len(results)}"]
            row += [spread(by_name["among_all"])]
            row += [
                "-" if by_name[name][0] is None else f"{np.mean(by_name[name]):.1f}"
                for name in (
                    "own_before",
                    "own_after",
                    "told",
                    "unknown_before",
                    "unknown_after",
                    "unknown_taught",
                )
            ]
            table.add_row(*row)
            print(*row, sep=" | ", flush=True)
            found.append({"data_set": data_set, "ways": setting[0], "takes": setting[1], "episodes": by_name})
    Console(highlight=False, width=160).print(table)
    if options.json:
        content = {"config": str(options.config), "seed": options.seed, "found": found}
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
