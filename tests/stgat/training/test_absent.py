"""One absent person computed for all of them: the same logits, statistics and gradients."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stgat.model import STGAT, STGATConfig
from stgat.training.absent import AbsentOnce
from stgat.training.train import train
from tests.stgat.training.prepared_sets import config_for, small_set

N, K = 6, 7


@pytest.fixture
def network() -> STGAT:
    torch.manual_seed(0)
    config = STGATConfig(num_classes=K, blocks=((16, 16, 1), (16, 32, 2)), num_heads=4, dropout=0.4)
    network = STGAT(config).double().train()
    with torch.no_grad():  # the tables and the parameters of the batch norms are all alike at first
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


def batch(*absent: tuple[int, int]) -> Tensor:
    """(N, 3, 16, 25, 2) with these people, clip and number, absent, and one away for some frames only."""
    x = torch.randn(N, 3, 16, 25, 2, dtype=torch.float64)
    for clip, person in absent:
        x[clip, ..., person] = 0
    x[0, :, 3:9, :, 0] = 0
    return x


def step(call: nn.Module, network: STGAT, x: Tensor) -> Tensor:
    """The logits; afterwards the network holds the gradients and has moved its statistics."""
    torch.manual_seed(5)  # the dropout's draws
    logits = call(x)
    network.zero_grad()
    F.cross_entropy(logits, torch.arange(N) % K).backward()
    return logits.detach()


def largest_difference(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


def gradients(network: STGAT) -> dict[str, Tensor]:
    return {name: p.grad for name, p in network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize(
    "absent",
    [
        [(clip, 1) for clip in range(5)],
        [(0, 1), (1, 0), (2, 0), (2, 1), (5, 1)],  # any of the two, and a clip without anybody
        [(3, 1), (4, 1)],
    ],
)
def test_logits_statistics_and_gradients_are_those_of_all_people(
    network: STGAT, absent: list[tuple[int, int]]
) -> None:
    every = deepcopy(network)
    once = AbsentOnce(network).train()
    for _ in range(2):  # the second step sees other statistics
        x = batch(*absent)
        torch.testing.assert_close(step(once, network, x), step(every, every, x), rtol=1e-9, atol=1e-9)
        assert len(gradients(network)) == len(list(network.parameters()))
        assert largest_difference(gradients(network), gradients(every)) < 1e-9
        assert largest_difference(network.state_dict(), every.state_dict()) < 1e-9
    before = every.state_dict()["stem.static.1.running_var"]
    assert not torch.allclose(before, torch.ones_like(before), atol=0.01)


def test_fewer_people_are_computed(network: STGAT) -> None:
    rows: list[int] = []
    network.stem.register_forward_hook(lambda module, inputs, output: rows.append(len(inputs[0])))
    once = AbsentOnce(network).train()
    absent = [(clip, 1) for clip in range(4)]
    for people in (absent, absent[:1], []):
        once(batch(*people))
    once(torch.zeros(N, 3, 16, 25, 2, dtype=torch.float64))
    assert rows == [2 * N - 4 + 1, 2 * N, 2 * N, 2 * N]


def test_a_network_that_is_tested_is_called_as_it_is(network: STGAT) -> None:
    x = batch((1, 1), (2, 1), (3, 1))
    expected = deepcopy(network).eval()(x)
    assert torch.equal(AbsentOnce(network).eval()(x), expected)


def test_bfloat16_is_as_near_to_double_precision_with_as_without(network: STGAT) -> None:
    x = batch(*[(clip, 1) for clip in range(5)])
    every, reference = deepcopy(network).float(), deepcopy(network)
    step(reference, reference, x)
    single = deepcopy(network).float()
    once = AbsentOnce(single).train()
    with torch.autocast("cpu", torch.bfloat16):
        step(once, single, x.float())
        step(every, every, x.float())
    expected = gradients(reference)
    assert largest_difference(gradients(single), expected) < 1.5 * largest_difference(
        gradients(every), expected
    )


def test_dropout_of_the_attention_is_refused() -> None:
    config = STGATConfig(num_classes=K, blocks=((8, 8, 1),), num_heads=2, attention_dropout=0.1)
    with pytest.raises(ValueError, match="attention_dropout makes absent people differ"):
        AbsentOnce(STGAT(config))


def test_a_run_ends_with_the_same_weights_either_way(tmp_path: Path) -> None:
    folder = small_set(tmp_path / "set").folder
    augment = {"turn_deg": 30, "jitter": 0.02}  # who is absent is not jittered
    once, each = (
        train(config_for(folder, absent_people=how, augment=augment)).model.state_dict()
        for how in ("once", "each")
    )
    assert largest_difference(once, each) < 1e-4
    assert any(not torch.equal(once[name], each[name]) for name in once)  # the sums' order did change
