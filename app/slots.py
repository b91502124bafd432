"""What stands between two threads: a place or two, not a queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """Holds one item between a producer and a consumer, or as many as `room` says.

    lossless: the producer waits until the place is free. Otherwise the newest item wins: it takes the
        place of the oldest that was not fetched, or is merged with it where `merge(old, new)` is given.
    room: may be changed at any time: two places let a consumer that is late once make up for it.
    """

    def __init__(self, lossless: bool = False, merge: Callable[[T, T], T] | None = None) -> None:
        self._lossless = lossless
        self._merge = merge
        self.room = 1
        self._items: list[T] = []
        self._closed = False
        self._changed = threading.Condition()
        self._replaced = 0

    @property
    def replaced(self) -> int:
        """How many items were never fetched because a newer one took their place."""
        with self._changed:
            return self._replaced

    def put(self, item: T) -> bool:
        """Offer an item; False where the slot is closed and the item is lost."""
        with self._changed:
            if self._lossless:
                self._changed.wait_for(lambda: len(self._items) < self.room or self._closed)
            if self._closed:
                return False
            if self._merge and self._items:
                item = self._merge(self._items.pop(), item)
            while len(self._items) >= self.room:
                self._items.pop(0)
                self._replaced += 1
            self._items.append(item)
            self._changed.notify_all()
            return True

    def take(self) -> T | None:
        """Wait for an item; None once the slot is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            if not self._items:
                return None
            item = self._items.pop(0)
            self._changed.notify_all()
            return item

    def close(self, discard: bool = False) -> None:
        """No more items are taken in; what is there may still be fetched unless it is discarded."""
        with self._changed:
            self._closed = True
            if discard:
                self._items.clear()
            self._changed.notify_all()
