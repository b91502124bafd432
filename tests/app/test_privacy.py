"""The application as it really runs, in processes whose sockets are forbidden and whose files are read."""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
import yaml

from app.sources import open_source
from app.video_writer import VideoWriter
from pose.models import cache_dir
from tests.stgat.training.prepared_sets import config_for, small_set

REPOSITORY = Path(__file__).resolve().parents[2]
MAIN = str(REPOSITORY / "main.py")
WINDOW = str(Path(__file__).with_name("watched_window.py"))
#: How the files of pictures and films begin, and at which byte.
PICTURES = {
    b"\xff\xd8\xff": 0, b"\x89PNG": 0, b"GIF8": 0, b"BM": 0, b"WEBP": 8, b"AVI ": 8, b"ftyp": 4,
    b"\x1a\x45\xdf\xa3": 0, b"II*\0": 0, b"MM\0*": 0,
}  # fmt: skip
#: More than any text the application keeps, and less than any picture of people as it is in memory.
LONGEST_TEXT = 64_000


@dataclass
class Watched:
    """A program that ran: its folder, and what was noted on the way."""

    folder: Path
    returncode: int
    output: str

    @property
    def journal(self) -> list[dict]:
        path = self.folder / "watch" / "journal"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []

    @property
    def stacks(self) -> str:
        """Of what was asked for, also by native code, and the kernel refused."""
        path = self.folder / "watch" / "stacks"
        return path.read_text() if path.is_file() else ""

    @property
    def network(self) -> list[str]:
        """What was asked of the network, with who asked."""
        asked = [f"{entry['net']}\n{''.join(entry['stack'])}" for entry in self.journal if "net" in entry]
        return asked + [self.stacks] * bool(self.stacks)

    @property
    def files(self) -> list[Path]:
        """All that is left in its home, its folder for temporary files, and the one it ran in."""
        return [
            path
            for place in ("home", "temp", "work")
            for path in (self.folder / place).rglob("*")
            if path.is_file()
        ]

    @property
    def written(self) -> list[Path]:
        """All that Python opened to write, also what is gone again."""
        return [Path(entry["write"]) for entry in self.journal if "write" in entry]


