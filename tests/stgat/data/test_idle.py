"""Rest: the still beginning and end of what people do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stgat.data.idle import IdleConfig, rests, spread
from stgat.retarget import one_body
from tests.stgat.bodies import STANDING, waving

TIMES = np.arange(60) / 20  # 3 s
WAVING = one_body(waving(TIMES))
STILL = one_body(np.repeat(STANDING[None], len(TIMES), axis=0))


def places(joints: np.ndarray, **settings: float) -> list[str]:
    return [place for place, _, _ in rests(joints, TIMES, IdleConfig(**settings))]


def test_who_moves_all_the_time_does_not_rest_and_who_never_moves_rests_twice() -> None:
    assert places(WAVING) == []
    assert places(STILL) == ["start", "end"]


def test_each_end_is_judged_by_itself() -> None:
    still_first = np.where(TIMES[:, None, None] < 1.0, WAVING[:1], WAVING)
    assert places(still_first) == ["start"]
    assert places(still_first[::-1]) == ["end"]


def test_a_rest_is_as_long_as_asked_for_and_where_it_says() -> None:
    (_, first, begin), (_, last, end) = rests(STILL, TIMES, IdleConfig(rest_s=0.5))
    assert begin[0] == TIMES[0] and end[-1] == TIMES[-1]
    for joints, times in ((first, begin), (last, end)):
        assert len(joints) == len(times)
        assert times[-1] - times[0] == pytest.approx(0.5)


def test_a_sequence_too_short_for_two_rests_has_none() -> None:
    assert places(STILL, rest_s=2.0) == []


@given(items=st.lists(st.integers()), at_most=st.integers(0, 20))
def test_items_are_spread_from_the_first_to_the_last(items: list[int], at_most: int) -> None:
    found = spread(items, at_most)
    assert len(found) == min(len(items), at_most)
    if len(found) > 1:
        assert (found[0], found[-1]) == (items[0], items[-1])
    assert is_in_order(found, items)


def is_in_order(found: Sequence[int], items: Sequence[int]) -> bool:
    left = iter(items)
    return all(any(item == other for other in left) for item in found)
