"""The network computed as the paper describes it and published code does, to measure against.

The parts of stgat.model but for the attention, of which everything is done in full: the query convolution
sees each frame three times, once in each window; the frame differences are maps, averaged afterwards; the
attention is taken for every head by one einsum. Two people are computed whether they are there or not.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from stgat.model import STGAT, WINDOW, LocalAttention, STGATConfig, unfold_frames
from stgat.skeleton import get_layout


def plain(model: STGAT) -> STGAT:
    """A copy of the network that computes its attention in full; same parameters, same logits."""
    copy = deepcopy(model)
    for block in copy.blocks:
        block.attention = PlainAttention(block.attention, model.config)  # type: ignore[arg-type]
    return copy


class PlainAttention(nn.Module):
    """Steps 1 to 6 of a block with the modules of a LocalAttention."""

    adjacency: Tensor
    scope: Tensor

    def __init__(self, attention: LocalAttention, config: STGATConfig) -> None:
        super().__init__()
        self.num_heads, self.frame_weighting = config.num_heads, config.frame_weighting
        self.key, self.query = attention.key, attention.query
        self.frame_difference, self.project = attention.frame_difference, attention.project
        self.table, self.dropout = attention.table, attention.dropout
        adjacency = torch.tensor(get_layout(config.layout).adjacency(), dtype=self.table.dtype)
        self.register_buffer("adjacency", adjacency, persistent=False)
        self.register_buffer("scope", attention.scope, persistent=False)

    def forward(self, y: Tensor) -> Tensor:
        """(N, C_in, T, V) -> (N, C_out, T, V), batch norm included."""
        N, C, T, V = y.shape
        S = self.num_heads
        windows = unfold_frames(pad(y, (0, 0, 1, 1)), T)  # (N, C, T, W*V)
        keys = self.key(y).reshape(N, S, -1, V)  # (N, S, I*T, V)
        queries = self.query(windows).reshape(N, S, -1, WINDOW * V)  # (N, S, I*T, W*V)
        scores = torch.einsum("nsiu,nsiv->nsuv", queries, keys) / keys.shape[2]
        attention = scores.masked_fill(~self.scope, -9e15).softmax(dim=-1)  # (N, S, W*V, V)
        attention = self.dropout(attention * self.weight_of_rows(y, windows) + self.table)
        z = torch.einsum("nctu,nsuv->nsctv", windows, attention)
        return self.project(z.reshape(N, S * C, T, V))

    def weight_of_rows(self, y: Tensor, windows: Tensor) -> Tensor:
        """-> (N, S, W*V, 1)"""
        N, _, T, V = y.shape
        moved = self.frame_difference(y @ self.adjacency).repeat(1, 1, 1, WINDOW) - windows  # (N, C, T, W*V)
        moved = moved.reshape(N, self.num_heads, -1, T, WINDOW, V)
        weights = moved.mean(dim=(2, 3, 5)).sigmoid()  # (N, S, W)
        if self.frame_weighting == "u_div_v":
            return weights.repeat_interleave(V, dim=2)[..., None]
        return weights.repeat(1, 1, V)[..., None]
