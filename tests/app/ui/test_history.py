from __future__ import annotations

import pytest

from app.entities import ActionEvent, State
from app.ui.history import KEPT_S, History
from tests.app.ui.fakes import decision


def say(history, script, events=(), person_id=1, every_s=0.1):
    """Feed (state, label, seconds) pieces; returns the time at the end."""
    time_s = history.now_s
    for state, label, seconds in script:
        for _ in range(round(seconds / every_s)):
            time_s += every_s
            happened = [e for e in events if e.end_s <= time_s]
            history.update(time_s, [decision(person_id, state, label, time_s)], happened)
    return time_s


def test_decisions_are_joined_into_stretches_without_gaps():
    history = History()
    say(history, [(State.IDLE, None, 2), (State.UNKNOWN, None, 1), (State.IDLE, None, 1)])
    first, second, third = history.lanes()[1]
    assert [s.state for s in (first, second, third)] == [State.IDLE, State.UNKNOWN, State.IDLE]
    assert (first.end_s, second.end_s) == pytest.approx((second.start_s, third.start_s))
    assert (first.end_s, third.end_s) == pytest.approx((2.0, 4.0))
    assert [s.going_on for s in (first, second, third)] == [False, False, True]


def test_an_action_is_shown_while_it_lasts_and_by_its_event_once_it_is_over():
    history = History()
    say(history, [(State.IDLE, None, 1), (State.ACTION, "wave", 2)])
    assert [(s.label, s.going_on) for s in history.lanes()[1]] == [(None, False), ("wave", True)]
    say(history, [(State.IDLE, None, 0.5)])
    pieced = history.lanes()[1][-1]
    assert (pieced.label, pieced.start_s) == ("wave", pytest.approx(1.0))  # the event is yet to come
    history.update(history.now_s, [], [ActionEvent("wave", 0.7, 3.2, 0.9, 1)])
    waves = [s for s in history.lanes()[1] if s.state is State.ACTION]
    assert [(s.start_s, s.end_s, s.going_on) for s in waves] == [(0.7, 3.2, False)]


def test_what_an_event_reaches_into_gives_way_to_it():
    history = History()
    say(history, [(State.UNKNOWN, None, 3), (State.ACTION, "wave", 2), (State.IDLE, None, 3)])
    history.update(history.now_s, [], [ActionEvent("wave", 2.2, 5.6, 0.9, 1)])
    unknown, idle, wave = history.lanes()[1]
    assert (unknown.state, idle.state, wave.label) == (State.UNKNOWN, State.IDLE, "wave")
    assert (unknown.end_s, idle.start_s) == pytest.approx((wave.start_s, wave.end_s))


def test_what_goes_on_starts_where_it_is_dated_back_to_and_ends_what_was_said_before():
    history = History()
    end_s = say(history, [(State.ACTION, "walk", 4)])
    history.update(end_s + 0.1, [decision(1, State.ACTION, "sit", end_s + 0.1, since_s=3.0)], [])
    walk, sit = history.lanes()[1]
    assert (walk.end_s, sit.start_s, sit.going_on) == (3.0, 3.0, True)
    history.update(end_s + 0.2, [], [ActionEvent("walk", 0.0, 3.0, 0.9, 1)])
    assert [(s.label, s.start_s) for s in history.lanes()[1]] == [("walk", 0.0), ("sit", 3.0)]


