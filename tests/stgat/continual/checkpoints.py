"""A continual checkpoint for tests, with drawn weights."""

from __future__ import annotations

from stgat.checkpoint import Checkpoint, Metadata
from stgat.model import CausalConfig
from stgat.preprocessing import Preprocessing
from tests.stgat.continual.networks import SMALL, made

METADATA = Metadata(
    name="continual",
    model=SMALL.model_copy(update={"causal": CausalConfig(memory=8, refresh=2, answer_over=8)}),
    preprocessing=Preprocessing(num_frames=21, window_s=2.0, normalization="upright-causal-1"),
    labels=("clapping", "hand waving", "bow", "idle"),
)


def continual_checkpoint() -> Checkpoint:
    """Ten frames a second, two seconds in a window."""
    return Checkpoint(made(METADATA.model), METADATA)
