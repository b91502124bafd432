"""The causal network on whole clips, as training needs it. What it computes: stgat.continual."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from itertools import accumulate
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from stgat.model import (
    STGAT,
    WINDOW,
    Block,
    LocalAttention,
    STGATConfig,
    leaky_relu,
    unfold_frames,
)

#: How far each of the stem's differences looks back.
STEPS = (1, 2, 3, 4)
#: Taps of the convolution over time.
TAPS = 7


class CausalSTGAT(STGAT):
    """STGAT's parameters, evaluated so that no answer needs a later frame.

    >>> model = CausalSTGAT(STGATConfig(num_classes=60, causal=CausalConfig(memory=64, answer_over=64)))
    >>> model.answers(torch.zeros(1, 3, 128, 25, 1)).shape  # strides of 4 in all
    torch.Size([1, 32, 60])

    Called like STGAT it gives (N, K), the answer at the clip's end: what a loss and a test look at. Raises
    ValueError for a clip shorter than the product of the strides, which ends before the first answer.
    """

    def __init__(self, config: STGATConfig) -> None:
        self.pace = paces(config)
        super().__init__(config)
        self.stem.steps = STEPS

    def maps(self, x: Tensor, looks: list[Tensor] | None = None) -> Tensor:
        """(N, C, T, V, M) -> (N, M, C_last, floor(T / R), V), what the last block gives."""
        if looks is not None:
            raise ValueError("a causal network has an attention of its own at every frame; none is told of")
        N, _, T, _, M = x.shape
        if self.pace[-1].stride > T:
            raise ValueError(f"{T} frames are too few for strides of {self.pace[-1].stride} in all")
        y = self.stem(x.permute(0, 4, 1, 2, 3).flatten(0, 1))
        for block, pace in zip(self.blocks, self.pace, strict=False):
            y = _block(block, y, pace)  # type: ignore[arg-type]
        return y.unflatten(0, (N, M))

    def features(self, x: Tensor, looks: list[Tensor] | None = None) -> Tensor:
        """(N, C, T, V, M) -> (N, C_last), the mean over the last P' frames, joints and people."""
        return self.pool(self.maps(x, looks)[:, :, :, -self.pace[-1].answer_over :])

    def answers(self, x: Tensor) -> Tensor:
        """(N, C, T, V, M) -> (N, floor(T / R), K), the answer at each frame of the last block."""
        y = self.maps(x).mean(dim=(1, 4))  # (N, C_last, T')
        means = recent_means(y.shape[2], self.pace[-1].answer_over, 1, y)
        return self.classifier(self.dropout(means @ y.transpose(1, 2)))


@dataclass(frozen=True)
class Pace:
    """CausalConfig's counts in frames of one layer, L', H' and P', which lies behind strides of product R."""

    stride: int
    memory: int
    refresh: int
    answer_over: int


