"""A causal network's weights as a step uses them: fewer and larger matrices that compute the same.

Batch norms go into the convolutions before them; convolutions of one input become one; the residual of the
convolution over time is another weight of its newest tap; and the means over joints and channels that the
frame weights take are one matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from stgat.model import Block, LocalAttention, Stem
from stgat.skeleton import FloatArray

#: A weight (C_out, C_in) and its bias (C_out, 1).
Affine = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class FoldedBlock:
    """One block's matrices.

    of_input: of a frame (C_in, V): keys over I, queries and, unless they are the identity, the residuals of
    the attention and the feed-forward convolution, C_out rows each.
    query_bias: (C_out,), the query of a frame of zeros.
    of_frame: (C_in * V, 2 * S) gives of a frame each head's mean channel of conv_d(mean_v(y A^)), without its
    bias, and of mean_v(y). moved_bias: (S,), that bias.
    outside: (S, V, W*V) minus infinity where row u may not attend to v, else zero. table: B, the same way.
    temporal: column k * C_out + c is tap k, the oldest first.
    """

    of_input: Affine
    has_residuals: bool
    query_bias: FloatArray
    of_frame: FloatArray
    moved_bias: FloatArray
    outside: FloatArray
    table: FloatArray
    weight_of_row: NDArray
    project: Affine
    feed_forward: Affine
    temporal: Affine
    stride: int


def fold_stem(stem: Stem) -> Affine:
    """One weight (C0, 5 * C) for a frame and its four differences, one under the other."""
    parts = [_with_norm(part) for part in (stem.static, *stem.motion)]
    return _affine(torch.block_diag(*(weight for weight, _ in parts)), torch.cat([b for _, b in parts]))


def fold_block(block: Block) -> FoldedBlock:
    """A block in evaluation mode."""
    attention = block.attention
    key, query = _plain(attention.key), _plain(attention.query)
    per_head = len(key[0]) // attention.num_heads
    has_residuals = not isinstance(block.attention_residual, nn.Identity)
    parts = [(key[0] / per_head, key[1] / per_head), query]
    if has_residuals:
        parts += [_with_norm(block.attention_residual), _with_norm(block.feed_forward_residual)]
    of_frame, moved_bias = _fold_frame_weights(attention)
    outside = torch.zeros_like(attention.table).masked_fill(~attention.scope, float("-inf"))
    conv = block.temporal[0]
    assert isinstance(conv, nn.Conv2d)
    return FoldedBlock(
        of_input=_affine(torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts])),
        has_residuals=has_residuals,
        query_bias=_array(query[1]),
        of_frame=_array(of_frame),
        moved_bias=_array(moved_bias),
        outside=_array(outside.transpose(1, 2)),
        table=_array(attention.table.transpose(1, 2)),
        weight_of_row=attention.weight_of_row.numpy(force=True),
        project=_affine(*_with_norm(attention.project)),
        feed_forward=_affine(*_with_norm(block.feed_forward)),
        temporal=_affine(*_fold_temporal(block)),
        stride=conv.stride[0],
    )


def _fold_temporal(block: Block) -> tuple[Tensor, Tensor]:
    """The convolution over time and its residual, as one weight (C, 7 * C) and bias."""
    weight, bias = _with_norm(block.temporal)
    C = len(weight)
    if isinstance(block.temporal_residual, nn.Identity):
        newest, newest_bias = torch.eye(C).to(weight), torch.zeros_like(bias)
    else:
        newest, newest_bias = _with_norm(block.temporal_residual)
    return torch.cat((weight[:, :-C], weight[:, -C:] + newest), dim=1), bias + newest_bias


def _fold_frame_weights(layer: LocalAttention) -> tuple[Tensor, Tensor]:
    """FoldedBlock.of_frame and moved_bias."""
    weight, bias = _plain(layer.frame_difference)
    S, C, V = layer.num_heads, len(weight), len(layer.mean_adjacency)
    of_head = torch.eye(S).to(weight).repeat_interleave(C // S, dim=1) * (S / C)  # (S, C): means of channels
    centre = (of_head @ weight)[..., None] * layer.mean_adjacency.to(weight)  # (S, C, V)
    mean = (of_head / V)[..., None].expand(-1, -1, V)
    return torch.cat((centre, mean)).flatten(1).T, of_head @ bias


def _plain(conv: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """A 1x1 convolution's weight (C_out, C_in) and bias."""
    assert conv.bias is not None
    return conv.weight.flatten(1), conv.bias


def _with_norm(pair: nn.Module) -> tuple[Tensor, Tensor]:
    """A convolution's weight (C_out, taps * C_in) and bias with the batch norm after it."""
    assert isinstance(pair, nn.Sequential)
    conv, norm = pair
    assert isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    assert conv.bias is not None and norm.running_var is not None and norm.running_mean is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    weight = conv.weight[..., 0].transpose(1, 2).flatten(1) * scale[:, None]
    return weight, (conv.bias - norm.running_mean) * scale + norm.bias


def _affine(weight: Tensor, bias: Tensor) -> Affine:
    return _array(weight), _array(bias[:, None])


def _array(tensor: Tensor) -> FloatArray:
    """A copy of its own, in order."""
    return tensor.contiguous().numpy(force=True).copy()
