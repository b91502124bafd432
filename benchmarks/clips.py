"""What the application says of a folder of clips: is it the right action, and what is said of stillness.

    python benchmarks/clips.py ../shared/clips [--models CHECKPOINT...] [--poses FOLDER] [--named]
        [--set NAME=VALUE...]

Every clip goes through the same road as `python main.py replay CLIP --headless`. With --poses its skeletons
come from the recording of the same name in that folder (`python main.py pose CLIP FOLDER/NAME.npz`), not from
the picture: the same answers much sooner, for comparing models. --named leaves out the clips of which
EXPECTED knows nothing. --set changes the decision's settings (app.decisions.DecisionSettings).

Of each action that EXPECTED knows to be in a clip, it is told

    top event    whether the event that says most for itself has that name: the one with the largest product
                 of duration and mean probability
    rank         the place of its name among all, by the highest smoothed probability that each ever had while
                 the person was not idle; a decision tells the five likeliest, so it may have none

Where a clip shows several actions, each is ranked as if the names of the others were not there. The class of
those who do nothing (stgat.labels.IDLE) is no action: it takes no place and makes no event.

Still is a person whose motion, by the measure and the lower threshold of the motion gate, counts as none.
Counted are the decisions at such moments: idle, unknown, or an action; for a while after an action its name
is right. Eight actions are few: a model that is first on one more of them need not be the better one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from app.decisions import DecisionSettings
from app.entities import ActionEvent, Decision, State
from app.errors import USER_ERRORS, SessionError, SourceError
from app.models import DEFAULT_MODEL
from app.pipeline import Result
from app.road import RecognizerLoader, make_session
from app.window import SlidingWindow
from benchmarks.decision_settings import add_set, chosen
from stgat.labels import IDLE
from stgat.preprocessing import Preprocessing

#: The actions to be seen in a clip that count: the eight that models are compared by.
EXPECTED = {
    "clap.mp4": ("clapping",),
    "ntu_clapping.avi": ("clapping",),
    "wave_right.mp4": ("hand waving",),
    "push_right.mp4": ("push",),
    "bow.mp4": ("bow",),
    "cross_arms.mp4": ("cross hands in front",),
    "sit_stand_arms.mp4": ("sit down", "stand up"),
}
#: What else is truly done in a clip: neither counted nor held against the actions that are.
ALSO_SEEN = {"sit_stand_arms.mp4": ("walk", "open and close the arms")}
SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm")


@dataclass(frozen=True)
class Verdict:
    """How a clip's right label fared. rank: None where the model never gave it any probability."""

    label: str
    top_event: bool
    rank: int | None

    @property
    def first(self) -> bool:
        return self.rank == 1

    @property
    def among_three(self) -> bool:
        return self.rank is not None and self.rank <= 3


@dataclass
class Tally:
    """What was seen of one clip, and said of it.

    still: what was decided at moments of stillness.
    """

    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    still_m_s: float = field(default_factory=lambda: DecisionSettings().still_m_s)
    frames: int = 0
    people: Counter[int] = field(default_factory=Counter)
    ids: Counter[int] = field(default_factory=Counter)
    best: dict[str, float] = field(default_factory=dict)
    events: list[ActionEvent] = field(default_factory=list)
    still: Counter[State] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._window = SlidingWindow(self.preprocessing)

    def take(self, result: Result) -> None:
        """Take in the next result of a session, in order."""
        self.events += [event for event in result.events if event.label != IDLE]
        if result.posed is not None:
            self.frames += 1
            self.people[len(result.posed.skeletons)] += 1
            self.ids.update(skeleton.person_id for skeleton in result.posed.skeletons)
            self._window.add(result.posed.skeletons, result.posed.frame.timestamp_s)
        if result.decisions:
            motion = {person.person_id: person.motion_m_s for person in self._window.people()}
            for decision in result.decisions:
                self._decided(decision, motion.get(decision.person_id))

    def _decided(self, decision: Decision, motion_m_s: float | None) -> None:
        idle = decision.state is State.IDLE or decision.label == IDLE
        if motion_m_s is not None and motion_m_s < self.still_m_s:
            self.still[State.IDLE if idle else decision.state] += 1
        if decision.state is not State.IDLE:
            for label, probability in decision.top:
                if label != IDLE:
                    self.best[label] = max(self.best.get(label, 0.0), probability)

    def ranking(self, but: Iterable[str] = ()) -> list[str]:
        """Names of actions, that of the highest smoothed probability first, without those in `but`."""
        left_out = set(but)
        return sorted((label for label in self.best if label not in left_out), key=lambda x: -self.best[x])

    def top_event(self, but: Iterable[str] = ()) -> ActionEvent | None:
        """The event with the largest duration times probability, of those with a name not in `but`."""
        left_out = set(but)
        events = [event for event in self.events if event.label not in left_out]
        return max(events, key=lambda event: (event.end_s - event.start_s) * event.probability, default=None)

    def verdicts(self, clip: str) -> list[Verdict]:
        """On each action that EXPECTED knows to be in the clip."""
        expected = EXPECTED.get(clip, ())
        verdicts = []
        for label in expected:
            others = {*expected, *ALSO_SEEN.get(clip, ())} - {label}
            ranking, event = self.ranking(others), self.top_event(others)
            rank = ranking.index(label) + 1 if label in ranking else None
            verdicts.append(Verdict(label, event is not None and event.label == label, rank))
        return verdicts


