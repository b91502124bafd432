"""One number between fewer, surer events and more, sooner ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.decisions import Decider, DecisionSettings, Observation
from app.sensitivity import decision_settings
from stgat.recognizer import Prediction

places = st.floats(0.0, 1.0)


def test_the_middle_is_what_ships() -> None:
    assert decision_settings() == decision_settings(0.5) == DecisionSettings()


@given(places, places)
def test_every_setting_moves_one_way(one: float, other: float) -> None:
    less, more = decision_settings(min(one, other)), decision_settings(max(one, other))
    for name in ("enter", "leave", "smoothing_s", "min_event_s", "sure"):
        assert getattr(less, name) >= getattr(more, name)
    # What belongs to the network and the body is not a matter of taste.
    for name in ("margin", "move_m_s", "still_m_s", "idle_after_s", "lag_s", "linger_s", "merge_gap_s"):
        assert getattr(less, name) == getattr(DecisionSettings(), name)


@given(places)
def test_what_is_named_may_stay_named(place: float) -> None:
    settings = decision_settings(place)
    assert settings.leave < settings.enter


@given(st.floats(0.0, 0.5))
def test_near_the_middle_nothing_jumps(place: float) -> None:
    """`sure` says nothing of an event that was named, as long as it is not above `enter`."""
    asked = max(decision_settings(place).sure, decision_settings(place).enter)
    assert asked == pytest.approx(0.55 + (1 - 2 * place) * 0.35, abs=1e-9)


@given(places, st.floats(0.0, 2.0))
def test_a_smoothing_of_ones_own_goes_before_the_places(place: float, smoothing_s: float) -> None:
    settings = decision_settings(place, smoothing_s)
    assert settings.smoothing_s == smoothing_s
    assert settings.model_copy(update={"smoothing_s": 0.0}) == decision_settings(place, 0.0)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, math.nan, math.inf])
def test_a_number_that_is_no_place_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        decision_settings(wrong)


def events_at(place: float, probabilities: list[float]) -> int:
    """How many events one moving person makes of these probabilities of waving, ten a second."""
    decider, events = Decider(decision_settings(place)), 0
    for index, probability in enumerate(probabilities):
        now_s = index / 10
        prediction = Prediction(
            np.array([probability, 1 - probability - 0.01, 0.01]),
            ("wave", "idle", "clap"),
            0.0,
            now_s - 2,
            now_s,
        )
        _, ended = decider.update([Observation(0, 1.0, prediction)], now_s, index)
        events += len(ended)
    return events + len(decider.finish())


def test_a_doubtful_action_is_an_event_only_for_the_sensitive() -> None:
    doubtful = [0.02] * 20 + [0.7] * 20 + [0.02] * 20
    assert events_at(0.0, doubtful) == 0
    assert events_at(0.5, doubtful) == events_at(1.0, doubtful) == 1


def test_a_sure_action_is_an_event_at_any_place() -> None:
    sure = [0.02] * 20 + [0.97] * 30 + [0.02] * 20
    assert [events_at(place, sure) for place in (0.0, 0.25, 0.5, 0.75, 1.0)] == [1] * 5
