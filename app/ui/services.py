"""What the window is given from outside; tests give it other ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.settings import SettingsStore

if TYPE_CHECKING:
    from app.lessons import LessonsLike
    from app.road import RecognizerLoader


@dataclass
class Services:
    """settings: what is remembered. loader: the model in use; None where sessions are made up (tests).

    lessons: what teaches actions; None for the loader's own model.
    """

    settings: SettingsStore = field(default_factory=SettingsStore.in_memory)
    loader: RecognizerLoader | None = None
    lessons: LessonsLike | None = None
