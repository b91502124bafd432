"""A scripted camera stands in for the device: it stalls, unplugs, repeats pictures and changes their size."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.sources import CameraSource, SourceError, list_cameras
from app.sources.camera_devices import camera_name, open_device, why_not_opened

Step = np.ndarray | str


class ScriptedCapture:
    """Plays a list of steps: a picture, "fail", "block" (until released from outside), or "raise"."""

    def __init__(self, steps: Iterable[Step], opened: bool = True) -> None:
        self._steps = iter(steps)
        self._opened = opened
        self._picture: np.ndarray | None = None
        self.unblock = threading.Event()
        self.released = threading.Event()
        self.used_by: set[int] = set()

    def isOpened(self) -> bool:  # noqa: N802
        return self._opened

    def set(self, prop: int, value: float) -> bool:
        return True

    def get(self, prop: int) -> float:
        return 0.0

    def grab(self) -> bool:
        self.used_by.add(threading.get_ident())
        step = next(self._steps, "fail")
        if isinstance(step, str):
            if step == "block":
                self.unblock.wait(20)
            elif step == "raise":
                raise OSError("the driver gave up")
            return False
        self._picture = step
        return True

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return True, self._picture

    def release(self) -> None:
        self.used_by.add(threading.get_ident())
        self.released.set()


def bgr(blue: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[..., 0] = blue
    return image


def paced(steps: Iterable[Step], seconds: float = 0.03) -> Iterator[Step]:
    for step in steps:
        time.sleep(seconds)
        yield step


@pytest.fixture
def camera() -> Iterator[Callable[..., tuple[CameraSource, ScriptedCapture]]]:
    opened: list[tuple[CameraSource, ScriptedCapture]] = []

    def make(
        steps: Iterable[Step], is_open: bool = True, **options: object
    ) -> tuple[CameraSource, ScriptedCapture]:
        capture = ScriptedCapture(steps, is_open)
        options = {"stall_timeout_s": 0.3, "open_timeout_s": 0.5, **options}
        source = CameraSource(7, make_capture=lambda _: capture, **options)  # type: ignore[arg-type]
        opened.append((source, capture))
        return source, capture

    yield make
    for source, capture in opened:
        capture.unblock.set()
        source.close()
    for thread in threading.enumerate():
        if thread.name == "camera":
            thread.join(2)
            assert not thread.is_alive(), "a thread was left behind"


def test_pictures_arrive_as_rgb_with_increasing_times(camera) -> None:
    source, capture = camera(paced(bgr(value) for value in range(10, 20)))
    info = source.open()
    assert (info.width, info.height, info.live, info.frame_count, info.fps) == (64, 48, True, None, None)
    assert source.spec == "camera:7" and source.live
    frames, error = collect(source)
    assert "stopped sending" in error
    assert [int(frame.image[0, 0, 2]) for frame in frames] == [10 + frame.index for frame in frames]
    assert all((frame.image[..., :2] == 0).all() for frame in frames)
    times_s = [frame.timestamp_s for frame in frames]
    assert len(frames) >= 5 and times_s[0] == 0.0 and (np.diff(times_s) > 0).all()
    source.close()
    assert capture.released.is_set() and len(capture.used_by) == 1, "one thread alone touches the device"


def collect(source: CameraSource) -> tuple[list, str]:
    frames = []
    try:
        for frame in source.frames():
            frames.append(frame)  # noqa: PERF402  # what came before the error is wanted
    except SourceError as error:
        return frames, str(error)
    return frames, ""


def test_timestamps_are_the_clocks_from_the_first_picture(camera) -> None:
    ticks = iter([50.0, 50.04, 50.04, 49.0, 50.2, *[50.3] * 99])
    source, _ = camera(paced(bgr(value) for value in range(5)), clock=lambda: next(ticks))
    source.open()
    frames, _ = collect(source)
    times_s = {frame.index: frame.timestamp_s for frame in frames}
    assert times_s[0] == 0.0
    assert times_s[1] == pytest.approx(0.04)
    assert 0.04 < times_s[2] < times_s[3] < 0.041, "a repeated tick and a clock set back still go forward"
    assert times_s[4] == pytest.approx(0.2)


def test_a_slow_consumer_gets_the_newest_picture(camera) -> None:
    source, _ = camera(paced((bgr(value) for value in range(20)), 0.01))
    source.open()
    time.sleep(0.4)
    frames, _ = collect(source)
    assert [frame.index for frame in frames] == [0, 19]


def test_a_camera_that_stumbles_comes_back(camera) -> None:
    source, _ = camera(paced([bgr(1), "fail", "fail", bgr(2), "fail", bgr(3)]))
    source.open()
    frames, _ = collect(source)
    assert [int(frame.image[0, 0, 2]) for frame in frames] == [1, 2, 3]


def test_repeated_pictures_and_new_sizes_are_passed_on(camera) -> None:
    source, _ = camera(paced([bgr(1), bgr(1), bgr(1, (32, 24)), np.zeros((10, 20), np.uint8)]))
    source.open()
    frames, _ = collect(source)
    assert [frame.image.shape for frame in frames] == [(48, 64, 3), (48, 64, 3), (24, 32, 3), (10, 20, 3)]
    assert (np.diff([frame.timestamp_s for frame in frames]) > 0).all()


@pytest.mark.parametrize("end", ["fail", "block", "raise"])
def test_an_unplugged_camera_gives_one_clear_line_soon(camera, end: str) -> None:
    source, _ = camera(paced([bgr(1), bgr(2), end]))
    source.open()
    start_s = time.monotonic()
    frames, error = collect(source)
    assert time.monotonic() - start_s < 1.5
    assert len(frames) == 2
    assert error.startswith("camera 7 stopped sending pictures:") and "cable" in error


@pytest.mark.parametrize("steps", [["block"], ["fail"], ["raise"], []])
def test_a_camera_that_never_sends_a_picture_gives_one_clear_line(camera, steps: list[str]) -> None:
    source, _ = camera(steps)
    with pytest.raises(SourceError, match="camera 7 sends no pictures: close other programs"):
        source.open()


def test_a_camera_that_does_not_open_says_why(camera) -> None:
    source, capture = camera([], is_open=False)
    with pytest.raises(SourceError, match="camera 7"):
        source.open()
    assert capture.released.is_set()


def test_interrupt_ends_frames_that_wait_for_a_blocked_camera(camera) -> None:
    source, _ = camera(paced([bgr(1), "block"]), stall_timeout_s=30.0)
    source.open()
    frames = source.frames()
    next(frames)
    timer = threading.Timer(0.1, source.interrupt)
    start_s = time.monotonic()
    timer.start()
    assert list(frames) == []
    assert time.monotonic() - start_s < 0.6
    timer.join()


def test_interrupt_ends_an_open_that_waits(camera) -> None:
    source, _ = camera(["block"], open_timeout_s=30.0)
    timer = threading.Timer(0.1, source.interrupt)
    start_s = time.monotonic()
    timer.start()
    with pytest.raises(SourceError, match="closed before"):
        source.open()
    assert time.monotonic() - start_s < 1.5
    timer.join()


def test_close_does_not_wait_for_a_camera_that_hangs(camera) -> None:
    source, capture = camera(paced([bgr(1), "block"]))
    source.open()
    start_s = time.monotonic()
    source.close()
    source.close()
    assert time.monotonic() - start_s < 1.0
    assert not capture.released.is_set(), "a device is not released while it is read"
    capture.unblock.set()
    assert capture.released.wait(2)


# --- which cameras there are -----------------------------------------------------------------------------


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


def test_probing_a_camera_that_is_not_there_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    capture = open_device(99)
    assert not capture.isOpened()
    capture.release()
    assert capfd.readouterr() == ("", "")
