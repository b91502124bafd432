"""Videos and recorded sessions from strangers."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from av import VideoFrame
from av.video.reformatter import VideoReformatter

from app.errors import SourceError
from app.sources import FileSource, open_source
from app.sources.video_file import MAX_SIDE_PX, upright_rgb
from tests.app.recording_fakes import record
from tests.app.sources.conftest import MakeVideo
from tests.app.sources.hostile_videos import write_huge
from tests.hostile import assert_sentence, attempt


def test_promise_a_video_that_claims_a_million_pixels_a_side_takes_no_memory(make_video: MakeVideo) -> None:
    paths = write_huge(make_video)
    grown, said = attempt("from app.sources.video_file import FileSource", "FileSource(path).open()", *paths)
    for path, sentence in zip(paths, said, strict=True):
        assert sentence.startswith("SourceError: ")
        assert_sentence(sentence, path)
    assert grown < 32e6


def test_promise_no_file_is_opened_by_opencv(make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cameras are, by their numbers; it has no limits that could be set, so files go another way."""

    def refuse(*_: object) -> None:
        raise AssertionError("OpenCV was given a file")

    for name in ("VideoCapture", "imread", "imdecode", "imreadmulti"):
        monkeypatch.setattr(cv2, name, refuse)
    for path in write_huge(make_video):
        source = open_source(str(path))
        assert isinstance(source, FileSource)
        with source, pytest.raises(SourceError):
            source.open()
    for spec in ("camera:0;a.avi", "camera:/etc/passwd", "camera:a.avi", "camera:-1"):
        with pytest.raises(SourceError):
            open_source(spec)


def test_pixels_that_would_make_a_picture_too_wide_are_taken_for_square() -> None:
    wide = VideoFrame(MAX_SIDE_PX, 16, "gray")
    assert upright_rgb(wide, 4, VideoReformatter()).shape == (16, MAX_SIDE_PX, 3)
    narrow = VideoFrame(16, 16, "gray")
    assert upright_rgb(narrow, 4, VideoReformatter()).shape == (16, 64, 3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two parts."""
    return record(tmp_path_factory.mktemp("whole"), 330)


@pytest.fixture
def session(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "session"))


def opened(folder: Path) -> tuple[int | None, str]:
    with open_source(str(folder)) as source:
        return source.open().frame_count, source.warning or ""


@pytest.mark.parametrize("name", ["skeletons/part-0001.npz", "video.mkv"])
def test_promise_links_out_of_a_recording_s_folder_are_not_followed(session: Path, name: str) -> None:
    secret = session.parent / "secret"
    (session / name).rename(secret)
    (session / name).symlink_to(secret)
    count, warning = opened(session)
    assert count == (300 if "part" in name else 330)
    assert Path(name).name in warning
    (session / name).unlink()
    (session / name).symlink_to("../secret" if name == "video.mkv" else "../../secret")
    assert opened(session) == (count, warning)


def test_promise_a_session_that_is_a_link_itself_is_none(session: Path) -> None:
    (session / "session.json").rename(session.parent / "session.json")
    (session / "session.json").symlink_to("../session.json")
    with pytest.raises(SourceError, match=r"has no session\.json"):
        opened(session)


def test_links_within_the_folder_are_as_good_as_files(session: Path) -> None:
    (session / "video.mkv").rename(session / "other.mkv")
    (session / "video.mkv").symlink_to("other.mkv")
    assert opened(session) == (330, "")


@pytest.mark.parametrize("name", ["skeletons/part-0000.npz", "video.mkv"])
def test_promise_a_recording_with_a_pipe_in_it_is_not_waited_for(session: Path, name: str) -> None:
    (session / name).unlink()
    os.mkfifo(session / name)
    assert Path(name).name in opened(session)[1]


@pytest.mark.parametrize(
    "about",
    [
        {"version": 1, "fps": 10**400, "duration_s": 1e300, "started_at": "\x1b[2J" * 10_000},
        {"version": 1, "source": {"name": ["\x1b"] * 1000}, "fps": float("nan"), "ended": True},
        {"version": 1, "frames": 10**9, "skeletons": "../../etc", "duration_s": 10**9 - 1},
    ],
)
def test_promise_what_a_session_claims_is_not_believed(session: Path, about: dict) -> None:
    (session / "session.json").write_text(json.dumps(about))
    count, warning = opened(session)
    assert count == 330 and warning.isprintable() and len(warning) < 300


def test_promise_a_part_of_a_billion_frames_takes_no_memory(session: Path) -> None:
    claimed = {"joints_m": (10**9, 1, 25, 3), "confidence": (10**9, 1, 25), "timestamps_s": (10**9,)}
    for part in sorted((session / "skeletons").iterdir()):
        with np.load(part, allow_pickle=False) as arrays:
            kept = {name: arrays[name] for name in arrays.files if name not in claimed}
        np.savez(part, **kept, **{name: np.zeros(8) for name in claimed})
        content = part.read_bytes()
        for shape in claimed.values():
            old = b"'shape': (8,), }"
            new = f"'shape': {shape}, }}".encode()
            content = content.replace(old + b" " * (len(new) - len(old)), new, 1)
        part.write_bytes(content)
    (session / "video.mkv").unlink()
    grown, said = attempt("from app.sources import SessionSource", "SessionSource(path).open()", session)
    assert said[0].startswith("SourceError: nothing of the session")
    assert grown < 32e6


def test_a_hundred_damaged_parts_are_told_in_one_short_sentence(session: Path) -> None:
    for number in range(10, 110):
        (session / "skeletons" / f"part-{number:04}.npz").write_bytes(b"")
    assert "and 95 more" in opened(session)[1]
