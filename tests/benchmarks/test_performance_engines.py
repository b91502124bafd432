"""The table of the ways to compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from app.models import WEIGHTS
from benchmarks import performance_engines
from stgat.checkpoint import load_checkpoint
from stgat.timing import Times

SMALL = "stgat-actions-small"


@pytest.fixture(autouse=True)
def threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_each_way_has_a_row_that_compares_it_with_plain_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(calls, **_):
        for call in calls.values():
            call()
        return {name: Times((0.004 if name == "PyTorch, eager" else 0.002,)) for name in calls}

    monkeypatch.setattr(performance_engines, "in_turns", once)
    rows = performance_engines.compare(SMALL, threads=1, data=None)
    assert [row.split("|")[3].strip() for row in rows] == ["1.00", "2.00", "2.00", "2.00"]
    for title, row in zip(("PyTorch, eager", *performance_engines.WAYS.values()), rows, strict=True):
        assert row.startswith(f"| {title} |")


def test_int8_answers_nearly_as_the_network_does() -> None:
    checkpoint = load_checkpoint(Path(WEIGHTS / f"{SMALL}.safetensors"))
    windows = np.random.default_rng(0).normal(scale=0.3, size=(4, 3, 24, 25, 1)).astype(np.float32)
    run = performance_engines.int8_run(checkpoint, windows.shape[1:], windows, threads=1)
    with torch.inference_mode():
        expected = checkpoint.model(torch.from_numpy(windows))
        found = run(torch.from_numpy(windows))
    apart = (found - expected).abs().max() / expected.abs().max()
    assert 0.0 < apart < 0.5
