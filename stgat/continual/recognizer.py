"""A continual checkpoint made ready to answer: a person's frames in, one after the other, predictions out."""

from __future__ import annotations

import numpy as np
import torch

from stgat.checkpoint import Checkpoint
from stgat.continual.network import CausalSTGAT
from stgat.continual.stepping import Stepper
from stgat.errors import CheckpointError
from stgat.normalize import streaming_normalizer
from stgat.preprocessing import Preprocessing
from stgat.recognizer import Prediction, Recognizer
from stgat.skeleton import FloatArray, get_layout
from stgat.streams import to_stream


class ContinualRecognizer(Recognizer):
    """Answers streams of frames with one checkpoint, on the CPU: a step is too small for anything else.

    It answers windows too, each as a stream of its own. Raises CheckpointError for a checkpoint of a windowed
    network, or of one that looks at several people together.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint, "cpu")
        if not isinstance(checkpoint.model, CausalSTGAT):
            raise CheckpointError(
                f"{checkpoint.metadata.name}: is a windowed network, which takes no streams"
            )
        if checkpoint.metadata.people > 1:
            raise CheckpointError(
                f"{checkpoint.metadata.name}: a stream is of one person, this takes several"
            )
        self._stepper = Stepper(checkpoint.model)

    @property
    def step_s(self) -> float:
        """The time between two frames of a stream."""
        preprocessing = self.metadata.preprocessing
        return preprocessing.window_s / (preprocessing.num_frames - 1)

    def begin(self) -> Stream:
        """A person's stream, before its first frame."""
        return Stream(self, self._stepper, self.metadata.preprocessing)

    def prediction(self, logits: FloatArray, start_s: float, end_s: float) -> Prediction:
        """What the logits (K,) say."""
        return self._predictions(torch.from_numpy(logits[None]), [(start_s, end_s)])[0]


class Stream:
    """One person from when they came into view: what the network remembers of them."""

    def __init__(
        self, recognizer: ContinualRecognizer, stepper: Stepper, preprocessing: Preprocessing
    ) -> None:
        self._recognizer, self._stepper, self._preprocessing = recognizer, stepper, preprocessing
        self._layout = get_layout(preprocessing.layout)
        self._normalize = streaming_normalizer(preprocessing.normalization, preprocessing.layout)
        self._state = stepper.begin()

    def step(self, joints_m: FloatArray, time_s: float) -> Prediction | None:
        """The next frame (V, 3) in metres, without NaN; what is said then, None before the first answer.

        Frames are `ContinualRecognizer.step_s` apart. What prepare_window and the whole-clip network make of
        all frames so far.
        """
        normalized = self._normalize(joints_m[None, None])  # (1, 1, V, 3)
        frame = to_stream(normalized, self._layout, self._preprocessing.stream).transpose(1, 3, 2, 0)
        logits = self._stepper.step(np.ascontiguousarray(frame), self._state)
        if logits is None:
            return None
        return self._recognizer.prediction(logits[0], time_s - self._preprocessing.window_s, time_s)


def recognizer_of(checkpoint: Checkpoint, device: str = "auto") -> Recognizer:
    """What answers with a checkpoint, of either kind. Raises as the recognizers do."""
    if checkpoint.metadata.model.causal is not None:
        return ContinualRecognizer(checkpoint)
    return Recognizer(checkpoint, device)
