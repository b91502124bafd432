"""What is painted over the picture, switched by menu and key, and remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.settings import Settings
from app.ui import texts
from app.ui.texts import views

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class OverlaySwitches(QObject):
    """Feature: the skeleton on or off, and the hands' trails on or off."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._video, self._settings = window.video, window.services.settings
        add = window.commands.add
        self.skeleton = add(texts.GROUP_VIEW, views.SKELETON, self._remember, checkable=True)
        self.trails = add(texts.GROUP_VIEW, views.HAND_TRAILS, self._remember, "H", checkable=True)
        self._settings.on_change(self._follow)
        self._follow(self._settings.value)

    def _remember(self) -> None:
        self._settings.change(skeleton=self.skeleton.isChecked(), hand_trails=self.trails.isChecked())

    def _follow(self, settings: Settings) -> None:
        self.skeleton.setChecked(settings.skeleton)
        self.trails.setChecked(settings.hand_trails)
        self._video.show_skeleton(settings.skeleton)
        self._video.show_trails(settings.hand_trails)
