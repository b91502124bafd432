"""All that the window can be told to do, in one table: menu, keys and the list of keys come from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QMenu, QWidget


@dataclass(frozen=True)
class Command:
    """group: the heading it stands under in the menu. action: Qt's own; its text is the command's name."""

    group: str
    action: QAction


class Commands(QObject):
    """The table. A feature adds its commands once, when the window is put together."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.table: list[Command] = []

    def add(
        self,
        group: str,
        name: str,
        act: Callable[[], object],
        keys: str = "",
        *,
        checkable: bool = False,
        enabled: bool = True,
    ) -> QAction:
        """A command with a name and a key; `act` is called without arguments, by a click or by the key.

        keys: as QKeySequence reads them: "Ctrl+O"; "" for none. A checkable command's act asks the action.
        Raises ValueError where another command has that key.
        """
        action = QAction(name, self._window)
        if keys:
            taken = [c.action.text() for c in self.table if c.action.shortcut() == QKeySequence(keys)]
            if taken:
                raise ValueError(f"{keys} is the key of {taken[0]!r} already")
            action.setShortcut(QKeySequence(keys))
        action.setAutoRepeat(False)
        action.setCheckable(checkable)
        action.setEnabled(enabled)
        action.triggered.connect(lambda _: act())
        return self.adopt(group, action)

    def adopt(self, group: str, action: QAction) -> QAction:
        """Take in an action made elsewhere, such as a dock's own."""
        self._window.addAction(action)
        self.table.append(Command(group, action))
        return action

    def groups(self) -> dict[str, list[QAction]]:
        """heading -> its actions, in the order in which they were added."""
        groups: dict[str, list[QAction]] = {}
        for command in self.table:
            groups.setdefault(command.group, []).append(command.action)
        return groups

    def fill(self, menu: QMenu) -> None:
        """Put a submenu for each heading into the menu."""
        menu.clear()
        for heading, actions in self.groups().items():
            part = menu.addMenu(heading)
            assert part is not None
            part.addActions(actions)
