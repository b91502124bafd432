"""The table of keys in docs/user-guide.md, from the window's own commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.commands import Commands

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "user-guide.md"
_TABLE = re.compile(r"(?<=<!-- keys -->\n).*?(?=<!-- end of keys -->)", re.DOTALL)


def key_table(commands: Commands) -> str:
    """Every command that has a key, in Markdown, in the order of the menu."""
    rows = ["| | what | key |", "| --- | --- | --- |"]
    for heading, actions in commands.groups().items():
        keyed = [action for action in actions if not action.shortcut().isEmpty()]
        for number, action in enumerate(keyed):
            keys = action.shortcut().toString()
            rows.append(f"| {'' if number else heading} | {action.text()} | `{keys}` |")
    return "\n".join(rows) + "\n"


def table_in(guide: str) -> str:
    """The table that the guide has."""
    found = _TABLE.search(guide)
    assert found is not None, "the guide has lost the marks around its table of keys"
    return found[0]


def write_keys(commands: Commands) -> None:
    """Put today's table into the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    GUIDE.write_text(_TABLE.sub(lambda _: key_table(commands), text, count=1), encoding="utf-8")
