"""How a network is shown whole clips: one road for training's own tests and for `evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from stgat.model import STGAT
from stgat.preprocessing import Preprocessing
from stgat.skeleton import FloatArray, get_layout
from stgat.streams import to_stream
from stgat.training.clips import Clips
from stgat.training.sampling import drawn, spread

BATCH_SIZE = 128


@dataclass(frozen=True)
class WholeClips:
    """Clips sampled as for a test, nothing random; sampling and drawn_frames as in PreparedTrainConfig."""

    clips: Clips
    preprocessing: Preprocessing
    sampling: Literal["clip", "drawn"] = "clip"
    drawn_frames: int = 150

    def inputs(self, rows: Tensor) -> Tensor:
        """The clips `rows` (n,) as the network sees them: (n, C, T, V, M)."""
        lengths = self.clips.lengths[rows.to(self.clips.device)]
        T = self.preprocessing.num_frames
        if self.sampling == "drawn":
            positions = drawn(lengths, self.drawn_frames, T, None)
        else:
            everything = torch.ones(len(lengths), device=lengths.device)
            positions = spread(lengths, T, start=torch.zeros_like(everything), length=everything)
        return as_input(self.clips.frames(rows, positions), self.preprocessing)


def as_input(joints: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Normalised joints (n, T, M, V, 3) -> (n, C, T, V, M) of the stream that the network sees."""
    people_first = joints.permute(0, 2, 1, 3, 4)  # (n, M, T, V, 3)
    stream = to_stream(people_first, get_layout(preprocessing.layout), preprocessing.stream)
    return stream.permute(0, 4, 2, 3, 1).contiguous()


@torch.no_grad()
def score(
    model: STGAT,
    clips: WholeClips,
    rows: Tensor,
    batch_size: int = BATCH_SIZE,
    on_progress: Callable[[int], None] = lambda done: None,
) -> FloatArray:
    """The network's logits for the clips `rows` (n,): (n, K) float32.

    on_progress: told how many clips are done. Puts the network into evaluation mode.
    """
    model.eval()
    scores, done = [], 0
    for batch in rows.split(batch_size):
        scores.append(model(clips.inputs(batch)).float().cpu())
        done += len(batch)
        on_progress(done)
    return torch.cat(scores).numpy()
