"""From scripted probabilities to what is said: states, and events with a start and an end."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.decisions import Decider, DecisionSettings, Observation
from app.entities import ActionEvent, Decision, State
from stgat.labels import IDLE
from stgat.recognizer import Prediction

LABELS = ("clap", "wave", "sit")
CLAP, WAVE, SIT = ([0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8])
UNSURE = [0.25, 0.2, 0.15]  # the rest goes to classes that are not looked at
MOVING, STILL = 1.0, 0.0

#: No smoothing, so that a script can be followed by eye.
PLAIN = DecisionSettings(
    smoothing_s=0.0, enter=0.5, leave=0.3, margin=0.1,
    move_m_s=0.25, still_m_s=0.15, idle_after_s=0.25,
    lag_s=0.0, linger_s=0.0, merge_gap_s=0.0, min_event_s=0.4,
)  # fmt: skip

#: (seconds, motion in m/s, probabilities); None for nobody in view.
Script = list[tuple[float, float, list[float]] | tuple[float, None, None]]


def observation(
    now: float, motion: float, probabilities: list[float], person: int = 0, labels: tuple[str, ...] = LABELS
) -> Observation:
    prediction = Prediction(np.array(probabilities), labels, 0.0, now - 2.0, now)
    return Observation(person, motion, prediction)


def play(
    script: Script,
    settings: DecisionSettings = PLAIN,
    step_s: float = 0.1,
    finish: bool = True,
    labels: tuple[str, ...] = LABELS,
) -> tuple[list[Decision | None], list[ActionEvent]]:
    """Decisions step by step (None where nobody is), and all events, those at the end included."""
    decider = Decider(settings)
    decisions: list[Decision | None] = []
    events: list[ActionEvent] = []
    frame = 0
    for seconds, motion, probabilities in script:
        for _ in range(round(seconds / step_s)):
            now = frame * step_s
            seen = [] if motion is None else [observation(now, motion, probabilities, labels=labels)]
            decided, ended = decider.update(seen, now, frame)
            decisions.append(decided[0] if decided else None)
            events += ended
            frame += 1
    if finish:
        events += decider.finish()
    return decisions, events


def said(decisions: list[Decision | None]) -> list[str]:
    """What is said, each thing once as long as it lasts."""
    words = ["nobody" if d is None else d.label or d.state.value for d in decisions]
    return [word for i, word in enumerate(words) if i == 0 or word != words[i - 1]]


def test_somebody_still_is_idle_however_sure_the_network_is() -> None:
    decisions, events = play([(2, STILL, WAVE)])
    assert said(decisions) == ["idle"]
    assert decisions[0].label is None
    assert decisions[0].top[0] == ("wave", 0.8)
    assert events == []


def test_somebody_moving_is_named_when_the_network_is_sure_and_unknown_when_not() -> None:
    decisions, events = play([(1, MOVING, UNSURE), (1, MOVING, WAVE)])
    assert said(decisions) == ["unknown", "wave"]
    assert [event.label for event in events] == ["wave"]
    assert decisions[-1].state is State.ACTION
    assert decisions[-1].probability == pytest.approx(0.8)


def test_motion_between_the_two_thresholds_keeps_what_was_said() -> None:
    between = 0.2
    assert said(play([(1, between, WAVE)])[0]) == ["idle"]
    assert said(play([(1, MOVING, WAVE), (2, between, WAVE)])[0]) == ["wave"]


def test_idle_is_said_only_after_a_rest_of_some_length() -> None:
    def resting(seconds: float) -> list[str]:
        return said(play([(1, MOVING, WAVE), (seconds, STILL, WAVE), (1, MOVING, WAVE)])[0])

    assert resting(0.2) == ["wave"]
    assert resting(1.0) == ["wave", "idle", "wave"]


def test_a_named_action_stays_down_to_the_lower_threshold_and_no_further() -> None:
    weak = [0.15, 0.35, 0.33]  # under enter, over leave, ahead by less than the margin
    weaker = [0.2, 0.25, 0.2]
    assert said(play([(1, MOVING, WAVE), (1, MOVING, weak), (1, MOVING, weaker)])[0]) == ["wave", "unknown"]
    assert said(play([(1, MOVING, weak)])[0]) == ["unknown"]


def test_another_action_takes_over_only_with_a_margin() -> None:
    close, ahead = [0.45, 0.40, 0.15], [0.60, 0.35, 0.05]
    decisions, events = play([(1, MOVING, WAVE), (1, MOVING, close), (1, MOVING, ahead)])
    assert said(decisions) == ["wave", "clap"]
    assert [(e.label, e.start_s, e.end_s) for e in events] == [
        ("wave", 0.0, pytest.approx(1.9)),
        ("clap", pytest.approx(2.0), pytest.approx(2.9)),
    ]


def test_a_rival_ahead_but_not_sure_enough_makes_it_unknown() -> None:
    assert said(play([(1, MOVING, WAVE), (1, MOVING, [0.46, 0.34, 0.2])])[0]) == ["wave", "unknown"]


def test_events_shorter_than_the_minimum_are_not_reported() -> None:
    def lasting(seconds: float) -> list[str]:
        events = play([(1, MOVING, CLAP), (seconds, MOVING, WAVE), (1, MOVING, UNSURE)])[1]
        return [event.label for event in events]

    # An event lasts from the first to the last moment it was named.
    assert lasting(0.3) == ["clap"]
    assert lasting(0.5) == ["clap", "wave"]


def test_the_first_action_after_a_rest_starts_when_the_motion_did() -> None:
    _, (event,) = play([(1, STILL, UNSURE), (0.6, MOVING, UNSURE), (1, MOVING, WAVE)])
    assert event.start_s == pytest.approx(1.0)


def test_an_action_does_not_start_before_the_window_that_named_it() -> None:
    _, (event,) = play([(5, MOVING, UNSURE), (1, MOVING, WAVE)])
    assert event.start_s == pytest.approx(3.0)  # named at 5 s, from a window of 2 s


def test_an_event_ends_with_the_motion_not_with_the_moment_it_was_noticed() -> None:
    _, (event,) = play([(2, MOVING, WAVE), (3, STILL, WAVE)])
    assert event.end_s == pytest.approx(1.9)


def test_what_was_seen_before_a_rest_says_nothing_after_it() -> None:
    slow = PLAIN.model_copy(update={"smoothing_s": 5.0})
    decisions, _ = play([(3, MOVING, WAVE), (1, STILL, UNSURE), (0.5, MOVING, CLAP)], slow)
    assert said(decisions) == ["wave", "idle", "clap"]


def test_the_end_of_the_source_ends_what_is_going_on() -> None:
    script: Script = [(1, MOVING, WAVE)]
    assert play(script, finish=False)[1] == []
    (event,) = play(script)[1]
    assert (event.label, event.start_s, event.end_s) == ("wave", 0.0, pytest.approx(0.9))
    assert event.probability == pytest.approx(0.8)


def test_finishing_twice_reports_once() -> None:
    decider = Decider(PLAIN)
    for frame in range(10):
        decider.update([observation(frame / 10, MOVING, WAVE)], frame / 10, frame)
    assert len(decider.finish()) == 1
    assert decider.finish() == ()


def test_somebody_who_leaves_takes_their_event_along() -> None:
    decisions, events = play([(1, MOVING, WAVE), (1, None, None), (1, MOVING, WAVE)])
    assert said(decisions) == ["wave", "nobody", "wave"]
    assert [(e.start_s, e.end_s) for e in events] == [
        (0.0, pytest.approx(0.9)),
        (pytest.approx(2.0), pytest.approx(2.9)),
    ]


def test_an_events_probability_is_the_mean_over_it() -> None:
    _, (event,) = play([(1, MOVING, [0.1, 0.9, 0.0]), (1, MOVING, [0.2, 0.7, 0.1])])
    assert event.probability == pytest.approx(0.8)


def test_two_people_are_decided_apart() -> None:
    decider = Decider(PLAIN)
    events: list[ActionEvent] = []
    for frame in range(20):
        now = frame / 10
        people = [
            observation(now, MOVING, WAVE, 4),
            observation(now, MOVING if frame < 10 else STILL, CLAP, 2),
        ]
        decisions, ended = decider.update(people, now, frame)
        events += ended
    assert [(d.person_id, d.state) for d in decisions] == [(4, State.ACTION), (2, State.IDLE)]
    assert [(e.person_id, e.label) for e in [*events, *decider.finish()]] == [(2, "clap"), (4, "wave")]


def test_decisions_carry_the_frame_and_five_likeliest_at_most() -> None:
    labels = tuple("abcdefg")
    prediction = Prediction(np.array([0.1, 0.3, 0.05, 0.25, 0.15, 0.1, 0.05]), labels, 0.0, 0.0, 2.0)
    (decision,), _ = Decider(PLAIN).update([Observation(0, MOVING, prediction)], 2.0, 60)
    assert (decision.frame_index, decision.timestamp_s) == (60, 2.0)
    assert [label for label, _ in decision.top] == ["b", "d", "e", "a", "f"]
    assert [p for _, p in decision.top] == sorted((p for _, p in decision.top), reverse=True)


@pytest.mark.parametrize("step_s", [0.02, 0.05, 0.1, 0.2])
def test_smoothing_is_in_time_not_in_steps(step_s: float) -> None:
    slow = PLAIN.model_copy(update={"smoothing_s": 0.5, "enter": 0.0, "leave": 0.0, "margin": 1.0})
    decisions, _ = play([(2, MOVING, [0.0, 1.0, 0.0]), (1, MOVING, [1.0, 0.0, 0.0])], slow, step_s)
    before_s = 2 - step_s  # the last moment of the first second
    probability = dict(decisions[-1].top)["wave"]
    assert probability == pytest.approx(np.exp(-(3 - step_s - before_s) / 0.5), rel=1e-6)


@pytest.mark.parametrize("step_s", [0.02, 0.05, 0.2])
def test_the_same_story_gives_the_same_events_at_any_pace(step_s: float) -> None:
    story: Script = [
        (1, STILL, UNSURE), (2, MOVING, WAVE), (2, MOVING, CLAP), (1, STILL, CLAP), (2, MOVING, SIT),
        (1, None, None), (1, MOVING, UNSURE), (2, MOVING, WAVE),
    ]  # fmt: skip
    settings = PLAIN.model_copy(update={"smoothing_s": 0.4, "idle_after_s": 0.9})
    expected, found = play(story, settings)[1], play(story, settings, step_s)[1]
    assert [e.label for e in found] == [e.label for e in expected] == ["wave", "clap", "sit", "wave"]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.start_s == pytest.approx(theirs.start_s, abs=0.31)
        assert ours.end_s == pytest.approx(theirs.end_s, abs=0.31)


def test_time_that_goes_back_ends_all_and_begins_anew() -> None:
    decider = Decider(PLAIN.model_copy(update={"smoothing_s": 0.4}))
    for frame in range(10):
        decider.update([observation(10 + frame / 10, MOVING, WAVE)], 10 + frame / 10, frame)
    (decision,), (ended,) = decider.update([observation(0.0, MOVING, CLAP)], 0.0, 10)
    assert (ended.label, ended.start_s, ended.end_s) == ("wave", 10.0, pytest.approx(10.9))
    assert (decision.label, decision.probability) == ("clap", pytest.approx(0.8))
    for frame in range(1, 10):
        decider.update([observation(frame / 10, MOVING, CLAP)], frame / 10, frame)
    (event,) = decider.finish()
    assert (event.label, event.start_s, event.end_s) == ("clap", 0.0, pytest.approx(0.9))


KNOWS_IDLE = ("clap", "wave", IDLE)
IDLES = SIT  # its place in the labels


def test_the_class_idle_is_idle_and_no_event_while_the_person_moves() -> None:
    decisions, events = play([(1, MOVING, IDLES), (1, MOVING, WAVE), (1, MOVING, IDLES)], labels=KNOWS_IDLE)
    assert said(decisions) == ["idle", "wave", "idle"]
    assert {(d.state, d.label) for d in decisions if d.state is not State.ACTION} == {(State.IDLE, None)}
    assert decisions[0].top[0] == (IDLE, 0.8)
    assert [(e.label, e.start_s, e.end_s) for e in events] == [("wave", 1.0, pytest.approx(1.9))]


def test_the_class_idle_is_kept_down_to_the_lower_threshold_as_any_other() -> None:
    weak, weaker = [0.3, 0.2, 0.35], [0.2, 0.2, 0.25]
    script: Script = [(1, MOVING, IDLES), (1, MOVING, weak), (1, MOVING, weaker)]
    assert said(play(script, labels=KNOWS_IDLE)[0]) == ["idle", "unknown"]


def test_after_the_class_idle_an_action_does_not_start_with_the_motion() -> None:
    settings = PLAIN.model_copy(update={"lag_s": 0.5})
    _, (event,) = play([(1.5, MOVING, IDLES), (2, MOVING, WAVE)], settings, labels=KNOWS_IDLE)
    assert event.start_s == pytest.approx(1.0)


def test_what_is_said_is_dated_back_by_how_much_the_answer_trails() -> None:
    settings = PLAIN.model_copy(update={"lag_s": 0.6})
    _, events = play([(2, MOVING, WAVE), (2, MOVING, CLAP), (2, MOVING, UNSURE)], settings)
    assert [(e.label, e.start_s, e.end_s) for e in events] == [
        ("wave", 0.0, pytest.approx(1.4)),
        ("clap", pytest.approx(1.4), pytest.approx(3.4)),
    ]


LIKELY_WAVE = [0.2, 0.4, 0.2]


def test_an_event_begins_where_its_action_became_likely_not_where_it_was_sure() -> None:
    settings = PLAIN.model_copy(update={"lag_s": 0.4})
    script: Script = [(1, MOVING, IDLES), (0.8, MOVING, LIKELY_WAVE), (1, MOVING, WAVE)]
    decisions, (event,) = play(script, settings, labels=KNOWS_IDLE)
    assert said(decisions) == ["idle", "unknown", "wave"]
    assert event.start_s == pytest.approx(0.6)


def test_what_was_likely_and_then_was_not_began_when_it_became_likely_again() -> None:
    script: Script = [
        (1, MOVING, IDLES), (0.5, MOVING, LIKELY_WAVE), (0.5, MOVING, UNSURE), (0.3, MOVING, LIKELY_WAVE),
        (1, MOVING, WAVE),
    ]  # fmt: skip
    _, (event,) = play(script, labels=KNOWS_IDLE)
    assert event.start_s == pytest.approx(2.0)


def test_no_event_begins_before_what_the_network_sees() -> None:
    script: Script = [(1, MOVING, IDLES), (4, MOVING, LIKELY_WAVE), (1, MOVING, WAVE)]
    _, (event,) = play(script, labels=KNOWS_IDLE)
    assert event.start_s == pytest.approx(3.0)  # two seconds before it was named


def test_an_action_that_takes_over_begins_when_it_is_ahead() -> None:
    script: Script = [(1, MOVING, CLAP), (1, MOVING, [0.45, 0.4, 0.1]), (1, MOVING, WAVE)]
    _, events = play(script)
    assert [(e.label, e.start_s) for e in events] == [("clap", 0.0), ("wave", pytest.approx(2.0))]


def test_a_decision_tells_since_when_as_the_event_will() -> None:
    settings = PLAIN.model_copy(update={"lag_s": 0.6})
    decisions, events = play([(2, MOVING, WAVE), (2, MOVING, CLAP), (2, MOVING, UNSURE)], settings)
    assert [decisions[i].since_s for i in (15, 35, 55)] == [events[0].start_s, events[1].start_s, None]


def test_an_action_that_nothing_follows_is_said_for_longer_than_one_that_another_follows() -> None:
    settings = PLAIN.model_copy(update={"lag_s": 0.4, "linger_s": 0.5})
    _, events = play([(2, MOVING, WAVE), (2, MOVING, CLAP), (2, MOVING, UNSURE)], settings)
    assert [e.end_s for e in events] == [pytest.approx(1.6), pytest.approx(3.1)]


def test_a_long_event_and_a_short_one_of_its_label_that_touches_it_are_one() -> None:
    settings = PLAIN.model_copy(update={"merge_gap_s": 0.5})
    _, (event,) = play([(3, MOVING, WAVE), (0.3, MOVING, UNSURE), (0.5, MOVING, WAVE)], settings)
    assert (event.start_s, event.end_s) == (0.0, pytest.approx(3.7))


MOMENT = st.tuples(
    st.floats(0.01, 0.7),  # seconds since the one before
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.2, 1.0]), st.tuples(*[st.floats(0.01, 1)] * 3)),
        max_size=2,
    ),
)
SETTINGS = st.builds(
    DecisionSettings,
    smoothing_s=st.floats(0, 1),
    enter=st.floats(0, 1),
    leave=st.floats(0, 1),
    margin=st.floats(0, 0.5),
    idle_after_s=st.floats(0, 1),
    lag_s=st.floats(0, 2),
    linger_s=st.floats(0, 2),
    merge_gap_s=st.floats(0, 2),
    min_event_s=st.floats(0, 1),
)


@given(moments=st.lists(MOMENT, max_size=60), settings=SETTINGS, labels=st.sampled_from([LABELS, KNOWS_IDLE]))
def test_events_of_a_person_are_ordered_apart_and_within_the_time_seen(
    moments: list, settings: DecisionSettings, labels: tuple[str, ...]
) -> None:
    decider = Decider(settings)
    events: list[ActionEvent] = []
    now, first = 0.0, None
    for frame, (pause, people) in enumerate(moments):
        now += pause
        first = now if first is None else first
        seen = [
            observation(now, motion, list(np.array(p) / sum(p)), person, labels)
            for person, (motion, p) in enumerate(people)
        ]
        decisions, ended = decider.update(seen, now, frame)
        assert [d.person_id for d in decisions] == list(range(len(people)))
        assert all((d.state is State.ACTION) == (d.label is not None) for d in decisions)
        events += ended
    events += decider.finish()
    for event in events:
        assert first <= event.start_s <= event.end_s <= now
        assert event.end_s - event.start_s >= settings.min_event_s
        assert 0 <= event.probability <= 1 + 1e-9
        assert event.label != IDLE
    for person in (0, 1):
        own = [event for event in events if event.person_id == person]
        for earlier, later in pairwise(own):
            assert earlier.end_s <= later.start_s
            assert earlier.end_s < later.start_s or earlier.label != later.label


@pytest.mark.parametrize(
    "change", [{"enter": 1.5}, {"smoothing_s": -1}, {"min_event_s": -1}, {"patience": 3}]
)
def test_settings_out_of_range_or_unknown_are_refused(change: dict) -> None:
    with pytest.raises(ValidationError, match=next(iter(change))):
        DecisionSettings(**change)


def said_with_change(at: int, probability: float, before: DecisionSettings, after: DecisionSettings) -> list:
    """Events of somebody who waves from 1 s to 4 s, ten answers a second; other settings from `at` on."""
    decider, events = Decider(before), []
    for index in range(80):
        if index == at:
            decider.change(after)
        sure = probability if 10 <= index < 40 else 0.01
        prediction = Prediction(
            np.array([sure, 0.6 * (1 - sure), 0.4 * (1 - sure)]),
            ("wave", IDLE, "clap"),
            0.0,
            index / 10 - 2,
            index / 10,
        )
        events += decider.update([Observation(0, 1.0, prediction)], index / 10, index)[1]
    return events + list(decider.finish())


def test_other_settings_do_not_part_an_event_that_goes_on() -> None:
    plain, slower = DecisionSettings(), DecisionSettings(smoothing_s=0.4, enter=0.8)
    (whole,) = said_with_change(99, 0.95, plain, plain)
    (changed,) = said_with_change(25, 0.95, plain, slower)
    assert changed.start_s == whole.start_s
    assert changed.end_s == pytest.approx(whole.end_s, abs=0.6)


def test_stricter_settings_judge_what_goes_on_and_keep_what_is_over() -> None:
    plain, strict = DecisionSettings(merge_gap_s=5.0), DecisionSettings(merge_gap_s=5.0, sure=0.99)
    assert said_with_change(25, 0.9, plain, strict) == []
    assert len(said_with_change(60, 0.9, plain, strict)) == 1


def test_milder_settings_name_at_the_next_answer_what_was_unknown_before() -> None:
    plain, mild = DecisionSettings(), DecisionSettings(enter=0.3)
    assert said_with_change(99, 0.45, plain, mild) == []
    assert [event.label for event in said_with_change(25, 0.45, plain, mild)] == ["wave"]
