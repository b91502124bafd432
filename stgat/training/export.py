"""A checkpoint as a program for other runtimes: ONNX, or a torch.export archive (.pt2).

The program takes `joints` (batch, C, T, V, M), normalised skeletons as stgat.preprocessing makes them, and
gives `logits` (batch, K); temperature and softmax are left to who runs it. The checkpoint's metadata goes
with it as one JSON text: the ONNX property, or the .pt2 file, of the name METADATA.
"""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from torch.export import Dim, ExportedProgram

from stgat.checkpoint import Metadata, load_checkpoint
from stgat.data.atomic import replacing
from stgat.errors import ExportError
from stgat.model import STGAT
from stgat.onnx_run import quiet_onnxruntime
from stgat.skeleton import FloatArray, get_layout
from stgat.timing import in_turns

Form = Literal["onnx", "torch-export"]
FORMS: tuple[Form, ...] = get_args(Form)
METADATA = "stgat.json"
#: Largest difference of the logits, relative to the largest of the window's.
TOLERANCE = 1e-3

Run = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Exported:
    """What was written, and how it compares with the network it was made from.

    shape: of the input; None for any batch. difference: the largest relative one, over `windows` windows.
    latency_s, torch_latency_s: medians for one call on a batch of 1, or of the fixed size.
    """

    path: Path
    form: Form
    metadata: Metadata
    shape: tuple[int | None, ...]
    size_bytes: int
    difference: float
    windows: int
    latency_s: float
    torch_latency_s: float


def export(
    checkpoint: Path, out: Path, form: Form, people: int | None = None, batch: int | None = None
) -> Exported:
    """Write a checkpoint as a program, load it again, and compare the two.

    people: M of the input; the checkpoint's own by default. batch: a fixed batch size; any by default.
    An `out` that is there already is replaced, once the new one has passed.

    Raises CheckpointError; ExportError where it cannot be written so, or answers differently from the
    checkpoint; OSError.
    """
    if form not in FORMS:
        raise ExportError(f"unknown format {form!r}; known: {', '.join(FORMS)}")
    if form == "onnx":
        _need_onnx()
    loaded = load_checkpoint(checkpoint)
    metadata, model = loaded.metadata, loaded.model
    if metadata.model.causal is not None:
        raise ExportError(f"{checkpoint}: is a continual network; only windowed ones can be exported")
    if out.is_dir():
        raise ExportError(f"{out}: is a folder; name the file to write")
    if out.exists() and out.samefile(checkpoint):
        raise ExportError(f"{out}: is the checkpoint itself; name another file")
    out.parent.mkdir(parents=True, exist_ok=True)
    M = people or metadata.people
    V = get_layout(metadata.model.layout).num_joints
    window = (metadata.model.in_channels, metadata.preprocessing.num_frames, V, M)
    write, load = _FORMS[form]
    with replacing(out) as temporary:
        with _without_noise():
            write(_trace(model, (batch or 2, *window), batch is None), metadata, temporary)
            run = load(temporary)
        windows = parity_windows(window, batch)
        difference = max(_difference(run(part), answer(model, part)) for part in windows)
        if not difference <= TOLERANCE:
            raise ExportError(
                f"{out}: not written, since as {form} the network answers differently: its logits are up to "
                f"{difference:.2g} of the largest apart (at most {TOLERANCE:g} is accepted)"
            )
        one = windows[0][: batch or 1]
        calls = {"mine": lambda: run(one), "torch": lambda: answer(model, one)}
        mine, theirs = (times.median for times in in_turns(calls, warm_up=1, at_most_s=10.0).values())
        size = temporary.stat().st_size
    count = sum(len(part) for part in windows)
    return Exported(out, form, metadata, (batch, *window), size, difference, count, mine, theirs)


def parity_windows(window: tuple[int, ...], batch: int | None) -> list[FloatArray]:
    """Batches to compare on: random windows, such with one person absent, and one of nobody at all.

    window: (C, T, V, M). With a free batch size batches of several sizes; one person absent only where M > 1.
    """
    rng = np.random.default_rng(0)
    sizes = (1, 3) if batch is None else (batch, batch)
    full = [rng.normal(size=(n, *window)).astype(np.float32) for n in sizes]
    lacking = []
    for m in range(window[-1] if window[-1] > 1 else 0):
        part = rng.normal(size=(sizes[0], *window)).astype(np.float32)
        part[..., m] = 0
        lacking.append(part)
    return [*full, *lacking, np.zeros((sizes[0], *window), np.float32)]


@torch.inference_mode()
def answer(model: STGAT, inputs: FloatArray) -> FloatArray:
    """The network's own logits."""
    return model(torch.from_numpy(inputs)).numpy()


def _trace(model: STGAT, shape: tuple[int, ...], free_batch: bool) -> ExportedProgram:
    shapes = {"x": {0: Dim("batch", min=1)}} if free_batch else None
    return torch.export.export(model.eval(), (torch.zeros(shape),), dynamic_shapes=shapes)


def _need_onnx() -> None:
    try:
        for package in ("onnx", "onnxscript", "onnxruntime"):
            importlib.import_module(package)
    except ImportError as error:
        raise ExportError(f"ONNX needs a package that is missing ({error}); run `make setup`") from error


def _write_onnx(program: ExportedProgram, metadata: Metadata, path: Path) -> None:
    onnx = torch.onnx.export(
        program, dynamo=True, input_names=["joints"], output_names=["logits"], verbose=False
    )
    assert onnx is not None
    onnx.model.metadata_props[METADATA] = metadata.model_dump_json()
    onnx.save(path, external_data=False)


def _load_onnx(path: Path) -> Run:
    onnxruntime = quiet_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(["logits"], {"joints": inputs})[0]


def _write_torch(program: ExportedProgram, metadata: Metadata, path: Path) -> None:
    with path.open("wb") as file:
        torch.export.save(program, file, extra_files={METADATA: metadata.model_dump_json()})


def _load_torch(path: Path) -> Run:
    with path.open("rb") as file:
        module = torch.export.load(file).module()

    @torch.inference_mode()
    def run(inputs: FloatArray) -> FloatArray:
        return module(torch.from_numpy(inputs)).numpy()

    return run


_FORMS: dict[Form, tuple[Callable[[ExportedProgram, Metadata, Path], None], Callable[[Path], Run]]] = {
    "onnx": (_write_onnx, _load_onnx),
    "torch-export": (_write_torch, _load_torch),
}


def _difference(found: FloatArray, expected: FloatArray) -> float:
    """Largest over the windows: how far the logits are apart, relative to the window's largest."""
    apart = np.abs(found.astype(np.float64) - expected).max(axis=1)
    return float((apart / np.maximum(np.abs(expected).max(axis=1), 1e-12)).max())


@contextmanager
def _without_noise() -> Iterator[None]:
    """Without what the exporter says that nobody here can act on."""
    exporter = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = exporter.level
    exporter.setLevel(logging.ERROR)  # it misses torchvision, which is not used
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning
            )
            yield
    finally:
        exporter.setLevel(before)