def run(clip: Path, loader: RecognizerLoader, settings: DecisionSettings | None = None) -> Tally:
    """One clip or recording, every frame. Raises SessionError with the session's sentence where it fails."""
    settings = settings or DecisionSettings()
    tally = Tally(loader().metadata.preprocessing, still_m_s=settings.still_m_s)
    session = make_session(str(clip), loader, settings=settings, lossless=True, on_result=tally.take)
    session.start()
    session.wait()
    if session.failure:
        raise SessionError(session.failure)
    return tally


def sources(folder: Path, poses: Path | None = None, named: bool = False) -> dict[str, Path]:
    """The clips of a folder by name, and what is played for each: the clip, or its recording in `poses`.

    named: only clips of which EXPECTED knows. Raises SourceError.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder}: is no folder of clips")
    clips = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if named:
        clips = [clip for clip in clips if clip.name in EXPECTED]
    if not clips:
        raise SourceError(f"{folder}: holds no video{' of a known action' * named}")
    if poses is None:
        return {clip.name: clip for clip in clips}
    recordings = {clip.name: poses / f"{clip.stem}.npz" for clip in clips}
    for name, recording in recordings.items():
        if not recording.is_file():
            raise SourceError(
                f"{recording}: is not there; make it with `python main.py pose {folder / name} {recording}`"
            )
    return recordings


def clips_table(model: str, tallies: dict[str, Tally]) -> Table:
    """Clip by clip, of one model."""
    table = Table(title=model)
    for column in ("clip", "frames", "somebody", "two", "ids", "right label", "likeliest", "events", "still"):
        table.add_column(column)
    for clip, tally in tallies.items():
        table.add_row(
            clip,
            str(tally.frames),
            f"{100 * (1 - tally.people[0] / tally.frames):.0f} %",
            f"{100 * tally.people[2] / tally.frames:.0f} %",
            ", ".join(f"{person} ({count})" for person, count in sorted(tally.ids.items())),
            "\n".join(f"{v.label}: {v.rank or '-'}{', top' * v.top_event}" for v in tally.verdicts(clip)),
            "\n".join(f"{label} {tally.best[label]:.2f}" for label in tally.ranking()[:3]),
            _events(tally.events),
            ", ".join(f"{state} {count}" for state, count in tally.still.most_common()),
        )
    return table


def _events(events: list[ActionEvent], shown: int = 8) -> str:
    lines = [f"{e.start_s:.1f}-{e.end_s:.1f} {e.label} {e.probability:.2f}" for e in events[:shown]]
    return "\n".join(lines + [f"and {len(events) - shown} more"] * (len(events) > shown))


def summary_table(models: dict[str, dict[str, Tally]]) -> Table:
    """One row a model."""
    total = sum(map(len, EXPECTED.values()))
    table = Table("model", f"top event, of {total}", "first", "top three", "still: idle", "unknown", "action")
    for model, tallies in models.items():
        verdicts = [verdict for clip, tally in tallies.items() for verdict in tally.verdicts(clip)]
        still = sum((tally.still for tally in tallies.values()), Counter[State]())
        shares = (
            100 * still[state] / max(still.total(), 1) for state in (State.IDLE, State.UNKNOWN, State.ACTION)
        )
        counts = (sum(getattr(v, what) for v in verdicts) for what in ("top_event", "first", "among_three"))
        table.add_row(model, *map(str, counts), *(f"{share:.0f} %" for share in shares))
    table.caption = "still: percent of the decisions at moments without motion"
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, nargs="+", default=[DEFAULT_MODEL], metavar="CHECKPOINT")
    parser.add_argument("--poses", type=Path, help="a folder with a skeleton recording of every clip")
    parser.add_argument("--named", action="store_true", help="only the clips whose action is known")
    parser.add_argument("--device", default="cpu")
    add_set(parser)
    options = parser.parse_args()
    settings = chosen(parser, options)
    console = Console(width=190, highlight=False)
    models: dict[str, dict[str, Tally]] = {}
    try:
        played = sources(options.folder, options.poses, named=options.named)
        for model in options.models:
            loader = RecognizerLoader(model, options.device)
            name = os.path.relpath(model)
            models[name] = {clip: run(path, loader, settings) for clip, path in played.items()}
            console.print(clips_table(name, models[name]))
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    console.print(summary_table(models))
    return 0


if __name__ == "__main__":
    sys.exit(main())
