"""What the network looked at: its own attention, summed up over joints and over distances in bones.

Block b computes for head s, row u (joint u mod V of frame u div V of the window) and joint v

    a[b, s, u, v] = softmax over v of e[b, s, u, v], times the dynamic weight of u's frame,

where e is minus infinity for joints that are not in the head's scope (stgat.model.LocalAttention.looks). It
is the whole of the attention that depends on the input: the learned table that is added to it is the same
for every window, and is left out here. Every row shares its weight out among the joints of its scope, so
what tells is which joints get much of it:

    joints[b, v] = sum over s and u of a[b, s, u, v],                         divided by the sum over all
    hops[b, d]   = sum over all s, u, v that are d bones apart of a[b, s, u, v],              likewise

Some joints have more others within reach than others have, and half of all heads' scopes are close by; so
both are to be compared with the shares of a network that looks evenly: equal scores, equal frame weights.

Attention shows where the network looked. It proves nothing about why it answered as it did (Jain and
Wallace, "Attention is not Explanation", arXiv 1902.10186).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from stgat.model import WINDOW, STGATConfig
from stgat.skeleton import FloatArray, get_layout


@dataclass(frozen=True)
class Attention:
    """Shares of the attention, each block's and each person's adding up to 1.

    joints: (B, M, V), by the joint that was looked at. hops: (B, M, D), by the distance looked over: D is
        the number of heads and one more, for distance 0, which is the joint itself.
    even_joints: (V,), even_hops: (D,), the same of a network that looks evenly.
    """

    joints: FloatArray
    hops: FloatArray
    even_joints: FloatArray
    even_hops: FloatArray


def sum_up(looks: Sequence[Tensor], config: STGATConfig) -> Attention:
    """From STGAT.explain's maps of one window, (1, M, S, W*V, V) a block."""
    maps = np.stack([block[0].detach().cpu().double().numpy() for block in looks])  # (B, M, S, W*V, V)
    even = _even(config)
    return Attention(_by_joint(maps), _by_distance(maps, config), _by_joint(even), _by_distance(even, config))


def _even(config: STGATConfig) -> FloatArray:
    """(S, W*V, V) of a network whose scores and frame weights are all equal."""
    hops = np.tile(get_layout(config.layout).hops, (WINDOW, 1))
    reach = np.arange(1, config.num_heads + 1)[:, None, None]
    scope = ((hops == reach) | (hops == 0)).astype(np.float64)
    return scope / scope.sum(axis=-1, keepdims=True)


def _by_joint(maps: FloatArray) -> FloatArray:
    """(..., S, W*V, V) -> (..., V)"""
    received = maps.sum(axis=(-3, -2))
    return received / received.sum(axis=-1, keepdims=True)


def _by_distance(maps: FloatArray, config: STGATConfig) -> FloatArray:
    """(..., S, W*V, V) -> (..., S + 1)"""
    hops = np.tile(get_layout(config.layout).hops, (WINDOW, 1))
    over_heads = maps.sum(axis=-3)
    shares = [over_heads[..., hops == distance].sum(axis=-1) for distance in range(config.num_heads + 1)]
    return np.stack(shares, axis=-1) / np.sum(shares, axis=0)[..., None]
