"""How far a verb is, in a small JSON file that another process reads."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stgat.data.atomic import replacing
from stgat.reading import read_limited

#: Written no more often than this; a reader that looks twice a second misses nothing.
EVERY_S = 0.5
MAX_BYTES = 1 << 16
#: Of what is counted or measured here.
LARGEST = 1e15

#: Takes how far something is, by name.
Tell = Callable[[dict[str, Any]], None]

log = logging.getLogger(__name__)


class ProgressFile:
    """Writes the file, whole or not at all. path: None writes nothing. clock: seconds that only grow.

    A file that cannot be written stops nothing: what is being done matters more than what is told of it.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._told: float | None = None

    def tell(self, fields: dict[str, Any], at_once: bool = False) -> None:
        """The newest state; left out where another was told a moment ago, unless at_once."""
        now = self._clock()
        if self._path is None or (not at_once and self._told is not None and now - self._told < EVERY_S):
            return
        self._told = now
        try:
            with replacing(self._path) as temporary:
                temporary.write_text(json.dumps(fields), encoding="utf-8")
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)


@contextmanager
def told_to_file(file: ProgressFile) -> Iterator[Tell]:
    """What is told goes to the file, and in the end how it ended: finished, stopped, or failed with why."""
    file.tell({"state": "starting"}, at_once=True)
    try:
        yield file.tell
    except BaseException as error:  # whatever it is goes on; but who reads the file is told
        stopped = isinstance(error, KeyboardInterrupt) or getattr(error, "exit_code", None) == 130
        message = " ".join(str(error).split()) or type(error).__name__
        file.tell({"state": "stopped"} if stopped else {"state": "failed", "message": message}, at_once=True)
        raise
    file.tell({"state": "finished"}, at_once=True)


def read_progress(path: Path) -> dict[str, Any]:
    """What was told last; nothing where there is no such file, or it is none."""
    try:
        fields = json.loads(read_limited(path, MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def number(value: object) -> float | None:
    """A number out of such a file as one to reckon with; None for whatever else stands there.

    >>> number(3), number("3"), number(True), number(float("nan")), number(10**400)
    (3.0, None, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
        return None
    return float(value)
