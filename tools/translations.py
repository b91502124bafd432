#!/usr/bin/env python
"""Bring the translations up to the texts in the program, and list what is not translated yet.

    python tools/translations.py            update app/assets/translations/*.po, list what is missing
    python tools/translations.py --check    change nothing; exit 1 where something is missing or out of date
    python tools/translations.py --new fr   begin a translation into another language

The texts are what the window's modules (app/ui) give to _() and plural(), and the names of the actions
that the installed models know. A text that is no longer there is dropped. Each entry's msgstr is for the
translator to fill in, by hand or with any editor of .po files; {names} in braces stay as they are. There is
nothing to compile: the window reads the .po file itself.
"""

from __future__ import annotations

import argparse
import io
import re
import string
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

REPOSITORY = Path(__file__).resolve().parents[1]
TEXTS = REPOSITORY / "app" / "ui"
TRANSLATIONS = REPOSITORY / "app" / "assets" / "translations"
KEYWORDS = {"_": None, "_reason": None, "plural": (1, 2)}
ACTION = "the name of an action"
HEADER = """\
# STGAT Live in another language; tools/translations.py keeps it up to date.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


def texts() -> Catalog:
    """Every text there is to translate."""
    template = Catalog(charset="utf-8")
    found = extract_from_dir(str(TEXTS), [("**.py", "python")], keywords=KEYWORDS, comment_tags=())
    for _file, _line, message, comments, context in found:
        template.add(message, auto_comments=comments, context=context)
    for label in actions():
        template.add(label, auto_comments=[ACTION])
    return template


def actions() -> list[str]:
    """The labels of all installed models, in the order of the alphabet."""
    sys.path.insert(0, str(REPOSITORY))
    from app.models import WEIGHTS, model_files
    from stgat.checkpoint import read_metadata

    return sorted({label for path in model_files(WEIGHTS) for label in read_metadata(path).labels})


def read(path: Path) -> Catalog:
    """A translation as it is. Raises PoFileError where it is no such file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def updated(translation: Catalog, template: Catalog) -> Catalog:
    """The translation with the texts of today; those that are new are empty."""
    new = Catalog(locale=translation.locale, charset="utf-8")
    for message in template:
        if not message.id:
            continue
        old = translation.get(message.id)
        known = old.string if old is not None and not old.fuzzy else _nothing(message)
        new.add(message.id, known, auto_comments=message.auto_comments)
    return new


def as_text(translation: Catalog) -> str:
    """The .po file, the same for the same texts whoever writes it and when."""
    body = io.BytesIO()
    write_po(body, translation, width=110, omit_header=True, no_location=True, sort_output=True)
    header = HEADER.format(language=translation.locale, plural_forms=translation.plural_forms)
    return header + body.getvalue().decode("utf-8").strip() + "\n"


def missing(translation: Catalog) -> list[str]:
    """The texts without a translation, or without one for each number."""
    return [_first(message.id) for message in translation if message.id and not all(_strings(message))]


def mistakes(translation: Catalog) -> list[str]:
    """Sentences about translations whose names in braces, line ends or spaces at the ends differ."""
    found = []
    for message in translation:
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, (list, tuple)) else [message.id]
        allowed = set().union(*map(placeholders, originals))
        for words in filter(None, _strings(message)):
            if placeholders(words) - allowed or (allowed - {"count"}) - placeholders(words):
                found.append(f"{words!r}: its names in braces are not those of {originals[0]!r}")
            if _edges(words) != _edges(originals[0]):
                found.append(f"{words!r}: begins or ends with other spaces than {originals[0]!r}")
            if words.count("\n") != originals[0].count("\n"):
                found.append(f"{words!r}: has other lines than {originals[0]!r}")
    return found


def placeholders(text: str) -> set[str]:
    """The names in braces, with what is said of their form: {count:.1f} is "count:.1f"."""
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return {"not a format"}
    return {f"{name}{':' if form else ''}{form or ''}" for _, name, form, _ in fields if name is not None}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--new", metavar="LANGUAGE", help="begin a translation: fr, pt, …")
    options = parser.parse_args(arguments)
    template, whole = texts(), True
    paths = sorted(TRANSLATIONS.glob("*.po"))
    if options.new:
        paths.append(TRANSLATIONS / f"{options.new}.po")
    for path in paths:
        before = read(path) if path.is_file() else Catalog(locale=path.stem)
        after = updated(before, template)
        text = as_text(after)
        stale = not path.is_file() or path.read_text(encoding="utf-8") != text
        if stale and not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        whole &= not (stale and options.check) and _tell(path, after, stale and options.check)
    return 0 if whole else 1


def _tell(path: Path, translation: Catalog, stale: bool) -> bool:
    """Print what is wrong with it; True where nothing is."""
    lacking, wrong = missing(translation), mistakes(translation)
    print(f"{path.name}: {len(translation)} texts, {len(lacking)} not translated", end="")
    print("; out of date" if stale else "")
    for text in lacking:
        print(f"  missing: {text!r}")
    for sentence in wrong:
        print(f"  {sentence}")
    return not lacking and not wrong


def _strings(message: Message) -> Iterator[str]:
    yield from message.string if isinstance(message.string, (list, tuple)) else [message.string]


def _first(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else text[0]


def _nothing(message: Message) -> str | tuple[str, ...]:
    return "" if isinstance(message.id, str) else ("", "")


def _edges(text: str) -> tuple[str, str]:
    lead = re.match(r"\s*", text)
    return lead[0] if lead else "", text[len(text.rstrip()) :]


if __name__ == "__main__":
    sys.exit(main())
