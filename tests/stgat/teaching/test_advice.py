"""Advice follows from how the accuracy grew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stgat.teaching.advice import advise
from stgat.teaching.report import Advice


def test_a_well_told_action_needs_no_more() -> None:
    assert advise(10, [(1, 0.7), (5, 0.9), (9, 0.9)]) == (Advice.ENOUGH, 0)


def test_few_takes_are_never_enough() -> None:
    assert advise(3, [(1, 1.0), (2, 1.0)]) == (Advice.MORE_TAKES, 2)


def test_an_action_that_still_grows_wants_more() -> None:
    advice, more = advise(6, [(1, 0.3), (2, 0.5), (3, 0.6), (5, 0.8)])
    assert advice is Advice.MORE_TAKES and 1 <= more <= 10


def test_an_action_that_does_not_grow_looks_like_another() -> None:
    assert advise(10, [(1, 0.5), (5, 0.52), (9, 0.5)]) == (Advice.LOOKS_ALIKE, 0)


@given(
    takes=st.integers(3, 40),
    shares=st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
def test_any_curve_gives_advice_within_bounds(takes: int, shares: list[float]) -> None:
    curve = [(1, shares[0]), (2, shares[1]), (takes - 1, shares[2])] if takes > 3 else [(2, shares[2])]
    advice, more = advise(takes, curve)
    assert (more > 0) == (advice is Advice.MORE_TAKES)
    assert 0 <= more <= 10
