"""How many operations a window costs, by the shapes of the network's products.

PyTorch's own counter gives the same number (a test compares the two), but its use imports PyTorch's compiler:
a second or two, while somebody waits for the application.
"""

from __future__ import annotations

from stgat.model import WINDOW, STGATConfig
from stgat.skeleton import get_layout

TEMPORAL_KERNEL = 7


def operations(config: STGATConfig, num_frames: int, people: int) -> int:
    """Floating point operations of one window (C, T, V, M), a multiply-add counted as two.

    Those of convolutions and matrix products, which are nearly all, as the formulas have them: everybody is
    computed, absent or not. num_frames: T. people: M.
    """
    V, S, T = get_layout(config.layout).num_joints, config.num_heads, num_frames
    products = config.in_channels * config.blocks[0][0] * T * V  # the stem
    for c_in, c_out, stride in config.blocks:
        products += 2 * c_in * c_out * T * V  # keys and queries
        products += c_out * T * WINDOW * V * V  # their scores, all heads
        products += c_in * c_in  # the frames' weights
        products += c_in * T * WINDOW * V * S * V  # aggregation
        products += S * c_in * c_out * T * V  # the heads' projection
        products += c_out * c_out * T * V  # feed-forward
        strided = -(-T // stride)
        products += TEMPORAL_KERNEL * c_out * c_out * strided * V
        if c_in != c_out or stride > 1:  # three residuals with a convolution each
            products += 2 * c_in * c_out * T * V + c_out * c_out * strided * V
        T = strided
    return 2 * (people * products + config.blocks[-1][1] * config.num_classes)
