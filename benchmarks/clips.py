"""What the application says of a folder of clips: coverage of the pose, and the actions it names.

    python benchmarks/clips.py ../shared/clips

Every clip goes through the same road as `python main.py replay CLIP --headless`. Printed for each: frames,
the share of frames with somebody and with two people, ids, the events, and the actions ranked by the highest
smoothed probability they ever had. Where EXPECTED knows the clip, the rank of the right label is given.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from app.entities import ActionEvent, State
from app.pipeline import Result
from app.road import DEFAULT_MODEL, RecognizerLoader, make_session

#: What is to be seen in a clip, where the model has a name for it.
EXPECTED = {
    "clap.mp4": ("clapping",),
    "ntu_clapping.avi": ("clapping",),
    "wave_right.mp4": ("hand waving",),
    "push_right.mp4": ("push",),
    "cross_arms.mp4": ("cross hands in front",),
    "sit_stand_arms.mp4": ("sit down", "stand up"),
}
SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm")


@dataclass
class Tally:
    """What was seen of one clip."""

    frames: int = 0
    people: Counter[int] = field(default_factory=Counter)
    ids: Counter[int] = field(default_factory=Counter)
    states: Counter[State] = field(default_factory=Counter)
    best: dict[str, float] = field(default_factory=dict)
    events: list[ActionEvent] = field(default_factory=list)

    def take(self, result: Result) -> None:
        self.events += result.events
        if result.posed is not None:
            self.frames += 1
            self.people[len(result.posed.skeletons)] += 1
            self.ids.update(skeleton.person_id for skeleton in result.posed.skeletons)
        for decision in result.decisions or ():
            self.states[decision.state] += 1
            if decision.state is not State.IDLE:
                for label, probability in decision.top:
                    self.best[label] = max(self.best.get(label, 0.0), probability)

    def ranking(self) -> list[str]:
        return sorted(self.best, key=lambda label: -self.best[label])


def run(clip: Path, loader: RecognizerLoader) -> Tally:
    """One clip, every frame. Raises RuntimeError with the session's sentence where it fails."""
    tally = Tally()
    session = make_session(str(clip), loader, lossless=True, on_result=tally.take)
    session.start()
    session.wait()
    if session.failure:
        raise RuntimeError(session.failure)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    clips = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not clips:
        print(f"{options.folder}: holds no video", file=sys.stderr)
        return 1
    loader = RecognizerLoader(options.model, options.device)
    table = Table("clip", "frames", "somebody", "two", "ids", "right label", "likeliest", "events")
    first = third = total = 0
    for clip in clips:
        tally = run(clip, loader)
        ranking = tally.ranking()
        ranks = []
        for label in EXPECTED.get(clip.name, ()):
            rank = ranking.index(label) + 1 if label in ranking else None
            ranks.append(f"{label}: {rank or '-'}")
            total, first, third = total + 1, first + (rank == 1), third + (rank is not None and rank <= 3)
        table.add_row(
            clip.name,
            str(tally.frames),
            f"{100 * (1 - tally.people[0] / tally.frames):.0f} %",
            f"{100 * tally.people[2] / tally.frames:.0f} %",
            ", ".join(f"{person} ({count})" for person, count in sorted(tally.ids.items())),
            "\n".join(ranks),
            "\n".join(f"{label} {tally.best[label]:.2f}" for label in ranking[:3]),
            "\n".join(f"{e.start_s:.1f}-{e.end_s:.1f} {e.label}" for e in tally.events),
        )
    Console(width=150).print(table)
    print(f"right label first: {first} of {total}; among the first three: {third} of {total}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
