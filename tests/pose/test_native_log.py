from __future__ import annotations

import os
import threading

import pytest

from pose import native_log
from pose.native_log import quiet_native_log


def test_known_notes_are_held_back_and_all_else_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_native_log():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nsomething new\n")
    assert capfd.readouterr().err == "something new\n"


def test_promise_a_thread_that_hangs_within_it_keeps_stderr_from_nobody(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_log, "_PATIENCE_S", 0.1)
    inside, released = threading.Event(), threading.Event()

    def hang() -> None:
        with quiet_native_log():
            os.write(2, b"written by the one that hangs\n")
            inside.set()
            released.wait(30)

    hanging = threading.Thread(target=hang)
    hanging.start()
    assert inside.wait(5)
    with quiet_native_log():
        os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
    released.set()
    hanging.join()
    assert capfd.readouterr().err == "written by the one that hangs\n"
    with quiet_native_log():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
    assert capfd.readouterr().err == ""
