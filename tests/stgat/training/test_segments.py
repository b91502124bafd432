"""Segment metrics on cases small enough to be reckoned by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stgat.training.segments import (
    Matches,
    Span,
    edit_score,
    match_segments,
    mostly_in,
    onset_delays,
    outside,
    overlap_s,
    right_moments,
)

TRUTH = [Span("walk", 0, 4), Span("sit", 5, 7), Span("walk", 8, 10)]


def test_a_segment_counts_as_found_down_to_the_overlap_asked_for() -> None:
    said = [Span("walk", 2, 4)]  # intersection 2 s, union 4 s
    assert match_segments(TRUTH[:1], said, 0.5) == Matches(1, 0, 0)
    assert match_segments(TRUTH[:1], said, 0.51) == Matches(0, 1, 1)


def test_a_gap_between_the_two_counts_as_no_overlap() -> None:
    assert match_segments([Span("walk", 0, 1)], [Span("walk", 2, 3)], 0.1) == Matches(0, 1, 1)


def test_one_of_two_pieces_is_a_mistake() -> None:
    said = [Span("walk", 0, 2), Span("walk", 2.1, 4)]
    assert match_segments(TRUTH[:1], said, 0.25) == Matches(1, 1, 0)


def test_the_right_time_with_a_wrong_label_is_missed_and_wrong() -> None:
    assert match_segments(TRUTH, [Span("stand", 5, 7)], 0.1) == Matches(0, 1, 3)


def test_f1_is_reckoned_from_the_sums() -> None:
    found = match_segments(TRUTH, [Span("walk", 0, 4), Span("walk", 8, 10), Span("sit", 20, 21)], 0.5)
    assert found == Matches(2, 1, 1)
    assert found.f1 == pytest.approx(2 / 3)
    assert (found + Matches(1, 0, 0)).f1 == pytest.approx(3 / 4)
    assert Matches().f1 == 1.0


@pytest.mark.parametrize(
    ("truth", "said", "score"),
    [
        ("abc", "abc", 1),
        ("abc", "", 0),
        ("", "", 1),
        ("abcd", "abd", 3 / 4),
        ("ab", "ba", 0),
        ("abc", "axbc", 3 / 4),
    ],
)
def test_edit_score_by_hand(truth: str, said: str, score: float) -> None:
    assert edit_score(list(truth), list(said)) == pytest.approx(score)


def test_overlap_counts_each_second_once() -> None:
    assert overlap_s(Span("x", 1, 6), [Span("a", 0, 2), Span("b", 1, 3), Span("c", 5, 9)]) == pytest.approx(3)
    assert overlap_s(Span("x", 1, 6), []) == 0


def test_mostly_in_means_more_than_half() -> None:
    assert not mostly_in(Span("x", 3, 5), TRUTH[:1])  # just half
    assert mostly_in(Span("x", 2.9, 5), TRUTH[:1])
    assert mostly_in(Span("x", 1, 1), TRUTH[:1])
    assert not mostly_in(Span("x", 4, 4), TRUTH[:1])


def test_a_span_holds_its_start_and_not_its_end() -> None:
    assert outside([0, 3.9, 4, 4.5, 5], TRUTH) == [False, False, True, True, False]


def test_within_an_action_its_label_is_right_and_outside_no_label_is() -> None:
    moments = [(0.5, "walk"), (1.5, None), (2.5, "sit"), (4.5, None), (4.6, "walk"), (8.5, "walk")]
    assert right_moments(TRUTH, moments) == ((2, 4), (1, 2))


def test_where_actions_overlap_either_is_right() -> None:
    truth = [Span("push", 0, 2), Span("throw", 1, 3)]
    assert right_moments(truth, [(1.5, "push"), (1.6, "throw"), (1.7, None)]) == ((2, 3), (0, 0))


def test_delay_runs_from_the_onset_to_the_first_right_label() -> None:
    moments = [(0.2, "sit"), (0.5, "walk"), (0.6, "walk"), (7.8, "sit"), (11.5, "walk")]
    first, late, never = onset_delays(TRUTH, moments, patience_s=1.0)
    assert first == pytest.approx(0.5)
    assert late == pytest.approx(2.8)  # after its end, but not longer than patience_s after
    assert never is None


LETTERS = st.lists(st.sampled_from("abc"), max_size=8)


@st.composite
def timelines(draw: st.DrawFn) -> list[Span]:
    """Spans in order that do not overlap."""
    spans, now = [], 0.0
    for label in draw(LETTERS):
        start = now + draw(st.floats(0, 3))
        now = start + draw(st.floats(0.1, 3))
        spans.append(Span(label, start, now))
    return spans


@given(timelines(), timelines(), st.floats(0.05, 1))
def test_every_segment_is_counted_once(truth: list[Span], said: list[Span], overlap: float) -> None:
    found = match_segments(truth, said, overlap)
    assert found.true_positives + found.false_negatives == len(truth)
    assert found.true_positives + found.false_positives == len(said)
    assert 0 <= found.f1 <= 1


@given(timelines(), timelines())
def test_asking_for_more_overlap_finds_no_more(truth: list[Span], said: list[Span]) -> None:
    found = [match_segments(truth, said, overlap).true_positives for overlap in (0.1, 0.25, 0.5, 0.9)]
    assert found == sorted(found, reverse=True)


@given(timelines())
def test_the_truth_itself_is_perfect(truth: list[Span]) -> None:
    assert match_segments(truth, truth, 1.0).f1 == 1.0
    assert edit_score([s.label for s in truth], [s.label for s in truth]) == 1.0


@given(LETTERS, LETTERS, LETTERS)
def test_edit_distance_is_a_metric(a: list[str], b: list[str], c: list[str]) -> None:
    def distance(x: list[str], y: list[str]) -> float:
        return (1 - edit_score(x, y)) * max(len(x), len(y))

    assert distance(a, b) == pytest.approx(distance(b, a))
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-9
    assert (edit_score(a, b) == 1.0) == (a == b)
    assert 0 <= edit_score(a, b) <= 1
