"""What the keys do on the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent

from app.ui.timeline_scale import ZOOM

if TYPE_CHECKING:
    from app.ui.timeline import Timeline

PAGE = 0.8  # of what is in view
_KEYS = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter,
    Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
}  # fmt: skip


def own(event: QKeyEvent) -> bool:
    """Whether the key is the timeline's while it has the focus, whatever command the window has on it."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return event.key() in _KEYS and modifiers == Qt.KeyboardModifier.NoModifier


def pressed(timeline: Timeline, key: int) -> bool:
    """Do what the key is for; False where it is for nothing here."""
    keys = Qt.Key
    match key:
        case keys.Key_Left:
            timeline.choose(-1)
        case keys.Key_Right:
            timeline.choose(1)
        case keys.Key_Return | keys.Key_Enter:
            timeline.see_again()
        case keys.Key_End:
            timeline.choose_none()
        case keys.Key_Home:
            timeline.box.move(-1e6)
        case keys.Key_PageUp | keys.Key_PageDown:
            timeline.box.move(-PAGE if key == keys.Key_PageUp else PAGE)
        case keys.Key_Plus | keys.Key_Equal:
            timeline.box.zoom(1 / ZOOM)
        case keys.Key_Minus:
            timeline.box.zoom(ZOOM)
        case _:
            return False
    return True
