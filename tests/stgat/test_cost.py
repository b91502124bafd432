"""The formula counts what PyTorch's own counter counts."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from stgat.cost import operations
from stgat.model import STGAT, STGATConfig

CONFIGS = {
    "one block": STGATConfig(num_classes=5, blocks=((8, 8, 1),), num_heads=2),
    "widths and strides": STGATConfig(
        num_classes=7, blocks=((16, 32, 1), (32, 32, 3), (32, 32, 1)), num_heads=4
    ),
    "another layout": STGATConfig(num_classes=3, layout="openpose-18", in_channels=2, blocks=((16, 32, 2),)),
    "the paper's": STGATConfig(num_classes=60),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize(("frames", "people"), [(13, 1), (16, 2)])
def test_the_formula_counts_as_pytorch_does(config: STGATConfig, frames: int, people: int) -> None:
    joints = 18 if config.layout == "openpose-18" else 25
    with torch.device("meta"), torch.inference_mode(), FlopCounterMode(display=False) as counter:
        STGAT(config).eval()(torch.zeros(1, config.in_channels, frames, joints, people))
    assert operations(config, frames, people) == counter.get_total_flops()
