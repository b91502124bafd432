"""Temperature and calibration on probabilities whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from stgat.data.labelled import LabelledSequence
from stgat.training.calibration import (
    HIGHEST,
    LOWEST,
    calibrate,
    fit_temperature,
    halves,
    negative_log_likelihood,
    reliability,
)
from stgat.training.report import calibration_error
from stgat.training.windows import WindowScores


def drawn(count: int, seed: int = 0, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn from their own softmax: as well calibrated as can be."""
    rng = np.random.default_rng(seed)
    logits = 2.0 * rng.normal(size=(count, classes))
    chances = softmax(logits, axis=1).cumsum(axis=1)
    return logits, (rng.random((count, 1)) > chances).sum(axis=1)


def windows(logits: np.ndarray, labels: np.ndarray, people: list[tuple[str, int]]) -> WindowScores:
    """One window a sequence, the people taking turns."""
    joints, times = np.zeros((2, 25, 3)), np.array([0.0, 1.0])
    sequences = tuple(
        LabelledSequence(f"s{i}", dataset, joints, times, int(label), subject)
        for i, label in enumerate(labels)
        for dataset, subject in [people[i % len(people)]]
    )
    return WindowScores(logits, np.arange(len(labels)), labels, sequences)


@pytest.mark.parametrize("truth", [0.3, 1.0, 2.5])
def test_the_temperature_that_spoilt_the_logits_is_found(truth: float) -> None:
    logits, labels = drawn(20_000)
    assert fit_temperature(logits * truth, labels) == pytest.approx(truth, rel=0.03)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.floats(0.2, 5.0))
def test_no_temperature_is_likelier(seed: int, factor: float) -> None:
    logits, labels = drawn(60, seed)
    logits *= factor
    found = fit_temperature(logits, labels)
    best = negative_log_likelihood(logits, labels, found)
    for other in np.geomspace(LOWEST, HIGHEST, 41):
        assert best <= negative_log_likelihood(logits, labels, float(other)) + 1e-6


def test_the_temperature_stays_within_bounds() -> None:
    sure = 0.3 * np.eye(3)
    assert fit_temperature(sure, np.arange(3)) == pytest.approx(LOWEST, rel=0.01)
    assert fit_temperature(sure, np.array([1, 2, 0])) == pytest.approx(HIGHEST, rel=0.01)
    with pytest.raises(ValueError, match="no score"):
        fit_temperature(np.empty((0, 3)), np.empty(0, int))


def test_overconfidence_is_cured_on_people_it_was_not_fitted_on() -> None:
    logits, labels = drawn(8_000)
    found = calibrate(windows(3.0 * logits, labels, [("a", 1), ("a", 2), ("b", 1), ("b", 2)]))
    assert found.temperature == pytest.approx(3.0, rel=0.05)
    assert found.windows_before > 15
    assert found.windows_after < 3
    assert found.sequences_after == pytest.approx(found.windows_after)  # one window each
    assert found.nll_after < found.nll_before
    expected = softmax(3.0 * logits, axis=1)
    assert found.windows_before == pytest.approx(
        calibration_error(expected, expected.argmax(axis=1) == labels)
    )


def test_what_is_measured_was_not_fitted() -> None:
    """One half overconfident, the other not sure enough: each half's temperature harms the other half."""
    logits, labels = drawn(4_000)
    factor = np.where(np.arange(4_000) % 2 == 0, 3.0, 1 / 3.0)[:, None]
    found = calibrate(windows(factor * logits, labels, [("a", 1), ("a", 2)]))
    np.testing.assert_allclose(found.fold_temperatures, (3.0, 1 / 3.0), rtol=0.1)
    assert found.windows_after > found.windows_before
    assert found.nll_after > found.nll_before


def test_halves_share_no_person_and_every_data_set() -> None:
    people = [("a", 3), ("a", 1), ("a", 2), ("b", 1), ("b", 2), ("b", 0)]
    logits, labels = drawn(60)
    given_windows = windows(logits, labels, people)
    half = halves(given_windows)
    for person in people:
        assert len({int(half[i]) for i, p in enumerate(people * 10) if p == person}) == 1
    for dataset in "ab":
        assert {int(half[i]) for i, p in enumerate(people * 10) if p[0] == dataset} == {0, 1}
    alone = replace(
        given_windows, sequences=tuple(replace(s, dataset="a", subject=0) for s in given_windows.sequences)
    )
    with pytest.raises(ValueError, match="two people or more"):
        halves(alone)


def test_reliability_counts_what_the_calibration_error_sums() -> None:
    logits, labels = drawn(500)
    probabilities = softmax(2 * logits, axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = reliability(probabilities, right)
    here = bins.count > 0
    gaps = np.abs(bins.accuracy - bins.confidence)[here] * bins.count[here] / 500
    assert 100 * gaps.sum() == pytest.approx(calibration_error(probabilities, right))
    assert (bins.edges[:-1][here] < bins.confidence[here]).all()
    assert (bins.confidence[here] <= bins.edges[1:][here]).all()
    assert not here[:3].any()  # the likeliest of five has a fifth at least
    assert np.isnan(bins.accuracy[~here]).all()
