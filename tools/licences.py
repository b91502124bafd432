"""Writes docs/licences.md, the licence of every locked package; fails on one that does not go with the GPL.

    python tools/licences.py            a part of `make audit`; needs no network
    python tools/licences.py --check    changes nothing; exit 1 also where the page is out of date

A licence is read from the installed package's metadata; locks/licences.toml has what these do not say, and
the licences that are allowed.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
LOCKS = REPOSITORY / "locks"
PAGE = REPOSITORY / "docs" / "licences.md"
PARTS = {
    "application.txt": "What the application needs",
    "torch.txt": "PyTorch, and what its GPU build brings on Linux",
    "checks.txt": "What the checks need",
}
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
HEADER = """\
# Licences

Written by `make audit` (`tools/licences.py`). STGAT Live is GPL-3.0-or-later. These are the packages it is
locked to, on every system (`locks/`), with their licences as SPDX expressions; which of them may come with a
GPL program is in `locks/licences.toml`. *stated*: not in the package's metadata. *excepted*: see the end.
"""


@dataclass(frozen=True)
class Rules:
    """locks/licences.toml."""

    allowed: Sequence[str]
    stated: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    excepted: Mapping[str, str] = field(default_factory=dict)

    def exception(self, name: str) -> str | None:
        """The pattern by which a package is excepted."""
        return next((pattern for pattern in self.excepted if fnmatch.fnmatch(name, pattern)), None)

    def fit(self, expression: str) -> bool:
        """Whether an SPDX expression allows use under the GPL: one side of each OR, both of each AND."""
        return any(
            all(term.strip() in self.allowed for term in side.split(" AND "))
            for side in expression.split(" OR ")
        )


def locked(path: Path) -> dict[str, str]:
    """name -> version in a lock file."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def licence(name: str, rules: Rules) -> tuple[str, bool]:
    """What a package is licensed under, "" where nobody says; and whether its own metadata say so."""
    for ours in (rules.stated, rules.elsewhere):
        if name in ours:
            return ours[name], False
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return "", False
    classified = [CLASSIFIERS[c] for c in told.get_all("Classifier", []) if c in CLASSIFIERS]
    candidates = [told.get("License-Expression"), *classified, told.get("License")]
    return next((text for text in candidates if text and rules.fit(text)), candidates[0] or ""), True


def page(rules: Rules) -> tuple[str, list[str]]:
    """The page, and a sentence for each package that must not come with the program."""
    lines, wrong = [HEADER], []
    for file, title in PARTS.items():
        lines += [f"## {title}", "", "| package | version | licence |", "| --- | --- | --- |"]
        for name, version in locked(LOCKS / file).items():
            excepted = rules.exception(name)
            expression, own = licence(name, rules) if not excepted or name in rules.stated else ("", False)
            if not excepted and not rules.fit(expression):
                wrong.append(f"{name} {version}: {expression or 'no licence is known'}, which is not allowed")
            marks = [*(["stated"] if expression and not own else []), *(["excepted"] if excepted else [])]
            shown = " ".join([expression, *(f"*{mark}*" for mark in marks)]).strip()
            lines.append(f"| {name} | {version} | {shown} |")
        lines.append("")
    lines += ["Excepted:", "", *(f"- `{name}`: {why}." for name, why in rules.excepted.items())]
    return "\n".join(lines) + "\n", wrong


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args(arguments).check
    text, wrong = page(Rules(**tomllib.loads((LOCKS / "licences.toml").read_text(encoding="utf-8"))))
    if not check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        wrong.append("docs/licences.md is out of date: run `make audit`")
    print(*wrong, sep="\n", file=sys.stderr)
    if not wrong:
        print("Every licence goes with the GPL: docs/licences.md")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
