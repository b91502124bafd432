"""Names out of texts and files: in the folder that was chosen, on every system, and over nothing."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import teaching
from app.errors import OutputError
from app.names import LONGEST_BYTES, checked_name, free_path, safe_name
from app.recording_folder import make_session_folder, session_name
from stgat.errors import TeachingError
from stgat.teaching.profiles import Profile, Take, check_name

#: Of the systems' own documentation, not of the code's patterns.
DEVICES = ["con", "prn", "aux", "nul", "conin$", "conout$",
           *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³")]  # fmt: skip
HOSTILE = st.one_of(
    st.text(max_size=100),
    st.text(alphabet="./\\:*?\"<>| ~$%-_aAüß\0\n\r\t\x1b\u202e\ud800\U0001f600", max_size=60),
    st.sampled_from(
        ["..", ".", "", "../../x", "C:", "C:\\x", "\\\\server\\share", "/etc/passwd", "x" * 5000,
         "..safetensors", "a.", "a. .", " a ", "\U0001f600" * 300, "a:stream", "CON", "nul.tar.gz",
         "Aux .txt", "com1", "LPT³.x"]
    ),
    st.builds(str.__add__, st.sampled_from(DEVICES), st.sampled_from(["", ".", " ", ".txt", " .a"])),
)  # fmt: skip
TAKE = Take(np.ones((20, 25, 3)), np.ones((20, 25)), np.arange(20) / 20)


def assert_stays(name: str) -> None:
    """One plain name by the rules of Windows, macOS and Linux together."""
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind("folder") / name
        assert path.parent == kind("folder") and path.name == name
        assert name not in (".", "..")
    assert name and not name.endswith((".", " "))
    assert not re.search(r'[\x00-\x1f/\\:*?"<>|]', name) and name.isprintable()
    assert name.partition(".")[0].strip().casefold() not in DEVICES
    assert len(name.encode()) <= 255


@given(HOSTILE)
def test_promise_any_text_becomes_a_name_that_stays_in_its_folder(text: str) -> None:
    name = safe_name(text, "nothing")
    assert_stays(name)
    assert len(name.encode()) <= LONGEST_BYTES + 1
    assert safe_name(name, "nothing") == name


@given(HOSTILE)
def test_promise_names_that_people_give_stay_in_their_folder_or_are_refused(text: str) -> None:
    """Of runs, data sets and models (checked_name), and of profiles."""
    try:
        assert_stays(f"{checked_name(text)}.safetensors")
        assert_stays(checked_name(text))
    except OutputError as error:
        assert "\n" not in str(error)
    try:
        path = teaching.profile_path(text)
    except TeachingError as error:
        assert "\n" not in str(error)
    else:
        assert path.parent == teaching.profiles_folder()
        assert_stays(path.name)


@given(HOSTILE)
def test_promise_a_recording_s_folder_stays_in_its_place_whatever_the_camera_is_called(text: str) -> None:
    name = session_name(text, datetime(2026, 11, 22, 14, 3, 5))
    assert_stays(name)
    assert_stays(f".{name} (999).12345678.partial".removeprefix("."))


@settings(max_examples=40)
@given(name=HOSTILE)
def test_promise_actions_of_a_stranger_s_profile_are_exported_into_the_folder(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    try:
        check_name(name)
    except TeachingError:
        return
    place = tmp_path_factory.mktemp("export")
    folder = place / "chosen"
    (folder / "jump").mkdir(parents=True)
    profile = Profile("me").with_take(name, TAKE).with_take(name, TAKE)
    assert teaching.export_recordings(profile, folder) == 2
    files = [path for path in place.rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        assert path.parent.parent == folder
        assert_stays(path.parent.name)


def test_promise_an_export_writes_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "jump").mkdir()
    (tmp_path / "jump" / "01.npz").write_bytes(b"mine")
    (tmp_path / "jump" / "02.npz").symlink_to(tmp_path / "elsewhere")
    profile = Profile("me").with_take("jump", TAKE).with_take("jump", TAKE)
    for _ in range(2):
        teaching.export_recordings(profile, tmp_path)
    assert (tmp_path / "jump" / "01.npz").read_bytes() == b"mine"
    assert not (tmp_path / "elsewhere").exists()
    assert len(list((tmp_path / "jump").iterdir())) == 6


def test_promise_recordings_of_one_name_do_not_meet(tmp_path: Path) -> None:
    started = datetime(2026, 11, 22, 14, 3, 5)
    (tmp_path / session_name("cam", started)).symlink_to(tmp_path / "nowhere")
    folders = {make_session_folder(tmp_path, "cam", started, {"n": n}) for n in range(3)}
    assert len(folders) == 3
    assert all(folder.parent == tmp_path and not folder.is_symlink() for folder in folders)


def test_a_free_path_is_one_where_nothing_is(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert free_path(path) == path
    path.symlink_to(tmp_path / "nowhere")
    (tmp_path / "a (2).txt").mkdir()
    assert free_path(path) == tmp_path / "a (3).txt"


def test_a_thousand_of_a_name_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.names.os.path.lexists", lambda path: True)
    with pytest.raises(FileExistsError, match="a thousand"):
        free_path(tmp_path / "a")
