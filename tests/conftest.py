"""Fixtures shared by all suites."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A property is no timed test: on a busy machine any example may take a second.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Before anything imports torch or Qt: two torch threads on two contended cores stall for seconds.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Nor shall a tester's own language and settings decide, or be touched.
os.environ["STGAT_LIVE_LANGUAGE"] = "en"
_home = tempfile.TemporaryDirectory(prefix="stgat-live-tests-")
os.environ["STGAT_LIVE_HOME"] = _home.name

REPOSITORY = Path(__file__).resolve().parents[1]

# A shell that starts the tests in the background has them, and the programs they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The team's reference data beside the checkout; tests that need it are skipped elsewhere."""
    path = REPOSITORY.parent / "shared"
    if not path.is_dir():
        pytest.skip("reference data (../shared) is not here")
    return path


@pytest.fixture(scope="session")
def pose_model() -> Path:
    """MediaPipe's model file, made on the first run; skipped where it is absent and offline."""
    from pose.models import PoseModelError, build_pose_model

    try:
        return build_pose_model()
    except PoseModelError as error:
        if "could not be downloaded" not in str(error):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sports2d_demo() -> Path:
    """A real video of people (benchmarks.people_video), downloaded once."""
    from benchmarks.people_video import OfflineError, people_video

    try:
        return people_video()
    except OfflineError as error:
        pytest.skip(str(error))


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
