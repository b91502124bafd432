"""Fixtures shared by all suites."""

from __future__ import annotations

import os

# Before anything imports torch or Qt: two torch threads on two contended cores stall for seconds.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The team's reference data beside the checkout; tests that need it are skipped elsewhere."""
    path = REPOSITORY.parent / "shared"
    if not path.is_dir():
        pytest.skip("reference data (../shared) is not here")
    return path
