"""What the fast roads are measured against computes the same network."""

from __future__ import annotations

import pytest
import torch

from benchmarks.plain_stgat import plain
from tests.stgat.test_model import clip, drawn_config, float64, randomised, relative_error

__all__ = ["float64"]  # a fixture


@pytest.mark.parametrize("seed", [0, 3, 9, 14])
def test_it_gives_the_logits_of_the_network(float64: None, seed: int) -> None:
    config, T, M = drawn_config(seed)
    model = randomised(config, seed)
    x = clip(config, T, M, seed=seed)
    with torch.no_grad():
        assert relative_error(plain(model)(x).numpy(), model(x).numpy()) < 1e-9


def test_it_trains_as_the_network_does() -> None:
    config, T, M = drawn_config(5)
    model = randomised(config).train()
    copy, x = plain(model), clip(config, T, M)
    for network in (model, copy):
        network(x).square().sum().backward()
    gradients = {name: parameter.grad for name, parameter in copy.named_parameters()}
    for name, parameter in model.named_parameters():
        scale = 1e-3 * (1 + parameter.grad.abs().max().item())
        torch.testing.assert_close(gradients[name], parameter.grad, rtol=1e-2, atol=scale)
