"""What a soak measures of the process, and that the measuring itself does not grow."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from app.soak import gauges
from app.soak.gauges import COLUMNS, Gauges, Held, memory_mb, objects


def test_a_look_notes_everything() -> None:
    made = Gauges()
    assert made.due(0.0)
    made.look(0.0, 0.5, 12.0, 7.0)
    assert not made.due(0.5)
    assert made.due(1.0)
    assert tuple(made.table) == COLUMNS
    newest = made.newest
    assert (newest["played_h"], newest["answer_ms"], newest["answer_cpu_ms"]) == (0.5, 12.0, 7.0)
    assert newest["threads"] >= 1
    assert newest["handles"] >= 1


def test_a_full_table_keeps_every_second_row_and_looks_half_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "ROOM", 8)
    made = Gauges()
    for second in range(9):
        made.look(float(second), 0.0, 0.0, 0.0)
    assert made.table["wall_s"].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert made.every_s == 2.0
    assert not made.due(9.0)


def test_threads_and_handles_that_are_held_are_counted(tmp_path: Path) -> None:
    before, over = Held.now(0.0, 0.0), threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    with (tmp_path / "file").open("w"):
        during = Held.now(1.0, 0.5)
    over.set()
    thread.join()
    assert during.threads >= before.threads + 1
    assert (during.wall_s, during.played_h) == (1.0, 0.5)
    assert during.handles == before.handles + 1


def test_memory_that_is_taken_is_seen() -> None:
    before = memory_mb()
    taken = np.ones(30_000_000, np.uint8)
    assert memory_mb() > before + 25 or np.isnan(before)
    assert taken.any()


def test_objects_are_counted_by_type() -> None:
    kept = [Gauges() for _ in range(50)]
    assert objects()["app.soak.gauges.Gauges"] >= len(kept)
