"""Looks at everything the application needs, and says what to do about what is missing.

It must run where things are broken: no package but rich is imported here, what may crash runs in a process
of its own, and a check that fails to work is a finding like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from rich.console import Group
from rich.table import Table
from rich.text import Text

from app.doctor import machine, software
from app.doctor.check import Check

__all__ = ["CHECKS", "Check", "render", "run_checks"]

CHECKS: dict[str, Callable[[], Check]] = {
    "Python": software.python_version,
    "packages": software.packages,
    "PyTorch": software.torch,
    "MediaPipe": software.mediapipe,
    "pose model": software.pose_model,
    "action model": software.action_model,
    "OpenCV": software.opencv,
    "one OpenCV": software.one_opencv,
    "PyAV": software.pyav,
    "Qt": machine.qt,
    "Qt offscreen": partial(machine.qt_libraries, "offscreen"),
    "Qt window": partial(machine.qt_libraries, "window"),
    "screen": machine.display,
    "fonts": machine.fonts,
    "cameras": machine.cameras,
}


def run_checks(checks: dict[str, Callable[[], Check]] | None = None) -> list[Check]:
    """The result of every check, in order. Takes a few seconds: libraries are really loaded."""
    checks = CHECKS if checks is None else checks
    with ThreadPoolExecutor(max_workers=4) as pool:  # they mostly wait for processes of their own
        return list(pool.map(_checked, checks.keys(), checks.values()))


def render(checks: Iterable[Check]) -> Group:
    """A table for rich, a remedy under each finding that has one, and a sentence; readable without colour
    too."""
    checks = list(checks)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        detail = Text(check.detail)
        if not check.ok and check.remedy:
            detail.append(f"\n-> {check.remedy}", style="bold")
        table.add_row(_mark(check), check.name, detail)
    return Group(table, Text(), _summary(checks))


def _checked(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # noqa: BLE001  # whatever is broken, the other checks go on
        detail = f"could not be checked ({type(error).__name__}: {error})"
        return Check(name, False, False, detail, "mend what the lines above name, then look again")


def _mark(check: Check) -> Text:
    if check.ok:
        return Text("ok", style="green")
    return Text("FAILED", style="bold red") if check.required else Text("note", style="yellow")


def _summary(checks: list[Check]) -> Text:
    failed = [check.name for check in checks if check.required and not check.ok]
    if failed:
        return Text(
            f"The application will not work fully before this is mended: {', '.join(failed)}.", style="bold"
        )
    notes = sum(not check.ok for check in checks)
    return Text(
        "Everything needed is there." + (f" Notes: {notes}, see above." if notes else ""), style="bold"
    )
