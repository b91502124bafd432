"""A network run by ONNX Runtime gives the network's own answers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
import torch

from stgat.errors import DeviceError
from stgat.model import STGAT, STGATConfig
from stgat.onnx_run import onnx_run
from stgat.teaching.network import TaughtSTGAT

CONFIG = STGATConfig(num_classes=4, blocks=((8, 16, 2), (16, 16, 1)), num_heads=4)


def network(config: STGATConfig = CONFIG) -> STGAT:
    torch.manual_seed(3)
    return STGAT(config).eval()


@pytest.mark.parametrize("people", [1, 2])
@pytest.mark.parametrize("frames", [1, 2, 7, 16])
def test_it_answers_as_the_network_does(frames: int, people: int) -> None:
    model = network()
    windows = torch.randn(3, 3, frames, 25, people)
    with torch.inference_mode():
        run = onnx_run(model, tuple(windows.shape[1:]), threads=1)
        torch.testing.assert_close(run(windows), model(windows), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(run(windows[:1]), model(windows[:1]), rtol=1e-4, atol=1e-5)


def test_a_network_with_taught_actions_too() -> None:
    base = network()
    taught = TaughtSTGAT(base, torch.randn(2, 15 * 16), torch.randn(2))
    windows = torch.randn(1, 3, 12, 25, 1)
    with torch.inference_mode():
        answer = onnx_run(taught, tuple(windows.shape[1:]), threads=1)(windows)
        torch.testing.assert_close(answer, taught(windows), rtol=1e-4, atol=1e-5)
    assert answer.shape == (1, 6)


def test_several_threads_may_ask_at_once() -> None:
    model = network()
    windows = torch.randn(8, 1, 3, 16, 25, 1)
    run = onnx_run(model, tuple(windows.shape[2:]), threads=1)
    answers: dict[int, torch.Tensor] = {}
    threads = [
        threading.Thread(target=lambda n=n: answers.update({n: run(windows[n])})) for n in range(len(windows))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with torch.inference_mode():
        for n, window in enumerate(windows):
            torch.testing.assert_close(answers[n], model(window), rtol=1e-4, atol=1e-5)


def test_no_warning_is_left_to_the_caller() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        onnx_run(network(), (3, 8, 25, 1), threads=1)


def test_what_cannot_be_run_is_told_in_a_sentence() -> None:
    class Strange(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.linalg.eigvals(x[0, 0]).real

    with pytest.raises(DeviceError, match=r"ONNX Runtime cannot run this network .*choose the device cpu"):
        onnx_run(Strange(), (3, 8, 25, 1), threads=1)


def test_promise_onnx_runtime_keeps_no_record_of_its_use(tmp_path: Path) -> None:
    """Loaded as anybody would, it makes a device's id and a data base in the user's cache."""
    code = "from stgat.onnx_run import quiet_onnxruntime; print(quiet_onnxruntime().__version__)"
    homes = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "LOCALAPPDATA": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
        env={**environment, **homes},
    )
    assert done.stdout.strip()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
