"""Makes dist/stgat-live, a folder that runs where there is no Python, and tries it: `make package`.

The trial runs the program as a stranger's machine would: no Python on the path, an empty home, no cache. It
has to recognise the demo's actions in its window and, where a video is at hand, to find the person in it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

NAME = "stgat-live"
DIST = ROOT / "dist" / NAME
#: What an action's line looks like when the window without a screen tells what it recognised.
A_DEMO_ACTION = "hand waving"


def main() -> None:
    """Build, then try; the exit code is 0 only where both succeeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--video", type=Path, help="a video of a person for the trial (default: the tests' own)"
    )
    parser.add_argument("--only-try", action="store_true", help="try what was built before")
    options = parser.parse_args()
    if not options.only_try:
        build()
    try_out(options.video or tests_video())
    print(f"{DIST}: {size_mb(DIST):,.0f} MB; start {DIST / NAME}")


def build() -> None:
    """Run PyInstaller on tools/stgat-live.spec."""
    started = time.monotonic()
    print("Packaging; this takes a few minutes.", flush=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"),
            *("--distpath", str(DIST.parent), "--workpath", str(ROOT / "build")),
            str(ROOT / "tools" / "stgat-live.spec"),
        ],
        check=True,
        cwd=ROOT,
    )
    print(f"Packaged in {time.monotonic() - started:.0f} s.", flush=True)


def try_out(video: Path | None) -> None:
    """Run what was built; ends the program with a sentence where it does not do its work."""
    program = DIST / NAME
    if not program.is_file():
        sys.exit(f"{program} is not there: run `make package`")
    with tempfile.TemporaryDirectory() as home:
        # A copy elsewhere, so that nothing is found through this checkout.
        moved = Path(home) / "moved"
        shutil.copytree(DIST, moved, symlinks=True)
        run = Run(moved / NAME, Path(home))
        said = run("--source", "demo", "--quit-after", "12", "--screenshot", str(Path(home) / "window.png"))
        if A_DEMO_ACTION not in said or not (Path(home) / "window.png").is_file():
            sys.exit(f"the packaged window did not recognise the demo; it said:\n{said}")
        print("The window opens and recognises the demo.", flush=True)
        run(
            "doctor", fine=(0, 1)
        )  # which of its findings matter is the machine's affair; it must not fail to run
        if video is None:
            print("No video is at hand (--video): the pose was not tried.")
            return
        run("pose", str(video), str(Path(home) / "out.npz"))
        print(f"A person was found in {video.name}.", flush=True)


class Run:
    """Calls the packaged program with nothing of this machine's Python in reach."""

    def __init__(self, program: Path, home: Path) -> None:
        self._program = program
        self._environment = {
            "HOME": str(home),
            "PATH": str(home),  # empty but for the program: there is no python to be found
            "QT_QPA_PLATFORM": "offscreen",
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2"),
        }
        self._home = home

    def __call__(self, *arguments: str, fine: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [str(self._program), *arguments],
            env=self._environment,
            cwd=self._home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode not in fine:
            sys.exit(f"{NAME} {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout


def tests_video() -> Path | None:
    """The video that the tests have fetched, if they have run here."""
    from pose.models import cache_dir

    return next(iter(sorted((cache_dir() / "tests").glob("*.mp4"))), None)


def size_mb(folder: Path) -> float:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    main()
