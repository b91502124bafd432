"""What figures of speed were taken on, and how fast its arithmetic is at best.

    python benchmarks/this_machine.py [--threads 2]

The peaks are those of large matrix products by PyTorch, in fp32 and in bf16: what a network of matrix
products is measured against. The floor of a computation is its operations divided by that peak.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from app.devices import list_devices
from stgat.timing import Times, in_turns

SIZE = 2048
PACKAGES = ("torch", "mediapipe", "numpy", "onnxruntime", "opencv-python-headless", "PyQt6")


def peak(dtype: torch.dtype, rounds: int = 12, size: int = SIZE) -> Times:
    """Seconds for one product of two square matrices, with the threads that PyTorch is set to."""
    a, b = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype)
    out = torch.empty(size, size, dtype=dtype)
    return in_turns({"product": lambda: torch.mm(a, b, out=out)}, rounds)["product"]


def flops(times: Times, size: int = SIZE) -> float:
    """Floating point operations a second, a multiply-add counted as two: of the best eighth of the rounds.

    A peak is what the machine can do, so what disturbed some rounds shall not lower it.
    """
    return 2 * size**3 / times.percentile(12)


def facts() -> list[str]:
    """Processor, cores, memory, system, versions, threads and day, a line each."""
    devices = [f"{device.name}: {device.detail}" for device in list_devices() if device.missing is None]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return [
        f"{'; '.join(devices)}; {os.cpu_count()} cores, {memory / 2**30:.0f} GiB",
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        f"{torch.get_num_threads()} threads, {datetime.now(UTC):%Y-%m-%d}; "
        f"load before: {os.getloadavg()[0]:.1f}"
        if hasattr(os, "getloadavg")
        else "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    torch.set_num_threads(parser.parse_args().threads)
    for fact in facts():
        print(f"- {fact}")
    print()
    print("| peak of a matrix product | GFLOP/s |")
    print("| --- | --- |")
    for dtype in (torch.float32, torch.bfloat16):
        print(f"| {SIZE} x {SIZE}, {str(dtype).removeprefix('torch.')} | {flops(peak(dtype)) / 1e9:,.0f} |")


if __name__ == "__main__":
    main()