def watched(folder: Path, *command: str, largest: int = 0, cache: Path | None = None) -> Watched:
    """Run Python with this command, in a home of its own; largest: bytes a file may have, 0 for any."""
    places = {name: folder / name for name in ("home", "temp", "work", "watch")}
    for place in places.values():
        place.mkdir(exist_ok=True)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "STGAT_", "MPL"))
    }
    environment |= {
        "HOME": str(places["home"]),
        "TMPDIR": str(places["temp"]),
        "STGAT_WATCH": str(places["watch"]),
        "STGAT_WATCH_LARGEST": str(largest),
        "STGAT_LIVE_CACHE": str(cache or cache_dir()),
        "PYTHONPATH": str(REPOSITORY / "tests" / "watch"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "QT_QPA_PLATFORM": "offscreen",
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=places["work"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    return Watched(folder, done.returncode, done.stdout)


def holds_a_picture(path: Path) -> bool:
    """Whether a file is one of pictures, or anything else than a short text."""
    data = path.read_bytes()
    if any(data[at : at + len(magic)] == magic for magic, at in PICTURES.items()):
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return len(data) > LONGEST_TEXT


@pytest.fixture(scope="module")
def people(sports2d_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of real people, small."""
    path = tmp_path_factory.mktemp("people") / "people.mkv"
    with open_source(str(sports2d_demo)) as source, VideoWriter(path) as writer:
        source.open()
        for frame in itertools.islice(source.frames(), 30):
            writer.write(cv2.resize(frame.image, (640, 360), interpolation=cv2.INTER_AREA), frame.timestamp_s)
    return path


def demo(folder: Path, people: Path) -> Watched:
    return watched(folder, MAIN, "--source", "demo", "--quit-after", "1")


def window(folder: Path, people: Path) -> Watched:
    return watched(folder, WINDOW, str(people), largest=LONGEST_TEXT)


def replay(folder: Path, people: Path) -> Watched:
    command = ("replay", str(people), "--headless", "--output", "people.jsonl", "--device", "cpu")
    return watched(folder, MAIN, *command, largest=LONGEST_TEXT)


def training(folder: Path, people: Path) -> Watched:
    (folder / "work").mkdir()
    small_set(folder / "work" / "set", subjects=2)
    config = config_for(Path("set"), epochs=1)
    (folder / "work" / "tiny.yaml").write_text(
        yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True))
    )
    return watched(folder, MAIN, "train", "tiny.yaml")


@pytest.fixture(scope="module")
def ran(
    people: Path, pose_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Callable[[Path, Path], Watched]], Watched]:
    """Runs a scenario, once for all tests that look at it."""
    kept: dict[str, Watched] = {}

    def run(scenario: Callable[[Path, Path], Watched]) -> Watched:
        name = scenario.__name__
        if name not in kept:
            kept[name] = scenario(tmp_path_factory.mktemp(name), people)
        return kept[name]

    return run


# --- no telemetry ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [demo, window, replay, training])
def test_promise_nothing_of_the_application_asks_for_the_network(ran, scenario) -> None:
    done = ran(scenario)
    assert done.network == []
    assert done.returncode == 0, done.output


def test_promise_a_missing_pose_model_is_not_fetched_unasked(people: Path, tmp_path: Path) -> None:
    done = watched(tmp_path, MAIN, "pose", str(people), "out.npz", cache=tmp_path / "empty")
    assert done.returncode == 1
    assert "python main.py fetch-pose-model" in " ".join(done.output.split())
    assert done.network == []
    assert [entry for entry in done.journal if "pip" in entry.get("run", ())] == []


def test_the_scenarios_do_what_they_are_for(ran) -> None:
    assert "playing demo offscreen" in ran(demo).output
    seen = json.loads(ran(window).output.splitlines()[-1])
    assert seen["posed"] >= 15 and seen["recognised"] >= 2 and seen["people"] >= 1
    assert '"posed": 30' in (ran(replay).folder / "work" / "people.jsonl").read_text()
    assert (ran(training).folder / "work" / "runs" / "tiny" / "best.safetensors").is_file()


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo"),
        ("import socket; socket.socket().connect(('127.0.0.1', 9))", "socket.__new__"),
        ("import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')", "urllib.Request"),
    ],
)
def test_a_program_that_asks_for_the_network_is_caught_and_named(
    tmp_path: Path, code: str, event: str
) -> None:
    done = watched(tmp_path, "-c", f"def culprit():\n    {code}\nculprit()")
    assert done.returncode == 1
    assert done.network[0].startswith(f"{event}\n") and "in culprit" in done.network[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is of Linux")
def test_native_code_that_asks_for_the_network_is_caught_and_named(tmp_path: Path) -> None:
    done = watched(
        tmp_path, "-c", "import ctypes\ndef culprit():\n    ctypes.CDLL(None).socket(2, 1, 0)\nculprit()"
    )
    assert done.returncode < 0
    assert "in culprit" in done.stacks and done.network == [done.stacks]


def test_a_child_is_watched_too(tmp_path: Path) -> None:
    child = "import socket; socket.socket()"
    done = watched(
        tmp_path, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    )
    assert len(done.network) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is of Linux")
def test_a_large_file_is_noticed_also_where_it_is_gone_again(tmp_path: Path) -> None:
    code = """
def culprit():
    import os, tempfile
    with tempfile.TemporaryFile() as file:
        os.write(file.fileno(), bytes(1500))
        os.write(file.fileno(), bytes(1500))
culprit()"""
    done = watched(tmp_path, "-c", code, largest=1000)
    assert done.returncode == 1 and "in culprit" in done.stacks


# --- pictures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [window, replay])
def test_promise_no_picture_of_anybody_is_written(ran, scenario) -> None:
    done = ran(scenario)
    assert [str(path) for path in done.files if holds_a_picture(path)] == []
    assert done.stacks == ""  # nor was one begun that is gone again


@pytest.mark.parametrize("scenario", [window, replay])
def test_promise_nothing_is_written_anywhere_else(ran, scenario) -> None:
    done = ran(scenario)
    allowed = [done.folder, Path("/dev"), Path("/proc")]
    assert [
        str(path) for path in done.written if not any(path.is_relative_to(place) for place in allowed)
    ] == []


def test_pictures_are_known_for_what_they_are(people: Path, tmp_path: Path) -> None:
    with open_source(str(people)) as source:
        source.open()
        picture = next(iter(source.frames())).image
    for suffix in (".jpg", ".png", ".bmp", ".webp", ".tiff"):
        (tmp_path / f"a{suffix}").write_bytes(cv2.imencode(suffix, picture)[1].tobytes())
    (tmp_path / "raw").write_bytes(picture.tobytes())
    (tmp_path / "as text").write_text(base64.b64encode(picture.tobytes()).decode())
    assert all(map(holds_a_picture, [people, *tmp_path.iterdir()]))
    (tmp_path / "settings.json").write_text("{}")
    assert not holds_a_picture(tmp_path / "settings.json")


def test_promise_a_crash_report_names_nobody(ran) -> None:
    done = ran(window)
    (report,) = (path for path in done.files if path.name.startswith("crash-"))
    text = report.read_text()
    assert "an exception that nobody caught" in text
    assert str(done.folder) not in text
    assert "Source: camera:0" in text
