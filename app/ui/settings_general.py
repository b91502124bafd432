"""The settings' page on language, looks, and what a recording holds."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.services import Services
from app.ui.settings_parts import muted, section
from app.ui.texts import recording
from app.ui.texts import settings as words
from app.ui.texts.language import languages

APPEARANCES = {"system": words.SYSTEM, "light": words.LIGHT, "dark": words.DARK}


class GeneralPage(QWidget):
    """Language, appearance and recording."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = services.settings
        self.language = _choice(
            words.LANGUAGE, {"": words.SYSTEM, **{code: own_name(code) for code in languages()}}
        )
        self.appearance = _choice(words.APPEARANCE, APPEARANCES)
        self.skeletons_only = QCheckBox(recording.SKELETONS_ONLY)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.addWidget(section(words.LANGUAGE))
        column.addWidget(self.language)
        column.addWidget(muted(words.NEXT_START))
        column.addSpacing(2 * theme.SPACE)
        column.addWidget(section(words.APPEARANCE))
        column.addWidget(self.appearance)
        column.addSpacing(2 * theme.SPACE)
        column.addWidget(section(recording.GROUP))
        column.addWidget(self.skeletons_only)
        column.addWidget(muted(words.PICTURES_STAY))
        column.addStretch(1)
        self.show_settings()
        self.language.activated.connect(lambda _: self._settings.change(language=self.language.currentData()))
        self.appearance.activated.connect(
            lambda _: self._settings.change(appearance=self.appearance.currentData())
        )
        self.skeletons_only.toggled.connect(lambda only: self._settings.change(skeletons_only=only))

    def show_settings(self) -> None:
        """Show what is set."""
        value = self._settings.value
        for box, wanted in ((self.language, value.language), (self.appearance, value.appearance)):
            box.setCurrentIndex(max(0, box.findData(wanted)))
        self.skeletons_only.setChecked(value.skeletons_only)

    def event(self, event: QEvent | None) -> bool:
        """Whoever comes back to the dialog may have used the command in the menu meanwhile."""
        if event is not None and event.type() == QEvent.Type.WindowActivate:
            self.show_settings()
        return super().event(event)


def own_name(code: str) -> str:
    """What a language calls itself; the code of one that nobody knows."""
    try:
        name = Locale.parse(code).get_display_name(code) or code
    except (ValueError, UnknownLocaleError):
        return code
    return name[:1].upper() + name[1:]


def _choice(name: str, entries: dict[str, str]) -> QComboBox:
    box = QComboBox()
    for part in (box, box.view()):
        assert part is not None
        part.setAccessibleName(name)
    for key, title in entries.items():
        box.addItem(title, key)
    return box
