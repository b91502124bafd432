"""The features of the window: each a part that stands for itself and is put on by one line here.

A feature is made with the window. It adds its commands (`window.commands`) and docks (`window.add_dock`), and
listens to the window's signals (`began`, `shown`, `over`, `closing`); the window does not know it. It asks
the window for nothing that is not public there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.ui.batch import Batch
from app.ui.shortcuts import ShortcutTable
from app.ui.train import Training

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


def install(window: MainWindow) -> list[QObject]:
    """Put every feature on the window, in the order in which the menu shows them."""
    return [
        Training(window),
        Batch(window),
        ShortcutTable(window),
    ]
