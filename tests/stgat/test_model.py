"""STGAT computes what the reference page says, for any sizes, and survives export and compilation."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from stgat import STGAT, STGATConfig
from stgat.networks import build
from stgat.skeleton import LAYOUTS, get_layout
from tests.stgat.plain_stgat import plain_logits

SMALL = STGATConfig(num_classes=4, blocks=((8, 8, 1), (8, 16, 2)), num_heads=4)


@pytest.fixture
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def randomised(config: STGATConfig, seed: int = 0) -> STGAT:
    """A network in evaluation mode in which every parameter and every statistic is drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    model = build(config)

    def normal(tensor: torch.Tensor, mean: float, std: float) -> None:
        tensor.copy_(mean + std * torch.randn(tensor.shape, generator=generator))

    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            elif name.endswith("table"):
                normal(tensor, 1 / tensor.shape[-1], 0.3 / tensor.shape[-1])
            elif name.endswith("frame_difference.weight"):
                # Large, so that the three frames' weights lie far apart.
                normal(tensor, 0.0, 10 / math.sqrt(tensor.shape[1]))
            elif tensor.ndim == 4:
                normal(tensor, 0.0, 1 / math.sqrt(tensor[0].numel()))
            elif tensor.is_floating_point():
                scale = name.endswith(".1.weight")  # of a batch norm
                normal(tensor, 1.0 if scale else 0.0, 0.3)
    return model.eval()


def clip(config: STGATConfig, T: int = 9, M: int = 1, N: int = 2, seed: int = 0) -> torch.Tensor:
    shape = (N, config.in_channels, T, get_layout(config.layout).num_joints, M)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1000 + seed))


def plain(model: STGAT, x: torch.Tensor, frame_weighting: str | None = None) -> np.ndarray:
    config = model.config
    return plain_logits(
        x.numpy(),
        {name: tensor.numpy() for name, tensor in model.state_dict().items()},
        get_layout(config.layout).bones,
        [stride for *_, stride in config.blocks],
        config.num_heads,
        frame_weighting or config.frame_weighting,
    )


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def drawn_config(seed: int) -> tuple[STGATConfig, int, int]:
    """A random (config, T, M); layouts, heads and frame weightings go round with the seed."""
    rng = np.random.default_rng(seed)
    heads = seed % 8 + 1
    unit = math.lcm(8, heads)
    widths = [unit * int(rng.integers(1, 3)) for _ in range(int(rng.integers(2, 4)))]
    config = STGATConfig(
        num_classes=int(rng.integers(1, 7)),
        layout=list(LAYOUTS)[seed % len(LAYOUTS)],
        in_channels=int(rng.integers(1, 5)),
        blocks=tuple(
            (a, b, int(rng.integers(1, 4))) for a, b in zip([widths[0], *widths], widths, strict=False)
        ),
        num_heads=heads,
        frame_weighting="u_mod_w" if seed // 8 % 2 else "u_div_v",
    )
    return config, int(rng.integers(1, 14)), int(rng.integers(1, 4))


@pytest.mark.parametrize("seed", range(16))
def test_any_configuration_agrees_with_the_formulas_said_again(float64: None, seed: int) -> None:
    config, T, M = drawn_config(seed)
    model = randomised(config, seed)
    x = clip(config, T, M, seed=seed)
    with torch.no_grad():
        assert relative_error(model(x).numpy(), plain(model, x)) < 1e-9


@pytest.mark.parametrize("T", [1, 2, 3, 4])
def test_clips_shorter_than_window_and_differences_agree_too(float64: None, T: int) -> None:
    model = randomised(SMALL)
    x = clip(SMALL, T)
    with torch.no_grad():
        assert relative_error(model(x).numpy(), plain(model, x)) < 1e-9


def test_the_two_frame_weightings_are_told_apart_far_above_the_tolerance(float64: None) -> None:
    models = {}
    for weighting in ("u_div_v", "u_mod_w"):
        models[weighting] = randomised(SMALL.model_copy(update={"frame_weighting": weighting}))
    x = clip(SMALL, T=6)
    with torch.no_grad():
        ours, authors = models["u_div_v"](x).numpy(), models["u_mod_w"](x).numpy()
    assert relative_error(authors, ours) > 1e-4
    assert relative_error(plain(models["u_div_v"], x, "u_mod_w"), authors) < 1e-9


def test_an_absent_person_adds_the_same_constant_to_everybody() -> None:
    model = randomised(SMALL)
    x = clip(SMALL, N=3)
    with torch.no_grad():
        alone = model.features(x)
        with_nobody = model.features(torch.cat([x, torch.zeros_like(x)], dim=-1))
        nobody = model.features(torch.zeros_like(x[:1]))
    torch.testing.assert_close(2 * with_nobody - alone, nobody.expand(3, -1), rtol=1e-4, atol=1e-5)
    assert nobody.abs().max() > 0.01


