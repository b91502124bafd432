"""The application's own command line, from inside it: for work that is done in a process of its own.

A packaged application (PyInstaller) has no Python to call: it is its own interpreter. Started with `-c CODE`
it runs that, as Python does; the doctor's probes need it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

#: Whether this is a packaged application.
PACKAGED = bool(getattr(sys, "frozen", False))

#: Threads of ours by what their names begin with: those that may hang in a driver or in native code.
_OURS = ("stgat-", "camera", "explainer", "session-change", "work")
#: How long they are waited for when all else is over.
END_WITHIN_S = 0.1


def run_to_the_end(main: Callable[[], None]) -> None:
    """Run the program, and end the process with its exit code even where one of its threads does not end.

    Python waits at its end for the threads of every pool, and must not be taken down under one that runs
    native code: it would hang, or abort. What is to be kept has been written by then.
    """
    code: str | int | None = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        if not threads_left(END_WITHIN_S):
            raise
        traceback.print_exc()
        code = 1
    if threads_left(END_WITHIN_S):
        if isinstance(code, str):
            print(code, file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))
    sys.exit(code)


def threads_left(within_s: float) -> list[threading.Thread]:
    """Those of ours that have not ended by then."""
    deadline = time.monotonic() + within_s
    ours = [thread for thread in threading.enumerate() if thread.name.startswith(_OURS)]
    for thread in ours:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [thread for thread in ours if thread.is_alive()]


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