def paces(config: STGATConfig) -> tuple[Pace, ...]:
    """Of each block's input, and of what the last block gives. Raises ValueError for a windowed network."""
    causal = config.causal
    if causal is None:
        raise ValueError("a causal network needs config.causal, which says how far it looks back")
    strides = list(accumulate((stride for _, _, stride in config.blocks), operator.mul, initial=1))
    found = []
    for R in strides:
        refresh = max(1, causal.refresh // R)
        memory = refresh * math.ceil(causal.memory / (R * refresh))
        found.append(Pace(R, memory, refresh, math.ceil(causal.answer_over / R)))
    return tuple(found)


def recent_means(T: int, memory: int, refresh: int, like: Tensor) -> Tensor:
    """(G, T): row g averages the last `memory` frames up to frame g * refresh, as many as there are.

    A product with it is exact where the difference of two sums from the start would lose digits.
    """
    now = torch.arange(0, T, refresh, device=like.device)[:, None]
    age = now - torch.arange(T, device=like.device)
    recent = ((age >= 0) & (age < memory)).to(like.dtype)
    return recent / recent.sum(dim=1, keepdim=True)


def _block(block: Block, y: Tensor, pace: Pace) -> Tensor:
    """(N, C_in, T, V) -> (N, C_out, floor(T / stride), V), as Block.forward."""
    a = leaky_relu(block.attention_residual(y) + _attend(block.attention, y, pace))
    b = leaky_relu(block.feed_forward_residual(y) + block.feed_forward(a))
    conv, norm = block.temporal
    (r, _) = cast(tuple[int, int], conv.stride)
    past = F.pad(b, (0, 0, TAPS - r, 0))
    c = norm(F.conv2d(past, conv.weight, conv.bias, (r, 1)))  # type: ignore[arg-type]
    return leaky_relu(block.temporal_residual(b[:, :, r - 1 :]) + c)


def _attend(layer: LocalAttention, y: Tensor, pace: Pace) -> Tensor:
    """(N, C_in, T, V) -> (N, C_out, T, V), as LocalAttention.forward; G tables, one for H frames each."""
    N, C, T, V = y.shape
    S, H = layer.num_heads, pace.refresh
    means = recent_means(T, pace.memory, H, y)
    G = len(means)
    past = F.pad(y, (0, 0, WINDOW - 1, 0))
    scores = _scores(layer, y, means, H).masked_fill(~layer.scope[:, None], float("-inf"))
    weights = _frame_weights(layer, y, past, means)[..., layer.weight_of_row]  # (N, S, G, W*V)
    looks = scores.softmax(dim=-1) * weights[..., None]
    attention = layer.dropout(looks + layer.table[:, None])  # (N, S, G, W*V, V)
    attention = attention.permute(0, 2, 3, 1, 4).reshape(N, G, WINDOW * V, S * V)
    windows = F.pad(unfold_frames(past, T), (0, 0, 0, G * H - T)).unflatten(2, (G, H))
    z = windows.transpose(1, 2).flatten(2, 3) @ attention  # (N, G, C*H, S*V)
    z = z.reshape(N, G, C, H, S, V).permute(0, 4, 2, 1, 3, 5).reshape(N, S * C, G * H, V)
    return layer.project(z[:, :, :T])


def _scores(layer: LocalAttention, y: Tensor, means: Tensor, H: int) -> Tensor:
    """(N, C_in, T, V) -> (N, S, G, W*V, V), the mean over the last frames at each table's making.

    What is added to the sum from one table to the next is one product over those H frames.
    """
    N, _, T, V = y.shape
    S, G = layer.num_heads, len(means)
    keys = layer.key(y)  # (N, S*I, T, V)
    queries = layer.query(y)
    edge = layer.query.bias[:, None, None].expand(N, -1, WINDOW - 1, V).to(queries.dtype)  # type: ignore[index]
    queries = unfold_frames(torch.cat((edge, queries), dim=2), T)
    # Frame 0 ends the first H, so H-1 frames of zeros come before it.
    spans = [
        F.pad(part, (0, 0, H - 1, G * H - (H - 1) - T)).unflatten(2, (G, H)).unflatten(1, (S, -1))
        for part in (queries, keys)
    ]  # (N, S, I, G, H, W*V) and the same with V
    queries, keys = (span.transpose(2, 3).flatten(3, 4) for span in spans)  # (N, S, G, I*H, ...)
    of_span = queries.transpose(3, 4) @ keys  # (N, S, G, W*V, V)
    I = layer.key.out_channels // S  # noqa: E741
    return (means[:, ::H] / I @ of_span.flatten(3)).view(of_span.shape)


def _frame_weights(layer: LocalAttention, y: Tensor, past: Tensor, means: Tensor) -> Tensor:
    """(N, C_in, T, V) and the same with its past -> (N, S, G, W)."""
    T = y.shape[2]
    centre = (y @ layer.mean_adjacency.to(y.dtype)) @ means.T  # (N, C, G)
    centre = layer.frame_difference(centre[..., None])  # (N, C, G, 1)
    frame_means = unfold_frames(past.mean(dim=3, keepdim=True), T)  # (N, C, T, W)
    moved = centre - means @ frame_means
    return moved.unflatten(1, (layer.num_heads, -1)).mean(dim=2).sigmoid()
