"""Memory that is kept: nothing new is asked of the system for the next large tensor, until the end."""

from __future__ import annotations

import resource
import sys

import pytest
import torch

from stgat.training import kept_memory as module
from stgat.training.kept_memory import kept_memory

MEBIBYTES = 96  # more than malloc keeps by itself, however often it is freed


def new_pages() -> int:
    """Pages that the system had to clear for one large tensor."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(MEBIBYTES * 2**18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks glibc")
def test_tensors_get_the_memory_of_those_before_and_afterwards_it_is_given_back() -> None:
    with kept_memory():
        # An aligned block wants a little more than one that was freed, so it takes a few to fit each other.
        kept = min(new_pages() for _ in range(10))
    assert min(new_pages(), new_pages()) > 10 * kept + 10


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "win32")
    with kept_memory():
        assert torch.ones(3).sum() == 3
