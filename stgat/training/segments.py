"""How well actions were found in an untrimmed stream: by moments, by segments, by their order and in time.

Everything here takes spans, a label with a start and an end in seconds; where nothing was done there is none.
Background is no class of its own, and is counted neither for nor against the scores of segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """What was done, or was said to be done, from start_s to end_s."""

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Matches:
    """Segments found, segments said that were not there, and segments missed. Adds up over recordings."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def __add__(self, other: Matches) -> Matches:
        return Matches(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
        )

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where nothing was to be found and nothing was said."""
        wrong = self.false_positives + self.false_negatives
        return (
            2 * self.true_positives / (2 * self.true_positives + wrong)
            if self.true_positives + wrong
            else 1.0
        )


def match_segments(truth: Sequence[Span], said: Sequence[Span], overlap: float) -> Matches:
    """Segments that are right in label and in time, for the segmental F1 at `overlap`.

    In order of time, each span said is compared with the true one of its label that it overlaps most. It is
    right if intersection over union reaches `overlap` and that true one has not been found before: saying
    it in pieces costs. Lea, Flynn, Vidal, Reiter and Hager, "Temporal Convolutional Networks for Action
    Segmentation and Detection", CVPR 2017.
    """
    found: set[int] = set()
    for span in sorted(said, key=lambda s: s.start_s):
        overlaps = [_iou(span, true) if true.label == span.label else 0.0 for true in truth]
        best = max(range(len(truth)), key=overlaps.__getitem__, default=None)
        if best is not None and overlaps[best] >= overlap and best not in found:
            found.add(best)
    return Matches(len(found), len(said) - len(found), len(truth) - len(found))


def _iou(a: Span, b: Span) -> float:
    union = max(a.end_s, b.end_s) - min(a.start_s, b.start_s)  # of spans that overlap; else the answer is 0
    return max(0.0, min(a.end_s, b.end_s) - max(a.start_s, b.start_s)) / union if union > 0 else 0.0


def edit_score(truth: Sequence[str], said: Sequence[str]) -> float:
    """1 - Levenshtein distance of two sequences of labels over the longer one's length, in [0, 1].

    Says whether the right things were said in the right order, whenever that was. Lea and others, CVPR 2017.
    """
    longest = max(len(truth), len(said))
    if longest == 0:
        return 1.0
    row = list(range(len(said) + 1))
    for i, true in enumerate(truth, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(said, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (true != other))
    return 1.0 - row[-1] / longest


def outside(times_s: Sequence[float], spans: Sequence[Span]) -> list[bool]:
    """Which moments lie in no span; a span holds its start and not its end."""
    return [not any(span.start_s <= time < span.end_s for span in spans) for time in times_s]


def overlap_s(span: Span, others: Sequence[Span]) -> float:
    """How many seconds of a span lie in any of the others, each second counted once."""
    total, reached = 0.0, span.start_s
    for other in sorted(others, key=lambda s: s.start_s):
        start, end = max(other.start_s, reached), min(other.end_s, span.end_s)
        if end > start:
            total, reached = total + end - start, end
    return total


def mostly_in(span: Span, others: Sequence[Span]) -> bool:
    """Whether more than half of a span lies in the others; of one without length, whether it lies there."""
    if span.end_s <= span.start_s:
        return not outside([span.start_s], others)[0]
    return overlap_s(span, others) > (span.end_s - span.start_s) / 2


def right_moments(
    truth: Sequence[Span], moments: Sequence[tuple[float, str | None]]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Right and all moments within actions, and the same outside of them: the frame accuracy's two parts.

    moments: time, and the label said then or None where no action was said (idle, or not known). Within
        an action its label is right (any of them, where some overlap) and saying none is wrong; outside,
        saying none is right.
    """
    counts = {True: [0, 0], False: [0, 0]}
    for time, label in moments:
        there = {span.label for span in truth if span.start_s <= time < span.end_s}
        counts[bool(there)][1] += 1
        counts[bool(there)][0] += label in there if there else label is None
    inside, idle = counts[True], counts[False]
    return (inside[0], inside[1]), (idle[0], idle[1])


def onset_delays(
    truth: Sequence[Span], moments: Sequence[tuple[float, str | None]], patience_s: float = 1.0
) -> list[float | None]:
    """Seconds from each true segment's start to the first moment its label is said; None where it never is.

    moments: as for `right_moments`. The label counts from the segment's start to patience_s after its end,
        since a window that looks back knows an action best when it is over.
    """
    delays: list[float | None] = []
    for span in truth:
        said = [
            t for t, label in moments if label == span.label and span.start_s <= t <= span.end_s + patience_s
        ]
        delays.append(min(said) - span.start_s if said else None)
    return delays