def test_an_action_that_goes_on_after_a_gap_is_shown_once():
    history = History()
    said = [(State.ACTION, 1.0), (State.UNKNOWN, None), (State.ACTION, 1.0)]
    for tenth in range(12, 42):
        state, since_s = said[(tenth - 12) // 10]
        history.update(tenth / 10, [decision(1, state, "walk", tenth / 10, since_s=since_s)], [])
    assert [(s.state, s.start_s) for s in history.lanes()[1]] == [(State.ACTION, 1.0)]


def test_an_event_dated_back_is_not_shown_beside_what_was_said_at_the_time():
    history = History()
    for tenth in range(20, 40):
        history.update(tenth / 10, [decision(1, State.ACTION, "wave", tenth / 10, since_s=1.0)], [])
    history.update(4.4, [decision(1, State.UNKNOWN, None, 4.4)], [ActionEvent("wave", 1.0, 2.9, 0.9, 1)])
    actions = [s for s in history.lanes()[1] if s.state is State.ACTION]
    assert [(s.start_s, s.end_s) for s in actions] == [(1.0, 2.9)]


def test_an_action_that_brought_no_event_is_taken_back():
    history = History()
    say(history, [(State.ACTION, "wave", 0.5), (State.IDLE, None, 3)])
    assert [s.state for s in history.lanes()[1]] == [State.IDLE]


def test_each_person_has_a_lane():
    history = History()
    for tenth in range(20):
        time_s = tenth / 10
        both = [decision(7, State.IDLE, None, time_s), decision(2, State.ACTION, "clap", time_s)]
        history.update(time_s, both, [])
    assert [(person, lane[0].state) for person, lane in history.lanes().items()] == [
        (2, State.ACTION),
        (7, State.IDLE),
    ]


def test_what_is_older_than_the_strip_is_forgotten():
    history = History()
    end_s = say(history, [(State.IDLE, None, 1)], [ActionEvent("wave", 0.0, 0.5, 0.9, 3)])
    history.update(end_s + KEPT_S + 1, [], [ActionEvent("wave", 0.0, 0.5, 0.9, 3)])
    assert history.lanes() == {}


def test_a_person_who_was_away_has_a_gap():
    history = History()
    end_s = say(history, [(State.IDLE, None, 1)])
    history.update(end_s + 5, [decision(1, State.IDLE, None, end_s + 5)], [])
    first, second = history.lanes()[1]
    assert second.start_s - first.end_s == pytest.approx(5.0)


def test_time_that_runs_backwards_begins_anew():
    history = History()
    say(history, [(State.IDLE, None, 3)])
    history.update(0.1, [decision(1, State.UNKNOWN, None, 0.1)], [])
    assert [s.state for s in history.lanes()[1]] == [State.UNKNOWN]


def test_the_same_decision_seen_again_and_nobody_change_nothing():
    history = History()
    said = decision(1, State.IDLE, None, 1.0)
    for now_s in (1.0, 1.1, 1.2):
        history.update(now_s, [said, decision(0, State.NO_PERSON, None, now_s)], [])
    assert list(history.lanes()) == [1]
    assert len(history.lanes()[1]) == 1


def test_of_a_file_what_is_looked_at_out_of_order_comes_together():
    history = History()
    for time_s in (5.0, 5.2, 5.4, 1.0, 1.2, 4.6, 4.8, 5.1, 5.6):
        history.update(time_s, [decision(1, State.IDLE, None, time_s)], [], whole_file=True)
    assert [(s.start_s, s.end_s) for s in history.lanes()[1]] == [(1.0, 1.2), (4.6, 5.6)]


def test_of_a_file_what_follows_is_not_touched_by_what_is_dated_back():
    history = History()
    for time_s, label in ((9.0, "sit"), (9.2, "sit"), (4.0, "walk"), (4.2, "walk")):
        said = decision(1, State.ACTION, label, time_s, since_s=time_s - 1)
        history.update(time_s, [said], [], whole_file=True)
    history.now_s = 9.1
    assert [s.label for s in history.lanes()[1]] == ["sit"]
    history.now_s = 4.1
    assert [s.label for s in history.lanes()[1]] == ["walk"]


def test_only_what_is_in_view_is_given():
    history = History()
    events = [ActionEvent("wave", float(s), s + 0.5, 0.9, s % 2) for s in range(100)]
    history.update(100.0, [], events)
    assert history.lanes(20.4, 22.0) == {
        0: [s for s in history.lanes()[0] if 20 <= s.start_s <= 22],
        1: [s for s in history.lanes()[1] if s.start_s == 21],
    }


def test_there_is_an_end_to_what_is_kept_of_a_file(monkeypatch):
    monkeypatch.setattr("app.ui.history.MOST_STRETCHES", 20)
    history = History()
    for second in range(0, 200, 2):
        for time_s in (float(second), second + 0.5):
            history.update(time_s, [decision(1, State.IDLE, None, time_s)], [], whole_file=True)
    kept = history.lanes()[1]
    assert len(kept) == 20
    assert kept[-1].end_s == 198.5  # the farthest from now goes first
