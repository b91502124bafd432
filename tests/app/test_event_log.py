from __future__ import annotations

from app.entities import ActionEvent
from app.event_log import EventLog
from app.pipeline import KEPT_EVENTS


def events(first, until):
    return tuple(ActionEvent("wave", float(i), i + 0.5, 0.9, 1) for i in range(first, until))


def test_everything_is_kept_where_a_snapshot_has_only_the_newest():
    log = EventLog()
    for end in range(100, 5001, 100):
        log.take(events(max(0, end - KEPT_EVENTS), end))
    assert log.events == list(events(0, 5000))
    assert log.gaps == 0


def test_what_is_new_is_told_once():
    log = EventLog()
    assert log.take(events(0, 2)) == list(events(0, 2))
    assert log.take(events(0, 3)) == list(events(2, 3))
    assert log.take(events(0, 3)) == []


def test_events_that_come_out_of_order_are_taken_in_as_well():
    log = EventLog()
    log.take(events(5, 7))
    assert log.take((*events(0, 2), *events(5, 7))) == list(events(0, 2))
    assert len(log) == 4


def test_a_gap_between_two_looks_is_noted():
    log = EventLog()
    log.take(events(0, 10))
    log.take(events(2000, 2000 + KEPT_EVENTS))
    assert log.gaps == 1
    assert len(log) == 10 + KEPT_EVENTS


def test_a_new_session_begins_with_nothing():
    log = EventLog()
    log.take(events(0, 3))
    log.clear()
    assert log.events == []
    assert log.take(events(0, 1)) == list(events(0, 1))
