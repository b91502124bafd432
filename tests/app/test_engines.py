"""Which way to compute a network is taken, measured once and remembered."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from app import engines
from app.cli import main
from app.engines import (
    ENGINES,
    Measured,
    choose_engine,
    learn,
    measure,
    measured_for,
    remembered,
    share_cores,
)
from stgat.checkpoint import Checkpoint, Metadata, save_checkpoint
from stgat.errors import DeviceError
from stgat.model import STGAT, CausalConfig, STGATConfig
from stgat.networks import build
from stgat.preprocessing import Preprocessing
from stgat.recognizer import Recognizer
from tests.app.fakes import METADATA

CONFIG = STGATConfig(num_classes=3, blocks=((8, 8, 1),), num_heads=2)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def checkpoint() -> Checkpoint:
    torch.manual_seed(0)
    preprocessing = Preprocessing(num_frames=8)
    metadata = Metadata(
        name="tiny", model=CONFIG, preprocessing=preprocessing, labels=("a", "b", "c"), people=2
    )
    return Checkpoint(STGAT(CONFIG).eval(), metadata)


def faked(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> list[str]:
    """Measurements that give these; the list fills with what was measured."""
    asked: list[str] = []

    def measure(checkpoint: Checkpoint) -> Measured:
        asked.append(checkpoint.metadata.name)
        return Measured(day="2026-01-01", seconds={name.replace("_", "-"): s for name, s in seconds.items()})

    monkeypatch.setattr(engines, "measure", measure)
    return asked


def test_every_way_is_timed_and_answers_alike(checkpoint: Checkpoint) -> None:
    found = measure(checkpoint)
    assert set(found.seconds) == set(ENGINES)
    assert all(seconds > 0 for seconds in found.seconds.values())
    window = np.random.default_rng(1).normal(size=(3, 8, 25, 2)).astype(np.float32)
    answers = [Recognizer(checkpoint, name).recognize([window], [(0.0, 2.0)])[0] for name in ENGINES]
    for answer, tolerance in zip(answers, (0.0, 1e-5, 2e-2), strict=True):
        np.testing.assert_allclose(answer.probabilities, answers[0].probabilities, atol=tolerance)


@pytest.fixture
def file(checkpoint: Checkpoint, own_home: Path) -> Path:
    path = own_home / "tiny.safetensors"
    save_checkpoint(path, checkpoint.model, checkpoint.metadata)
    return path


def test_automatic_takes_the_fastest_exact_way_once_that_is_known(
    file: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(monkeypatch, cpu=0.005, onnxruntime=0.003, cpu_bf16=0.001)
    assert choose_engine(checkpoint.metadata, "auto") == "cpu"
    assert measured_for(file) is None
    assert learn(file) == remembered(checkpoint.metadata) == measured_for(file)
    assert choose_engine(checkpoint.metadata, "auto") == "onnxruntime"
    assert [choose_engine(checkpoint.metadata, name) for name in ("cpu", "cpu-bf16")] == ["cpu", "cpu-bf16"]


def test_a_way_that_saves_little_is_not_worth_its_longer_start(
    file: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(monkeypatch, cpu=0.0100, onnxruntime=0.0076)
    learn(file)
    assert choose_engine(checkpoint.metadata, "auto") == "cpu"


def test_a_gpu_goes_before_the_processor(
    file: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = faked(monkeypatch, cpu=1.0, onnxruntime=0.1)
    learn(file)
    monkeypatch.setattr("stgat.device.choose_device", lambda name="auto": torch.device("cuda"))
    assert choose_engine(checkpoint.metadata, "auto") == "auto"
    assert learn(file) is None
    assert asked == ["tiny"]


def test_a_continual_network_steps_in_one_way(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = faked(monkeypatch, cpu=1.0)
    config = CONFIG.model_copy(update={"causal": CausalConfig(memory=4, answer_over=4)})
    preprocessing = Preprocessing(num_frames=8, normalization="upright-causal-1")
    metadata = Metadata(name="steps", model=config, preprocessing=preprocessing, labels=("a", "b", "c"))
    path = own_home / "steps.safetensors"
    save_checkpoint(path, build(config), metadata)
    assert learn(path) is None
    assert choose_engine(metadata, "auto") == "auto"
    assert not asked


def test_other_sizes_and_threads_are_measured_by_themselves(
    file: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(monkeypatch, cpu=0.005)
    learn(file)
    other = checkpoint.metadata.model_copy(update={"preprocessing": Preprocessing(num_frames=9)})
    assert remembered(other) is None
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    assert remembered(checkpoint.metadata) is None


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {"day": 3}}', "[" * 100_000, "\x00"])
def test_a_broken_file_means_to_measure_anew(
    text: str, own_home: Path, file: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(monkeypatch, onnxruntime=0.005)
    (own_home / "engines.json").write_text(text, encoding="utf-8")
    assert choose_engine(checkpoint.metadata, "auto") == "cpu"
    learn(file)
    assert choose_engine(checkpoint.metadata, "auto") == "onnxruntime"
    assert len(json.loads((own_home / "engines.json").read_text(encoding="utf-8"))) == 1


def test_a_folder_that_cannot_be_written_does_not_matter(
    own_home: Path, file: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(monkeypatch, onnxruntime=0.005)
    (own_home / "a file").write_text("")
    monkeypatch.setenv("STGAT_LIVE_HOME", str(own_home / "a file"))
    assert learn(file) is not None
    assert choose_engine(checkpoint.metadata, "auto") == "cpu"


def test_a_way_that_is_missing_or_answers_differently_is_left_out(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise DeviceError("no ONNX Runtime")

    monkeypatch.setattr("stgat.recognizer.onnx_run", missing)
    assert set(measure(checkpoint).seconds) == {"cpu", "cpu-bf16"}
    monkeypatch.setattr("stgat.recognizer.onnx_run", lambda *_: lambda x: torch.ones(len(x), 3))
    assert set(measure(checkpoint).seconds) == {"cpu", "cpu-bf16"}


def test_the_verb_that_the_window_calls_measures_and_remembers(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.nice", lambda _: 0)
    faked(monkeypatch, cpu=0.005, onnxruntime=0.003)
    with pytest.raises(SystemExit) as ended:
        main(["time-engines", str(file)])
    assert ended.value.code == 0
    assert "onnxruntime: 3.0 ms" in capsys.readouterr().out
    assert measured_for(file) is not None
    file.write_bytes(b"broken")
    assert measured_for(file) is None


@pytest.mark.parametrize(("frames", "threads"), [(16, 1), (64, 2), (16, 1)])
def test_a_small_network_answers_with_one_thread_and_a_large_one_with_all(
    frames: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engines.default_threads", lambda: 2)
    paper, window = STGATConfig(num_classes=2), Preprocessing(num_frames=frames)
    before = torch.get_num_threads()
    try:
        share_cores(METADATA.model_copy(update={"model": paper, "preprocessing": window}))
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
