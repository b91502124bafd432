"""The features of the window: each a part that stands for itself and is put on by one line here.

A feature is made with the window. It adds its commands (`window.commands`) and docks (`window.add_dock`), and
listens to the window's signals (`began`, `shown`, `over`, `closing`); the window does not know it. It asks
the window for nothing that is not public there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.ui.attention import AttentionDock
from app.ui.batch import Batch
from app.ui.camera_features import CameraNews, CameraPicture
from app.ui.engine_timing import EngineTiming
from app.ui.errors import Errors
from app.ui.events import Events
from app.ui.overlay_switches import OverlaySwitches
from app.ui.recent import RecentFiles
from app.ui.recording import Recording
from app.ui.settings_dialog import SettingsFeature
from app.ui.shortcuts import ShortcutTable
from app.ui.space_view import SpaceDock
from app.ui.teach import Teaching
from app.ui.tour import Tour
from app.ui.train import Training
from app.ui.transport import Transport

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


def install(window: MainWindow) -> list[QObject]:
    """Put every feature on the window, in the order in which the menu shows them."""
    return [
        Transport(window),
        RecentFiles(window),
        Recording(window),
        CameraPicture(window),
        CameraNews(window),
        OverlaySwitches(window),
        SpaceDock(window),
        AttentionDock(window),
        Events(window),
        Teaching(window),
        Training(window),
        Batch(window),
        Errors(window),
        EngineTiming(window),
        SettingsFeature(window),
        Tour(window),
        ShortcutTable(window),
    ]
