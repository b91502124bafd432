"""A checkpoint made ready to answer: windows of skeletons in, class probabilities out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from stgat.attention import Attention, sum_up
from stgat.checkpoint import Checkpoint
from stgat.device import choose_device
from stgat.fused import FusedSTGAT, Precision
from stgat.model import STGAT
from stgat.onnx_run import Run, onnx_run
from stgat.skeleton import FloatArray, get_layout

T = TypeVar("T")
log = logging.getLogger(__name__)


def fuse(model: STGAT, precision: Precision = "fp32") -> FusedSTGAT:
    """The same network arranged for answering, several times as fast on a CPU: see stgat.fused.

    model: on the CPU or on CUDA, taught actions included; its weights are copied. precision: "fp32" keeps
    the logits to within rounding (1e-4 relative); "bf16" computes in bfloat16, for logits within 2 %.

    >>> fuse(STGAT(STGATConfig(num_classes=60)))(torch.zeros(1, 3, 128, 25, 2)).shape
    torch.Size([1, 60])
    """
    return FusedSTGAT(model, precision)


@dataclass(frozen=True)
class Prediction:
    """What the network says of one window.

    probabilities: (K,) after the checkpoint's temperature, in the order of labels.
    energy: -T log sum exp(logits / T), low for what resembles the training data
        (Liu, Wang, Owens and Li, arXiv 2010.03759).
    """

    probabilities: FloatArray
    labels: tuple[str, ...]
    energy: float
    window_start_s: float
    window_end_s: float


class Recognizer:
    """Answers windows with one checkpoint on one device: with the fused network on the CPU.

    device: auto, cpu, cuda or mps; or another way to use the processor: "onnxruntime" (stgat.onnx_run), for
        the same answers, or "cpu-bf16" (`fuse`), rounded to 16 bits. Raises DeviceError for one not there.

    A GPU that fails in the middle costs no answer: what was asked of it is computed anew on the CPU, and all
    that follows there too. warning: a sentence on that, or "".
    """

    def __init__(self, checkpoint: Checkpoint, device: str = "auto") -> None:
        self.metadata = checkpoint.metadata
        self.warning = ""
        self._run: Run
        self._falling_back = threading.Lock()
        chosen = choose_device("cpu" if device in ("onnxruntime", "cpu-bf16") else device)
        # Of a GPU that is gone nothing can be read any more.
        self._spare = None if chosen.type == "cpu" else deepcopy(checkpoint.model)
        try:
            self._move(checkpoint.model, chosen, "bf16" if device == "cpu-bf16" else "fp32")
        except RuntimeError as error:
            if not self._fall_back(chosen, error):
                raise
        if device == "onnxruntime":
            self._run = onnx_run(checkpoint.model, self.window_shape, torch.get_num_threads())

    def _move(self, model: STGAT, device: torch.device, precision: Precision = "fp32") -> None:
        network: STGAT | FusedSTGAT = model.to(device).eval()
        if device.type == "cpu" and model.config.causal is None:
            network = fuse(model, precision)
        self.device = device
        self._network = network
        self._run = network

    @property
    def window_shape(self) -> tuple[int, int, int, int]:
        """(C, T, V, M) of a window."""
        config, frames = self.metadata.model, self.metadata.preprocessing.num_frames
        return config.in_channels, frames, get_layout(config.layout).num_joints, self.metadata.people

    @property
    def labels(self) -> tuple[str, ...]:
        return self.metadata.labels

    @torch.inference_mode()
    def recognize(
        self, windows: Sequence[FloatArray], spans: Sequence[tuple[float, float]]
    ) -> list[Prediction]:
        """Windows as `prepare_window` gives them, (C, T, V, M) each, and their start and end in seconds."""
        if not windows:
            return []
        stacked = torch.from_numpy(np.stack(windows))
        return self._surely(lambda: self._predictions(self.logits(stacked), spans))

    @torch.inference_mode()
    def logits(self, windows: Tensor) -> Tensor:
        """Windows (N, C, T, V, M) on the CPU -> logits (N, K) on the device, without the temperature."""
        return self._run(windows.to(self.device))

    @torch.inference_mode()
    def explain(self, window: FloatArray, span: tuple[float, float]) -> tuple[Prediction, Attention]:
        """One window's answer, as `recognize` gives it, and what the network looked at on the way to it.

        Safe in any thread, also while another one recognises.
        """

        def explained() -> tuple[Prediction, Attention]:
            logits, looks = self._network.explain(torch.from_numpy(window[None]).to(self.device))
            (prediction,) = self._predictions(logits, [span])
            return prediction, sum_up(looks, self.metadata.model)

        return self._surely(explained)

    def _surely(self, compute: Callable[[], T]) -> T:
        """What it computes; on the CPU where the GPU fails at it, even if only when the answer is fetched."""
        device = self.device
        try:
            return compute()
        except RuntimeError as error:
            if not self._fall_back(device, error):
                raise
        return compute()

    def _fall_back(self, device: torch.device, error: RuntimeError) -> bool:
        """Go on without this device; False where it is the CPU, which nothing can stand in for."""
        with self._falling_back:
            if self._spare is None:
                return device.type != "cpu"  # another thread has met the same
            log.error("%s failed; the CPU goes on", device, exc_info=error)
            reason = str(error).partition("\n")[0]
            self.warning = f"the GPU failed ({reason}): the processor goes on, more slowly"
            spare, self._spare = self._spare, None
            self._move(spare, torch.device("cpu"))
            return True

    def _predictions(self, logits: Tensor, spans: Sequence[tuple[float, float]]) -> list[Prediction]:
        temperature = self.metadata.temperature
        logits = logits.float() / temperature
        probabilities = logits.softmax(dim=1).cpu().numpy()
        energies = (-temperature * logits.logsumexp(dim=1)).cpu().numpy()
        return [
            Prediction(p, self.labels, float(e), start, end)
            for p, e, (start, end) in zip(probabilities, energies, spans, strict=True)
        ]

    def warm_up(self) -> None:
        """Answer one empty window, so that the first real one is not kept waiting by one-time costs."""
        self.recognize([np.zeros(self.window_shape, np.float32)], [(0.0, 0.0)])
