"""Profiles in the user's folder, and a session that names what they teach."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import teaching
from app.errors import OutputError
from app.road import RecognizerLoader
from app.settings import VARIABLE
from stgat.checkpoint import save_checkpoint
from stgat.errors import TeachingError
from stgat.teaching.profiles import MAX_NAME, Profile, load_profile, save_profile
from stgat.teaching.report import ActionReport, Advice
from tests.stgat.teaching.acting import profile, small_checkpoint


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    checkpoint = small_checkpoint()
    save_checkpoint(tmp_path / "small.safetensors", checkpoint.model, checkpoint.metadata)
    return tmp_path / "small.safetensors"


def test_a_stored_profile_is_listed_found_and_removed() -> None:
    assert teaching.list_profiles() == []
    path = teaching.store_profile(profile(2))
    (listed,) = teaching.list_profiles()
    assert (listed.name, listed.path, listed.error) == ("tester", path, "")
    assert listed.actions == (("swing an arm", 2), ("swing a leg", 2))
    assert teaching.find_profile("tester") == path == teaching.find_profile(str(path))
    teaching.remove_profile("tester")
    assert teaching.list_profiles() == [] and not path.exists()
    with pytest.raises(TeachingError, match="no profile"):
        teaching.remove_profile("tester")


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", "", "con", "LPT1.x", "nul", "C:evil", "dot."])
def test_no_name_leads_out_of_the_folder(name: str, home: Path) -> None:
    home.mkdir()
    (home / "evil.safetensors").write_text("mine")
    with pytest.raises(TeachingError):
        teaching.profile_path(name)
    with pytest.raises(TeachingError):
        teaching.remove_profile(name)
    assert (home / "evil.safetensors").exists()


def test_a_broken_profile_is_listed_with_what_is_wrong() -> None:
    teaching.store_profile(profile(1))
    (teaching.profiles_folder() / "bad.safetensors").write_bytes(b"nothing")
    bad, good = teaching.list_profiles()
    assert bad.name == "bad" and "cut short" in bad.error and good.error == ""


def test_a_profile_is_shared_by_one_file(tmp_path: Path) -> None:
    teaching.store_profile(profile(2))
    teaching.export_profile("tester", tmp_path / "gift.safetensors")
    given = teaching.import_profile(tmp_path / "gift.safetensors")
    assert given.name == "tester 2" and given.actions == (("swing an arm", 2), ("swing a leg", 2))
    assert load_profile(given.path).name == "tester 2"
    assert [found.name for found in teaching.list_profiles()] == ["tester", "tester 2"]


def test_a_long_name_that_is_taken_still_gets_its_number(tmp_path: Path) -> None:
    save_profile(tmp_path / "gift.safetensors", Profile("x" * MAX_NAME))
    names = [teaching.import_profile(tmp_path / "gift.safetensors").name for _ in range(2)]
    assert names == ["x" * MAX_NAME, "x" * (MAX_NAME - 2) + " 2"]


def test_a_foreign_file_is_not_brought_in(tmp_path: Path) -> None:
    (tmp_path / "gift.safetensors").write_bytes(b"#!/bin/sh")
    with pytest.raises(TeachingError, match="gift"):
        teaching.import_profile(tmp_path / "gift.safetensors")
    assert teaching.list_profiles() == []


def test_a_folder_that_cannot_be_written_is_told(home: Path) -> None:
    home.mkdir()
    (home / "profiles").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        teaching.store_profile(profile(1))


def test_the_next_session_names_the_taught_actions(model: Path) -> None:
    loader = RecognizerLoader(model, "cpu")
    before = loader()
    path = teaching.store_profile(profile(4))
    loader.teach_with(path)
    assert loader.profile == path
    after = loader()
    assert after.labels == (*before.labels, "swing an arm", "swing a leg") and loader() is after
    assert loader.report is not None and loader.report.takes == 8
    loader.teach_with(None)
    assert loader().labels == before.labels and loader.report is None


def test_a_profile_that_was_removed_ends_the_session_with_a_sentence(model: Path) -> None:
    loader = RecognizerLoader(model, "cpu")
    path = teaching.store_profile(profile(4))
    loader.teach_with(path)
    path.unlink()
    for _ in range(2):
        with pytest.raises(TeachingError, match="no such profile"):
            loader()
    loader.teach_with(None)
    assert loader().labels == ("walk", "wave", "idle")


def test_advice_is_a_sentence_for_every_case() -> None:
    def sentence(**fields) -> str:
        return teaching.advice_sentence(ActionReport("jump", **fields))

    assert "not needed" in sentence(takes=5, right=5)
    assert "2 more" in sentence(takes=3, right=3, advice=Advice.MORE_TAKES, more_takes=2)
    assert "would help" in sentence(takes=6, right=3, advice=Advice.MORE_TAKES, more_takes=4)
    alike = sentence(takes=6, right=3, confusions=(("bow", 3),), advice=Advice.LOOKS_ALIKE)
    assert "from bow" in alike
