"""What is said moment by moment, joined into events."""

from __future__ import annotations

import pytest

from app.entities import ActionEvent
from app.events import EventTracker


def track(
    script: list[tuple[str | None, float]],
    merge_gap_s: float = 0.0,
    min_event_s: float = 0.0,
    lag_s: float = 0.0,
) -> list[tuple[str, float, float]]:
    """Play (label, seconds) pieces at ten moments a second; a label of "rest" is somebody who keeps still."""
    tracker = EventTracker(7, merge_gap_s, min_event_s)
    events: list[ActionEvent] = []
    now = moved = 0
    for label, seconds in script:
        for _ in range(round(seconds * 10)):
            if label == "rest":
                events += tracker.rest(now / 10)
            else:
                moved = now
                events += tracker.say(label, 0.5, max(0.0, now / 10 - lag_s), moved / 10)
            now += 1
    events += tracker.finish()
    assert all(event.person_id == 7 and event.probability == pytest.approx(0.5) for event in events)
    return [(event.label, round(event.start_s, 3), round(event.end_s, 3)) for event in events]


def test_what_is_said_and_what_was_said_before_part_at_one_moment_dated_back() -> None:
    assert track([("walk", 3), ("sit", 3)], lag_s=1.0) == [("walk", 0.0, 2.0), ("sit", 2.0, 5.9)]


def test_an_action_that_is_no_longer_said_ended_as_much_earlier() -> None:
    assert track([("walk", 3), (None, 3)], lag_s=1.0) == [("walk", 0.0, 2.0)]


def test_an_action_dated_back_does_not_reach_before_the_one_it_follows() -> None:
    assert track([("walk", 3), ("sit", 0.5), ("stand", 2)], lag_s=1.0) == [
        ("walk", 0.0, 2.0), ("sit", 2.0, 2.5), ("stand", 2.5, 5.4),
    ]  # fmt: skip
    assert track([("walk", 0.5), ("sit", 3)], lag_s=1.0) == [("walk", 0.0, 0.0), ("sit", 0.0, 3.4)]


def test_rest_ends_an_action_when_the_person_last_moved() -> None:
    assert track([("walk", 2), ("rest", 2)], lag_s=1.0) == [("walk", 0.0, 1.9)]


def test_a_gap_up_to_the_limit_is_bridged() -> None:
    pieces: list[tuple[str | None, float]] = [("walk", 1), (None, 0.5), ("walk", 1)]
    assert track(pieces, merge_gap_s=0.65) == [("walk", 0.0, 2.4)]
    assert track(pieces, merge_gap_s=0.5) == [("walk", 0.0, 0.9), ("walk", 1.5, 2.4)]


def test_another_action_is_not_bridged_however_long_the_gap_may_be() -> None:
    assert track([("walk", 1), ("sit", 1), ("walk", 1)], merge_gap_s=5.0, min_event_s=0.5) == [
        ("walk", 0.0, 0.9), ("sit", 1.0, 1.9), ("walk", 2.0, 2.9),
    ]  # fmt: skip


def test_one_too_short_to_be_an_event_does_not_part_another() -> None:
    assert track([("walk", 1), ("sit", 0.2), ("walk", 1)], merge_gap_s=0.5, min_event_s=0.5) == [
        ("walk", 0.0, 2.1)
    ]


def test_pieces_too_short_alone_are_an_event_together() -> None:
    pieces: list[tuple[str | None, float]] = [("walk", 0.4), (None, 0.2), ("walk", 0.4)]
    assert track(pieces, merge_gap_s=0.5, min_event_s=0.8) == [("walk", 0.0, 0.9)]
    assert track(pieces, min_event_s=0.8) == []


def test_events_of_one_label_that_touch_are_one() -> None:
    tracker = EventTracker(0, merge_gap_s=0.0, min_event_s=0.1)
    tracker.say("jog", 0.5, 0.0, 1.0)
    tracker.say(None, 0.5, 1.0, 1.0)
    tracker.say("jog", 0.5, 0.5, 2.0)  # dated back to before the end of the first
    assert [(e.start_s, e.end_s) for e in tracker.finish()] == [(0.0, 2.0)]


def test_an_event_is_reported_when_it_can_no_longer_go_on() -> None:
    tracker = EventTracker(0, merge_gap_s=1.0, min_event_s=0.1)
    assert tracker.say("walk", 0.5, 0.0, 2.0) == ()
    assert tracker.say(None, 0.5, 2.0, 2.0) == ()
    assert tracker.say(None, 0.5, 3.0, 2.0) == ()
    (event,) = tracker.say(None, 0.5, 3.1, 2.0)
    assert (event.start_s, event.end_s) == (0.0, 2.0)
    assert tracker.finish() == ()


def test_only_what_was_sure_at_some_moment_is_an_event() -> None:
    tracker = EventTracker(0, merge_gap_s=0.3, min_event_s=0.1, sure=0.9)
    said = [("walk", 0.95), ("walk", 0.6), ("sit", 0.89), ("sit", 0.5), ("walk", 0.5), ("jump", 0.9)]
    events = [event for now, (label, p) in enumerate(said) for event in tracker.say(label, p, now, now + 0.9)]
    events += tracker.finish()
    # Walking goes on before anybody is sure of it again, which it then never is.
    assert [(e.label, e.start_s, e.end_s) for e in events] == [("walk", 0, 1.9), ("jump", 5, 5.9)]
