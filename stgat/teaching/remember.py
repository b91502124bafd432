"""Makes a network's memory (stgat.teaching.memory) from the data that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from stgat.checkpoint import Checkpoint
from stgat.data.labelled import LabelledSequence, load_sequences
from stgat.errors import TeachingError
from stgat.labels import IDLE
from stgat.preprocessing import Preprocessing, prepare_window
from stgat.skeleton import FloatArray
from stgat.teaching.memory import Memory, directions
from stgat.teaching.windows import look
from stgat.training.config import PooledTrainConfig
from stgat.training.evaluate import spans_for

#: Windows of a class, of people trained on and of people held out.
LEARNED, JUDGING = 60, 24
#: How long before an action begins, and after it ended, a moment is still to be called idle, not the action.
_AROUND_S = (-0.5, 0.6)


def remember(
    config: PooledTrainConfig,
    checkpoint: Checkpoint,
    progress: Callable[[float], None] = lambda share: None,
    seed: int = 0,
) -> Memory:
    """Look at windows of every class with a network that was trained as the config says.

    Raises DataError for unreadable data, TeachingError where the config has other classes than the network.
    """
    metadata = checkpoint.metadata
    if config.labels != metadata.labels or config.preprocessing != metadata.preprocessing:
        raise TeachingError(
            f"{config.name} trains another network than {metadata.name}: give the config it comes from"
        )
    if metadata.model.causal is not None:
        raise TeachingError(f"{metadata.name} is a continual network; only windowed ones can be taught")
    data = load_sequences(config.data, config.labels, config.idle)
    rng = np.random.default_rng(seed)
    chosen = [
        (sequence, span, label, judge)
        for judge, part, count in ((False, data.train, LEARNED), (True, data.test, JUDGING))
        for label in range(len(config.labels))
        for sequence, span in _windows(part, label, config, count, rng)
    ]
    preprocessing = metadata.preprocessing
    windows = np.stack([_prepared(sequence, span, preprocessing) for sequence, span, _, _ in chosen])
    logits, means = look(checkpoint.model, windows, lambda count: progress(count / len(windows)))
    judges = np.array([judge for *_, judge in chosen])
    mean, basis = directions(means[~judges])
    return Memory(
        model=checkpoint.sha256,
        mean=mean,
        basis=basis.astype(np.float16).astype(np.float32),
        coordinates=(means - mean) @ basis,
        logits=logits,
        classes=np.array([label for _, _, label, _ in chosen], np.int32),
        judges=judges,
        data=metadata.data,
        data_licence=metadata.data_licence,
    )


def _prepared(
    sequence: LabelledSequence, span: tuple[float, float], preprocessing: Preprocessing
) -> FloatArray:
    return prepare_window([(sequence.joints_m, sequence.timestamps_s)], preprocessing, *span)


def _windows(
    part: Sequence[LabelledSequence],
    label: int,
    config: PooledTrainConfig,
    count: int,
    rng: np.random.Generator,
) -> list[tuple[LabelledSequence, tuple[float, float]]]:
    """At most `count` windows of a class, of as many sequences as there are; as many again around actions
    for "idle"."""
    pp, spans = config.preprocessing, spans_for(config.preprocessing)
    found = []
    mine = [sequence for sequence in part if sequence.label == label]
    for place in rng.permutation(len(mine)).tolist() if mine else []:
        sequence = mine[place]
        own = spans(sequence.begin_s, sequence.begin_s + sequence.duration_s, pp.window_s, 0.2)
        found += [(sequence, own[i]) for i in rng.permutation(len(own))[: -(-count // len(mine))]]
    if config.labels[label] == IDLE and pp.lookahead_s is not None:
        around = [sequence for sequence in part if sequence.label != label]
        for place in rng.permutation(len(around))[:count].tolist():
            sequence = around[place]
            moment = sequence.begin_s + rng.uniform(_AROUND_S[0], 0.0)
            if place % 2:
                moment = sequence.begin_s + sequence.duration_s + rng.uniform(0.0, _AROUND_S[1])
            end_s = float(moment + pp.lookahead_s)
            found.append((sequence, (end_s - pp.window_s, end_s)))
        return found
    return found[:count]
