"""Videos that are written, read back."""

from __future__ import annotations

import errno
import io
import os
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from app.errors import OutputError
from app.video_writer import VideoWriter

TIMES = [0.0, 0.033, 0.067, 0.2, 0.21, 1.0]  # a camera that stutters


def picture(number: int, height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), 20 + 40 * number, np.uint8)


def written(path: Path, times: list[float] = TIMES, **size: int) -> list[av.VideoFrame]:
    with VideoWriter(path) as video:
        for number, time_s in enumerate(times):
            video.write(picture(number, **size), time_s)
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov"])
def test_every_picture_is_there_with_its_own_time(tmp_path: Path, suffix: str) -> None:
    frames = written(tmp_path / f"out.{suffix}")
    assert len(frames) == len(TIMES)
    assert [frame.time for frame in frames] == pytest.approx(TIMES, abs=0.0015)
    for number, frame in enumerate(frames):
        assert frame.to_ndarray(format="rgb24").mean() == pytest.approx(picture(number).mean(), abs=4)


@pytest.mark.parametrize("fps", [10.0, 29.97, 60.0])
def test_the_file_states_the_rate_it_was_given(tmp_path: Path, fps: float) -> None:
    path = tmp_path / "out.mkv"
    with VideoWriter(path, fps) as video:
        for number in range(6):
            video.write(picture(number), number / fps)
    with av.open(str(path)) as container:
        assert float(container.streams.video[0].average_rate) == pytest.approx(fps, rel=0.002)


@pytest.mark.parametrize(("height", "width"), [(47, 63), (48, 63), (47, 64), (2, 2), (241, 321)])
def test_odd_sides_are_cut_to_even_ones(tmp_path: Path, height: int, width: int) -> None:
    frames = written(tmp_path / "out.mkv", height=height, width=width)
    assert {(frame.height, frame.width) for frame in frames} == {(height // 2 * 2, width // 2 * 2)}


def test_pictures_closer_than_the_files_clock_keep_their_order(tmp_path: Path) -> None:
    times = [0.0, 0.0001, 0.0002, 0.0003]
    frames = written(tmp_path / "out.mkv", times)
    assert len(frames) == 4
    assert all(a.pts < b.pts for a, b in pairwise(frames))


def test_a_picture_that_is_larger_is_cut_and_a_smaller_one_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mkv") as video:
        video.write(picture(0), 0.0)
        video.write(picture(1, 60, 80), 0.1)
        with pytest.raises(OutputError, match=r"out\.mkv: the pictures change their size"):
            video.write(picture(2, 24, 32), 0.2)


def test_pictures_too_small_for_a_video_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    with pytest.raises(OutputError, match=r"out\.mkv: pictures of 1 x 48 pixels are too small for a video"):
        written(path, width=1)
    assert not path.exists()


@pytest.mark.parametrize("name", ["out.txt", "out", "out.webm", "out.gif", "out.wav", "out.png"])
def test_a_name_that_cannot_hold_the_video_is_refused_at_once(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match=rf"{name} cannot be written as a video .*ends in \.mkv or \.mp4"):
        VideoWriter(path)
    assert path.read_bytes() == b"precious"


def test_without_a_picture_no_file_is_touched(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "new.mkv"):
        pass
    assert not (tmp_path / "new.mkv").exists()
    old = tmp_path / "old.mkv"
    old.write_bytes(b"precious")
    with VideoWriter(old):
        pass
    assert old.read_bytes() == b"precious"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere/out\.mkv cannot be written"):  # noqa: SIM117
        with VideoWriter(tmp_path / "nowhere" / "out.mkv") as video:
            video.write(picture(0), 0.0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
@pytest.mark.parametrize("frames", [3, 200])
def test_a_full_disk_is_named(tmp_path: Path, frames: int) -> None:
    path = tmp_path / "out.mkv"
    path.symlink_to("/dev/full")
    noise = np.random.default_rng(0).integers(0, 256, (frames, 48, 64, 3), np.uint8)
    with pytest.raises(OutputError, match=r"out\.mkv cannot be written"):  # noqa: SIM117
        with VideoWriter(path) as video:
            for number, image in enumerate(noise):
                video.write(image, number / 30)


def test_promise_a_disk_that_takes_a_part_of_a_write_gets_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Half(io.FileIO):
        def write(self, content: memoryview) -> int:
            return super().write(content[: (len(content) + 1) // 2])

    monkeypatch.setattr(io, "FileIO", Half)
    noise = np.random.default_rng(0).integers(0, 256, (20, 48, 64, 3), np.uint8)
    with VideoWriter(tmp_path / "out.mkv", steady=True) as video:
        for number, image in enumerate(noise):
            video.write(image, number / 30)
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert len(list(container.decode(video=0))) == 20


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EIO])
def test_promise_what_ended_a_steady_video_is_told_as_the_system_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Full(io.FileIO):
        def write(self, content: memoryview) -> int:
            if self.tell() > 2000:
                raise OSError(number, os.strerror(number))
            return super().write(content)

    monkeypatch.setattr(io, "FileIO", Full)
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), np.uint8)
    with pytest.raises(OutputError, match=os.strerror(number)) as told:  # noqa: SIM117
        with VideoWriter(tmp_path / "out.mkv", steady=True) as video:
            for index, image in enumerate(noise):
                video.write(image, index / 30)
    assert isinstance(told.value.__cause__, OSError) and told.value.__cause__.errno == number
