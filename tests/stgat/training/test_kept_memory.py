"""Memory that is kept: nothing new is asked of the system for the next large tensor, until the end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stgat.training import kept_memory as module
from stgat.training.kept_memory import kept_memory

REPOSITORY = Path(__file__).resolve().parents[3]

# The pages that the system has to clear for one large tensor, more than malloc keeps by itself however often
# it is freed: thirty times inside, twice after. In a process of its own, as a training is: once an allocation
# has failed in a process, as some tests make it do, glibc moves the thread to a heap of 64 MiB at most.
COUNTING = """
import json, resource, torch
from stgat.training.kept_memory import kept_memory

def new_pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(96 * 2**18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

with kept_memory():
    kept = [new_pages() for _ in range(30)]
print(json.dumps([kept, [new_pages(), new_pages()]]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks glibc")
def test_tensors_get_the_memory_of_those_before_and_afterwards_it_is_given_back() -> None:
    counted = subprocess.run(
        [sys.executable, "-c", COUNTING],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    kept, after = json.loads(counted.stdout)
    # What is cut off to align the first few is set aside, seven such pieces; then blocks fit each other.
    assert min(after) > 10 * max(kept[15:]) + 10


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "win32")
    with kept_memory():
        assert torch.ones(3).sum() == 3
