"""Which language the window speaks, and `_`, which says a text in it.

A translation is a gettext catalogue, app/assets/translations/LANGUAGE.po, read as it is when the window
starts: there is nothing to compile. The texts are made when their modules are imported, so the language is
chosen before that, and a change of it takes effect at the next start.
"""

from __future__ import annotations

import gettext
import io
import locale
import logging
import os
from pathlib import Path

from app.settings import SettingsStore

TRANSLATIONS = Path(__file__).resolve().parents[2] / "assets" / "translations"
#: Goes before the setting and the system's language: en, de.
VARIABLE = "STGAT_LIVE_LANGUAGE"
SOURCE_LANGUAGE = "en"  # what the texts are written in

log = logging.getLogger(__name__)


def languages() -> list[str]:
    """The languages there are, English first."""
    return [SOURCE_LANGUAGE, *sorted(file.stem for file in TRANSLATIONS.glob("*.po"))]


def chosen_language() -> str:
    """By the variable, else by the setting, else the system's; English where there is no translation."""
    setting = SettingsStore().value.language
    for wish in (os.environ.get(VARIABLE), setting, _system_language()):
        if wish:
            return wish if wish in languages() else SOURCE_LANGUAGE
    return SOURCE_LANGUAGE


def load(language: str) -> gettext.NullTranslations:
    """The translation into a language; into English, or where its file is broken, the texts as they are."""
    if language == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        with (TRANSLATIONS / f"{language}.po").open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=True)
    except (OSError, PoFileError, ValueError) as error:
        log.warning("the translation into %s cannot be read: %s", language, error)
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _system_language() -> str:
    try:
        code = locale.getlocale()[0] or ""
    except ValueError:  # a locale that nobody knows
        code = ""
    # Without setlocale the C library answers for "C"; the environment knows better.
    code = code if code not in ("", "C") else os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return code.partition("_")[0].partition(".")[0].lower()


def decimal_point(language: str) -> str:
    """What stands before a number's tenths."""
    if language == SOURCE_LANGUAGE:
        return "."
    from babel.numbers import get_decimal_symbol

    return get_decimal_symbol(language)


LANGUAGE = chosen_language()
_translation = load(LANGUAGE)
_point = decimal_point(LANGUAGE)


def _(text: str) -> str:
    """The text in the language chosen."""
    return _translation.gettext(text)


def number(value: float, form: str = ".1f") -> str:
    """A number with the language's decimal point, for people; what is written to files has its own."""
    return f"{value:{form}}".replace(".", _point)


def plural(one: str, many: str, count: int) -> str:
    """The text for so many, with {count} filled in."""
    return _translation.ngettext(one, many, count).format(count=count)
