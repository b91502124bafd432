"""Where a model is wrong: a picture an action, of the motion and of what was thought of it, for a model card.

    python benchmarks/failure_pictures.py FOLDER --model weights/stgat-actions.safetensors --output FAILURES

FOLDER holds skeleton recordings (`python main.py pose CLIP FOLDER/NAME.npz`) of clips whose action
benchmarks/clips.py knows, and they are played as there. Of every action whose name is not the top event, or
of all with --all, there is drawn

    the skeletons over time, as the camera sees them, limbs it hardly saw in grey
    the events, at which the verdict looks
    the smoothed probabilities of the right name and of two others, what was told instead and what had most,
    while the person moves; at rest (grey) nothing is said, whatever the network thinks (broken lines)
    the motion against the gate's two thresholds

and no pixel of the clip itself, which need not be ours to show.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from app.decisions import DecisionSettings, Observation
from app.entities import Decision, State
from app.errors import USER_ERRORS, SessionError, SourceError
from app.models import DEFAULT_MODEL
from app.pipeline import Result
from app.recognition import Observer
from app.road import RecognizerLoader, make_session
from benchmarks.clips import ALSO_SEEN, EXPECTED, Tally
from benchmarks.failure_figure import Failure, draw_failure
from stgat.recognizer import Recognizer
from stgat.skeleton import FloatArray, Skeleton

OTHERS = 2


@dataclass(frozen=True)
class Moment:
    """What the network said of one person at one moment, and what was decided."""

    time_s: float
    observation: Observation
    decision: Decision


class Witness:
    """Hears a session's results, and asks the network again for what a decision keeps to itself.

    A decision tells the five likeliest actions; the right one need not be among them.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self.labels = recognizer.labels
        self.tally = Tally(recognizer.metadata.preprocessing)
        self.skeletons: list[Skeleton] = []
        self.moments: list[Moment] = []
        self._observer = Observer(recognizer)

    def take(self, result: Result) -> None:
        """The next result, in order."""
        self.tally.take(result)
        if result.posed is None:
            return
        time_s = result.posed.frame.timestamp_s
        self.skeletons += result.posed.skeletons
        self._observer.add(result.posed.skeletons, time_s)
        decisions = {decision.person_id: decision for decision in result.decisions or ()}
        for seen in self._observer.observe() or ():
            self.moments.append(Moment(time_s, seen, decisions[seen.person_id]))

    def failure(self, clip: str, label: str, settings: DecisionSettings) -> Failure:
        """All that the picture shows of an action of a clip. Raises SourceError where nobody is in it."""
        person = next((person for person, _ in self.tally.ids.most_common(1)), None)
        moments = [moment for moment in self.moments if moment.decision.person_id == person]
        if not moments:
            raise SourceError(f"{clip}: nobody is in it for long enough to be recognised")
        seen = {label, *EXPECTED[clip], *ALSO_SEEN.get(clip, ())} - {label}
        top = self.tally.top_event(seen)
        told = None if top is None else top.label
        probabilities = smoothed(moments, settings.smoothing_s)
        raw = np.stack([moment.observation.prediction.probabilities for moment in moments])
        resting = np.isnan(probabilities[:, 0])
        names = (label, *self._others(label, told, probabilities, raw))
        return Failure(
            clip=clip,
            right=label,
            told=told,
            curves={name: probabilities[:, self.labels.index(name)] for name in names},
            at_rest={name: np.where(resting, raw[:, self.labels.index(name)], np.nan) for name in names},
            times_s=np.array([moment.time_s for moment in moments]),
            motion_m_s=np.array([moment.observation.motion_m_s for moment in moments]),
            events=[event for event in self.tally.events if event.person_id == person],
            skeletons=[skeleton for skeleton in self.skeletons if skeleton.person_id == person],
            settings=settings,
        )

    def _others(self, right: str, told: str | None, probabilities: FloatArray, raw: FloatArray) -> list[str]:
        """What was told instead, and then what had most in motion, or at rest if that is all."""
        moved = np.isfinite(probabilities).any()
        total = np.nansum(probabilities, axis=0) if moved else raw.sum(axis=0)
        ranking = [self.labels[k] for k in np.argsort(-total, kind="stable")]
        first = [told] if told is not None else []
        return [name for name in dict.fromkeys([*first, *ranking]) if name != right][:OTHERS]


def at_rest(decision: Decision) -> bool:
    """Whether the gate was shut; the class "idle" said of somebody who moves has a probability."""
    return decision.state is State.IDLE and decision.probability == 0.0


def smoothed(moments: Sequence[Moment], time_constant_s: float) -> FloatArray:
    """(N, K) the probabilities that decide, NaN at rest, after which all begins anew.

    By the formula of app.decisions: each moment counts with exp(-age / time constant).
    """
    rows: list[NDArray[np.float64]] = []
    average: NDArray[np.float64] | None = None
    before_s = -math.inf
    for moment in moments:
        new = np.asarray(moment.observation.prediction.probabilities, dtype=np.float64)
        if at_rest(moment.decision):
            average = None
        elif average is None or time_constant_s == 0:
            average = new
        else:
            average = average + (1 - math.exp((before_s - moment.time_s) / time_constant_s)) * (new - average)
        before_s = moment.time_s
        rows.append(np.full_like(new, np.nan) if average is None else average)
    return np.stack(rows)


def play(recording: Path, loader: RecognizerLoader) -> Witness:
    """One recording, every frame. Raises SourceError, and SessionError where the session fails."""
    witness = Witness(loader())
    session = make_session(str(recording), loader, lossless=True, on_result=witness.take)
    session.start()
    session.wait()
    if session.failure:
        raise SessionError(session.failure)
    return witness


def recordings(folder: Path) -> dict[str, Path]:
    """The recordings of a folder by the names of their clips. Raises SourceError where there is none."""
    found = {clip: folder / f"{Path(clip).stem}.npz" for clip in EXPECTED}
    found = {clip: path for clip, path in found.items() if path.is_file()}
    if not found:
        raise SourceError(
            f"{folder}: holds no recording of a known clip, such as {Path(min(EXPECTED)).stem}.npz"
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of the skeleton recordings")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--output", type=Path, required=True, help="a folder for the pictures")
    parser.add_argument("--all", action="store_true", help="also of the actions that are told right")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    settings = DecisionSettings()
    outcomes: Counter[str] = Counter()
    try:
        loader = RecognizerLoader(options.model, options.device)
        unknown = {label for labels in EXPECTED.values() for label in labels} - {*loader().labels}
        options.output.mkdir(parents=True, exist_ok=True)
        for clip, path in recordings(options.folder).items():
            witness = play(path, loader)
            for verdict in witness.tally.verdicts(clip):
                if verdict.label in unknown:
                    console.print(f"{clip}: the model does not know {verdict.label}")
                    continue
                outcomes["right" if verdict.top_event else "wrong"] += 1
                if verdict.top_event and not options.all:
                    continue
                failure = witness.failure(clip, verdict.label, settings)
                picture = options.output / f"{Path(clip).stem}-{verdict.label.replace(' ', '-')}.png"
                draw_failure(picture, failure)
                console.print(f"{failure.title} -> {picture}")
    except (*USER_ERRORS, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    console.print(f"{outcomes['right']} of {outcomes.total()} actions are the top event")
    return 0


if __name__ == "__main__":
    sys.exit(main())
