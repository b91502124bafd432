"""Seeking gives the very pictures that reading in order gives, whatever the file and the order of seeks."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.entities import VideoFrame
from app.errors import SourceError
from app.sources import FileSource, RecordingSource, open_twice
from app.sources.picture_index import PictureIndex
from tests.app.fakes import tiny_recording
from tests.app.sources.conftest import MakeVideo

JUMPY_S = [0.0, 0.1, 0.15, 0.6, 1.6, 1.64, 1.7, 2.5, 2.51, 2.6, 4.0, 4.1, 4.2, 6.0, 6.5, 6.6, 7.0, 9.0]

FILES: dict[str, dict] = {
    "gop 30 with B-frames": {"name": "a.mp4", "frames": 100, "fps": 25, "options": {"g": "30", "bf": "3"}},
    "open gop": {
        "name": "b.mkv", "frames": 90, "options": {"g": "15", "bf": "3", "x264-params": "open-gop=1"},
    },
    "one key picture": {"name": "c.mp4", "frames": 60, "options": {"g": "999", "sc_threshold": "0"}},
    "variable rate": {"name": "d.mkv", "frames": 18, "fps": 30, "times_s": JUMPY_S, "options": {"g": "5"}},
    "transport stream": {"name": "e.ts", "frames": 80, "fps": 25, "options": {"g": "12", "bf": "2"}},
    "no times at all": {"name": "f.h264", "kind": "h264", "frames": 40, "options": {"g": "10"}},
    "mpeg-2": {
        "name": "g.mpg", "codec": "mpeg2video", "frames": 60, "fps": 25, "options": {"g": "12", "bf": "2"},
    },
    "avi": {"name": "h.avi", "codec": "mpeg4", "frames": 60, "options": {"g": "12"}},
    "every picture a key": {"name": "i.avi", "codec": "mjpeg", "pixels": "yuvj420p", "frames": 30},
    "gif": {"name": "j.gif", "codec": "gif", "pixels": "rgb8", "frames": 12},
    "webm": {"name": "k.webm", "codec": "libvpx-vp9", "frames": 40, "options": {"g": "10", "cpu-used": "8"}},
    "a clock set anew": {
        "name": "l.mkv", "frames": 40, "fps": 25, "options": {"g": "8", "bf": "0"},
        "times_s": [i / 25 for i in range(20)] + [500 + i / 25 for i in range(20)],
    },
    "a clock that starts elsewhere": {
        "name": "m.mkv", "frames": 40, "fps": 25, "options": {"g": "8"},
        "times_s": [77.3 + i / 25 for i in range(40)],
    },
}  # fmt: skip


def in_order(path: Path, index: PictureIndex | None = None) -> list[VideoFrame]:
    with FileSource(path, index) as source:
        source.open()
        return list(source.frames())


def same(a: VideoFrame | None, b: VideoFrame) -> bool:
    return (
        a is not None
        and a.index == b.index
        and a.timestamp_s == pytest.approx(b.timestamp_s, abs=1e-9)
        and np.array_equal(a.image, b.image)
    )


@pytest.fixture(params=FILES)
def film(request: pytest.FixtureRequest, make_video: MakeVideo) -> Path:
    return make_video(**FILES[request.param])


def test_after_the_file_was_read_any_picture_is_found_exactly(film: Path) -> None:
    index = PictureIndex()
    frames = in_order(film, index)
    chance = random.Random(5)
    with FileSource(film, index) as source:
        source.open()
        for frame in chance.choices(frames, k=25):
            assert same(source.seek(frame.timestamp_s), frame)
        for frame in reversed(frames[-8:]):
            assert same(source.seek(frame.timestamp_s), frame)


def test_before_the_file_was_read_an_exact_seek_gives_the_same(film: Path) -> None:
    frames = in_order(film)
    with FileSource(film) as source:
        source.open()
        for share in (0.5, 0.2, 0.9, 0.0, 0.99):
            frame = frames[int(share * len(frames))]
            assert same(source.seek(frame.timestamp_s), frame)


def test_between_two_pictures_the_earlier_is_shown_and_beyond_the_ends_the_ends(film: Path) -> None:
    index = PictureIndex()
    frames = in_order(film, index)
    with FileSource(film, index) as source:
        source.open()
        middle = len(frames) // 2
        between = (frames[middle].timestamp_s + frames[middle + 1].timestamp_s) / 2
        assert same(source.seek(between), frames[middle])
        assert same(source.seek(1e6), frames[-1])
        assert same(source.seek(-3.0), frames[0])


def test_a_quick_seek_into_the_unread_takes_a_sound_files_word(make_video: MakeVideo) -> None:
    path = make_video(**FILES["gop 30 with B-frames"])
    frames = in_order(path)
    with FileSource(path) as source:
        source.open()
        for number in (77, 20, 99, 50, 51):
            assert same(source.seek(frames[number].timestamp_s, exact=False), frames[number])
        end = source.seek(1e6, exact=False)
        assert same(end, frames[-1])


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The stamps of all pictures as they are decoded."""
    from app.sources.video_reader import VideoReader

    stamps: list[int] = []
    placed = VideoReader._placed
    monkeypatch.setattr(VideoReader, "_placed", lambda self, raw: stamps.append(raw.pts) or placed(self, raw))
    return stamps


