"""A network run by ONNX Runtime on the processor: the same answers, without Python between two operations."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stgat.errors import DeviceError
from stgat.reading import first_line

Run = Callable[[Tensor], Tensor]


def onnx_run(model: nn.Module, window_shape: tuple[int, ...], threads: int) -> Run:
    """What answers as the network does, in evaluation mode, on the CPU.

    window_shape: (C, T, V, M) of the windows; others are refused by ONNX Runtime. threads: of one answer.
    The result takes (N, C, T, V, M) and gives (N, K), window by window, and may be called from any thread.

    Raises DeviceError where ONNX Runtime is not there or does not take the network.
    """
    try:
        return run_program(onnx_program(model, window_shape), threads)
    except Exception as error:  # the exporter and the runtime raise many kinds
        raise DeviceError(
            f"ONNX Runtime cannot run this network ({first_line(error)}); choose the device cpu"
        ) from error


def quiet_onnxruntime() -> Any:
    """The library, told before it is loaded to report nothing; it would keep a data base of its use."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


def run_program(program: bytes, threads: int) -> Run:
    """What runs an ONNX program that takes `joints`, one window, and gives its logits."""
    onnxruntime = quiet_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors
    # Threads that wait for the next window in a loop would take the cores from the pose.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(program, options, providers=["CPUExecutionProvider"])

    def run(windows: Tensor) -> Tensor:
        joints = windows.numpy()
        answers = [session.run(None, {"joints": joints[n : n + 1]})[0] for n in range(len(joints))]
        return torch.cat([torch.from_numpy(answer) for answer in answers])

    return run


def onnx_program(model: nn.Module, window_shape: tuple[int, ...]) -> bytes:
    """The network as ONNX, for one window.

    By tracing, which takes half a second where `export`'s torch.export, made for any batch size, takes six.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # that tracing is the older way, and that shapes are taken as constants
        path = Path(folder) / "network.onnx"
        torch.onnx.export(
            model.eval(),
            (torch.zeros(1, *window_shape),),
            path,
            dynamo=False,
            input_names=["joints"],
            output_names=["logits"],
        )
        return path.read_bytes()
