from __future__ import annotations

import sys
import threading
import time
import types

from app.ui import cameras
from app.ui.cameras import CameraWatcher, list_qt


def test_without_qtmultimedia_there_are_no_names_and_no_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "PyQt6.QtMultimedia", None)
    assert list_qt() == []


def test_qt_lists_cameras_by_the_number_opencv_opens(qapp, monkeypatch):
    class Camera:
        def __init__(self, name):
            self.description = lambda: name

    class Devices:
        videoInputs = staticmethod(lambda: [Camera("FaceTime"), Camera("Brio")])  # noqa: N815 (Qt's name)

    monkeypatch.setitem(sys.modules, "PyQt6.QtMultimedia", types.SimpleNamespace(QMediaDevices=Devices))
    assert list_qt() == [("camera:0", "FaceTime"), ("camera:1", "Brio")]


def test_plugged_cameras_show_up_and_failures_are_survived():
    answers = [[("camera:0", "A")], OSError("bus"), [("camera:0", "A"), ("camera:1", "B")]]
    asked_in = []

    def answer():
        asked_in.append(threading.current_thread())
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(now, Exception):
            raise now
        return now

    watcher = CameraWatcher(answer, period_s=0.01)
    watcher.start()
    deadline = time.monotonic() + 3
    while len(watcher.cameras) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    watcher.close()
    assert [name for _, name in watcher.cameras] == ["A", "B"]
    assert threading.main_thread() not in asked_in


def test_a_driver_that_hangs_does_not_hold_up_closing():
    release = threading.Event()
    watcher = CameraWatcher(lambda: release.wait(5) and [])
    watcher.start()
    begun = time.monotonic()
    watcher.close(timeout_s=0.1)
    assert time.monotonic() - begun < 1.0
    release.set()


def test_the_default_asks_the_kernel_on_linux_and_qt_elsewhere(monkeypatch):
    monkeypatch.setattr(cameras.sources, "list_cameras", lambda: [(2, "kernel")])
    monkeypatch.setattr(cameras, "list_qt", lambda: [("camera:0", "qt")])
    for platform, found in (
        ("linux", ("camera:2", "kernel")),
        ("darwin", ("camera:0", "qt")),
        ("win32", ("camera:0", "qt")),
    ):
        monkeypatch.setattr(cameras.sys, "platform", platform)
        assert cameras.list_cameras() == [found]
