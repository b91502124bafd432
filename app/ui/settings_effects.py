"""What becomes of a setting that is changed: told to the session, the loader or the window, at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.models import DEFAULT_MODEL
from app.sensitivity import chosen
from app.settings import Settings
from app.ui.session import DecidesBy

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class SettingsEffects(QObject):
    """Feature: listens to the settings. A session begins anew only for another model or device."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._known = window.services.settings.value
        window.services.settings.on_change(self._changed)

    def _changed(self, new: Settings) -> None:
        old, self._known = self._known, new
        window = self._window
        if (old.model, old.device) != (new.model, new.device):
            if window.services.loader is not None:
                window.services.loader.use(chosen_model(new), new.device)
            if window.playing:
                window.start()
        elif chosen(old) != chosen(new) and isinstance(window.session, DecidesBy):
            window.session.decide_by(chosen(new))
        if old.appearance != new.appearance:
            window.apply_theme()


def chosen_model(settings: Settings) -> Path:
    """The model's file, there or not."""
    return Path(settings.model) if settings.model else DEFAULT_MODEL
