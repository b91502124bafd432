from __future__ import annotations

import pytest

from app.settings import SettingsStore
from app.ui.texts import language


@pytest.fixture
def catalogues(monkeypatch, tmp_path):
    """A folder with one translation, into German, of one text."""
    (tmp_path / "de.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"'
        '\n\nmsgid "Start"\nmsgstr "Los"\n\nmsgid "{count} take"\nmsgid_plural "{count} takes"\n'
        'msgstr[0] "{count} Aufnahme"\nmsgstr[1] "{count} Aufnahmen"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(language, "TRANSLATIONS", tmp_path)
    return tmp_path


def test_a_text_is_said_in_the_language_and_one_without_translation_as_it_is(catalogues):
    german = language.load("de")
    assert german.gettext("Start") == "Los"
    assert german.gettext("Stop") == "Stop"
    assert german.ngettext("{count} take", "{count} takes", 2) == "{count} Aufnahmen"


def test_a_broken_translation_leaves_the_texts_as_they_are(catalogues):
    (catalogues / "de.po").write_bytes(b'msgid "Start\nmsgstr \xff')
    assert language.load("de").gettext("Start") == "Start"


@pytest.mark.parametrize(
    ("variable", "setting", "system", "chosen"),
    [
        ("", "", "de_DE.UTF-8", "de"),
        ("", "", "de", "de"),
        ("", "", "fr_FR.UTF-8", "en"),
        ("", "", "C.UTF-8", "en"),
        ("", "en", "de_DE.UTF-8", "en"),
        ("de", "en", "en_GB", "de"),
        ("xx", "de", "de_DE", "en"),
    ],
)
def test_the_variable_goes_before_the_setting_and_that_before_the_system(
    catalogues, monkeypatch, variable, setting, system, chosen
):
    monkeypatch.setenv("STGAT_LIVE_HOME", str(catalogues))
    monkeypatch.setenv("STGAT_LIVE_LANGUAGE", variable)
    monkeypatch.setattr(language.locale, "getlocale", lambda: (None, None))
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", system)
    if setting:
        SettingsStore().change(language=setting)
    assert language.chosen_language() == chosen


def test_numbers_have_the_decimal_point_of_the_language(monkeypatch):
    assert language.number(12.34) == "12.3"
    assert language.decimal_point("en") == "."
    monkeypatch.setattr(language, "_point", language.decimal_point("de"))
    assert language.number(12.34) == "12,3"
    assert language.number(2.0, "g") == "2"


def test_counts_have_their_own_words():
    assert language.plural("{count} take", "{count} takes", 1) == "1 take"
    assert language.plural("{count} take", "{count} takes", 3) == "3 takes"
