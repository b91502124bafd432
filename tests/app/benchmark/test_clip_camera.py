"""A clip in a camera's place: its pace, its order, and what it refuses."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from app.benchmark.clip_camera import ClipCamera, fitted, forth_and_back, prepare_clip, prepare_empty_room
from app.errors import SourceError
from app.sources import CameraSource
from tests.app.fakes import tiny_video


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    prepare_empty_room(tmp_path, (64, 48), count=3)
    return tmp_path


def test_a_clip_is_played_forth_and_back() -> None:
    assert list(itertools.islice(forth_and_back(4), 9)) == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert list(itertools.islice(forth_and_back(1), 3)) == [0, 0, 0]


def test_pictures_come_at_the_cameras_pace_however_short_the_clip(pictures: Path) -> None:
    clock = Clock()
    camera = ClipCamera(pictures, 30.0, clock, clock.sleep)
    assert camera.isOpened()
    for _ in range(31):
        assert camera.grab()
        ok, picture = camera.retrieve()
        assert ok
        assert picture is not None
        assert picture.shape == (48, 64, 3)
    assert clock.now_s == pytest.approx(101.0)
    assert np.diff(camera.due_s) == pytest.approx(1 / 30)


def test_who_comes_late_gets_the_next_picture_at_its_own_time(pictures: Path) -> None:
    clock = Clock()
    camera = ClipCamera(pictures, 10.0, clock, clock.sleep)
    camera.grab()
    clock.sleep(0.35)
    camera.grab()
    camera.grab()
    assert [due - 100.0 for due in camera.due_s] == pytest.approx([0.0, 0.3, 0.4])


def test_it_is_read_by_the_camera_source(pictures: Path) -> None:
    with CameraSource(0, make_capture=lambda number: ClipCamera(pictures, 200.0)) as source:
        assert source.open().fps == 200.0
        taken = list(itertools.islice(source.frames(), 5))
    assert [frame.image.shape for frame in taken] == [(48, 64, 3)] * 5
    assert [frame.index for frame in taken] == sorted({frame.index for frame in taken})


def test_a_folder_without_pictures_is_no_camera(tmp_path: Path) -> None:
    assert not ClipCamera(tmp_path).isOpened()


def test_a_video_is_made_to_fit_and_cut(tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    assert prepare_clip(str(tiny_video(tmp_path / "clip.mp4")), folder, (32, 32), at_most=7) == 7
    assert len(list(folder.glob("*.jpg"))) == 7
    camera = ClipCamera(folder, 1000.0)
    camera.grab()
    _, picture = camera.retrieve()
    assert picture is not None
    assert max(picture.shape[:2]) <= 32


@pytest.mark.parametrize(
    ("shape", "fits"), [((480, 640), (480, 640)), ((1080, 1080), (480, 480)), ((40, 80), (40, 80))]
)
def test_pictures_are_shrunk_but_never_enlarged(shape: tuple[int, int], fits: tuple[int, int]) -> None:
    assert fitted(np.zeros((*shape, 3), np.uint8), (640, 480)).shape == (*fits, 3)


@pytest.mark.parametrize(
    ("source", "words"),
    [("camera:0", "is a camera"), ("demo", "holds skeletons"), ("no such.mp4", "no such")],
)
def test_what_cannot_stand_in_for_a_camera_is_refused(source: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=words):
        prepare_clip(source, tmp_path, (64, 48), 5)