def test_a_quick_seek_decodes_from_the_key_picture_and_not_from_the_beginning(
    make_video: MakeVideo, decoded: list[int]
) -> None:
    path = make_video(frames=200, options={"g": "20"})
    with FileSource(path) as source:
        source.open()
        source.seek(18.5, exact=False)
    assert len(decoded) < 40


def test_what_one_source_has_read_spares_the_other_the_way_from_the_beginning(
    make_video: MakeVideo, decoded: list[int]
) -> None:
    both = open_twice(str(make_video(frames=200, options={"g": "20"})))
    assert both is not None
    read, shown = both
    with read, shown:
        read.open()
        frames = list(read.frames())
        decoded.clear()
        shown.open()
        assert same(shown.seek(18.5), frames[185])
    assert len(decoded) < 40


def test_a_seek_that_is_given_up_goes_on_from_where_it_was(make_video: MakeVideo) -> None:
    path = make_video(**FILES["one key picture"])
    frames = in_order(path)
    with FileSource(path) as source:
        source.open()
        asked = iter([False] * 10)
        assert source.seek(5.0, give_up=lambda: next(asked, True)) is None
        assert same(source.seek(5.0), frames[50])


def test_an_interrupted_seek_ends(make_video: MakeVideo) -> None:
    with FileSource(make_video(frames=60)) as source:
        source.open()
        source.interrupt()
        assert source.seek(5.0) is None


def test_a_file_that_grew_shorter_after_it_was_read_gives_its_last_picture(make_video: MakeVideo) -> None:
    path = make_video("cut.mkv", frames=60, size=(320, 240), options={"g": "10", "bf": "0"})
    index = PictureIndex()
    frames = in_order(path, index)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with FileSource(path, index) as source:
        source.open()
        last = source.seek(frames[-1].timestamp_s)
        assert last is not None and 20 < last.index < 59
        assert same(source.seek(1.0), frames[10])


def test_a_file_that_is_gone_still_plays_where_it_is_open_and_is_named_where_it_is_not(
    make_video: MakeVideo,
) -> None:
    path = make_video(**FILES["no times at all"])  # the kind that must be opened anew to go back
    with FileSource(path) as source:
        source.open()
        source.seek(2.0)
        path.unlink()
        with pytest.raises(SourceError, match=r"there is no file .*f\.h264"):
            source.seek(1.0)


@pytest.mark.parametrize("make", [FileSource, RecordingSource])
def test_seeking_before_opening_is_a_mistake(make: Callable[[str], FileSource]) -> None:
    with pytest.raises(RuntimeError, match="open"):
        make("a.npz").seek(0.0)


def test_a_recording_is_found_exactly(tmp_path: Path) -> None:
    with RecordingSource(tiny_recording(tmp_path / "r.npz")) as source:
        info = source.open()
        frames = list(source.frames())
        assert info.duration_s == frames[-1].timestamp_s
        for frame in (*frames[::-7], frames[3]):
            found = source.seek(frame.timestamp_s + 0.01)
            assert same(found, frame)
            assert found is not None and found.skeletons is not None and frame.skeletons is not None
            np.testing.assert_array_equal(found.skeletons[0].joints_m, frame.skeletons[0].joints_m)
        assert same(source.seek(99.0), frames[-1])
