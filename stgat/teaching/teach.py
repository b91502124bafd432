"""Teaching: a checkpoint and a profile in, a checkpoint that names more actions and a report on it out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from stgat.checkpoint import Checkpoint
from stgat.errors import TeachingError
from stgat.skeleton import NTU25, FloatArray
from stgat.teaching.advice import advise
from stgat.teaching.learner import Examples, Rows, calibrate, fit, take_scores
from stgat.teaching.lesson import Lesson, look_at_takes, of_memory
from stgat.teaching.memory import Memory
from stgat.teaching.network import TaughtSTGAT
from stgat.teaching.profiles import MIN_TAKES, Profile, check_name
from stgat.teaching.report import ActionReport, OldClasses, TeachingReport

#: Told of a share in [0, 1] and of what is going on: "looking", "learning" or "checking".
Progress = Callable[[float, str], None]

#: Folds of the leave-one-out at most; with more takes, each fold leaves out several.
_FOLDS = 10
#: Sizes of the learning curve, how often each is drawn, and steps of a fit that starts near its end.
_CURVE, _DRAWS, _FEW_STEPS = (2, 3, 5, 8, 14), 2, 25
_SEED = 0


class TeachingCancelled(Exception):  # noqa: N818 - no error
    """The teaching was ended from outside; nothing was changed."""


@dataclass(frozen=True)
class Taught:
    """checkpoint: with the model's labels, then the profile's. It is made anew from profile and model
    whenever it is wanted, and not meant to be saved. report: how far it can be trusted."""

    checkpoint: Checkpoint
    report: TeachingReport


def teach(
    checkpoint: Checkpoint,
    profile: Profile,
    progress: Progress = lambda share, step: None,
    cancelled: Callable[[], bool] = lambda: False,
    memory: Memory | None = None,
) -> Taught:
    """Learn the profile's actions on top of the network, whose own weights and logits stay as they are.

    memory: of this very network. Without one nothing says how the network's own actions look, other than the
    network itself: taught actions will then be said too often, and the report's `old` is None.

    The same takes and the same model give the same result. Takes seconds; call it in a thread of its own.
    Raises TeachingError for a profile without actions, an action with fewer than MIN_TAKES takes or whose
    name the model has, and a model or memory that does not fit; TeachingCancelled soon after `cancelled`.
    """
    started = time.monotonic()
    _check(checkpoint, profile, memory)

    def step(share: float, what: str) -> None:
        if cancelled():
            raise TeachingCancelled
        progress(share, what)

    takes = [(number, take) for number, action in enumerate(profile.actions) for take in action.takes]
    looked = look_at_takes(
        checkpoint, [take for _, take in takes], lambda share: step(0.65 * share, "looking")
    )
    names = tuple(action.name for action in profile.actions)
    lesson = Lesson(checkpoint.metadata, names, looked, [number for number, _ in takes], memory)
    fitted, rows, outcomes = learn(lesson, step)
    curves = _curves(lesson, fitted, step)
    reports = tuple(
        _report(lesson, number, outcomes, [(size, share[number]) for size, share in curves])
        for number in range(lesson.count)
    )
    report = TeachingReport(reports, old_classes(lesson, rows, memory), time.monotonic() - started)
    taught = _assemble(checkpoint, profile, lesson, rows)
    progress(1.0, "checking")
    return Taught(taught, report)


def learn(lesson: Lesson, step: Progress = lambda share, what: None) -> tuple[Rows, Rows, dict[int, int]]:
    """The rows as they were fitted; the same calibrated; and what each take was called, by its place, when it
    was not learned from."""
    step(0.65, "learning")
    rows = fit(lesson.examples, lesson.count)
    step(0.7, "checking")
    unseen = _leave_out(lesson, rows, step)
    change = calibrate(unseen, lesson.K)
    outcomes = {}
    for fitted, examples in unseen:
        for take, scores in zip(*take_scores(change(fitted), examples), strict=True):
            outcomes[int(take)] = int(scores.argmax())
    return rows, change(rows), outcomes


def _check(checkpoint: Checkpoint, profile: Profile, memory: Memory | None) -> None:
    metadata = checkpoint.metadata
    if metadata.model.layout != NTU25.name:
        raise TeachingError(f"{metadata.name} takes {metadata.model.layout} skeletons and cannot be taught")
    if metadata.model.causal is not None:
        raise TeachingError(f"{metadata.name} is a continual network; only windowed ones can be taught")
    if isinstance(checkpoint.model, TaughtSTGAT):
        raise TeachingError(f"{metadata.name} has taught actions already: teach the model it was made from")
    if not profile.actions:
        raise TeachingError(f"the profile {profile.name!r} has no action yet: add one and record its takes")
    for action in profile.actions:
        check_name(action.name, metadata.labels)
        if len(action.takes) < MIN_TAKES:
            raise TeachingError(
                f"{action.name!r} has {len(action.takes)} takes; {MIN_TAKES} are the least, "
                "5 to 10 are better"
            )
    if memory is not None:
        width = 3 * 5 * metadata.model.blocks[-1][1]
        if memory.model != checkpoint.sha256:
            raise TeachingError(f"the remembered windows are of another model than {metadata.name}")
        if len(memory.mean) != width or memory.logits.shape[1] != len(metadata.labels):
            raise TeachingError(f"the remembered windows do not fit {metadata.name}")


def _leave_out(lesson: Lesson, rows: Rows, step: Progress) -> list[tuple[Rows, Examples]]:
    """Rows that were fitted without some of the takes and of what is remembered, and just these windows.

    A fold leaves out one take of every action, so that as many folds as takes are enough.
    """
    examples = lesson.examples
    places = np.concatenate([np.arange((lesson.take_labels == n).sum()) for n in range(lesson.count)])
    folds = min(_FOLDS, int(places.max()) + 1)
    remembered = np.flatnonzero(examples.takes < 0)
    unseen = []
    for fold in range(folds):
        step(0.7 + 0.15 * fold / folds, "checking")
        left_out = np.isin(examples.takes, np.flatnonzero(places % folds == fold))
        left_out[remembered[fold::folds]] = True
        fitted = fit(examples.of(~left_out), lesson.count, rows, _FEW_STEPS)
        unseen.append((fitted, examples.of(left_out & examples.plain)))
    return unseen


def _curves(lesson: Lesson, rows: Rows, step: Progress) -> list[tuple[int, FloatArray]]:
    """(takes learned from, (n,) share of the other takes of each action named right), by rising number."""
    fewest = int(np.bincount(lesson.take_labels).min())
    sizes = [size for size in _CURVE if size < fewest - 1]
    rng = np.random.default_rng(_SEED)
    curve = []
    for number, size in enumerate(sizes):
        right, seen = np.zeros(lesson.count), np.zeros(lesson.count)
        for draw in range(_DRAWS):
            step(0.85 + 0.14 * (number + draw / _DRAWS) / len(sizes), "checking")
            kept = np.concatenate(
                [
                    rng.choice(np.flatnonzero(lesson.take_labels == n), size, replace=False)
                    for n in range(lesson.count)
                ]
            )
            others = np.setdiff1d(np.arange(len(lesson.take_labels)), kept)
            left_out = np.isin(lesson.examples.takes, others)
            fitted = fit(lesson.examples.of(~left_out), lesson.count, rows, _FEW_STEPS)
            windows = lesson.examples.of(left_out & lesson.examples.plain)
            for take, scores in zip(*take_scores(fitted, windows), strict=True):
                label = lesson.take_labels[take]
                seen[label] += 1
                right[label] += scores.argmax() == label + lesson.K
        curve.append((size, right / np.maximum(seen, 1)))
    return curve


def _report(
    lesson: Lesson, number: int, outcomes: dict[int, int], curve: list[tuple[int, float]]
) -> ActionReport:
    mine = np.flatnonzero(lesson.take_labels == number)
    said = [lesson.labels[outcomes[int(take)]] for take in mine]
    name = lesson.labels[lesson.K + number]
    right = said.count(name)
    points = [(size, float(share)) for size, share in curve if size < len(mine) - 1]
    points.append((len(mine) - 1, right / len(mine)))
    advice, more = advise(len(mine), points)
    return ActionReport(
        name=name,
        takes=len(mine),
        right=right,
        confusions=tuple(Counter(label for label in said if label != name).most_common()),
        curve=tuple(points),
        advice=advice,
        more_takes=more,
    )


def old_classes(lesson: Lesson, rows: Rows, memory: Memory | None) -> OldClasses | None:
    """What the rows cost the network's own actions, by the memory's judges; None where there are none."""
    if memory is None or not memory.judges.any():
        return None
    examples = of_memory(memory, 1.0, memory.judges)
    # The temperature changes no order among the old classes, but between them and the taught ones.
    scaled = of_memory(memory, lesson.temperature, memory.judges)
    before, after = examples.old.argmax(axis=1), rows.logits(scaled).argmax(axis=1)
    right = before == examples.labels
    stolen = np.flatnonzero(right & (after >= lesson.K))
    taken = Counter((lesson.labels[before[i]], lesson.labels[after[i]]) for i in stolen)
    return OldClasses(
        windows=len(right),
        before=float(right.mean()),
        after=float((after == examples.labels).mean()),
        taken=tuple((own, other, count) for (own, other), count in taken.most_common()),
    )


def _assemble(checkpoint: Checkpoint, profile: Profile, lesson: Lesson, rows: Rows) -> Checkpoint:
    """The network with the rows brought back from coordinates over the temperature to part
    means and logits."""
    temperature = checkpoint.metadata.temperature
    weight = lesson.basis @ rows.weight.T * temperature  # (D, n)
    bias = rows.bias * temperature - lesson.mean @ weight
    device = next(checkpoint.model.parameters()).device
    model = TaughtSTGAT(
        checkpoint.model,
        torch.from_numpy(weight.T.astype(np.float32)),
        torch.from_numpy(bias.astype(np.float32)),
    ).to(device)
    metadata = checkpoint.metadata.model_copy(
        update={"model": model.config, "labels": lesson.labels, "created_by": f"taught: {profile.name}"}
    )
    return Checkpoint(model, metadata)
