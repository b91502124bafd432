"""Processes that outlive the window, and are known again by the next one.

A process is known by its number and by when it began: the number alone may be another's by now.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from stgat.data.atomic import replacing
from stgat.reading import read_limited

#: Lets what is shown on the screen go before: see nice(1).
NICENESS = 10
MAX_BYTES = 1 << 16

log = logging.getLogger(__name__)
#: Those of ours that have not ended yet; a child that nobody asks after stays in the system's list.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Identity:
    """began: when the process did, as the system tells it; the same text whenever it is asked for."""

    pid: int
    began: str

    def write(self, path: Path) -> None:
        """Raises OSError."""
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Identity | None:
        """None where there is no such file, or it is none of ours."""
        try:
            fields = json.loads(read_limited(path, MAX_BYTES))
            pid, began = fields["pid"], fields["began"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return cls(pid, began) if type(pid) is int and pid > 0 and type(began) is str and began else None

    def alive(self) -> bool:
        """Whether the very process still runs."""
        child = _children.get(self.pid)
        if child is not None and child.poll() is not None:
            del _children[self.pid]
        return began_at(self.pid) == self.began

    def kill(self) -> None:
        """End the process at once; nothing where it is gone, or its number is another's by now."""
        if not self.alive():
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                os.kill(self.pid, signal.SIGTERM)
            elif os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, signal.SIGKILL)  # and what it has started
            else:
                os.kill(self.pid, signal.SIGKILL)


def give_way() -> None:
    """Let who started this process, a window with a live picture, go before."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def start_detached(
    command: Sequence[str], output: Path, folder: Path, environment: Mapping[str, str] | None = None
) -> Identity:
    """Start a process in `folder` that goes on when this one ends; what it prints is added to `output`.

    Raises OSError.
    """
    quiet = {"stdin": subprocess.DEVNULL, "env": {**os.environ, **(environment or {})}}
    with output.open("ab") as file:
        if sys.platform == "win32":
            flags = (
                subprocess.CREATE_NO_WINDOW
                | subprocess.CREATE_NEW_PROCESS_GROUP
                | subprocess.BELOW_NORMAL_PRIORITY_CLASS
            )
            child = subprocess.Popen(
                command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, creationflags=flags, **quiet
            )
        else:
            child = subprocess.Popen(
                command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, start_new_session=True, **quiet
            )
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, child.pid, NICENESS)
    _children[child.pid] = child
    return Identity(child.pid, began_at(child.pid) or "ended at once")


def began_at(pid: int) -> str | None:
    """When the process of that number began, in the system's own words; None where there is none."""
    if sys.platform == "win32":
        return _began_windows(pid)
    if Path("/proc/self/stat").exists():
        return _began_proc(pid)
    return _began_ps(pid)


def _began_proc(pid: int) -> str | None:
    """Linux: the boot it belongs to, and clock ticks since that boot."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The second field is the program's name in brackets, and may hold anything.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else f"{boot} {fields[19]}"


def _began_ps(pid: int) -> str | None:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=False, env={**os.environ, "LC_ALL": "C"}
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("ps cannot be asked: %s", error)
        return None
    state, _, began = done.stdout.strip().partition(" ")
    return None if not began or state.startswith("Z") else " ".join(began.split())


def _began_windows(pid: int) -> str | None:
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    kernel.OpenProcess.restype = ctypes.c_void_p
    ask, still_active = 0x1000, 259  # PROCESS_QUERY_LIMITED_INFORMATION, STILL_ACTIVE
    handle = kernel.OpenProcess(ask, False, pid)
    if not handle:
        return None
    times = [ctypes.c_ulonglong() for _ in range(4)]
    code = ctypes.c_ulong()
    try:
        known = kernel.GetProcessTimes(ctypes.c_void_p(handle), *map(ctypes.byref, times))
        known = known and kernel.GetExitCodeProcess(ctypes.c_void_p(handle), ctypes.byref(code))
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
    return str(times[0].value) if known and code.value == still_active else None
