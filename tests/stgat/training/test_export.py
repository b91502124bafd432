"""A network in another form answers like the network, and says what it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from stgat.checkpoint import Metadata, load_checkpoint, save_checkpoint
from stgat.errors import CheckpointError, ExportError
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.training import export as module
from stgat.training.export import METADATA, TOLERANCE, Form, export, parity_windows

FORMS = ("onnx", "torch-export")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network whose batch norms have seen data, so that they are no identity."""
    torch.manual_seed(0)
    config = STGATConfig(num_classes=3, blocks=((8, 8, 1), (8, 16, 2)), num_heads=2, dropout=0.5)
    model = STGAT(config)
    for _ in range(3):
        model(2 * torch.randn(4, 3, 8, 25, 2) + 1)
    path = tmp_path_factory.mktemp("checkpoint") / "tiny.safetensors"
    metadata = Metadata(
        name="tiny",
        model=config,
        preprocessing=Preprocessing(num_frames=8),
        labels=("sit", "走る", "walk"),
        people=2,
        temperature=1.5,
    )
    save_checkpoint(path, model, metadata)
    return path


def windows(n: int, people: int = 2) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(n, 3, 8, 25, people)).astype(np.float32)


def expected(checkpoint: Path, inputs: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return load_checkpoint(checkpoint).model(torch.from_numpy(inputs)).numpy()


def test_onnx_answers_alike_for_any_batch_and_carries_the_metadata(tmp_path: Path, checkpoint: Path) -> None:
    out = tmp_path / "new" / "tiny.onnx"
    exported = export(checkpoint, out, "onnx")
    assert exported.difference < 1e-5
    assert exported.shape == (None, 3, 8, 25, 2)
    assert exported.size_bytes == out.stat().st_size
    assert min(exported.latency_s, exported.torch_latency_s) > 0
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    for n in (1, 2, 5):
        found = session.run(["logits"], {"joints": windows(n)})[0]
        np.testing.assert_allclose(found, expected(checkpoint, windows(n)), rtol=1e-3, atol=1e-5)
    properties = session.get_modelmeta().custom_metadata_map
    assert Metadata.model_validate_json(properties[METADATA]) == load_checkpoint(checkpoint).metadata
    assert [path.name for path in out.parent.iterdir()] == ["tiny.onnx"]


def test_an_archive_answers_alike_for_any_batch_and_carries_the_metadata(
    tmp_path: Path, checkpoint: Path
) -> None:
    out = tmp_path / "tiny.pt2"
    out.write_text("the one before")
    exported = export(checkpoint, out, "torch-export")
    assert exported.difference < 1e-5
    files = {METADATA: ""}
    program = torch.export.load(out, extra_files=files).module()
    for n in (1, 2, 5):
        with torch.no_grad():
            found = program(torch.from_numpy(windows(n))).numpy()
        np.testing.assert_allclose(found, expected(checkpoint, windows(n)), rtol=1e-3, atol=1e-5)
    assert json.loads(files[METADATA])["labels"] == ["sit", "走る", "walk"]


@pytest.mark.parametrize("form", FORMS)
def test_people_and_batch_can_be_fixed(tmp_path: Path, checkpoint: Path, form: Form) -> None:
    exported = export(checkpoint, tmp_path / "out", form, people=1, batch=2)
    assert exported.shape == (2, 3, 8, 25, 1)
    if form == "onnx":
        session = onnxruntime.InferenceSession(tmp_path / "out", providers=["CPUExecutionProvider"])
        assert session.get_inputs()[0].shape == [2, 3, 8, 25, 1]


def test_parity_is_checked_on_present_and_absent_people() -> None:
    parts = parity_windows((3, 8, 25, 2), None)
    assert {len(part) for part in parts} == {1, 3}
    present = {tuple(np.any(part, axis=(0, 1, 2, 3)).tolist()) for part in parts}
    assert present == {(True, True), (False, True), (True, False), (False, False)}
    alone = {np.any(part, axis=(0, 1, 2, 3)).item() for part in parity_windows((3, 8, 25, 1), 4)}
    assert alone == {True, False}
    assert {len(part) for part in parity_windows((3, 8, 25, 1), 4)} == {4}


@pytest.mark.parametrize(("form", "error"), [("onnx", 2 * TOLERANCE), ("torch-export", float("nan"))])
def test_a_program_that_answers_differently_is_not_kept(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, form: Form, error: float
) -> None:
    write, load = module._FORMS[form]

    def load_wrong(path: Path) -> module.Run:
        run = load(path)
        return lambda inputs: run(inputs) * (1 + error)

    monkeypatch.setitem(module._FORMS, form, (write, load_wrong))
    out = tmp_path / "out"
    out.write_text("the one before")
    with pytest.raises(ExportError, match=f"out: not written, since as {form} the network answers differ"):
        export(checkpoint, out, form)
    assert out.read_text() == "the one before"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_cannot_be_exported_is_told(tmp_path: Path, checkpoint: Path) -> None:
    before = checkpoint.read_bytes()
    with pytest.raises(ExportError, match="unknown format 'tflite'; known: onnx, torch-export"):
        export(checkpoint, tmp_path / "x", "tflite")  # type: ignore[arg-type]
    with pytest.raises(ExportError, match="is a folder; name the file to write"):
        export(checkpoint, tmp_path, "onnx")
    with pytest.raises(ExportError, match="is the checkpoint itself; name another file"):
        export(checkpoint, checkpoint, "onnx")
    assert checkpoint.read_bytes() == before
    text = tmp_path / "text.safetensors"
    text.write_text("no checkpoint")
    with pytest.raises(CheckpointError, match=r"text.safetensors: truncated, or not"):
        export(text, tmp_path / "x.onnx", "onnx")
    with pytest.raises(CheckpointError, match="no such model file"):
        export(tmp_path / "nowhere", tmp_path / "x.onnx", "onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["text.safetensors"]


def test_a_missing_package_is_told(tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ExportError, match=r"ONNX needs a package that is missing .*run `make setup`"):
        export(checkpoint, tmp_path / "x.onnx", "onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_difference_is_relative_to_each_windows_largest_logit() -> None:
    truth = np.array([[100.0, 1.0], [0.1, 0.05]], np.float32)
    off = truth + np.array([[0.0, 1.0], [0.0, 0.01]], np.float32)
    assert module._difference(off, truth) == pytest.approx(0.1, rel=1e-5)
    assert module._difference(truth, truth) == 0.0
