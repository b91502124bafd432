"""The fused network gives the logits, the maps and the looks of the network it was made from."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stgat.checkpoint import load_checkpoint
from stgat.continual.network import CausalSTGAT
from stgat.fused import KEPT_LENGTHS, FusedSTGAT
from stgat.model import STGAT, CausalConfig, STGATConfig
from stgat.recognizer import fuse
from stgat.reference import load_official
from stgat.teaching.network import TaughtSTGAT
from tests.stgat.test_model import SMALL, clip, drawn_config, float64, randomised, relative_error

REPOSITORY = Path(__file__).resolve().parents[2]
__all__ = ["float64"]  # a fixture

GOLDEN = ("stgat_ntu_small", "stgat_ntu_small_one_person", "stgat_kinetics_small")


def without(x: torch.Tensor, *absent: tuple[int, int]) -> torch.Tensor:
    """The clips with persons m of clips n gone."""
    x = x.clone()
    for n, m in absent:
        x[n, ..., m] = 0
    return x


def error(found: torch.Tensor, expected: torch.Tensor) -> float:
    return relative_error(found.double().numpy(), expected.double().numpy())


@torch.no_grad()
def compare(model: STGAT, x: torch.Tensor, tolerance: float) -> None:
    """Logits, maps and looks of x."""
    fused = fuse(model)
    assert error(fused(x), model(x)) < tolerance
    expected, looks = model.explain(x)
    logits, found = fused.explain(x)
    assert error(logits, expected) < tolerance
    maps = fused.maps(x)
    assert maps.shape == model.maps(x).shape
    assert error(maps, model.maps(x)) < tolerance
    assert [look.shape for look in found] == [look.shape for look in looks]
    assert max(error(look, wanted) for look, wanted in zip(found, looks, strict=True)) < 10 * tolerance


@pytest.mark.parametrize("seed", range(24))
def test_any_configuration_gives_the_same_to_the_last_digits(float64: None, seed: int) -> None:
    config, T, M = drawn_config(seed)
    x = clip(config, T, M, N=1 + seed % 3, seed=seed)
    compare(randomised(config, seed), x, 1e-9)
    compare(randomised(config, seed), without(x, (0, M - 1)), 1e-9)


@pytest.mark.parametrize("seed", range(24, 40))
def test_any_configuration_gives_the_same_in_single_precision(seed: int) -> None:
    config, T, M = drawn_config(seed)
    compare(randomised(config, seed), clip(config, T, M, seed=seed), 1e-4)


@pytest.mark.parametrize("T", [1, 2, 3, 4, 31])
def test_clips_of_any_length(float64: None, T: int) -> None:
    compare(randomised(SMALL), without(clip(SMALL, T, M=2), (1, 0)), 1e-9)


@pytest.mark.parametrize(
    "absent",
    [
        [(0, 0)],
        [(0, 7)],
        [(1, 0), (1, 1), (1, 2)],
        [(0, m) for m in range(8)],
        [(n, m) for n in range(3) for m in range(8) if n != m],
        [(n, m) for n in range(3) for m in range(8)],
    ],
    ids=["first", "last", "three of one clip", "a whole clip", "one left in each", "nobody at all"],
)
def test_people_may_be_absent_in_any_place(float64: None, absent: list[tuple[int, int]]) -> None:
    compare(randomised(SMALL), without(clip(SMALL, T=6, M=8, N=3), *absent), 1e-9)


@torch.no_grad()
def test_nobody_is_computed_once_a_length_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    fused = fuse(randomised(SMALL))
    computed: list[tuple[int, int]] = []
    of_people = FusedSTGAT.of_people

    def counted(self: FusedSTGAT, x: torch.Tensor, looks: list[torch.Tensor]) -> torch.Tensor:
        computed.append((len(x), x.shape[2]))
        return of_people(self, x, looks)

    monkeypatch.setattr(FusedSTGAT, "of_people", counted)
    one = without(clip(SMALL, T=9, M=2, N=3), (0, 1), (1, 0), (2, 1))
    fused(one)
    fused(one)
    assert computed == [(3, 9), (1, 9), (3, 9)]
    fused(clip(SMALL, T=9, M=2))
    assert computed[3:] == [(4, 9)]
    for T in range(1, KEPT_LENGTHS + 1):
        fused(torch.zeros(1, 3, T, 25, 1))
    assert computed[4:] == [(1, T) for T in range(1, KEPT_LENGTHS + 1)]
    fused(torch.zeros(1, 3, 9, 25, 1))  # forgotten for the newer lengths
    assert computed[4 + KEPT_LENGTHS :] == [(1, 9)]


def test_threads_do_not_disturb_each_other() -> None:
    model = randomised(SMALL)
    fused = fuse(model)
    clips = [without(clip(SMALL, T, M=2, N=1, seed=T), (0, T % 2)) for T in range(1, 9)]
    with torch.no_grad():
        expected = [model(x) for x in clips]
    wrong: list[int] = []

    def answer(first: int) -> None:
        order = [*range(first, 8), *range(first)] * 5
        wrong.extend(i for i in order if error(fused(clips[i]), expected[i]) > 1e-4)

    threads = [threading.Thread(target=answer, args=(2 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_network_with_taught_actions() -> None:
    base = randomised(SMALL)
    generator = torch.Generator().manual_seed(5)
    taught = TaughtSTGAT(base, torch.randn(2, 15 * 16, generator=generator), torch.tensor([0.5, -0.5]))
    x = without(clip(SMALL, T=9, M=2), (1, 0))
    with torch.no_grad():
        assert fuse(taught)(x).shape == (2, 6)
        assert error(fuse(taught)(x), taught(x)) < 1e-4
    assert fuse(taught).config == taught.config


@pytest.mark.shared
@pytest.mark.parametrize("name", GOLDEN)
def test_golden_logits_are_reproduced(shared_dir: Path, name: str) -> None:
    content = load_file(shared_dir / "reference" / f"{name}.safetensors")
    weights = {k.removeprefix("weights."): v for k, v in content.items() if k.startswith("weights.")}
    assert error(fuse(load_official(weights))(content["input"]), content["logits"]) < 1e-4


@pytest.mark.parametrize("name", ["stgat-actions", "stgat-actions-small"])
def test_a_shipped_network_in_bfloat16(name: str) -> None:
    checkpoint = load_checkpoint(REPOSITORY / f"weights/{name}.safetensors")
    x = clip(checkpoint.model.config, checkpoint.metadata.preprocessing.num_frames, N=4)
    x = torch.cat([x.cumsum(dim=2) / 7, 0.1 * x + x[:, :, :1]])  # joints that wander, and that tremble
    with torch.no_grad():
        logits, expected = fuse(checkpoint.model, "bf16")(x), checkpoint.model(x)
    assert max(error(*pair) for pair in zip(logits, expected, strict=True)) < 0.02


@torch.no_grad()
def test_scores_of_joints_that_are_alike_keep_their_differences_in_bfloat16() -> None:
    model = randomised(SMALL)
    attention = model.blocks[0].attention
    attention.query.weight += 1.0
    attention.key.weight += 1.0
    x = clip(SMALL, T=32)
    x = x[:, :, :, :1] + 0.03 * x
    looks, found = model.explain(x)[1], fuse(model, "bf16").explain(x)[1]
    assert error(found[0], looks[0]) < 0.02  # 0.04 where the scores are bfloat16 themselves


@pytest.mark.parametrize("seed", range(8))
def test_bfloat16_stays_near_and_answers_in_the_precision_of_the_network(seed: int) -> None:
    config, T, M = drawn_config(seed)
    model = randomised(config, seed)
    x = clip(config, T, M, seed=seed)
    fused = fuse(model, "bf16")
    with torch.no_grad():
        logits = fused(x)
        assert error(logits, model(x)) < 0.05
    assert logits.dtype == fused.maps(x).dtype == torch.float32
    assert {block.feed_forward.dtype for block in fused.blocks} == {torch.bfloat16}


def test_it_copies_the_weights_and_asks_for_no_gradients() -> None:
    model = randomised(SMALL)
    fused, x = fuse(model), clip(SMALL)
    before = fused(x)
    assert not before.requires_grad
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.mul_(2)
    torch.testing.assert_close(fused(x), before, rtol=0, atol=0)
    assert not any(parameter.requires_grad for parameter in fused.parameters())
    assert fused.eval() is fused and not np.isnan(before.numpy()).any()


def test_dropout_of_training_plays_no_part() -> None:
    config = SMALL.model_copy(update={"dropout": 0.9, "attention_dropout": 0.9})
    model = STGAT(config).train()
    fused, x = fuse(model), clip(config)
    torch.testing.assert_close(fused.train()(x), fused.eval()(x), rtol=0, atol=0)
    assert model.training


def test_wide_to_narrow_blocks(float64: None) -> None:
    config = STGATConfig(num_classes=3, blocks=((16, 16, 1), (16, 4, 3), (4, 4, 1)), num_heads=2)
    compare(randomised(config), clip(config, T=7, M=2), 1e-9)


def test_it_lies_on_the_device_of_the_network() -> None:
    fused = fuse(STGAT(SMALL).to("meta"), "bf16")
    assert {t.device.type for t in (*fused.parameters(), *fused.buffers())} == {"meta"}


def test_a_continual_network_is_refused() -> None:
    config = STGATConfig(
        num_classes=3, blocks=((8, 8, 1),), num_heads=2, causal=CausalConfig(memory=4, answer_over=4)
    )
    with pytest.raises(ValueError, match="steps frame by frame"):
        fuse(CausalSTGAT(config))
