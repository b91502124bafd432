"""Which cameras there are, what they are called, and why one would not open."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.sources import list_cameras
from app.sources.camera_devices import camera_name, number_now, open_device, why_not_back, why_not_opened


def node(sysfs: Path, number: int, name: str, place: int = 0, device: str | None = None) -> None:
    folder = sysfs / f"video{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(name + "\n")
    (folder / "index").write_text(f"{place}\n")
    (folder / "dev").write_text((device or f"81:{number}") + "\n")


linux_only = pytest.mark.skipif("not __import__('sys').platform.startswith('linux')")


@linux_only
def test_cameras_are_listed_by_number_without_their_metadata_nodes(tmp_path: Path) -> None:
    node(tmp_path / "sys", 10, "Ten")
    node(tmp_path / "sys", 0, "HD  Webcam: HD Webcam")
    node(tmp_path / "sys", 1, "HD Webcam: metadata", place=1)
    (tmp_path / "sys" / "v4l-subdev0").mkdir()
    assert list_cameras(tmp_path / "sys", tmp_path / "udev") == [(0, "HD Webcam: HD Webcam"), (10, "Ten")]


@linux_only
def test_what_udev_knows_of_a_node_comes_first(tmp_path: Path) -> None:
    udev = tmp_path / "udev"
    udev.mkdir()
    node(tmp_path / "sys", 2, "Codec")
    (udev / "c81:2").write_text("I:1\nE:ID_V4L_CAPABILITIES=:video_output:\n")
    node(tmp_path / "sys", 3, "Second sensor", place=1)
    (udev / "c81:3").write_text("E:ID_V4L_CAPABILITIES=:capture:\n")
    assert list_cameras(tmp_path / "sys", udev) == [(3, "Second sensor")]


@linux_only
def test_no_video_system_means_no_cameras(tmp_path: Path) -> None:
    assert list_cameras(tmp_path / "nothing", tmp_path) == []


def test_a_camera_without_a_name_goes_by_its_number(tmp_path: Path) -> None:
    assert camera_name(4, tmp_path) == "Camera 4"


def test_other_systems_are_probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert list_cameras(tmp_path, tmp_path, probe=lambda n: n in (0, 2)) == [(0, "Camera 0"), (2, "Camera 2")]


@linux_only
def test_why_a_camera_would_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs, dev = tmp_path / "sys", tmp_path / "dev"
    dev.mkdir()
    assert "no camera 5" in why_not_opened(5, dev, sysfs) and "demo" in why_not_opened(5, dev, sysfs)
    node(sysfs, 0, "Webcam")
    assert "use camera:0 instead" in why_not_opened(5, dev, sysfs)
    (dev / "video0").touch()
    assert "other programs" in why_not_opened(0, dev, sysfs)
    monkeypatch.setattr("os.access", lambda *_: False)  # root may do everything
    assert "usermod -aG video" in why_not_opened(0, dev, sysfs)


@linux_only
def test_why_a_camera_is_not_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs, dev = tmp_path / "sys", tmp_path / "dev"
    dev.mkdir()
    assert "plug it in again" in why_not_back(0, dev, sysfs)
    (dev / "video0").touch()
    assert "other programs" in why_not_back(0, dev, sysfs)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "usermod -aG video" in why_not_back(0, dev, sysfs)
    monkeypatch.setattr("sys.platform", "win32")
    assert "check its cable" in why_not_back(0, dev, sysfs)


@linux_only
def test_promise_a_camera_that_is_plugged_in_again_is_known_by_its_name(tmp_path: Path) -> None:
    sysfs, udev = tmp_path / "sys", tmp_path / "udev"
    assert number_now(0, "Webcam", sysfs, udev) == 0
    node(sysfs, 1, "Webcam")
    assert number_now(0, "Webcam", sysfs, udev) == 1, "its old number was still taken"
    node(sysfs, 0, "Webcam")
    assert number_now(0, "Webcam", sysfs, udev) == 0
    assert number_now(0, "Another", sysfs, udev) == 0


def test_probing_a_camera_that_is_not_there_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    capture = open_device(99)
    assert not capture.isOpened()
    capture.release()
    assert capfd.readouterr() == ("", "")
