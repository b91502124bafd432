from __future__ import annotations

import struct
import sys
import threading
import time

import pytest

from app.ui import cameras
from app.ui.cameras import CameraWatcher, list_qt, list_v4l2

CAPTURE, METADATA, M2M, DEVICE_CAPS = 0x1, 0x0080_0000, 0x8000, 0x8000_0000


def capability(card, of_this, of_all=None):
    """The bytes of a struct v4l2_capability."""
    of_all = (of_this | DEVICE_CAPS) if of_all is None else of_all
    return struct.pack("=16s32s32s6I", b"uvcvideo", card, b"usb-1", 1, of_all, of_this, 0, 0, 0)


def test_the_cameras_of_linux_are_listed_by_number_with_their_names(tmp_path):
    answers = {
        "video0": capability(b"Brio", CAPTURE),
        "video1": capability(b"Brio", METADATA, DEVICE_CAPS | CAPTURE | METADATA),
        "video10": capability(b"codec", M2M),
        "video2": capability("Kamera für alles".encode(), CAPTURE),
        "video3": capability(b"old driver", 0, CAPTURE),
    }
    for name in (*answers, "video-notes", "media0"):
        (tmp_path / name).touch()
    found = list_v4l2(tmp_path, lambda device: answers[device.name])
    assert found == [("camera:0", "Brio"), ("camera:2", "Kamera für alles"), ("camera:3", "old driver")]


def test_a_device_that_may_not_be_opened_is_listed_all_the_same(tmp_path):
    (tmp_path / "video4").touch()

    def refuse(device):
        raise PermissionError(13, "Permission denied")

    assert list_v4l2(tmp_path, refuse) == [("camera:4", "Camera 4")]


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_a_file_that_is_no_device_is_asked_without_harm(tmp_path):
    (tmp_path / "video0").write_bytes(b"not a camera")
    assert list_v4l2(tmp_path) == [("camera:0", "Camera 0")]


def test_without_qtmultimedia_there_are_no_names_and_no_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "PyQt6.QtMultimedia", None)
    assert list_qt() == []


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
    monkeypatch.setattr(cameras, "list_v4l2", lambda: [("camera:0", "kernel")])
    monkeypatch.setattr(cameras, "list_qt", lambda: [("camera:0", "qt")])
    for platform, name in (("linux", "kernel"), ("darwin", "qt"), ("win32", "qt")):
        monkeypatch.setattr(cameras.sys, "platform", platform)
        assert cameras.list_cameras() == [("camera:0", name)]
