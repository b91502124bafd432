"""The causal network on whole clips computes what stgat.continual says, and never looks ahead."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stgat.continual.network import CausalSTGAT, paces
from stgat.model import STGAT, CausalConfig, STGATConfig
from stgat.networks import build, check_causal
from stgat.preprocessing import Preprocessing
from stgat.skeleton import get_layout
from tests.stgat.continual.networks import SMALL, drawn, made
from tests.stgat.continual.plain_continual import PlainContinual
from tests.stgat.test_model import clip, float64, relative_error

__all__ = ["float64"]  # a fixture


def plain_answers(model: CausalSTGAT, x: torch.Tensor) -> np.ndarray:
    config = model.config
    assert config.causal is not None
    plain = PlainContinual(
        {name: tensor.numpy() for name, tensor in model.state_dict().items()},
        get_layout(config.layout).bones,
        [stride for *_, stride in config.blocks],
        config.num_heads,
        config.frame_weighting,
        config.causal.memory,
        config.causal.refresh,
        config.causal.answer_over,
    )
    return np.stack([plain.answers(one) for one in x.numpy()])


@pytest.mark.parametrize("seed", range(12))
def test_any_configuration_agrees_with_the_formulas_said_again(float64: None, seed: int) -> None:
    model, M = drawn(seed)
    x = clip(model.config, model.pace[-1].stride * 2 + 7, M, N=1, seed=seed)
    with torch.no_grad():
        assert relative_error(model.answers(x).numpy(), plain_answers(model, x)) < 1e-9


def test_what_is_called_is_the_last_answer() -> None:
    model = made(SMALL)
    x = clip(SMALL, T=19, M=2)
    with torch.no_grad():
        torch.testing.assert_close(model(x), model.answers(x)[:, -1], rtol=1e-4, atol=1e-5)


def test_no_answer_depends_on_what_comes_after_it(float64: None) -> None:
    model = made(SMALL)
    x = clip(SMALL, T=26)
    changed = x.clone()
    changed[:, :, 17:] = 5.0
    with torch.no_grad():
        answers, others = model.answers(x), model.answers(changed)
    assert answers.shape == (2, 6, 4)  # at frames 3, 7, 11, 15, 19, 23
    torch.testing.assert_close(answers[:, :4], others[:, :4], rtol=0, atol=1e-12)
    assert (answers[:, 4:] - others[:, 4:]).abs().amin(dim=(0, 2)).min() > 1e-6


def test_it_has_the_windowed_networks_parameters_by_name_and_shape() -> None:
    windowed = STGAT(SMALL.model_copy(update={"causal": None}))
    build(SMALL).load_state_dict(windowed.state_dict())
    assert type(build(windowed.config)) is STGAT
    assert type(build(SMALL)) is CausalSTGAT


def test_counts_follow_the_strides_and_are_rounded_up() -> None:
    config = SMALL.model_copy(update={"causal": CausalConfig(memory=9, refresh=4, answer_over=9)})
    found = [(pace.stride, pace.memory, pace.refresh, pace.answer_over) for pace in paces(config)]
    assert found == [(1, 12, 4, 9), (1, 12, 4, 9), (2, 6, 2, 5), (4, 3, 1, 3)]


def test_every_parameter_has_a_gradient() -> None:
    model = build(SMALL).train()
    model(clip(SMALL, T=12)).square().sum().backward()
    for name, parameter in model.named_parameters():
        if name.endswith("key.bias"):
            continue  # the same for all joints v, over which the softmax is
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_too_few_frames_and_what_it_cannot_tell_are_said() -> None:
    model = made(SMALL)
    with pytest.raises(ValueError, match="3 frames are too few for strides of 4"):
        model(clip(SMALL, T=3))
    with pytest.raises(ValueError, match="attention of its own at every frame"):
        model.explain(clip(SMALL, T=8))
    with pytest.raises(ValueError, match="how far it looks back"):
        CausalSTGAT(STGATConfig(num_classes=2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"normalization": "upright-1"}, "upright-1 looks ahead"),
        ({"stream": "motion1"}, "motion1 looks a frame ahead"),
        ({"num_frames": 4}, "strides of 8 in all"),
    ],
)
def test_a_preprocessing_that_looks_ahead_is_refused(change: dict, message: str) -> None:
    causal = {"normalization": "upright-causal-1", "num_frames": 16}
    config = SMALL.model_copy(update={"blocks": ((8, 8, 2), (8, 8, 4))})
    check_causal(config, Preprocessing(**causal))
    with pytest.raises(ValueError, match=message):
        check_causal(config, Preprocessing(**{**causal, **change}))
    check_causal(config.model_copy(update={"causal": None}), Preprocessing(**{**causal, **change}))
