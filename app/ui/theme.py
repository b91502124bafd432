"""Colours, type and spacing of the window, light and dark.

Which of the two is the system's choice; `current` reads it and `apply` puts it on a window. Nothing here
is put on the whole application, so the system's palette stays readable when the user changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PyQt6.QtWidgets import QWidget

SPACE = 8  # the unit of all margins and gaps, in device-independent pixels


@dataclass(frozen=True)
class Theme:
    """A set of colours. Text on window and panel keeps a contrast of at least 4.5 (WCAG 2.1, AA)."""

    name: str
    window: str
    panel: str
    raised: str
    hover: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    track: str
    warning: str
    error: str
    backdrop: str  # behind and around the video, dark in both: a bright frame spoils a picture

    def color(self, name: str, opacity: float = 1.0) -> QColor:
        color = QColor(getattr(self, name))
        color.setAlphaF(opacity)
        return color


DARK = Theme(
    name="dark",
    window="#15171c", panel="#1b1e25", raised="#262a33", hover="#303540", border="#2c313b",
    text="#e9ebef", muted="#a0a8b5", accent="#41cdb0", on_accent="#06231d", track="#2a2f39",
    warning="#e8b04a", error="#f2776b", backdrop="#0d0e12",
)  # fmt: skip
LIGHT = Theme(
    name="light",
    window="#f2f4f7", panel="#ffffff", raised="#eceff3", hover="#e0e5eb", border="#dbe0e7",
    text="#1a1e25", muted="#586172", accent="#0a7d69", on_accent="#ffffff", track="#e6eaef",
    warning="#945f00", error="#c2382b", backdrop="#1a1c21",
)  # fmt: skip


def current(appearance: str = "system") -> Theme:
    """ "light", "dark", or what the system asks for; where that names none (plain X11), its palette tells."""
    if appearance != "system":
        return LIGHT if appearance == LIGHT.name else DARK
    hints = QGuiApplication.styleHints()
    scheme = hints.colorScheme() if hints is not None else Qt.ColorScheme.Unknown
    if scheme is Qt.ColorScheme.Unknown:
        palette = QGuiApplication.palette()
        text, window = palette.color(QPalette.ColorRole.WindowText), palette.color(QPalette.ColorRole.Window)
        return DARK if window.lightnessF() < text.lightnessF() else LIGHT
    return DARK if scheme is Qt.ColorScheme.Dark else LIGHT


def scaled_font(widget: QWidget, scale: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The widget's own font at `scale` times its size: the user's choice of type is kept."""
    font = QFont(widget.font())
    font.setPointSizeF(max(1.0, font.pointSizeF() * scale) if font.pointSizeF() > 0 else 9.0 * scale)
    font.setWeight(weight)
    return font


