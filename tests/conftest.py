"""Fixtures shared by all suites."""

from __future__ import annotations

import os

# Before anything imports torch or Qt: two torch threads on two contended cores stall for seconds.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The team's reference data beside the checkout; tests that need it are skipped elsewhere."""
    path = REPOSITORY.parent / "shared"
    if not path.is_dir():
        pytest.skip("reference data (../shared) is not here")
    return path


@pytest.fixture
def no_leaked_threads() -> Iterator[None]:
    """Fails a test that leaves a Python thread or a QThread running two seconds after its end."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2.0
    while (left := _new_threads(before)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"threads left running: {', '.join(left)}"


def _new_threads(before: set[threading.Thread]) -> list[str]:
    names = [thread.name for thread in threading.enumerate() if thread not in before]
    qt_core = sys.modules.get("PyQt6.QtCore")
    if qt_core is not None:
        main = qt_core.QCoreApplication.instance() and qt_core.QCoreApplication.instance().thread()
        # By type(), since isinstance() touches lazy attributes of objects that are not ours.
        threads = [o for o in gc.get_objects() if issubclass(type(o), qt_core.QThread)]
        names += [
            f"QThread {thread.objectName()}"
            for thread in threads
            if thread.isRunning() and thread is not main
        ]
    return names
