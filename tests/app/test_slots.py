"""What stands between two threads: who waits, who wins, and that nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from app.slots import Slot

pytestmark = pytest.mark.usefixtures("no_leaked_threads")


def started(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def still_waits(thread: threading.Thread) -> bool:
    thread.join(0.1)
    return thread.is_alive()


def ends(thread: threading.Thread) -> bool:
    thread.join(5.0)
    return not thread.is_alive()


def test_the_newest_item_wins_and_the_lost_ones_are_counted() -> None:
    slot: Slot[int] = Slot()
    assert all(slot.put(item) for item in (1, 2, 3))
    assert slot.take() == 3
    assert slot.replaced == 2


def test_items_that_merge_are_not_lost() -> None:
    slot: Slot[list[int]] = Slot(merge=lambda old, new: old + new)
    for item in range(4):
        slot.put([item])
    assert slot.take() == [0, 1, 2, 3]
    assert slot.replaced == 0


def test_a_lossless_slot_hands_over_everything_in_order() -> None:
    slot: Slot[int] = Slot(lossless=True)
    found: list[int] = []

    def consume() -> None:
        while (item := slot.take()) is not None:
            found.append(item)
            time.sleep(0.0005 * (item % 3))

    consumer = started(consume)
    for item in range(1, 101):
        assert slot.put(item)
    slot.close()
    assert ends(consumer)
    assert found == list(range(1, 101))
    assert slot.replaced == 0


def test_a_lossless_producer_waits_until_the_place_is_free() -> None:
    slot: Slot[int] = Slot(lossless=True)
    slot.put(1)
    producer = started(lambda: slot.put(2))
    assert still_waits(producer)
    assert slot.take() == 1
    assert ends(producer)
    assert slot.take() == 2


def test_a_consumer_waits_until_there_is_an_item() -> None:
    slot: Slot[str] = Slot()
    found: list[str | None] = []
    consumer = started(lambda: found.append(slot.take()))
    assert still_waits(consumer)
    slot.put("late")
    assert ends(consumer)
    assert found == ["late"]


def test_closing_wakes_a_producer_blocked_waiting_for_a_place() -> None:
    slot: Slot[int] = Slot(lossless=True)
    slot.put(1)
    accepted: list[bool] = []
    producer = started(lambda: accepted.append(slot.put(2)))
    assert still_waits(producer)
    slot.close()
    assert ends(producer)
    assert accepted == [False]


def test_closing_wakes_a_consumer_blocked_waiting_for_an_item() -> None:
    slot: Slot[int] = Slot()
    found: list[int | None] = []
    consumer = started(lambda: found.append(slot.take()))
    assert still_waits(consumer)
    slot.close()
    assert ends(consumer)
    assert found == [None]


def test_what_is_in_a_closed_slot_can_still_be_fetched_unless_it_is_discarded() -> None:
    kept: Slot[int] = Slot()
    kept.put(1)
    kept.close()
    assert (kept.take(), kept.take()) == (1, None)
    emptied: Slot[int] = Slot()
    emptied.put(1)
    emptied.close(discard=True)
    assert emptied.take() is None


def test_a_closed_slot_takes_nothing_in_and_may_be_closed_again() -> None:
    slot: Slot[int] = Slot()
    slot.close()
    slot.close(discard=True)
    assert slot.put(1) is False
    assert slot.take() is None
    assert slot.replaced == 0


def test_an_item_that_counts_as_false_is_an_item() -> None:
    slot: Slot[int] = Slot(lossless=True)
    slot.put(0)
    assert slot.take() == 0


def test_with_room_for_two_the_oldest_gives_way_and_the_others_come_in_order() -> None:
    slot: Slot[int] = Slot()
    slot.room = 2
    assert all(slot.put(item) for item in (1, 2, 3))
    assert (slot.take(), slot.take(), slot.replaced) == (2, 3, 1)


def test_room_that_is_taken_away_leaves_the_newest() -> None:
    slot: Slot[int] = Slot()
    slot.room = 2
    slot.put(1)
    slot.put(2)
    slot.room = 1
    slot.put(3)
    assert (slot.take(), slot.replaced) == (3, 2)
