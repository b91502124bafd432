"""Every text has a translation, and the tool that keeps them says which has not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from app.ui.texts import language
from tools import translations

FILES = sorted(translations.TRANSLATIONS.glob("*.po"))
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def template() -> Catalog:
    return translations.texts()


def test_english_and_german_are_shipped() -> None:
    assert language.languages()[:2] == ["en", "de"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_text_is_translated_with_its_names_in_braces(path: Path, template: Catalog) -> None:
    """What to do where this fails: `python tools/translations.py`, then fill in what it lists."""
    translation = translations.updated(translations.read(path), template)
    assert translations.missing(translation) == []
    assert translations.mistakes(translation) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_files_are_as_the_tool_writes_them(path: Path) -> None:
    """So that two people who translate different texts change different lines."""
    assert path.read_text(encoding="utf-8") == translations.as_text(translations.read(path))


def test_the_texts_are_found_with_plurals_and_the_models_actions(template: Catalog) -> None:
    assert template.get("Keyboard shortcuts") is not None
    assert template.get("hand waving") is not None
    assert template.get(("{count} action", "{count} actions")).pluralizable


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("{nam} ist kaputt", "names in braces"),
        ("ist kaputt", "names in braces"),
        ("{name} ist kaputt ", "other spaces"),
        ("{name}\nist kaputt", "other lines"),
        ("{name ist kaputt", "names in braces"),
        ("{name:.1f} ist kaputt", "names in braces"),
    ],
)
def test_a_translation_that_would_break_the_window_is_complained_of(words: str, complaint: str) -> None:
    catalogue = Catalog(locale="de")
    catalogue.add("{name} is broken", words)
    assert complaint in " ".join(translations.mistakes(catalogue))


def test_a_new_text_is_listed_an_old_one_dropped_and_the_rest_kept() -> None:
    before, today = Catalog(locale="de"), Catalog()
    before.add("Start", "Los")
    before.add("Gone", "Weg")
    for text in ("Start", "New", ("{count} thing", "{count} things")):
        today.add(text)
    after = translations.updated(before, today)
    assert after["Start"].string == "Los"
    assert "Gone" not in after
    assert translations.missing(after) == ["New", "{count} thing"]
    after["{count} thing"].string = ("{count} Ding", "")
    assert "{count} thing" in translations.missing(after)


def test_it_writes_what_is_missing_and_its_exit_code_says_whether_all_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(translations, "TRANSLATIONS", tmp_path)
    assert translations.main(["--new", "fr"]) == 1
    told = capsys.readouterr().out
    assert "fr.po:" in told
    assert "missing: 'Keyboard shortcuts'" in told
    written = (tmp_path / "fr.po").read_text()
    assert 'msgid "Keyboard shortcuts"\nmsgstr ""' in written
    assert translations.main(["--check"]) == 1
    assert (tmp_path / "fr.po").read_text() == written


def test_the_window_speaks_german() -> None:
    code = (
        "from PyQt6.QtWidgets import QApplication, QDialogButtonBox, QDoubleSpinBox\n"
        "from app.ui import texts\nfrom app.ui.run import load_qt_texts\n"
        "from app.ui.texts.timeline import clock\n"
        "application = QApplication([])\nload_qt_texts(application)\n"
        "box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)\n"
        "field = QDoubleSpinBox(value=0.5)\n"
        "print(load_qt_texts(application), texts.START, texts.headline('hand waving'),"
        " texts.failed('camera:0', 'camera 0 is gone', True).title,"
        " box.buttons()[0].text(), clock(3.2, tenths=True), field.text())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, "STGAT_LIVE_LANGUAGE": "de"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    words = ["True", "Start", "Winken", "Kamera", "verloren", "Abbrechen", "0:03,2", "0,50"]
    assert done.stdout.split() == words, done.stderr
