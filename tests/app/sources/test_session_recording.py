"""Sessions that are whole, cut off, damaged, or none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from app.errors import SourceError
from app.replay import extract_pose
from app.sources import SessionSource, open_source, open_twice
from tests.app.recording_fakes import record


def opened(folder: Path) -> tuple[list, str | None]:
    with open_source(str(folder)) as source:
        source.open()
        return list(source.frames()), source.warning


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """25 seconds, in three parts."""
    return record(tmp_path_factory.mktemp("whole"), 750)


@pytest.fixture
def session(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "session"))


def cut_off(folder: Path) -> None:
    """As a killed process leaves it."""
    about = json.loads((folder / "session.json").read_text())
    about["ended"] = False
    (folder / "session.json").write_text(json.dumps(about))


def test_the_folder_and_its_session_json_name_the_same(session: Path) -> None:
    for spec in (session, session / "session.json", f"{session}/"):
        source = open_source(str(spec))
        assert isinstance(source, SessionSource) and source.folder == session
    frames, warning = opened(session / "session.json")
    assert (len(frames), warning) == (750, None)


def test_a_session_says_how_long_it_is_and_by_what_name(session: Path) -> None:
    with open_source(str(session)) as source:
        info = source.open()
    assert (info.name, info.frame_count, info.fps, info.live) == ("session", 750, 30.0, False)
    assert (info.width, info.height) == (64, 48)


def test_a_session_that_was_cut_off_says_how_much_there_is(session: Path) -> None:
    cut_off(session)
    (session / "skeletons" / "part-0002.npz").unlink()
    video = (session / "video.mkv").read_bytes()
    (session / "video.mkv").write_bytes(video[: len(video) // 2])
    frames, warning = opened(session)
    assert len(frames) == 600
    assert warning == "The session session is not whole: it was cut off: 20.0 s of it are there."


def test_a_damaged_part_is_left_out_and_told_of(session: Path) -> None:
    (session / "skeletons" / "part-0001.npz").write_bytes(b"PK\3\4 nonsense")
    frames, warning = opened(session)
    assert [round(frame.timestamp_s) for frame in frames[::150]] == [0, 5, 20]
    assert warning == "The session session is not whole: part-0001.npz is damaged and left out."


def test_parts_that_a_program_was_still_writing_are_not_looked_at(session: Path) -> None:
    (session / "skeletons" / ".part-0003.npz.1234.partial").write_bytes(b"half")
    (session / "skeletons" / "notes.txt").write_bytes(b"mine")
    assert opened(session)[1] is None


def test_without_its_video_a_figure_is_shown(session: Path) -> None:
    (session / "video.mkv").write_bytes(b"\x1a\x45\xdf\xa3")
    frames, warning = opened(session)
    assert frames[0].image.std() > 1 and len(frames) == 750
    assert warning is not None and "a figure is shown instead" in warning


def test_without_any_skeletons_the_pictures_are_to_be_posed(session: Path) -> None:
    shutil.rmtree(session / "skeletons")
    frames, warning = opened(session)
    assert len(frames) > 700 and all(frame.skeletons is None for frame in frames)
    assert warning is not None and "it has no skeletons: they are found anew" in warning


def test_with_nothing_in_it_one_sentence_says_why(session: Path) -> None:
    shutil.rmtree(session / "skeletons")
    (session / "video.mkv").unlink()
    with pytest.raises(SourceError, match="it was cut off before its first moment"):
        opened(session)


def test_a_folder_that_is_no_session_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"is a folder, but no recorded session, for it has no session\.json"
    ):
        opened(tmp_path)
    with pytest.raises(SourceError, match="there is no folder"):
        opened(tmp_path / "nowhere" / "session.json")


@pytest.mark.parametrize(
    "about",
    [
        b"",
        b"[]",
        b"{",
        b'{"version": "1"}',
        b'{"version": 0}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"version": true}',
    ],
)
def test_a_session_json_that_is_none_gives_one_sentence(session: Path, about: bytes) -> None:
    (session / "session.json").write_bytes(about)
    with pytest.raises(SourceError, match="does not describe a recorded session"):
        opened(session)


def test_a_session_of_a_later_program_says_so(session: Path) -> None:
    (session / "session.json").write_text('{"version": 2}')
    with pytest.raises(SourceError, match="recorded by a later program"):
        opened(session)


def test_what_a_hostile_session_json_says_leads_nowhere(session: Path) -> None:
    (session / "session.json").write_text(
        json.dumps({"version": 1, "source": {"name": "../../../etc/passwd"}, "fps": 1e300, "duration_s": -5,
                    "video": "/etc/passwd", "ended": True})
    )  # fmt: skip
    with open_source(str(session)) as source:
        info = source.open()
        assert (info.name, info.fps) == ("session", None)
        assert len(list(source.frames())) == 750


def test_parts_with_pickles_in_them_are_left_out(session: Path) -> None:
    np.savez(session / "skeletons" / "part-0000.npz", joints_m=np.array([{"a": 1}], object))
    assert "part-0000.npz is damaged" in (opened(session)[1] or "")


def test_it_ends_when_it_is_interrupted(session: Path) -> None:
    with open_source(str(session)) as source:
        source.open()
        frames = source.frames()
        next(frames)
        source.interrupt()
        assert len(list(frames)) == 0


def test_the_pose_verb_makes_one_file_of_a_session(session: Path, tmp_path: Path, monkeypatch) -> None:
    class NoExtractor:
        def close(self) -> None: ...

    monkeypatch.setattr("app.replay.make_extractor", NoExtractor)
    recording, warning = extract_pose(str(session), tmp_path / "one.npz")
    assert (recording.num_frames, warning) == (750, "")


@pytest.mark.parametrize("with_video", [True, False])
def test_any_moment_is_found_as_reading_in_order_finds_it(session: Path, with_video: bool) -> None:
    if not with_video:
        (session / "video.mkv").unlink()
    frames, _ = opened(session)
    with open_source(str(session)) as source:
        info = source.open()
        assert info.duration_s == pytest.approx(749 / 30)
        for time_s in (0.0, 10.0, 24.9, 3.21, -5.0, 9.99, 99.0, 20.0):
            expected = max((f for f in frames if f.timestamp_s <= time_s + 1e-6), default=frames[0],
                           key=lambda frame: frame.timestamp_s)  # fmt: skip
            found = source.seek(time_s)
            assert (found.index, found.timestamp_s) == (expected.index, expected.timestamp_s)
            np.testing.assert_array_equal(found.image, expected.image)
            np.testing.assert_array_equal(found.skeletons[0].joints_m, expected.skeletons[0].joints_m)
        assert source.seek(1.0, give_up=lambda: True) is None


def test_the_window_moves_about_in_a_session(session: Path) -> None:
    analysed, shown = open_twice(str(session))
    assert isinstance(analysed, SessionSource) and isinstance(shown, SessionSource)
