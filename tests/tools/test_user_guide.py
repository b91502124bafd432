"""The user's guide agrees with the application it is about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.ui.main_window import MainWindow
from tests.app.ui.fakes import FakeSession, running
from tools.guide_keys import GUIDE, key_table, table_in

ROOT = GUIDE.parents[1]


def test_its_table_of_keys_is_the_windows(qtbot):
    window = MainWindow(lambda spec: FakeSession(running()), list, "demo", autostart=False)
    qtbot.addWidget(window)
    table = key_table(window.commands)
    window.close()
    in_guide = table_in(GUIDE.read_text(encoding="utf-8"))
    assert in_guide == table, "run: python tools/make_guide_pictures.py keys"


def test_every_picture_is_there_and_every_one_that_is_there_is_shown():
    shown = re.findall(r"\((images/guide/[^)]+)\)", GUIDE.read_text(encoding="utf-8"))
    there = [f"images/guide/{path.name}" for path in (GUIDE.parent / "images" / "guide").iterdir()]
    assert sorted(shown) == sorted(there)


@pytest.mark.parametrize("document", [GUIDE, ROOT / "README.md"], ids=lambda path: path.name)
def test_its_links_lead_somewhere(document: Path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target
