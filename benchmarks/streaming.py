"""What a model says of the untrimmed UTKinect recordings, frame by frame as live, and what is done in them.

    python benchmarks/streaming.py weights/stgat-actions.safetensors ../shared/datasets/utkinect.zip

--subjects: whose recordings, by default those that no training saw. --set NAME=VALUE ... are settings of the
decision (app.decisions.DecisionSettings) instead of the defaults. --json FILE keeps the figures, --pictures
FOLDER draws each recording's truth, events and what was said at the time.

Frame accuracy is of what was said at the time; where nothing is labelled, "idle" and "unknown" are both
right. F1, edit score and false events are of the events, whose start and end the decision weighs afterwards.
The delay is from an action's start to the first right word, until 1 s after its end. A false event lies for
half or more of it where nothing is labelled. People also walk on where the labels say nothing; the row "walks
allowed" does not hold "walk" against a model there, and that time is not idle. Actions that the table leaves
out, or the model has no label for, are not counted; what was said there is printed last. Definitions:
app/streaming.py and stgat/training/segments.py.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.errors import USER_ERRORS
from app.streaming import Said, Score, Watched, decide, score, total, watch
from benchmarks.decision_settings import add_set, chosen
from benchmarks.timelines import draw_timeline
from stgat.checkpoint import load_checkpoint
from stgat.continual.recognizer import recognizer_of
from stgat.data.label_table import labels_of, read_label_table
from stgat.data.utkinect import UTKinect, read_recordings
from stgat.errors import DataError
from stgat.recognizer import Recognizer

TABLE = Path(__file__).resolve().parents[1] / "configs" / "everyday-actions.csv"
HELD_OUT = (6, 7, 8, 9, 10)

COLUMNS = {
    "frame_accuracy": "frames right",
    "accuracy_in_action": "in action",
    "accuracy_in_idle": "in idle",
    "f1@0.1": "F1@0.1",
    "f1@0.25": "F1@0.25",
    "f1@0.5": "F1@0.5",
    "edit": "edit",
    "median_delay_s": "delay, s",
    "never_found": "never found",
    "false_events_a_minute": "false/min",
}


def add_arguments(parser: argparse.ArgumentParser, subjects: Sequence[int]) -> None:
    """The arguments of every benchmark on the recordings."""
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("data", type=Path, help="UTKinect-Action3D, a folder or zip archive")
    parser.add_argument("--subjects", type=int, nargs="+", default=list(subjects))
    parser.add_argument("--table", type=Path, default=TABLE, help="which action counts as which label")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--windows", action="store_true", help="show a continual model windows, each a stream of its own"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures there")


def watch_all(options: argparse.Namespace) -> list[Watched]:
    """The network's answers on all recordings of the subjects asked for.

    Raises any of app.errors.USER_ERRORS; DataError where the data have no recording of these subjects.
    """
    torch.set_num_threads(options.threads)
    labels = labels_of(read_label_table(options.table), UTKinect.name)
    checkpoint = load_checkpoint(options.checkpoint)
    if options.windows:
        recognizer = Recognizer(checkpoint, options.device)
    else:
        recognizer = recognizer_of(checkpoint, options.device)
    recordings = [r for r in read_recordings(options.data) if r.subject in options.subjects]
    if not recordings:
        raise DataError(f"{options.data}: no recording of subject {', '.join(map(str, options.subjects))}")
    console = Console(stderr=True)
    return [watch(r, recognizer, labels) for r in track(recordings, "Recognising", console=console)]


def table(named: Sequence[tuple[str, Score]]) -> Table:
    """A row a score."""
    shown = Table("", "segments", *COLUMNS.values())
    for name, scored in named:
        figures = scored.figures()
        cells = ["-" if figures[key] is None else f"{figures[key]:.2f}" for key in COLUMNS]
        shown.add_row(name, str(figures["segments"]), *cells)
    return shown


def as_json(watched: Watched, said: Said, scored: Score) -> dict[str, object]:
    """One recording: figures, truth and events as [label, start_s, end_s]."""
    return {
        "figures": scored.figures(),
        **{
            key: [[span.label, round(span.start_s, 2), round(span.end_s, 2)] for span in spans]
            for key, spans in (
                ("truth", watched.truth), ("left_out", watched.left_out), ("events", said.events),
            )
        },
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser, HELD_OUT)
    parser.add_argument("--pictures", type=Path, help="draw the timelines there")
    add_set(parser)
    options = parser.parse_args(arguments)
    settings = chosen(parser, options)
    try:
        recordings = watch_all(options)
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    said = [decide(watched, settings) for watched in recordings]
    scores = [score(watched, words) for watched, words in zip(recordings, said, strict=True)]
    whole = total(scores)
    rows = [(watched.name, scored) for watched, scored in zip(recordings, scores, strict=True)]
    console = Console(width=150, highlight=False)
    walking = total([score(w, words, allow_walks=True) for w, words in zip(recordings, said, strict=True)])
    console.print(table([*rows, ("all", whole), ("walks allowed", walking)]))
    console.print(
        f"{whole.idle_s / 60:.1f} minutes without a labelled action, "
        f"{(whole.idle_s - walking.idle_s) / 60:.1f} of them walking"
    )
    for (action, label), count in sorted(Counter(whole.at_left_out).items()):
        console.print(f"during {action}, which is not counted: {label} {count} times")
    if options.json:
        told = {
            "checkpoint": options.checkpoint.name,
            "subjects": options.subjects,
            "settings": settings.model_dump(),
            "all": whole.figures(),
            "walks_allowed": walking.figures(),
            "recordings": {
                watched.name: as_json(watched, words, scored)
                for watched, words, scored in zip(recordings, said, scores, strict=True)
            },
        }
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for watched, words in zip(recordings, said, strict=True):
            draw_timeline(watched, words, options.pictures / f"{watched.name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
