"""What several tests of data sets start from."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The folder that a made-up data set is said to lie in."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "data").write_text("as far as a plan can see")
    return folder
