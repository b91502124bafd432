"""Causal networks for tests: of drawn sizes, with every parameter drawn."""

from __future__ import annotations

import numpy as np

from stgat.continual.network import CausalSTGAT
from stgat.model import CausalConfig, STGATConfig
from tests.stgat.test_model import drawn_config, randomised

SMALL = STGATConfig(
    num_classes=4,
    blocks=((8, 8, 1), (8, 16, 2), (16, 16, 2)),
    num_heads=4,
    causal=CausalConfig(memory=8, refresh=2, answer_over=8),
)


def drawn(seed: int) -> tuple[CausalSTGAT, int]:
    """A network of random sizes, and M."""
    config, _, M = drawn_config(seed)
    rng = np.random.default_rng(100 + seed)
    memory, refresh, over = (int(rng.integers(1, high)) for high in (13, 6, 13))
    causal = CausalConfig(memory=memory, refresh=refresh, answer_over=over)
    return made(config.model_copy(update={"causal": causal}), seed), M


def made(config: STGATConfig, seed: int = 0) -> CausalSTGAT:
    """In evaluation mode, every parameter and statistic drawn."""
    model = randomised(config, seed)
    assert isinstance(model, CausalSTGAT)
    return model
