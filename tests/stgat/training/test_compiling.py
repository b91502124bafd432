"""A network is compiled where it can be; where it cannot, the run says what to do."""

from __future__ import annotations

import functools
import importlib.util
import shutil
from pathlib import Path

import pytest
import torch

from stgat.errors import TrainingError
from stgat.training.compiling import compiles, failures_told
from stgat.training.train import train
from tests.stgat.training.prepared_sets import config_for, small_set

GPU = torch.device("cuda", 0)


@pytest.fixture
def equipped(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with a GPU and all that is needed to compile for it."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    return monkeypatch


def test_a_gpu_is_compiled_for_and_a_cpu_is_not(equipped: pytest.MonkeyPatch) -> None:
    assert compiles("auto", GPU)
    assert not compiles("auto", torch.device("cpu"))


def test_what_is_asked_for_is_done(equipped: pytest.MonkeyPatch) -> None:
    assert compiles(True, torch.device("cpu"))
    assert not compiles(False, GPU)


def test_without_triton_a_run_on_a_gpu_is_not_compiled(equipped: pytest.MonkeyPatch) -> None:
    """PyTorch for Windows has none: every run with the default setting ended at its first step."""
    equipped.setattr(importlib.util, "find_spec", lambda name: None)
    assert not compiles("auto", GPU)


def test_without_a_compiler_for_triton_to_call_neither(equipped: pytest.MonkeyPatch) -> None:
    equipped.setattr(shutil, "which", lambda name: None)
    assert not compiles("auto", GPU)
    equipped.setenv("CC", "/opt/cc")
    assert compiles("auto", GPU)


def test_for_a_gpu_that_triton_is_too_new_for_neither(equipped: pytest.MonkeyPatch) -> None:
    equipped.setattr(torch.cuda, "get_device_capability", lambda device: (6, 1))
    assert not compiles("auto", GPU)


def test_a_network_that_cannot_be_compiled_ends_the_run_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(graph: object, inputs: object) -> None:
        raise OSError("no compiler\nin sight")

    small_set(tmp_path, subjects=1)
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend=broken))
    with pytest.raises(TrainingError, match=r"no compiler in sight\); with compile=false the") as caught:
        train(config_for(tmp_path, compile=True, epochs=1, batch_size=4))
    assert "\n" not in str(caught.value)


def test_other_errors_are_left_as_they_are() -> None:
    with pytest.raises(RuntimeError, match=r"^out of memory$"), failures_told():
        raise RuntimeError("out of memory")
