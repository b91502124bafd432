"""What is worth knowing when something failed, as a text that a person may pass on; nothing sends it."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import platform
import sys
import tomllib
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

#: Of which packages the version is told.
PACKAGES = ("PyQt6", "torch", "mediapipe", "opencv-python-headless", "numpy", "av")
KEPT_LINES = 60
_OURS = ("app", "pose", "stgat")


class RecentLog(logging.Handler):
    """Keeps the program's own last log entries, with their tracebacks, for the details of an error."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self._entries: deque[str] = deque(maxlen=KEPT_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._entries.append(self.format(record))
        except Exception:  # noqa: BLE001  # an entry that cannot be written is no reason to fail
            self._entries.append(f"{record.levelname} {record.name}: {record.msg!r}")

    def text(self) -> str:
        return "\n".join(list(self._entries))

    def listen(self) -> None:
        """From now on; what the terminal is told stays as it was."""
        root = logging.getLogger()
        for handler in root.handlers:
            handler.setLevel(max(handler.level, root.level))
        for name in _OURS:
            logger = logging.getLogger(name)
            logger.setLevel(min(logger.getEffectiveLevel(), logging.INFO))
            logger.addHandler(self)

    def leave(self) -> None:
        """Listen no more."""
        for name in _OURS:
            logging.getLogger(name).removeHandler(self)
            logging.getLogger(name).setLevel(logging.NOTSET)


def details(
    what: str,
    source: str = "",
    model: Path | None = None,
    device: str = "",
    more: str = "",
    others: Sequence[str] = (),
) -> str:
    """The whole text: what happened, with which versions, on what machine; a few lines, then `more`.

    source: the source's spec; of a file only the kind is told. more: a traceback, a log. others: files that
    may be named there, and whose folders nobody need know.
    """
    told = {
        "What": what,
        "When": datetime.now().astimezone().isoformat(timespec="seconds"),
        "Program": f"STGAT Live {version()}",
        "System": f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} processors",
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {installed(name)}" for name in PACKAGES),
        "Screen": os.environ.get("QT_QPA_PLATFORM") or os.environ.get("XDG_SESSION_TYPE") or sys.platform,
        "Model": "" if model is None else model.name,
        "Device": device,
        "Source": kind_of_source(source),
    }
    lines = [f"{name}: {value}" for name, value in told.items() if value]
    if more.strip():
        lines += ["", more.strip()]
    return private("\n".join(lines) + "\n", (source, *others))


def private(text: str, files: Sequence[str] = ()) -> str:
    """The text without the folders that say who somebody is: those of these files, and the user's own."""
    for file in files:
        folder = os.path.dirname(file)  # noqa: PTH120  # of a spec, which need not be a path
        if len(folder) > 1:
            text = text.replace(folder + os.sep, "")
    home = os.path.expanduser("~")  # noqa: PTH111  # "~" where nobody knows
    return text.replace(home, "~") if len(home) > 1 else text


def kind_of_source(spec: str) -> str:
    """ "camera:0" and "demo" as they are; of a file no more than its suffix."""
    if not spec or spec == "demo" or spec.startswith("camera:"):
        return spec
    return f"a {Path(spec).suffix or 'nameless'} file"


def version() -> str:
    """The program's own."""
    try:
        return importlib.metadata.version("stgat-live")
    except importlib.metadata.PackageNotFoundError:
        pass
    try:
        project = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(project)["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "of unknown version"


def installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"
