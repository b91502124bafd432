from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.timeline import DEFAULT_FPS, Timeline, sane_fps


def times(fps: float | None, given_s: list[float | None]) -> list[float]:
    timeline = Timeline(fps)
    return [timeline.next(time_s) for time_s in given_s]


def test_good_times_are_kept_relative_to_the_first() -> None:
    np.testing.assert_allclose(times(10, [5.0, 5.1, 5.4, 5.45]), [0.0, 0.1, 0.4, 0.45])


@pytest.mark.parametrize(
    ("fps", "given_s", "expected_s"),
    [
        (10, [None, None, None], [0.0, 0.1, 0.2]),
        (None, [None, None], [0.0, 1 / DEFAULT_FPS]),
        (10, [0.0, None, 0.2, 0.3], [0.0, 0.1, 0.2, 0.3]),
        (10, [None, 7.0, 7.1], [0.0, 0.1, 0.2]),
        (10, [0.0, 0.1, 0.1, 0.1, 0.4], [0.0, 0.1, 0.2, 0.3, 0.4]),
        (10, [0.0, 0.1, 0.05, 0.3], [0.0, 0.1, 0.2, 0.3]),
    ],
    ids=["none", "no rate either", "one missing", "first missing", "repeated", "a step back"],
)
def test_missing_and_wrong_times_are_repaired(
    fps: float | None, given_s: list[float | None], expected_s: list[float]
) -> None:
    np.testing.assert_allclose(times(fps, given_s), expected_s, atol=1e-12)


def test_a_clock_set_anew_continues_after_one_interval() -> None:
    np.testing.assert_allclose(times(10, [100.0, 100.1, 0.0, 0.3, 9999.0]), [0.0, 0.1, 0.2, 0.5, 0.6])


@given(
    st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=50),
    st.none() | st.floats(0.1, 1000),
)
def test_whatever_comes_times_start_at_zero_and_strictly_increase(
    given_s: list[float | None], fps: float | None
) -> None:
    result = times(fps, given_s)
    assert result[0] == 0.0
    assert np.isfinite(result).all()
    assert (np.diff(result) > 0).all()


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ((Fraction(30000, 1001),), 30000 / 1001),
        ((0, 25), 25.0),
        ((None, Fraction(0), 90000), None),
        ((float("nan"),), None),
        ((-5.0, 12), 12.0),
    ],
)
def test_only_believable_rates_count(rates: tuple[object, ...], expected: float | None) -> None:
    assert sane_fps(*rates) == expected


def test_a_clock_of_its_own_counts_from_its_own_zero_and_may_stand_for_as_long_as_it_says() -> None:
    timeline = Timeline(10, own_clock=True)
    given_s = [0.7, 0.8, 0.8, 500.0, None, 500.3]
    np.testing.assert_allclose([timeline.next(t) for t in given_s], [0.7, 0.8, 0.9, 500.0, 500.1, 500.3])
