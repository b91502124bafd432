"""Which devices there are, and why one is not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app import devices
from app.devices import Device, Missing, automatic


def torch_with(cuda: bool, built: str | None, mps: bool) -> SimpleNamespace:
    return SimpleNamespace(
        cuda=SimpleNamespace(is_available=lambda: cuda, get_device_name=lambda _: "RTX"),
        version=SimpleNamespace(cuda=built),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
    )


@pytest.mark.parametrize(
    ("cuda", "built", "found"),
    [
        (True, "12.8", Device("cuda", "RTX")),
        (False, "12.8", Device("cuda", missing=Missing.NO_GPU)),
        (False, None, Device("cuda", missing=Missing.NOT_BUILT)),
    ],
)
def test_cuda_is_there_or_says_why_not(cuda: bool, built: str | None, found: Device) -> None:
    assert devices._cuda(torch_with(cuda, built, False)) == found


@pytest.mark.parametrize(("system", "why"), [("linux", Missing.NO_MAC), ("darwin", Missing.NO_METAL)])
def test_mps_is_for_newer_macs(system: str, why: Missing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", system)
    assert devices._mps(torch_with(False, None, False)).missing is why


def test_the_processor_is_always_there_and_automatic_takes_the_fastest() -> None:
    found = devices.list_devices()
    assert tuple(device.name for device in found) == devices.DEVICES[1:]
    assert found[0].missing is None
    there, gone = Device("cuda"), Device("cuda", missing=Missing.NO_GPU)
    assert automatic([Device("cpu"), there, Device("mps")]) is there
    assert automatic([Device("cpu"), gone, Device("mps")]).name == "mps"
    assert automatic([Device("cpu"), gone]).name == "cpu"
    processor = [Device("cpu"), Device("onnxruntime"), gone]
    assert automatic(processor, "onnxruntime").name == "onnxruntime"
    assert automatic([*processor, there], "onnxruntime") is there
    assert automatic([Device("cpu"), gone], "onnxruntime").name == "cpu"


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_onnx_runtime_is_there_or_says_why_not(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert devices._onnxruntime("a processor") == Device("onnxruntime", "a processor")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else name)
    assert devices._onnxruntime("a processor").missing is Missing.NO_ONNX
