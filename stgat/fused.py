"""STGAT arranged for answering: the logits of stgat.model in fewer and larger matrix products.

What is rearranged, none of which changes the result but by rounding:

- Maps are (B, T, V, C), channels last. A 1x1 convolution is then one matrix product, and the window of a
  frame, the joints of three frames one after the other, is a view: nothing is unfolded.
- Every batch norm is folded into the convolution before it, and the stem's five branches are one product.
- Queries are made once for each frame. Their bias adds bias . sum over t of k[t, v] to every row of the
  scores, at the zero frames around the clip too; the bias of a key adds the same to a whole row, which the
  softmax over v takes away.
- So the zero frames' queries and keys are zero, and the scores are one product a head, of the keys and of
  windows of the queries over all frames of all the head's channels: what crosses their ends meets a zero.
- Dynamic frame weights need the sum of all frames, the first and the last frame, and no map.
- The residual over the temporal convolution is one more weight of its middle tap.
- Somebody who is absent is all zeros: what the network makes of that depends on the weights and on T alone,
  is computed once for each T, and kept.

B counts the people who are there; the other letters are those of stgat.model.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stgat.model import NEGATIVE_SLOPE, STGAT, WINDOW, Block, LocalAttention, Stem, difference

Precision = Literal["fp32", "bf16"]
#: Clip lengths for which the answer to nobody is kept.
KEPT_LENGTHS = 8
#: Windows whose attention is taken before it is projected: what lies between then stays in the cache.
FRAMES_AT_ONCE = 32


class Folded(NamedTuple):
    """A convolution with the batch norm after it: weight (C_out, C_in, kernel), bias (C_out,), float64."""

    weight: Tensor
    bias: Tensor


def fold(pair: nn.Module) -> Folded:
    """A pair as stgat.model.conv_bn makes it, in evaluation mode."""
    conv: Any
    norm: Any
    conv, norm = pair.children()
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    weight = conv.weight.double().flatten(2) * scale[:, None, None]
    return Folded(weight, (conv.bias.double() - norm.running_mean.double()) * scale + norm.bias.double())


def with_residual(temporal: Folded, residual: nn.Module) -> Folded:
    """A convolution over time and the residual connection over it, which may be the identity, as one."""
    weight = temporal.weight.clone()
    middle = weight[:, :, weight.shape[2] // 2]
    if isinstance(residual, nn.Identity):
        middle.diagonal().add_(1)
        return Folded(weight, temporal.bias)
    folded = fold(residual)
    middle += folded.weight[:, :, 0]
    return Folded(weight, temporal.bias + folded.bias)


def activate(x: Tensor) -> Tensor:
    """In place."""
    return F.leaky_relu_(x, NEGATIVE_SLOPE)


def activate_and_pad(x: Tensor) -> Tensor:
    """(B, T, V, C) -> (B, T + 2, V, C): activated, with a zero frame before and after the clip."""
    B, T, V, C = x.shape
    padded = x.new_empty(B, T + WINDOW - 1, V, C)
    padded[:, 0] = 0
    padded[:, -1] = 0
    torch.ops.aten.leaky_relu.out(x, NEGATIVE_SLOPE, out=padded[:, 1:-1])
    return padded


def add_product(base: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """base (..., C_out) += x (..., C_in) @ weight (C_in, C_out), in place, both of them contiguous."""
    base.view(-1, base.shape[-1]).addmm_(x.view(-1, x.shape[-1]), weight)
    return base


class FusedStem(nn.Module):
    """Coordinates and their four differences side by side, and one product for all."""

    weight: Tensor
    bias: Tensor

    def __init__(self, stem: Stem, dtype: torch.dtype) -> None:
        super().__init__()
        branches = [fold(branch) for branch in (stem.static, *stem.motion)]
        weight = torch.block_diag(*(branch.weight[:, :, 0] for branch in branches))  # (C0, 5 * C)
        self.register_buffer("weight", weight.to(dtype))
        self.register_buffer("bias", torch.cat([branch.bias for branch in branches]).to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T, V) -> (B, T, V, C0), to be activated."""
        moved = torch.cat([x, *(difference(x, step) for step in Stem.steps)], dim=1)
        return F.linear(moved.permute(0, 2, 3, 1), self.weight, self.bias)


