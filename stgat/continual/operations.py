"""What a step of the causal network costs, counted."""

from __future__ import annotations

from stgat.continual.network import STEPS, TAPS, paces
from stgat.model import WINDOW, STGATConfig
from stgat.skeleton import get_layout


def operations_per_frame(config: STGATConfig) -> float:
    """Floating point operations of Stepper's matrix products for one frame of one person, on average.

    A multiply-add counts as two, as PyTorch's FlopCounterMode has it; a layer behind strides of product R
    counts one Rth. Raises ValueError for a windowed network.
    """
    V, S = get_layout(config.layout).num_joints, config.num_heads
    rows = WINDOW * V
    *of_block, last = paces(config)
    products = config.blocks[0][0] * config.in_channels * (1 + len(STEPS)) * V  # the stem
    total = float(products)
    for (c_in, c_out, stride), pace in zip(config.blocks, of_block, strict=True):
        of_input = 2 if c_in == c_out and stride == 1 else 4  # keys, queries and two residuals
        products = of_input * c_out * c_in * V
        products += c_out * rows * V  # scores
        products += c_in * V * 2 * S  # frame weights
        products += c_in * rows * S * V  # aggregation
        products += (S * c_in + c_out) * c_out * V  # projection and feed-forward
        total += (products + TAPS * c_out * c_out * V / stride) / pace.stride
    total += config.blocks[-1][1] * config.num_classes / last.stride
    return 2.0 * total
