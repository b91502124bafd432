"""The ways to compute a network on the processor, side by side: what `--device` offers, and what it does not.

    python benchmarks/performance_engines.py [--threads 1 2] [--nw-ucla data/nw-ucla.zip]

Per shipped model: milliseconds of one answer to a window with one person in it (median, and where the middle
eight tenths lie), all ways timed in turns. Beside that how far the logits are from PyTorch's in fp32, and how
often the likeliest class is right, on every third sequence of the held-out people of NW-UCLA, where that file
is: for int8 in particular, whose scales are taken from 200 windows of the people trained on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from app.models import WEIGHTS
from stgat.checkpoint import Checkpoint, load_checkpoint
from stgat.data.labelled import LabelledSequence, load_sequences
from stgat.errors import DeviceError
from stgat.onnx_run import Run, onnx_program, run_program
from stgat.preprocessing import prepare_window
from stgat.recognizer import Recognizer
from stgat.skeleton import FloatArray
from stgat.timing import in_turns, ratio
from stgat.training.evaluate import spans_for
from stgat.training.load_config import load_config

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
WAYS = {
    "cpu": "PyTorch, fused (`cpu`)",
    "onnxruntime": "ONNX Runtime (`onnxruntime`)",
    "cpu-bf16": "PyTorch, fused, bfloat16 (`cpu-bf16`)",
}
EVERY, CALIBRATION = 3, 200


def windows_of(sequences: list[LabelledSequence], checkpoint: Checkpoint) -> tuple[FloatArray, FloatArray]:
    """One window a sequence, in its middle: (n, C, T, V, 1), and the class of each, (n,)."""
    preprocessing = checkpoint.metadata.preprocessing
    windows = []
    for sequence in sequences:
        times = sequence.timestamps_s
        spans = spans_for(preprocessing)(times[0], times[-1], preprocessing.window_s, 0.5)
        person = (sequence.joints_m, times)
        windows.append(prepare_window([person], preprocessing, *spans[len(spans) // 2]))
    return np.stack(windows), np.array([sequence.label for sequence in sequences])


class _Calibration:
    """What onnxruntime.quantization reads: windows, one at a time."""

    def __init__(self, windows: FloatArray) -> None:
        self._windows: Iterator[FloatArray] = iter(windows)

    def get_next(self) -> dict[str, FloatArray] | None:
        window = next(self._windows, None)
        return None if window is None else {"joints": window[None]}


def int8_run(checkpoint: Checkpoint, shape: tuple[int, ...], windows: FloatArray, threads: int) -> Run:
    """The network with weights and activations of 8 bits, by ONNX Runtime's static quantisation."""
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, ready, small = (str(Path(folder) / name) for name in ("plain.onnx", "ready.onnx", "int8.onnx"))
        Path(plain).write_bytes(onnx_program(checkpoint.model, shape))
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        kinds = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "per_channel": True}
        quantize_static(ready, small, _Calibration(windows), **kinds)
        return run_program(Path(small).read_bytes(), threads)


def ways(checkpoint: Checkpoint, threads: int, calibration: FloatArray | None) -> dict[str, Run]:
    """By its name in the table, each way; PyTorch's own in fp32 is the first."""
    found: dict[str, Run] = {"PyTorch, eager": checkpoint.model}
    for device, title in WAYS.items():
        try:
            found[title] = Recognizer(checkpoint, device).logits
        except DeviceError as error:
            print(error, file=sys.stderr)
    if calibration is not None:
        shape = calibration.shape[1:]
        found["ONNX Runtime, int8 (not offered)"] = int8_run(checkpoint, shape, calibration, threads)
    return found


@torch.inference_mode()
def compare(name: str, threads: int, data: Path | None) -> list[str]:
    """The rows of one model's table."""
    torch.set_num_threads(threads)
    checkpoint = load_checkpoint(WEIGHTS / f"{name}.safetensors")
    preprocessing = checkpoint.metadata.preprocessing
    windows = labels = calibration = None
    if data is not None:
        config = load_config(CONFIGS / f"{name}.yaml", [])
        nw_ucla = [item.model_copy(update={"path": data}) for item in config.data if item.format == "nw-ucla"]
        sequences = load_sequences(nw_ucla, config.labels)
        windows, labels = windows_of(sequences.test[::EVERY], checkpoint)
        step = max(1, len(sequences.train) // CALIBRATION)
        calibration, _ = windows_of(sequences.train[::step], checkpoint)
    shape = (1, 3, preprocessing.num_frames, 25, 1)
    one = torch.from_numpy(np.random.default_rng(0).normal(size=shape).astype(np.float32))
    answer = ways(checkpoint, threads, calibration)
    times = in_turns({way: lambda run=run: run(one) for way, run in answer.items()}, rounds=60, at_most_s=10)
    plain = answer["PyTorch, eager"]
    rows = []
    for way, run in answer.items():
        faster = ratio(times["PyTorch, eager"], times[way])[0]
        cells = [way, times[way].milliseconds(), f"{faster:.2f}"]
        if windows is not None:
            found, expected = run(torch.from_numpy(windows)), plain(torch.from_numpy(windows))
            apart = (found - expected).abs().amax(dim=1) / expected.abs().amax(dim=1)
            same = (found.argmax(dim=1) == expected.argmax(dim=1)).float().mean()
            right = (found.argmax(dim=1).numpy() == labels).mean()
            cells += [f"{apart.max():.1g}", f"{100 * same:.1f}", f"{100 * right:.1f}"]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--nw-ucla", type=Path, default=Path("data/nw-ucla.zip"))
    options = parser.parse_args()
    data = options.nw_ucla if options.nw_ucla.is_file() else None
    for name in ("stgat-actions-small", "stgat-actions"):
        for threads in options.threads:
            told = data if threads == options.threads[0] else None  # what is right does not depend on threads
            head = ["", "ms an answer", "times as fast"]
            head += ["logits apart, at most", "same class, %", "right, %"] if told else []
            print(f"{name}, {threads} thread{'s' if threads > 1 else ''}:\n")
            print("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|")
            print("\n".join(compare(name, threads, told)) + "\n")
    if data is None:
        print(f"No accuracy: {options.nw_ucla} is not here.")


if __name__ == "__main__":
    main()
