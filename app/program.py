"""The application's own command line, from inside it: for work that is done in a process of its own.

A packaged application (PyInstaller) has no Python to call: it is its own interpreter. Started with `-c CODE`
it runs that, as Python does; the doctor's probes need it.
"""

from __future__ import annotations

import sys
from pathlib import Path

#: Whether this is a packaged application.
PACKAGED = bool(getattr(sys, "frozen", False))


def program() -> list[str]:
    """What starts this program again; a verb and its arguments follow."""
    if PACKAGED:
        return [sys.executable]
    return [sys.executable, str(Path(__file__).resolve().parents[1] / "main.py")]


def run_as_python(arguments: list[str]) -> bool:
    """Do what `python -c CODE ARGUMENT...` does, where a packaged application is called so; else False."""
    if not PACKAGED or len(arguments) < 2 or arguments[0] != "-c":
        return False
    sys.argv = ["-c", *arguments[2:]]
    exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    return True
