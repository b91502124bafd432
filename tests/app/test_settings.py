from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.settings import MAX_LISTED, MAX_TEXT, VERSION, Settings, SettingsStore, home


def test_what_is_changed_is_there_at_the_next_start(tmp_path):
    path = tmp_path / "new" / "settings.json"
    SettingsStore(path).change(language="de", recent_files=("a.mp4", "b.npz"))
    again = SettingsStore(path)
    assert again.value.language == "de"
    assert again.value.recent_files == ("a.mp4", "b.npz")
    assert again.problem == ""
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_the_first_start_has_the_defaults_and_writes_nothing(tmp_path):
    path = tmp_path / "settings.json"
    assert SettingsStore(path).value == Settings()
    assert not path.exists()


def test_a_reset_brings_the_defaults_back(tmp_path):
    store = SettingsStore(tmp_path / "settings.json")
    store.change(language="de")
    store.reset()
    assert SettingsStore(store.path).value == Settings()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '"x"', '{"version": 99}', '{"version": "1"}', '{"recent_files": 3}', "[" * 100_000],
)
def test_a_broken_file_is_kept_and_said(tmp_path, text):
    path = tmp_path / "settings.json"
    path.write_text(text)
    store = SettingsStore(path)
    assert store.value == Settings()
    broken = tmp_path / "settings.json.broken"
    assert str(broken) in store.problem
    assert broken.read_text() == text
    store.change(language="de")
    assert SettingsStore(path).value.language == "de"


@given(st.binary(max_size=200))
def test_no_file_can_keep_the_application_from_starting(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_bytes(content)
    SettingsStore(path)


def test_what_a_newer_program_remembers_besides_does_no_harm(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": VERSION, "language": "de", "wings": 2}))
    assert SettingsStore(path).value.language == "de"


def test_a_value_that_cannot_be_is_refused_and_changes_nothing(tmp_path):
    store = SettingsStore(tmp_path / "settings.json")
    with pytest.raises(ValidationError):
        store.change(recent_files=7)
    assert store.value == Settings()


def test_a_disk_that_cannot_be_written_is_said_and_the_change_still_counts(tmp_path):
    (tmp_path / "file").write_text("")
    store = SettingsStore(tmp_path / "file" / "settings.json")
    store.change(language="de")
    assert store.value.language == "de"
    assert "cannot be kept" in store.problem


def test_listeners_hear_of_changes_and_only_of_changes():
    store, heard = SettingsStore.in_memory(), []
    store.on_change(heard.append)
    store.change(language="de")
    store.change(language="de")
    assert [value.language for value in heard] == ["de"]


def test_the_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv("STGAT_LIVE_HOME")
    assert home().name == "stgat-live"
    assert home().is_absolute()
    assert isinstance(home(), Path)


# Whatever the file is


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff junk", b"[" * 100_000, b'{"a":' * 100_000, b'{"sensitivity": NaN}',
        b'{"smoothing_s": 1e999}', b'{"camera_fps": ' + b"9" * 5000 + b"}",
        b'{"export_folder": "a\\u0000b"}', b'{"recent_files": [' + b'"",' * 10_000, b" " * (2 << 20),
        '{"language": "dü"}'.encode("latin-1"), '{"language": "de"}'.encode("utf-16"),
    ],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_promise_junk_in_the_settings_loses_nothing(tmp_path, content):
    """Not once, and not twice: each broken file is kept beside the others."""
    path = tmp_path / "settings.json"
    for kept in ("settings.json.broken", "settings.json (2).broken"):
        path.write_bytes(content)
        store = SettingsStore(path)
        assert store.value == Settings()
        assert store.problem.isprintable() and str(tmp_path / kept) in store.problem
        assert (tmp_path / kept).read_bytes() == content
        store.change(language="de")
    assert SettingsStore(path).value.language == "de"
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_promise_the_application_starts_whatever_lies_where_the_settings_should(tmp_path, make):
    path = tmp_path / "settings.json"
    make(path)
    store = SettingsStore(path)
    assert "could not be read" in store.problem
    store.change(language="de")
    assert SettingsStore(path).value.language == "de"
    assert os.path.lexists(tmp_path / "settings.json.broken")


def test_promise_settings_that_cannot_be_put_aside_are_not_written_over(tmp_path, monkeypatch):
    path = tmp_path / "settings.json"
    path.write_text("junk")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        store = SettingsStore(path)
        store.change(language="de")
        assert path.read_text() == "junk" and store.value.language == "de"
        assert "cannot be kept" in store.problem
    store.change(language="fr")
    assert (tmp_path / "settings.json.broken").read_text() == "junk"
    assert SettingsStore(path).value.language == "fr"


@pytest.mark.parametrize("name", ["B\udcfccher.mp4", "\ud800", "\U0001f600"])
def test_promise_a_file_whose_name_is_no_text_is_remembered(tmp_path, name):
    path = tmp_path / "settings.json"
    SettingsStore(path).change(recent_files=(name,))
    again = SettingsStore(path)
    assert (again.value.recent_files, again.problem) == ((name,), "")


def test_promise_settings_as_long_as_they_may_be_are_written_and_read_again(tmp_path: Path) -> None:
    long, listed = "é" * MAX_TEXT, ("é" * MAX_TEXT,) * MAX_LISTED
    store = SettingsStore(tmp_path / "settings.json")
    store.change(recent_files=listed, model_files=listed, window_state=long, export_folder=long)
    assert SettingsStore(store.path).value == store.value
