"""Small parts that the settings' pages are made of."""

from __future__ import annotations

from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.ui.texts import settings as words


def section(text: str) -> QLabel:
    """A heading."""
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def muted(text: str = "") -> QLabel:
    """A sentence that explains."""
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label


def reset_button(of: str) -> QPushButton:
    button = QPushButton(words.RESET)
    button.setAutoDefault(False)
    button.setAccessibleName(f"{words.RESET}: {of}")
    return button


def row(first: QWidget, *others: QWidget) -> QHBoxLayout:
    """The first at the left, the others at the right."""
    line = QHBoxLayout()
    line.addWidget(first)
    line.addStretch(1)
    for widget in others:
        line.addWidget(widget)
    return line
