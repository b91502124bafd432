"""The benchmark's own parts: what it counts, and what it calls where there is no GPU."""

from __future__ import annotations

import pytest
import torch

from benchmarks.cuda_recognising import graphed, in_bfloat16
from benchmarks.performance_recognising import PAPER, kind_of, operations, random_clips, settled
from stgat.model import STGATConfig

TINY = STGATConfig(num_classes=3, blocks=((8, 8, 1), (8, 16, 2)), num_heads=2)


def test_operations_are_those_of_one_person_in_proportion_to_the_frames() -> None:
    assert operations(PAPER, 128) == pytest.approx(13.3e9, rel=0.01)
    assert operations(PAPER, 64) == pytest.approx(operations(PAPER, 128) / 2, rel=0.01)


def test_a_settled_network_gives_maps_of_the_usual_size() -> None:
    torch.manual_seed(0)
    model = settled(TINY, 16)
    assert not model.training
    with torch.no_grad():
        maps = model.maps(random_clips(TINY, 8, 16, 1))
    assert 0.3 < maps.std().item() < 3


def test_scores_and_the_attention_taken_are_told_apart() -> None:
    assert kind_of("aten::bmm", [[8, 25, 1086], [8, 1086, 75]], 75) == "scores"
    assert kind_of("aten::bmm", [[32, 200, 75], [32, 75, 256]], 75) == "attention taken"
    assert kind_of("aten::mm", [[512, 256], [256, 850]], 75) == "queries and keys"
    assert kind_of("aten::add", [[1], [1]], 75).startswith("activations")


def test_without_cuda_the_network_is_called_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    model, x = settled(TINY, 16), random_clips(TINY, 2, 16, 1)
    low = in_bfloat16(model, torch.device("cpu"))
    assert graphed(low, x) is low
    assert "no CUDA graph: a CUDA graph needs a CUDA device, not cpu" in capsys.readouterr().err
    with torch.no_grad():
        torch.testing.assert_close(low(x).float(), model(x), rtol=0.1, atol=0.05)
