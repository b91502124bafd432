"""A profile is what was saved, or a sentence."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from stgat.errors import TeachingError
from stgat.teaching.profiles import (
    MAX_ACTIONS,
    MAX_NAME,
    MAX_TAKES,
    Profile,
    Take,
    TaughtAction,
    check_name,
    load_profile,
    read_names,
    save_profile,
)
from tests.hostile import assert_sentence
from tests.stgat.teaching.acting import profile

TIMES = np.arange(30) / 25.0


def arrays(frames: int = 30) -> dict[str, np.ndarray]:
    return {
        "0.0.joints_m": np.ones((frames, 25, 3), np.float32),
        "0.0.confidence": np.ones((frames, 25), np.float32),
        "0.0.timestamps_s": np.arange(frames) / 25.0,
    }


def entry(frames: int = 30, name: str = "jump", **more: object) -> dict[str, str]:
    actions = [{"name": name, "takes": [{"origin": "", "frames": frames}]}]
    return {"stgat-profile": json.dumps({"format": 1, "name": "me", "actions": actions, **more})}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "me.safetensors"
    save_profile(path, profile())
    return path


def test_a_profile_is_read_as_it_was_saved(saved: Path) -> None:
    read, original = load_profile(saved), profile()
    assert read.name == original.name
    assert [action.name for action in read.actions] == ["swing an arm", "swing a leg"]
    for mine, theirs in zip(read.actions, original.actions, strict=True):
        for a, b in zip(mine.takes, theirs.takes, strict=True):
            np.testing.assert_array_equal(a.joints_m, b.joints_m)
            np.testing.assert_array_equal(a.timestamps_s, b.timestamps_s)
            assert a.origin == b.origin
    assert read_names(saved) == ("tester", (("swing an arm", 4), ("swing a leg", 4)))


def test_unknown_joints_stay_unknown(tmp_path: Path) -> None:
    joints = np.ones((30, 25, 3))
    joints[3:9, 7] = np.nan
    path = tmp_path / "p.safetensors"
    save_profile(path, Profile("me").with_take("jump", Take(joints, np.ones((30, 25)), TIMES)))
    read = load_profile(path).actions[0].takes[0]
    assert np.isnan(read.joints_m[3:9, 7]).all() and np.isfinite(read.joints_m[:3]).all()


@given(cut=st.floats(0, 0.999))
def test_a_profile_that_was_cut_short_is_told_in_a_sentence(cut: float, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("cut") / "me.safetensors"
    save_profile(path, profile(1))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * cut)])
    with pytest.raises(TeachingError, match=r"me\.safetensors"):
        load_profile(path)


@given(place=st.floats(0, 1), value=st.integers(0, 255))
def test_a_changed_byte_gives_a_profile_or_a_sentence(place: float, value: int, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("byte") / "me.safetensors"
    save_profile(path, profile(1))
    content = bytearray(path.read_bytes())
    content[min(len(content) - 1, int(place * 2000))] = value
    path.write_bytes(bytes(content))
    try:
        assert isinstance(load_profile(path), Profile)
    except TeachingError as error:
        assert str(path) in str(error)


def test_a_billion_frames_are_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    save_file(arrays(), path, metadata=entry(frames=10**9))
    with pytest.raises(TeachingError, match="frames"):
        load_profile(path)
    # And where the tensors themselves promise them.
    header = json.dumps(
        {
            "__metadata__": entry(),
            "0.0.joints_m": {"dtype": "F32", "shape": [10**9, 25, 3], "data_offsets": [0, 3 * 10**11]},
        }
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(100))
    with pytest.raises(TeachingError, match="cut short"):
        load_profile(path)


@pytest.mark.parametrize(
    ("name", "array", "sentence"),
    [
        ("joints_m", np.ones((30, 25, 3), np.float64), "F64"),
        ("joints_m", np.ones((30, 24, 3), np.float32), "24"),
        ("confidence", np.ones((30, 25), np.int32), "I32"),
        ("confidence", np.full((30, 25), 7.0, np.float32), "confidence"),
        ("joints_m", np.full((30, 25, 3), np.nan, np.float32), "hips"),
        ("joints_m", np.full((30, 25, 3), np.inf, np.float32), "joints_m"),
        ("timestamps_s", np.zeros(30), "increase"),
        ("timestamps_s", np.arange(30) * 1e6, "too long"),
        ("timestamps_s", np.full(30, np.nan), "time"),
    ],
)
def test_arrays_that_are_no_take_are_refused(
    name: str, array: np.ndarray, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.safetensors"
    save_file({**arrays(), f"0.0.{name}": array}, path, metadata=entry())
    with pytest.raises(TeachingError, match=sentence):
        load_profile(path)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"stgat-profile": "not json"},
        {"stgat-profile": "[" * 100_000},
        {"stgat-profile": "{}"},
        entry(format=2),
        entry(surprise=1),
        entry(name="../../etc"),
        entry(name="=cmd"),
        entry(name="idle"),
        entry(name="a" * (MAX_NAME + 1)),
        entry(name="turned\u202eround"),
    ],
)
def test_metadata_that_say_something_else_are_refused(metadata: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    save_file(arrays(), path, metadata=metadata)
    with pytest.raises(TeachingError, match=r"p\.safetensors"):
        load_profile(path)


def test_an_array_too_many_or_too_few_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    save_file({**arrays(), "extra": np.ones(3)}, path, metadata=entry())
    with pytest.raises(TeachingError, match="extra"):
        load_profile(path)
    save_file({k: v for k, v in arrays().items() if "joints" not in k}, path, metadata=entry())
    with pytest.raises(TeachingError, match="missing"):
        load_profile(path)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(64), b"PK\x03\x04"])
def test_other_files_are_no_profiles(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    path.write_bytes(content)
    for read in (load_profile, read_names):
        with pytest.raises(TeachingError, match=r"p\.safetensors"):
            read(path)
    with pytest.raises(TeachingError):
        load_profile(tmp_path)
    with pytest.raises(TeachingError, match="no such"):
        load_profile(tmp_path / "absent")


def test_saving_where_one_cannot_leaves_nothing_behind(saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        save_profile(tmp_path / "file" / "p.safetensors", profile())
    assert saved.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "me.safetensors"]


def test_names_are_checked() -> None:
    assert check_name("  star jump ") == "star jump"
    assert check_name("Übung 3") == "Übung 3"
    for wrong in ("", "  ", "a/b", "a\\b", "..", ".hidden", "=1+1", "a\nb", "IDLE", "unknown", "<b>"):
        with pytest.raises(TeachingError):
            check_name(wrong)
    with pytest.raises(TeachingError, match="model knows"):
        check_name("Clapping", ["clapping"])


def test_a_profile_changes_by_copies() -> None:
    first = profile(2)
    assert len(first.without_take("swing an arm", 0).actions[0].takes) == 1
    assert [a.name for a in first.without_action("SWING AN ARM").actions] == ["swing a leg"]
    assert first.renamed("swing a leg", "kick").action("kick") is not None
    assert [len(a.takes) for a in first.actions] == [2, 2]
    with pytest.raises(TeachingError, match="already"):
        first.with_action("Swing a LEG")
    with pytest.raises(TeachingError, match="no action"):
        first.without_action("jump")
    with pytest.raises(IndexError):
        first.without_take("swing an arm", 5)


def test_a_profile_has_limits() -> None:
    one = profile(1).actions[0].takes[0]
    with pytest.raises(TeachingError, match="most"):
        TaughtAction("jump", (one,) * (MAX_TAKES + 1))
    with pytest.raises(TeachingError, match="too many"):
        Profile("me", tuple(TaughtAction(f"a{i}") for i in range(MAX_ACTIONS + 1)))


@pytest.mark.parametrize(("seconds", "sentence"), [(0.3, "too short"), (31.0, "too long")])
def test_a_take_is_neither_too_short_nor_too_long(seconds: float, sentence: str) -> None:
    times = np.linspace(0, seconds, 40)
    with pytest.raises(TeachingError, match=sentence):
        Take(np.ones((40, 25, 3)), np.ones((40, 25)), times)


@pytest.mark.parametrize(
    "name", ["../../etc", "/etc/passwd", "C:\\x", "..\\x", "a/b", "x\0y", "..", "\x1b[2J"]
)
def test_promise_a_profile_whose_names_are_paths_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    for metadata in (entry(name=name), entry()):
        told = json.loads(metadata["stgat-profile"])
        told["actions"][0]["name"] = name
        save_file(arrays(), path, metadata={"stgat-profile": json.dumps(told)})
        for read in (load_profile, read_names):
            with pytest.raises(TeachingError) as caught:
                read(path)
            assert_sentence(caught.value, path)


def test_promise_a_pipe_among_the_profiles_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.safetensors")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for path in (tmp_path / "p.safetensors", tmp_path / "endless", Path("zero\0byte")):
        for read in (load_profile, read_names):
            with pytest.raises(TeachingError):
                read(path)


def test_promise_a_profile_says_nothing_of_itself_without_end(tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    for metadata in ({"stgat-profile": " " * (2 << 20)}, {"stgat-profile": "{}", "more": "x" * (5 << 20)}):
        save_file(arrays(), path, metadata=metadata)
        with pytest.raises(TeachingError, match="are the most") as caught:
            load_profile(path)
        assert_sentence(caught.value, path)