def test_the_order_of_people_does_not_matter() -> None:
    model = randomised(SMALL)
    x = clip(SMALL, M=3)
    with torch.no_grad():
        torch.testing.assert_close(model(x), model(x[..., [2, 0, 1]]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("which", ["dropout", "attention_dropout"])
def test_dropout_acts_in_training_alone(which: str) -> None:
    model = STGAT(SMALL.model_copy(update={which: 0.5}))
    x = clip(SMALL)
    with torch.no_grad():
        for norm in model.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.momentum = 0.0
        model.train()
        torch.manual_seed(0)
        assert not torch.equal(model(x), model(x))
        model.eval()
        assert torch.equal(model(x), model(x))


def test_every_parameter_gets_a_gradient() -> None:
    model = randomised(SMALL).train()
    weights = torch.tensor([1.0, -2.0, 3.0, 0.5])
    (model(clip(SMALL)) * weights).sum().backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    # A batch norm in training takes away the mean, and with it the bias before it; softmax over v takes away
    # what a key's bias adds to a whole row.
    assert [name for name in without if not name.endswith(".bias")] == []
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_an_exported_network_gives_the_same_logits() -> None:
    model = randomised(SMALL)
    x = clip(SMALL, M=2)
    exported = torch.export.export(model, (x,)).module()
    with torch.no_grad():
        torch.testing.assert_close(exported(x), model(x))


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_it_compiles_as_one_graph_and_gives_the_same_logits(backend: str) -> None:
    torch._dynamo.reset()
    model = randomised(SMALL)
    x = clip(SMALL, M=2)
    with torch.no_grad():
        expected = model(x)
        assert torch._dynamo.explain(model)(x).graph_break_count == 0
        compiled = torch.compile(model, fullgraph=True, backend=backend)
        torch.testing.assert_close(compiled(x), expected)


def test_graphs_are_not_stored_with_the_weights() -> None:
    model = STGAT(SMALL)
    buffers = {name.rsplit(".", 1)[-1] for name, _ in model.named_buffers()}
    stored = {name.rsplit(".", 1)[-1] for name in model.state_dict()}
    graphs = {"scope", "weight_of_row", "mean_adjacency"}
    assert graphs <= buffers
    assert not graphs & stored


@pytest.mark.parametrize("how", ["moved", "built"])
def test_everything_lies_on_the_device_of_the_network(how: str) -> None:
    device = torch.device("meta")
    if how == "moved":
        model = STGAT(SMALL).to(device)
    else:
        with device:
            model = STGAT(SMALL)
    assert {t.device for t in (*model.parameters(), *model.buffers())} == {device}
    logits = model.eval()(clip(SMALL).to(device))
    assert (logits.device, logits.shape) == (device, (2, 4))


def test_bfloat16_autocast_stays_near_the_full_precision() -> None:
    model = randomised(SMALL)
    x = clip(SMALL)
    with torch.no_grad():
        expected = model(x)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(x)
    assert logits.isfinite().all()
    assert relative_error(logits.float().numpy(), expected.numpy()) < 0.1


def test_the_paper_network_has_its_published_size_and_cost() -> None:
    with torch.device("meta"):
        model = STGAT(STGATConfig(num_classes=60)).eval()
        with FlopCounterMode(display=False) as counter:
            model(torch.zeros(1, 3, 128, 25, 1))
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(5.61e6, rel=0.001)
    # What is spared here: the query of each frame is made once, not three times, and conv_d sees means.
    spared, T, V = 0, 128, 25
    for c_in, c_out, stride in model.config.blocks:
        spared += 2 * (2 * c_in * c_out + c_in * c_in) * T * V
        T //= stride
    assert counter.get_total_flops() + spared == pytest.approx(15.0e9, rel=0.02)


def test_it_starts_as_the_paper_says() -> None:
    torch.manual_seed(0)
    model = STGAT(STGATConfig(num_classes=7, blocks=((64, 64, 1),)))
    attention = model.blocks[0].attention
    assert (attention.table == 1 / 25).all()
    for conv in (attention.key, model.blocks[0].temporal[0]):
        fan_out = conv.weight.shape[0] * conv.weight[0, 0].numel()
        assert conv.weight.std().item() == pytest.approx(math.sqrt(2 / fan_out), rel=0.1)
        assert not conv.bias.any()
    assert model.classifier.weight.std().item() == pytest.approx(math.sqrt(2 / (64 + 7)), rel=0.2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_classes": 0}, "num_classes"),
        ({"layout": "ntu26"}, "unknown joint layout 'ntu26'; known: ntu25"),
        ({"blocks": ()}, "between 1 and 64"),
        ({"blocks": ((12, 12, 1),), "num_heads": 4}, "multiple of 8"),
        ({"blocks": ((8, 8, 1), (16, 16, 1))}, r"blocks\[1\]: takes 16 channels, but the one before gives 8"),
        ({"blocks": ((8, 8, 0),)}, "stride 1..64"),
        ({"blocks": ((8, 12, 1),), "num_heads": 8}, "divide by 8 heads"),
        ({"num_heads": 3}, "divide by 3 heads"),
        ({"frame_weighting": "u"}, "frame_weighting"),
        ({"dropout": 1.0}, "dropout"),
        ({"width": 64}, "width"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_with_the_reason(change: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        STGATConfig(**({"num_classes": 4, "blocks": ((8, 8, 1),)} | change))
