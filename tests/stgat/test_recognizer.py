"""A checkpoint that answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from stgat.attention import sum_up
from stgat.checkpoint import Checkpoint, Metadata
from stgat.errors import DeviceError
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.recognizer import Recognizer

CONFIG = STGATConfig(num_classes=3, blocks=((8, 8, 1),), num_heads=2)


def recognizer(
    temperature: float = 1.0, people: int = 1, device: str = "cpu", kind: type[Recognizer] = Recognizer
) -> Recognizer:
    torch.manual_seed(0)
    metadata = Metadata(
        name="tiny",
        model=CONFIG,
        preprocessing=Preprocessing(num_frames=8),
        labels=("a", "b", "c"),
        temperature=temperature,
        people=people,
    )
    return kind(Checkpoint(STGAT(CONFIG), metadata), device)


def windows(count: int, people: int = 1) -> list[np.ndarray]:
    return list(np.random.default_rng(0).normal(size=(count, 3, 8, 25, people)).astype(np.float32))


def logits(of: Recognizer, window: np.ndarray) -> np.ndarray:
    torch.manual_seed(0)
    with torch.no_grad():
        return STGAT(CONFIG).eval()(torch.from_numpy(window[None]))[0].double().numpy()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_probabilities_and_energy_are_the_formulas(temperature: float) -> None:
    answers = recognizer(temperature)
    for window, prediction in zip(windows(3), answers.recognize(windows(3), [(0.0, 2.0)] * 3), strict=True):
        scaled = np.exp(logits(answers, window) / temperature)
        np.testing.assert_allclose(prediction.probabilities, scaled / scaled.sum(), rtol=1e-4)
        assert prediction.energy == pytest.approx(-temperature * np.log(scaled.sum()), rel=1e-4)
        assert prediction.labels == answers.labels == ("a", "b", "c")


def test_answers_come_in_the_order_of_the_windows_with_their_spans() -> None:
    answers = recognizer()
    spans = [(0.0, 2.0), (1.0, 3.0), (5.0, 7.0)]
    together = answers.recognize(windows(3), spans)
    assert [(p.window_start_s, p.window_end_s) for p in together] == spans
    for window, span, prediction in zip(windows(3), spans, together, strict=True):
        (alone,) = answers.recognize([window], [span])
        np.testing.assert_allclose(alone.probabilities, prediction.probabilities, rtol=1e-4)


def test_nothing_asked_nothing_answered() -> None:
    assert recognizer().recognize([], []) == []


def test_a_span_for_every_window() -> None:
    with pytest.raises(ValueError, match="zip"):
        recognizer().recognize(windows(2), [(0.0, 2.0)])


@pytest.mark.parametrize("people", [1, 2])
def test_warming_up_takes_the_shape_the_network_takes(people: int) -> None:
    answers = recognizer(people=people)
    answers.warm_up()
    (prediction,) = answers.recognize(windows(1, people), [(0.0, 2.0)])
    assert prediction.probabilities.sum() == pytest.approx(1.0, rel=1e-5)


def test_dropout_of_training_plays_no_part() -> None:
    config = CONFIG.model_copy(update={"dropout": 0.9})
    metadata = recognizer().metadata.model_copy(update={"model": config})
    answers = Recognizer(Checkpoint(STGAT(config).train(), metadata), "cpu")
    first, second = (answers.recognize(windows(1), [(0.0, 2.0)])[0].probabilities for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_device_that_is_not_there_is_refused() -> None:
    checkpoint = Checkpoint(STGAT(CONFIG), recognizer().metadata)
    with pytest.raises(DeviceError, match="cuda:77"):
        Recognizer(checkpoint, "cuda:77")


@pytest.mark.parametrize(("device", "tolerance"), [("cpu", 1e-5), ("onnxruntime", 1e-5), ("cpu-bf16", 0.02)])
def test_each_way_answers_and_explains_alike(device: str, tolerance: float) -> None:
    answers, (window,) = recognizer(device=device), windows(1)
    with torch.no_grad():
        torch.manual_seed(0)
        expected, looks = STGAT(CONFIG).eval().explain(torch.from_numpy(window[None]))
    (prediction,) = answers.recognize([window], [(0.0, 2.0)])
    explained, attention = answers.explain(window, (0.0, 2.0))
    for found in (prediction, explained):
        np.testing.assert_allclose(found.probabilities, expected.softmax(dim=1)[0].numpy(), atol=tolerance)
    np.testing.assert_allclose(attention.joints, sum_up(looks, CONFIG).joints, atol=tolerance)


#: What PyTorch raises when a GPU has gone, its memory is full, or a kernel cannot run on it.
GPU_ERRORS = (
    torch.AcceleratorError(
        "CUDA error: unspecified launch failure\nCUDA kernel errors might be reported ..."
    ),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
)


@pytest.mark.parametrize("error", GPU_ERRORS)
def test_promise_a_gpu_that_fails_costs_no_answer(
    error: RuntimeError, caplog: pytest.LogCaptureFixture
) -> None:
    class Gpu(Recognizer):
        def logits(self, windows: torch.Tensor) -> torch.Tensor:
            if self.device.type != "cpu":
                raise error
            return super().logits(windows)

    on_cpu, lost = recognizer(), recognizer(device="meta", kind=Gpu)  # "meta": a device, and not the CPU
    assert lost.warning == ""
    spans = [(0.0, 2.0), (1.0, 3.0)]
    for expected, found in zip(
        on_cpu.recognize(windows(2), spans), lost.recognize(windows(2), spans), strict=True
    ):
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
        assert found.window_start_s == expected.window_start_s
    reason = str(error).partition("\n")[0]
    assert lost.warning == f"the GPU failed ({reason}): the processor goes on, more slowly"
    assert "Traceback" in caplog.text
    caplog.clear()
    lost.recognize(windows(1), spans[:1])
    assert caplog.text == ""


def test_a_gpu_whose_error_comes_with_the_answer_gives_way_too() -> None:
    """CUDA reports a kernel's error when its result is fetched: nothing can be fetched from "meta"."""

    class Gpu(Recognizer):
        def logits(self, windows: torch.Tensor) -> torch.Tensor:
            return super().logits(windows) if self.device.type == "cpu" else torch.empty(1, 3, device="meta")

    lost = recognizer(device="meta", kind=Gpu)
    (found,), (expected,) = (r.recognize(windows(1), [(0.0, 2.0)]) for r in (lost, recognizer()))
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    assert "the processor goes on" in lost.warning


def test_an_error_of_the_processor_is_nobody_elses() -> None:
    answers = recognizer()
    wrong = [np.zeros((3, 8, 24, 1), np.float32)]
    with pytest.raises(RuntimeError):
        answers.recognize(wrong, [(0.0, 2.0)])
    assert answers.warning == ""


def test_two_threads_that_meet_a_lost_gpu_at_once_both_get_their_answers() -> None:
    both = threading.Barrier(2, timeout=10)

    class Gpu(Recognizer):
        def logits(self, windows: torch.Tensor) -> torch.Tensor:
            if self.device.type != "cpu":
                both.wait()
                raise GPU_ERRORS[0]
            return super().logits(windows)

    lost = recognizer(device="meta", kind=Gpu)
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(lost.recognize, windows(1), [(0.0, 2.0)]) for _ in range(2)]
    np.testing.assert_array_equal(answers[0].result()[0].probabilities, answers[1].result()[0].probabilities)
