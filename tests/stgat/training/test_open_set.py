"""Rejecting the unsure, against figures counted by hand and by other definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stgat.training.open_set import auroc, confidences, oracle, risk_coverage

few = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=30)


def test_risk_and_coverage_are_what_one_counts() -> None:
    curve = risk_coverage(np.array([0.2, 0.9, 0.5, 0.7]), np.array([True, False, False, True]))
    assert curve.thresholds.tolist() == [0.9, 0.7, 0.5, 0.2]
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    np.testing.assert_allclose(curve.risk, [0, 1 / 2, 1 / 3, 2 / 4])
    assert curve.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_equally_sure_windows_are_rejected_together() -> None:
    curve = risk_coverage(np.array([0.5, 0.5, 0.5, 0.9]), np.array([True, False, False, False]))
    assert curve.coverage.tolist() == [0.25, 1.0]
    assert curve.risk.tolist() == [0.0, 0.25]
    assert curve.area == pytest.approx(0.25 * 0 + 0.75 * 0.25)


def test_the_largest_coverage_at_a_risk_may_lie_beyond_a_worse_one() -> None:
    wrong = np.array([True, *[False] * 9, True])
    curve = risk_coverage(np.linspace(1, 0, 11), wrong)
    assert curve.at_risk(0.1) == (pytest.approx(10 / 11), pytest.approx(0.1))
    assert curve.at_risk(0.5)[0] == 1.0
    assert curve.at_risk(0.01) == (0.0, float("inf"))


@given(few, st.randoms())
def test_accepting_what_the_threshold_says_has_the_coverage_and_risk_it_says(values, random) -> None:
    confidence = np.array(values)
    wrong = np.array([random.random() < 0.5 for _ in values])
    curve = risk_coverage(confidence, wrong)
    for threshold, coverage, risk in zip(curve.thresholds, curve.coverage, curve.risk, strict=True):
        kept = confidence >= threshold
        assert coverage == pytest.approx(kept.mean())
        assert risk == pytest.approx(wrong[kept].mean())
    assert curve.coverage[-1] == 1.0
    assert curve.risk[-1] == pytest.approx(wrong.mean())


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.randoms())
def test_no_confidence_does_better_than_the_oracle(answers, random) -> None:
    wrong = np.array(answers)
    best = oracle(wrong)
    right = (~wrong).sum()
    assert (best.risk[:right] == 0).all()
    np.testing.assert_allclose(
        best.risk[right:], np.arange(1, wrong.sum() + 1) / np.arange(right + 1, len(wrong) + 1)
    )
    other = risk_coverage(np.array([random.random() for _ in answers]), wrong)
    assert best.area <= other.area + 1e-12


@given(few, few)
def test_auroc_is_the_chance_that_the_known_is_surer(known, unknown) -> None:
    pairs = np.subtract.outer(known, unknown)
    expected = (pairs > 0).mean() + (pairs == 0).mean() / 2
    assert auroc(np.array(known), np.array(unknown)) == pytest.approx(expected)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(ValueError, match="both needed"):
        auroc(np.ones(3), np.empty(0))
    with pytest.raises(ValueError, match="nothing to accept"):
        risk_coverage(np.empty(0), np.empty(0, bool))


def test_confidences_follow_their_formulas() -> None:
    logits = np.log([[0.7, 0.2, 0.1], [0.4, 0.4, 0.2]]) + np.array([[0.0], [3.0]])
    found = confidences(logits)
    np.testing.assert_allclose(found["max probability"], [0.7, 0.4])
    np.testing.assert_allclose(found["margin"], [0.5, 0.0], atol=1e-12)
    np.testing.assert_allclose(found["energy"], [0.0, 3.0], atol=1e-12)
    warm = confidences(logits, temperature=2.0)
    root = np.sqrt([0.7, 0.2, 0.1])
    assert warm["max probability"][0] == pytest.approx(root[0] / root.sum())
    assert warm["energy"][0] == pytest.approx(2 * np.log(root.sum()))
