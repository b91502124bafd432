"""Choosing where to compute."""

from __future__ import annotations

import pytest
import torch

from stgat.device import choose_device
from stgat.errors import DeviceError


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_that_is_there(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto").type == expected


def test_the_cpu_is_always_there() -> None:
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda:99", "mps", "tpu", "", "cpu:x", "hpu", "xla"])
def test_a_device_that_cannot_be_used_gives_one_sentence_with_a_remedy(name: str) -> None:
    message = rf"device {name!r} cannot be used here \(.+\); choose the device cpu"
    with pytest.raises(DeviceError, match=message) as caught:
        choose_device(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300  # PyTorch lists every back end that it was built with
