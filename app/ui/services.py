"""What the window is given from outside; tests give it other ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.crash_reports import CrashReports
from app.settings import SettingsStore

if TYPE_CHECKING:
    from app.lessons import LessonsLike
    from app.road import RecognizerLoader


@dataclass
class Services:
    """settings: what is remembered. loader: the model in use; None where sessions are made up (tests).

    lessons: what teaches actions; None for the loader's own model.
    crashes: where reports of crashes go; None keeps none, and leaves exceptions to Python. welcome: whether
    the window shows itself round on its first start.
    """

    settings: SettingsStore = field(default_factory=SettingsStore.in_memory)
    loader: RecognizerLoader | None = None
    lessons: LessonsLike | None = None
    crashes: CrashReports | None = None
    welcome: bool = False
