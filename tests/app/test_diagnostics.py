"""The details of an error: enough to help, and nothing of who somebody is."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from app.diagnostics import RecentLog, details, kind_of_source, private, version


def test_the_details_say_what_with_which_versions_where_and_with_what() -> None:
    text = details("it broke", "camera:0", Path("/opt/models/mine.safetensors"), "cpu", "Traceback …")
    for part in ("What: it broke", "STGAT Live 0", "PyQt6 6.", "torch 2.", "mine.safetensors", "camera:0"):
        assert part in text
    assert text.endswith("Traceback …\n")
    assert "/opt/models" not in text


def test_home_and_the_films_folder_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    film = "/media/anna-stick/our wedding/dance.mp4"
    text = details(f"{film} is cut short", film, more='File "/home/anna/stgat/app/x.py", line 3')
    assert "dance.mp4 is cut short" in text
    assert "wedding/" not in text
    assert "/home/anna" not in text
    assert "~/stgat/app/x.py" in text


def test_promise_the_folders_of_files_played_before_are_left_out() -> None:
    before = "/media/stick/our wedding/dance.mp4"
    text = details(
        "it broke", "camera:0", more=f"{before}: reading stopped", others=(before, "/media/b/c.mp4")
    )
    assert "\ndance.mp4: reading stopped" in text
    assert "/media" not in text


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("demo", "demo"),
        ("camera:2", "camera:2"),
        ("", ""),
        ("/a/b.mp4", "a .mp4 file"),
        ("x", "a nameless file"),
    ],
)
def test_of_a_file_only_its_kind_is_told(spec: str, told: str) -> None:
    assert kind_of_source(spec) == told


def test_nobody_at_home_is_nothing_to_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")
    assert private("/usr/lib/x.so", ("demo", "a.mp4", "/a.mp4")) == "/usr/lib/x.so"


def test_the_programs_own_log_is_kept_with_tracebacks_and_the_terminal_is_left_alone() -> None:
    recent, app = RecentLog(), logging.getLogger("app.test")
    recent.listen()
    try:
        app.info("opened %s", "demo")
        try:
            raise ZeroDivisionError("boom")
        except ZeroDivisionError:
            app.exception("the pose failed")
        app.info("%d", "no number")  # cannot be formatted
        logging.getLogger("elsewhere").error("not ours")
    finally:
        recent.leave()
    app.error("later")
    text = recent.text()
    assert "opened demo" in text
    assert "ZeroDivisionError: boom" in text
    assert "not ours" not in text
    assert "later" not in text


def test_the_version_is_the_projects() -> None:
    assert version()[0].isdigit()
