"""What files from strangers are judged by: memory, in a process of its own, and the error's one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

_CHILD = """
import json, sys
from pathlib import Path

def peak_bytes():
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

paths = [Path(argument) for argument in sys.argv[1:]]
{setup}
before = peak_bytes()
said = []
for path in paths:
    try:
        {attempt}
        said.append("")
    except Exception as error:
        said.append(f"{{type(error).__name__}}: {{error}}")
print(json.dumps([peak_bytes() - before, said]))
"""


def attempt(setup: str, code: str, *paths: Path) -> tuple[int, list[str]]:
    """Run `code` with each `path` after `setup`, all in one other process.

    Returns by how many bytes its peak memory grew, and of each path what was raised, "" for nothing.
    """
    program = _CHILD.format(setup=setup, attempt=code)
    command = [sys.executable, "-c", program, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY, timeout=120)
    grown, said = json.loads(done.stdout.splitlines()[-1])
    return grown, said


def assert_sentence(error: BaseException | str, path: Path) -> None:
    """One line that names the file, without what would move a terminal's cursor, and not endless."""
    text = str(error)
    assert str(path) in text
    assert text.isprintable(), text
    assert len(text) < 1000 + 2 * len(str(path))