class FusedAttention(nn.Module):
    """LocalAttention, with the tables of attention in `tables` and the maps in `dtype`."""

    query_key: Tensor
    biased_key: Tensor
    out_of_scope: Tensor
    table: Tensor
    mean_adjacency: Tensor
    centre: Tensor
    centre_bias: Tensor
    weight_of_row: Tensor
    project: Tensor

    def __init__(
        self, attention: LocalAttention, project: Tensor, dtype: torch.dtype, tables: torch.dtype
    ) -> None:
        super().__init__()
        S = self.num_heads = attention.num_heads
        # The scores are divided by I: half of that goes into the queries, half into the keys.
        query, key = attention.query, attention.key
        per_head = query.out_channels // S
        query_weight, key_weight = (conv.weight.double().flatten(1) / per_head**0.5 for conv in (query, key))
        query_bias = query.bias.double() / per_head**0.5  # type: ignore[union-attr]
        biased_key = (key_weight * query_bias[:, None]).unflatten(0, (S, per_head)).sum(dim=1)  # (S, C_in)
        centre = attention.frame_difference
        centre_weight = centre.weight.double().flatten(1).unflatten(0, (S, -1)).mean(dim=1)  # (S, C_in)
        centre_bias = centre.bias.double().unflatten(0, (S, -1)).mean(dim=1)  # type: ignore[union-attr]

        self.register_buffer("query_key", torch.cat((query_weight, key_weight)).to(dtype))
        self.register_buffer("biased_key", biased_key.mT.to(tables).contiguous())
        self.register_buffer("out_of_scope", ~attention.scope.mT)
        self.register_buffer("table", attention.table.permute(2, 0, 1).to(tables).contiguous())
        self.register_buffer("mean_adjacency", attention.mean_adjacency.to(tables, copy=True))
        self.register_buffer("centre", centre_weight.mT.to(tables).contiguous())
        self.register_buffer("centre_bias", centre_bias.to(tables))
        self.register_buffer("weight_of_row", attention.weight_of_row.clone())
        self.register_buffer("project", project.mT.to(dtype).contiguous())  # (S * C_in, C_out)

    def forward(self, y: Tensor, a: Tensor, looks: list[Tensor]) -> Tensor:
        """Padded y (B, T + 2, V, C_in); its attention, projected, is added to a (B, T, V, C_out) in place."""
        B, T, V, _ = a.shape
        S, C = self.num_heads, y.shape[3]
        looked = self.looks(y)
        looks.append(looked.mT)
        # Rows v * S + s: the heads of a joint come out side by side, as the projection wants them.
        attention = y.new_empty(B, V, S, WINDOW * V)
        torch.add(looked.transpose(1, 2), self.table, out=attention)
        windows = y.flatten(1, 2).unfold(1, WINDOW * V, V).mT  # (B, T, W*V, C), a view
        for b in range(B):
            repeated = attention[b].flatten(0, 1).expand(min(T, FRAMES_AT_ONCE), -1, -1)
            if y.dtype == torch.bfloat16:
                repeated = repeated.contiguous()  # where it is not, oneDNN copies it every time
            for first in range(0, T, FRAMES_AT_ONCE):
                some = windows[b, first : first + FRAMES_AT_ONCE]
                z = torch.bmm(repeated[: len(some)], some)  # (frames, V*S, C)
                add_product(a[b, first : first + len(some)], z.view(-1, V, S * C), self.project)
        return a

    def looks(self, y: Tensor) -> Tensor:
        """Padded (B, T + 2, V, C) -> (B, S, V, W*V): LocalAttention.looks with its last axes exchanged."""
        total = y.sum(dim=1, dtype=self.table.dtype)  # (B, V, C)
        weights = self.frame_weights(y, total)[..., self.weight_of_row]  # (B, S, W*V)
        return self.scores(y, total).softmax(dim=2).mul_(weights[:, :, None])

    def scores(self, y: Tensor, total: Tensor) -> Tensor:
        """Padded (B, T + 2, V, C) and the sum of its frames -> (B, S, V, W*V), [v, u]."""
        B, frames, V, _ = y.shape
        T, S = frames - WINDOW + 1, self.num_heads
        both = y.new_empty(B, len(self.query_key), frames * V)
        for b in range(B):
            torch.mm(self.query_key, y[b].flatten(0, 1).mT, out=both[b])
        # Scores of a thousand are usual, and differences of one tell: in bfloat16 they would be lost.
        both = both.view(B, 2, S, -1, V).to(self.table.dtype)  # the fourth axis is I * (T + 2)
        queries, keys = (both[:, i].flatten(0, 1) for i in (0, 1))
        moved = queries.flatten(1).unfold(1, WINDOW * V, V)  # (B*S, I * (T+2) - 2, W*V), a view
        scores = torch.bmm(keys[:, 1:-1].mT, moved).unflatten(0, (B, S))
        of_bias = (total @ self.biased_key).mT  # (B, S, V), what the bias of the queries adds to each row
        return scores.add_(of_bias[..., None]).div_(T).masked_fill_(self.out_of_scope, -torch.inf)

    def frame_weights(self, y: Tensor, total: Tensor) -> Tensor:
        """Padded (B, T + 2, V, C) and the sum of its frames -> (B, S, W).

        Over all windows, the first frame is each of the clip but the last, the third each but the first; the
        zero frames add nothing.
        """
        T, S = y.shape[1] - WINDOW + 1, self.num_heads
        centre = (self.mean_adjacency @ total) / T @ self.centre + self.centre_bias  # (B, S)
        missing = torch.stack((y[:, -2], torch.zeros_like(y[:, 0]), y[:, 1]), dim=1)  # (B, W, V, C)
        means = (total[:, None] - missing).mean(dim=2) / T  # (B, W, C)
        means = means.unflatten(2, (S, -1)).mean(dim=3)  # (B, W, S)
        return (centre[:, None] - means).mT.sigmoid()


