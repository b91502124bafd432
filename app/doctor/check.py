"""One thing the doctor looked at, and the means to look without falling over what is broken."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SET_UP = "run `make setup`"
_PROBE_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Check:
    """What was found.

    required: whether the application cannot do its work without it.
    detail: what is there, or what is wrong. remedy: what to do where ok is False; None where nothing is.
    """

    name: str
    ok: bool
    required: bool
    detail: str
    remedy: str | None = None


class ProbeError(Exception):
    """A probe failed; the message is the last thing it said."""


def probe(code: str, *arguments: str, python: str = sys.executable) -> str:
    """What a piece of Python prints, run apart: a library that is broken may end the interpreter that
    loads it.

    Raises ProbeError with the last line of its errors.
    """
    try:
        done = subprocess.run(
            [python, "-c", code, *arguments],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProbeError(f"no answer within {_PROBE_TIMEOUT_S:.0f} s") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        if done.returncode < 0:
            lines.append(f"it crashed (signal {-done.returncode})")
        raise ProbeError(lines[-1].strip() if lines else f"exit code {done.returncode}")
    return done.stdout.strip()
