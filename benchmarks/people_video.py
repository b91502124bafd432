"""A real video of people for everybody: the demo of Sports2D, from its wheel on the package index."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from pose.models import cache_dir

PACKAGE = "Sports2D==0.8.34"


class OfflineError(RuntimeError):
    """The video is not in the cache, and the network that has it cannot be reached."""


def people_video() -> Path:
    """1768x994 at 30 fps, several people (BSD-3); downloaded once into the cache.

    Raises OfflineError without a network, RuntimeError where pip fails otherwise.
    """
    folder = cache_dir() / "tests"
    video = folder / "sports2d-0.8.34-demo.mp4"
    if video.is_file():
        return video
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [
            sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--retries=1",
            f"--dest={scratch}", PACKAGE,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and _is_offline(done.stderr):
            raise OfflineError("offline, and the demo video of Sports2D is not in the cache")
        if done.returncode:
            raise RuntimeError(f"pip download {PACKAGE} failed: {done.stderr}")
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            part = Path(scratch) / "demo.mp4"
            part.write_bytes(archive.read("Sports2D/Demo/demo.mp4"))
        part.replace(video)
    return video


def _is_offline(pip_says: str) -> bool:
    """Whether pip failed for want of a network."""
    return any(
        word in pip_says for word in ("NewConnectionError", "NameResolution", "ConnectTimeout", "resolve")
    )