class FusedResidual(nn.Module):
    """What a product is added to: the block's input, or its projection, and all biases of the sum."""

    weight: Tensor | None
    bias: Tensor

    def __init__(self, residual: nn.Module, bias: Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        if isinstance(residual, nn.Identity):
            self.weight = None
        else:
            weight, own_bias = fold(residual)
            bias = bias + own_bias
            self.register_buffer("weight", weight[:, :, 0].to(dtype))
        self.register_buffer("bias", bias.to(dtype))

    def forward(self, y: Tensor) -> Tensor:
        """(B, T, V, C_in) -> (B, T, V, C_out), new and contiguous."""
        if self.weight is None:
            return (y + self.bias).contiguous()
        return F.linear(y, self.weight, self.bias)


class FusedBlock(nn.Module):
    """A block whose input is still to be activated, as its output is."""

    feed_forward: Tensor
    temporal: Tensor
    temporal_bias: Tensor

    def __init__(self, block: Block, stride: int, dtype: torch.dtype, tables: torch.dtype) -> None:
        super().__init__()
        project, feed_forward = fold(block.attention.project), fold(block.feed_forward)
        self.attention = FusedAttention(block.attention, project.weight[:, :, 0], dtype, tables)
        self.attention_residual = FusedResidual(block.attention_residual, project.bias, dtype)
        self.feed_forward_residual = FusedResidual(block.feed_forward_residual, feed_forward.bias, dtype)
        temporal = with_residual(fold(block.temporal), block.temporal_residual)
        self.stride = stride

        self.register_buffer("feed_forward", feed_forward.weight[:, :, 0].mT.to(dtype).contiguous())
        weight = temporal.weight[..., None].to(dtype).contiguous(memory_format=torch.channels_last)
        self.register_buffer("temporal", weight)
        self.register_buffer("temporal_bias", temporal.bias.to(dtype))

    def forward(self, x: Tensor, looks: list[Tensor]) -> Tensor:
        """(B, T, V, C_in) -> (B, ceil(T / stride), V, C_out)."""
        padded = activate_and_pad(x)
        y = padded[:, 1:-1]
        a = activate(self.attention(padded, self.attention_residual(y), looks))
        b = activate(add_product(self.feed_forward_residual(y), a, self.feed_forward))
        pad = self.temporal.shape[2] // 2
        c = F.conv2d(b.permute(0, 3, 1, 2), self.temporal, self.temporal_bias, (self.stride, 1), (pad, 0))
        return c.permute(0, 2, 3, 1)


class FusedSTGAT(nn.Module):
    """An STGAT for answering alone: no gradients, no dropout, its weights copied from `model`.

    precision: of the maps and of the products' factors; sums, the tables of attention and what is returned
    are in the precision of `model`. Safe in several threads at a time. See stgat.recognizer.fuse.
    """

    def __init__(self, model: STGAT, precision: Precision = "fp32") -> None:
        super().__init__()
        if model.config.causal is not None:
            raise ValueError("a continual network steps frame by frame and is not fused: see stgat.continual")
        kept = next(model.parameters()).dtype
        self.config = model.config
        self.pool = model.pool
        dtype = torch.bfloat16 if precision == "bf16" else kept
        with torch.no_grad():
            self.stem = FusedStem(model.stem, kept)
            self.blocks = nn.ModuleList(
                FusedBlock(block, stride, dtype, kept)  # type: ignore[arg-type]
                for block, (*_, stride) in zip(model.blocks, model.config.blocks, strict=True)
            )
            self.classifier = deepcopy(model.classifier).requires_grad_(False).eval()
        self._dtype, self._kept = dtype, kept
        self._nobody: dict[tuple[int, torch.device], list[Tensor]] = {}

    def forward(self, x: Tensor) -> Tensor:
        """Normalised joints (N, C, T, V, M), an absent person all zeros -> logits (N, K)."""
        return self.classifier(self.features(x))

    def explain(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """As STGAT.explain."""
        looks: list[Tensor] = []
        return self.classifier(self.features(x, looks)), looks

    def features(self, x: Tensor, looks: list[Tensor] | None = None) -> Tensor:
        """As STGAT.features."""
        return self.pool(self.maps(x, looks))

    @torch.no_grad()
    def maps(self, x: Tensor, looks: list[Tensor] | None = None) -> Tensor:
        """As STGAT.maps: (N, C, T, V, M) -> (N, M, C_last, T', V)."""
        people = x.permute(0, 4, 1, 2, 3).flatten(0, 1)  # (N*M, C, T, V)
        there = (people != 0).flatten(1).any(dim=1)  # (N*M,)
        all_there = bool(there.all())
        parts: list[Tensor] = []  # the looks of those who are there, and last the maps
        if there.any():
            parts.append(self.of_people(people if all_there else people[there], parts))
        wanted = slice(-1, None) if looks is None else slice(None)
        parts = parts[wanted]
        if not all_there:
            parts = _filled(self.nobody(x)[wanted], parts, there)
        *looked, y = (part.unflatten(0, (x.shape[0], x.shape[4])) for part in parts)
        if looks is not None:
            looks += looked
        return y.permute(0, 1, 4, 2, 3)

    def of_people(self, x: Tensor, looks: list[Tensor]) -> Tensor:
        """(B, C, T, V) -> (B, T', V, C_last). Each block's looks, (B, S, W*V, V), are appended."""
        y = self.stem(x).to(self._dtype)
        for block in self.blocks:
            y = block(y, looks)
        return activate(y).to(self._kept)

    def nobody(self, x: Tensor) -> list[Tensor]:
        """The looks, then the maps of one absent person in clips like x (N, C, T, V, M); kept."""
        key = (x.shape[2], x.device)
        known = self._nobody.get(key)
        if known is None:
            known = []
            known.append(self.of_people(torch.zeros_like(x[:1, ..., 0]), known))
            # Another dictionary, not this one changed: another thread may be reading it.
            self._nobody = dict([*self._nobody.items(), (key, known)][-KEPT_LENGTHS:])
        return known


def _filled(nobody: list[Tensor], present: list[Tensor], there: Tensor) -> list[Tensor]:
    """(1, ...) of nobody and (B, ...) of the people who are there, if any -> (N*M, ...), part by part."""
    whole = [part.repeat(len(there), *[1] * (part.ndim - 1)) for part in nobody]
    for part, known in zip(whole, present, strict=False):
        part[there] = known
    return whole
