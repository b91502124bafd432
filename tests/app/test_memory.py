"""The process's memory is read, and given back; the heap's effect is in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app import memory

REPOSITORY = Path(__file__).resolve().parents[2]

#: Threads that are there together and take memory; the address space that their heaps take besides it.
HEAPS = """
import re, sys, threading
from pathlib import Path
from app import memory
shared = sys.argv[1] == "shared" and memory.share_heap()
def size():
    return int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
barrier = threading.Barrier(8)
def work():
    taken = [bytes(100_000) for _ in range(10)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
threading.stack_size(1 << 20)
before = size()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(int(shared), size() - before)
"""


def heaps_mb(how: str) -> tuple[bool, float]:
    command = [sys.executable, "-c", HEAPS, how]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    shared, grown = done.stdout.split()
    return shared == "1", float(grown)


@pytest.mark.skipif(memory._glibc() is None, reason="glibc's heaps")
def test_promise_threads_share_a_heap_where_they_would_have_their_own() -> None:
    assert heaps_mb("own")[1] > 250
    shared, grown = heaps_mb("shared")
    assert shared
    assert grown < 100
    assert memory.give_back()


def test_it_is_what_the_system_says() -> None:
    resident = memory.resident_bytes()
    assert resident is None or 10e6 < resident < 100e9


def test_where_there_is_no_glibc_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    assert not memory.share_heap()
    assert not memory.give_back()


def test_on_other_systems_it_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    memory._glibc.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    try:
        assert memory._glibc() is None
    finally:
        memory._glibc.cache_clear()