def apply(window: QWidget, theme: Theme) -> None:
    """Put the theme on a window and everything in it."""
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, "window"), (roles.WindowText, "text"), (roles.Base, "panel"), (roles.Text, "text"),
        (roles.AlternateBase, "raised"), (roles.Button, "raised"), (roles.ButtonText, "text"),
        (roles.Highlight, "accent"), (roles.HighlightedText, "on_accent"),
        (roles.ToolTipBase, "raised"), (roles.ToolTipText, "text"), (roles.PlaceholderText, "muted"),
    ):  # fmt: skip
        palette.setColor(role, theme.color(name))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, theme.color("muted"))
    window.setPalette(palette)
    window.setStyleSheet(_STYLE.substitute(vars(theme), gap=SPACE, half=SPACE // 2, pad=SPACE * 3 // 2))


_STYLE = Template("""
QMainWindow, QStatusBar { background: $window; }
#toolbar { background: $panel; border-bottom: 1px solid $border; }
#side { background: $panel; border-left: 1px solid $border; }
#side[below="true"] { border-left: none; border-top: 1px solid $border; }
#transport { background: $panel; border-top: 1px solid $border; }
#strip { background: $panel; border-top: 1px solid $border; }
QLabel { color: $text; background: transparent; }
QLabel[role="muted"], #section { color: $muted; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="error"] { color: $error; }
QPushButton {
    background: $raised; color: $text; border: 1px solid transparent; border-radius: 7px;
    padding: ${half}px ${pad}px; min-height: 22px;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $border; }
QPushButton:checked { color: $accent; border: 1px solid $accent; }
QPushButton:focus { border: 1px solid $text; }
QPushButton:disabled { color: $muted; background: transparent; border-color: $border; }
QPushButton#primary { background: $accent; color: $on_accent; font-weight: 600; }
QPushButton#primary:disabled { background: $raised; color: $muted; }
QPushButton#person { padding: 2px ${gap}px; min-height: 18px; text-align: left; color: $muted; }
QPushButton#person:hover { color: $text; }
QPushButton#glyph { background: transparent; padding: 0; }
QPushButton#glyph:hover { background: $hover; }
QPushButton#glyph:disabled { border-color: transparent; }
QPushButton#speed { background: transparent; padding: ${half}px; }
QPushButton#speed:hover { background: $hover; }
QPushButton#small { padding: 0 ${gap}px; min-height: 14px; border-radius: 4px; }
QPushButton::menu-indicator { image: none; width: 0; }
QMenu { background: $panel; color: $text; border: 1px solid $border; padding: ${half}px; }
QMenu::item { padding: ${half}px 24px ${half}px 26px; border-radius: 4px; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $muted; background: transparent; }
QMenu::separator { height: 1px; background: $border; margin: ${half}px; }
QDockWidget { color: $text; font-weight: 600; }
QDockWidget::title { background: $panel; border-top: 1px solid $border; padding: ${half}px ${gap}px; }
QMainWindow::separator { background: $border; width: 3px; height: 3px; }
QDialog, QScrollArea { background: $window; border: none; }
QScrollArea > #qt_scrollarea_viewport > QWidget { background: $window; border: none; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabBar::tab {
    background: transparent; color: $muted; padding: ${gap}px ${pad}px; border-bottom: 2px solid transparent;
}
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:focus { background: $raised; }
QListView, QTextBrowser, QLineEdit {
    background: $panel; color: $text; border: 1px solid $border; border-radius: 4px; padding: ${half}px;
}
QLineEdit { placeholder-text-color: $muted; }
QListView:focus, QTextBrowser:focus, QLineEdit:focus { border: 1px solid $text; }
QListView::item { padding: ${half}px; border-radius: 3px; }
QListView::item:selected { background: $accent; color: $on_accent; }
QComboBox, QAbstractSpinBox { background: $panel; color: $text; min-height: 24px; }
QComboBox:disabled, QAbstractSpinBox:disabled, QLineEdit:disabled { background: $window; color: $muted; }
QComboBox QAbstractItemView { selection-background-color: $hover; selection-color: $text; }
QProgressBar {
    background: $track; color: $text; border: none; border-radius: 4px; min-height: 8px; max-height: 8px;
}
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }
QPlainTextEdit { background: $panel; color: $text; border: 1px solid $border; border-radius: 4px; }
QSplitter::handle { background: transparent; }
QLineEdit, QTextBrowser, QPlainTextEdit, QAbstractSpinBox {
    selection-background-color: $accent; selection-color: $on_accent;
}
QRadioButton, QCheckBox, QGroupBox { color: $text; }
QRadioButton:disabled, QCheckBox:disabled { color: $muted; }
QRadioButton::indicator {
    width: 12px; height: 12px; background: $panel; border: 2px solid $muted; border-radius: 8px;
}
QCheckBox::indicator {
    width: 12px; height: 12px; background: $panel; border: 2px solid $muted; border-radius: 4px;
}
QRadioButton::indicator:checked, QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QRadioButton::indicator:disabled, QCheckBox::indicator:disabled { border-color: $border; }
QRadioButton::indicator:checked:disabled, QCheckBox::indicator:checked:disabled { background: $border; }
QRadioButton:focus, QCheckBox:focus { text-decoration: underline; }
QSlider:horizontal { min-height: 20px; }
QSlider::groove:horizontal { height: 4px; background: $track; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 16px; margin: -6px 0; background: $text; border-radius: 8px; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: $accent; }
#bubble { background: $panel; border: 1px solid $border; border-radius: 10px; }
#keys { background: $raised; border-radius: 4px; padding: 2px ${gap}px; }
QTableView {
    background: $panel; color: $text; border: 1px solid $border; border-radius: 4px;
    selection-background-color: $accent; selection-color: $on_accent; outline: none;
}
QTableView:focus { border: 1px solid $text; }
QTableView::item { padding: 0 ${half}px; }
QHeaderView { background: $panel; color: $muted; border: none; }
QHeaderView::section {
    background: $panel; color: $muted; border: none; border-bottom: 1px solid $border;
    padding: ${half}px;
}
QHeaderView::section:hover { color: $text; }
QStatusBar { border-top: 1px solid $border; color: $muted; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; padding: 0 ${half}px; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px; }
""")
