"""The devices a network can run on, and why one is not there."""

from __future__ import annotations

import importlib.util
import platform
import sys
from dataclasses import dataclass
from enum import StrEnum

#: What `--device` takes. The first three after "auto" are the processor: by PyTorch, by ONNX Runtime, and by
#: PyTorch with numbers of 16 bits.
DEVICES = ("auto", "cpu", "onnxruntime", "cpu-bf16", "cuda", "mps")


class Missing(StrEnum):
    """Why a device cannot be used here."""

    NOT_BUILT = "not built"  # PyTorch without CUDA
    NO_GPU = "no gpu"  # none by NVIDIA, or no driver for it
    NO_MAC = "no mac"
    NO_ONNX = "no onnx"  # its packages are not installed
    NO_METAL = "no metal"  # a Mac without Apple silicon, or with a system that is too old


@dataclass(frozen=True)
class Device:
    """name: as `--device` takes it. detail: a GPU's or processor's name. missing: None where it is there."""

    name: str
    detail: str = ""
    missing: Missing | None = None


def list_devices() -> list[Device]:
    """All of DEVICES but "auto", there or not; takes a second or so at first, since it loads PyTorch."""
    import torch

    name = processor()
    return [Device("cpu", name), _onnxruntime(name), Device("cpu-bf16", name), _cuda(torch), _mps(torch)]


def automatic(devices: list[Device], fastest: str = "cpu") -> Device:
    """The one that "auto" takes: a GPU where there is one, else the fastest way on the processor."""
    there = {device.name: device for device in devices if device.missing is None}
    return there.get("cuda") or there.get("mps") or there.get(fastest) or there["cpu"]


def _onnxruntime(processor_name: str) -> Device:
    if all(importlib.util.find_spec(package) for package in ("onnx", "onnxruntime")):
        return Device("onnxruntime", processor_name)
    return Device("onnxruntime", missing=Missing.NO_ONNX)


def _cuda(torch) -> Device:
    if torch.cuda.is_available():
        return Device("cuda", torch.cuda.get_device_name(0))
    return Device("cuda", missing=Missing.NO_GPU if torch.version.cuda else Missing.NOT_BUILT)


def _mps(torch) -> Device:
    if torch.backends.mps.is_available():
        return Device("mps", processor())
    return Device("mps", missing=Missing.NO_METAL if sys.platform == "darwin" else Missing.NO_MAC)


def processor() -> str:
    """What the processor calls itself."""
    if sys.platform.startswith("linux"):
        try:
            with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
                for line in lines:
                    if line.startswith("model name"):
                        return " ".join(line.partition(":")[2].split())
        except OSError:
            pass
    return platform.processor() or platform.machine()
