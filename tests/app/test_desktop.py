"""The window as the command line opens it, where there is no screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtGui import QImage
from rich.console import Console

from app import desktop
from app.cli import main
from app.desktop import has_screen
from app.road import RecognizerLoader
from app.settings import SettingsStore
from tests.app.fakes import tiny_checkpoint, tiny_recording

MAIN = Path(__file__).resolve().parents[2] / "main.py"


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, str(MAIN), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_a_screen_a_source_plays_its_events_are_printed_and_a_picture_is_saved(
    tmp_path: Path,
) -> None:
    recording = tiny_recording(tmp_path / "waving.npz")
    model = tiny_checkpoint(tmp_path / "tiny.safetensors")
    done = run("--source", str(recording), "--model", str(model), "--quit-after", "5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "There is no screen here" in done.stderr
    assert "hand waving" in done.stderr
    image = QImage(str(tmp_path / "screenshots" / "stgat-live.png"))
    assert image.width() >= 800


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--source", "missing.mp4"), "Error: there is no file missing.mp4"),
        (("--source", "camera:x"), '"camera:x" names no camera'),
        (("--source", "demo", "--model", "missing.safetensors"), "missing.safetensors: no such model file"),
    ],
)
def test_what_cannot_be_opened_is_one_sentence_and_exit_code_1(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    model = () if "--model" in arguments else ("--model", str(tiny_checkpoint(tmp_path / "tiny.safetensors")))
    done = run(*arguments, *model, "--quit-after", "2", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_closing_while_the_model_loads_ends_cleanly(tmp_path: Path) -> None:
    done = run("--source", "missing.mp4", "--quit-after", "0.1", cwd=tmp_path)
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True), ({}, False)],
)
def test_a_screen_is_where_a_display_server_is(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: bool
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_screen() is expected


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What the window is opened with on a machine with a screen, by these settings; none is shown."""
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path))
    monkeypatch.setattr(desktop, "has_screen", lambda: True)
    told: dict[str, Any] = {}
    monkeypatch.setattr("app.ui.run.run_window", lambda open_session, **given: told.update(given) or 0)

    def open_with(remembered: dict[str, Any], loader: RecognizerLoader, **options: Any) -> dict[str, Any]:
        SettingsStore().change(**remembered)
        shot, seconds = options.pop("screenshot", None), options.pop("quit_after", None)
        assert desktop.open_window("demo", loader, shot, seconds, Console(), **options) == 0
        return told

    return open_with


def test_the_remembered_model_and_device_are_used_where_the_command_line_names_none(opened) -> None:
    loader = RecognizerLoader()
    told = opened({"model": "/mine.safetensors", "device": "cuda"}, loader)
    assert (loader.model, loader.device) == (Path("/mine.safetensors"), "cuda")
    assert told["services"].loader is loader
    assert told["services"].crashes is not None


def test_what_the_command_line_names_goes_before_and_is_not_remembered(opened) -> None:
    loader = RecognizerLoader(Path("/named.safetensors"), "cpu")
    told = opened({"model": "/mine.safetensors", "device": "cuda"}, loader, named={"model", "device"})
    assert (loader.model, loader.device) == (Path("/named.safetensors"), "cpu")
    assert told["services"].settings.value.model == "/mine.safetensors"


@pytest.mark.parametrize(("source", "picture"), [("demo", True), ("camera:0", False), ("film.mp4", False)])
def test_promise_without_a_screen_no_picture_of_people_is_saved_unasked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, picture: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(desktop, "has_screen", lambda: False)
    told: dict[str, Any] = {}
    monkeypatch.setattr("app.ui.run.run_window", lambda open_session, **given: told.update(given) or 0)
    loader = RecognizerLoader()
    monkeypatch.setattr(RecognizerLoader, "__call__", lambda self: None)
    desktop.open_window(source, loader, None, None, Console(quiet=True))
    assert (told["screenshot"] is not None) is picture
    desktop.open_window(source, loader, Path("asked.png"), None, Console(quiet=True))
    assert told["screenshot"] == Path("asked.png")


def test_the_tour_is_for_people_not_for_pictures(opened, tmp_path: Path) -> None:
    assert opened({}, RecognizerLoader())["services"].welcome
    assert not opened({}, RecognizerLoader(), quit_after=1.0)["services"].welcome
    assert not opened({}, RecognizerLoader(), screenshot=tmp_path / "x.png")["services"].welcome


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ([], set()),
        (["--device", "cpu"], {"device"}),
        (["--model", "stgat-actions-small"], {"model"}),
        (["--model", "stgat-actions", "--device", "auto"], {"model", "device"}),
    ],
)
def test_the_command_line_tells_what_it_named(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], given: set[str]
) -> None:
    told: list[set[str]] = []
    monkeypatch.setattr(desktop, "open_window", lambda *_, named: told.append(named) or 0)
    for verb in (["app"], ["replay", "x.mp4"]):
        with pytest.raises(SystemExit):
            main([*verb, *arguments])
    assert told == [given, given]


def test_the_window_opens_without_what_only_its_sessions_need() -> None:
    """PyTorch and MediaPipe take seconds to import; whoever waits for a window shall not wait for them."""
    code = (
        "import sys, app.cli, app.desktop, app.ui.run\n"
        "print([name for name in ('torch', 'mediapipe', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=MAIN.parent
    )
    assert done.stdout.strip() == "[]"
