"""A process ends when it is asked to, also where one of its threads never will."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.app.fakes import tiny_checkpoint, tiny_video
from tests.app.test_shutdown import GENEROUS_S

SCRIPT = Path(__file__).with_name("hung_process.py")


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("window", 0, "playing demo offscreen"),
        ("replay", 1, "the pose failed at frame 0, 0.00 s (no answer within 0.5 s)"),
    ],
)
def test_promise_a_pose_that_hangs_does_not_keep_the_process(
    tmp_path: Path, what: str, code: int, said: str
) -> None:
    video, model = tiny_video(tmp_path / "room.mp4"), tiny_checkpoint(tmp_path / "tiny.safetensors")
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), what, str(video), str(model)],
        cwd=tmp_path,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            over = time.monotonic()
            _, told = process.communicate(timeout=60)
            assert time.monotonic() - over < GENEROUS_S
        finally:
            process.kill()
    assert line == "over\n", told
    assert process.returncode == code, told
    assert said in told.replace("\n", " ")


PROGRAM = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from app.program import run_to_the_end

def main():
    if {hangs}:
        wait = threading.Event().wait
        pool = ThreadPoolExecutor(1)
        threading.Thread(target=lambda: pool.submit(wait).result(), name="stgat-pose", daemon=True).start()
    {ending}

run_to_the_end(main)
"""


@pytest.mark.parametrize(
    ("hangs", "ending", "code", "said"),
    [
        (True, "print('done')", 0, ""),
        (True, "sys.exit(3)", 3, ""),
        (True, "sys.exit('no such place')", 1, "no such place"),
        (True, "raise ZeroDivisionError('boom')", 1, "ZeroDivisionError: boom"),
        (False, "sys.exit('no such place')", 1, "no such place"),
        (False, "raise ZeroDivisionError('boom')", 1, "ZeroDivisionError: boom"),
    ],
)
def test_the_exit_code_is_the_same_whether_a_thread_hangs_or_not(
    hangs: bool, ending: str, code: int, said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(hangs=hangs, ending=ending)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stdout == ("done\n" if "print" in ending else "")
