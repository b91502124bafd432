"""STGAT, the Spatial Temporal Graph Attention Network, in one file.

Hu, Liu and Feng, "Skeleton-Based Action Recognition with Local Dynamic Spatial-Temporal Aggregation",
arXiv 2208.08599. Axis letters, used in every shape comment:

    N batch   M people   C channels   T frames   V joints   K classes
    W window of frames (3)   S heads   I channels a head
"""

from __future__ import annotations

from typing import Literal, Self

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from stgat.skeleton import get_layout

WINDOW = 3  # frames that one frame attends to: the one before, itself, the one after
NEGATIVE_SLOPE = 0.1
NUM_DIFFERENCES = 4
#: Four gigabytes of them; the paper's network has three million.
MAX_PARAMETERS = 1_000_000_000

FrameWeighting = Literal["u_div_v", "u_mod_w"]

PAPER_BLOCKS = (
    (64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1),
    (128, 256, 2), (256, 256, 1), (256, 256, 1), (256, 256, 1),
)  # fmt: skip


class CausalConfig(BaseModel):
    """How far a causal network looks back (stgat.continual), in frames of its input.

    memory: L, over which attention scores and frame weights are averaged. refresh: H, after how many frames
    the attention is made anew of them. answer_over: P, over which the last block's maps are averaged before
    the classifier.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory: int = Field(ge=1, le=4096)
    refresh: int = Field(default=1, ge=1, le=4096)
    answer_over: int = Field(ge=1, le=4096)


class STGATConfig(BaseModel):
    """Everything that decides the network's parameters and what it computes.

    num_classes: K.
    layout: name of the joint layout (stgat.skeleton.LAYOUTS), which gives V and the bones.
    in_channels: C of the input.
    blocks: (C_in, C_out, temporal stride) of each block, first to last.
    num_heads: S; head s (from 0) attends to joints exactly s + 1 bones away, and to the joint itself.
    frame_weighting: which dynamic frame weight a row u of the attention gets. "u_div_v" gives it the
        weight of its own frame, as the paper's text says; "u_mod_w" is the authors' code, and what
        checkpoints trained with it expect.
    dropout: before the classifier. attention_dropout: on the attention, learned table included.
    causal: for a network that looks back only (stgat.continual); None for the paper's, of whole clips.

    Raises pydantic.ValidationError (a ValueError) for sizes that do not fit together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    num_classes: int = Field(ge=1, le=100_000)
    layout: str = "ntu25"
    in_channels: int = Field(default=3, ge=1, le=64)
    blocks: tuple[tuple[int, int, int], ...] = PAPER_BLOCKS
    num_heads: int = Field(default=8, ge=1, le=64)
    frame_weighting: FrameWeighting = "u_div_v"
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    attention_dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    causal: CausalConfig | None = None

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        get_layout(self.layout)
        if not 1 <= len(self.blocks) <= 64:
            raise ValueError("blocks: between 1 and 64 are needed")
        if self.blocks[0][0] % 8:
            raise ValueError(
                f"blocks: the first width, {self.blocks[0][0]}, must be a multiple of 8 (the stem)"
            )
        width = self.blocks[0][0]
        for i, (c_in, c_out, stride) in enumerate(self.blocks):
            if c_in != width:
                raise ValueError(f"blocks[{i}]: takes {c_in} channels, but the one before gives {width}")
            if min(c_in, c_out, stride) < 1 or max(c_in, c_out) > 8192 or stride > 64:
                raise ValueError(f"blocks[{i}]: widths must be 1..8192 and the stride 1..64")
            if c_in % self.num_heads or c_out % self.num_heads:
                raise ValueError(
                    f"blocks[{i}]: widths {c_in} and {c_out} must divide by {self.num_heads} heads"
                )
            width = c_out
        if self._block_parameters() > MAX_PARAMETERS:
            raise ValueError(f"blocks: more than {MAX_PARAMETERS:,} parameters in all")
        return self

    def _block_parameters(self) -> int:
        """Weights of the blocks' convolutions, but for what only some blocks have."""
        return sum(
            (self.num_heads + 2) * c_in * c_out + c_in**2 + 8 * c_out**2 for c_in, c_out, _ in self.blocks
        )


def leaky_relu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, NEGATIVE_SLOPE)


def conv_bn(c_in: int, c_out: int, kernel: int = 1, stride: int = 1) -> nn.Sequential:
    """Convolution over time (1 joint wide) and its batch norm."""
    conv = nn.Conv2d(c_in, c_out, (kernel, 1), (stride, 1), ((kernel - 1) // 2, 0))
    return nn.Sequential(conv, nn.BatchNorm2d(c_out))


def unfold_frames(padded: Tensor, T: int) -> Tensor:
    """Lay each frame's window beside it: (..., T + W - 1, V) -> (..., T, W * V), column w * V + v."""
    return torch.cat([padded[..., w : w + T, :] for w in range(WINDOW)], dim=-1)


def difference(x: Tensor, step: int) -> Tensor:
    """x[t] - x[t - step] over the T axis of (N, C, T, V); zero where frame t - step does not exist."""
    T = x.shape[2]
    if abs(step) >= T:
        return torch.zeros_like(x)
    if step > 0:
        return F.pad(x[:, :, step:] - x[:, :, :-step], (0, 0, step, 0))
    return F.pad(x[:, :, :step] - x[:, :, -step:], (0, 0, 0, -step))


class Stem(nn.Module):
    """Separated motion: coordinates and four frame differences, each through its own convolution."""

    steps: tuple[int, ...] = (1, 2, -1, -2)

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.static = conv_bn(c_in, c_out // 2)
        self.motion = nn.ModuleList(conv_bn(c_in, c_out // 8) for _ in range(NUM_DIFFERENCES))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, V) -> (N, C0, T, V)."""
        maps = [self.static(x)]
        maps += [conv(difference(x, step)) for conv, step in zip(self.motion, self.steps, strict=True)]
        return leaky_relu(torch.cat(maps, dim=1))


class LocalAttention(nn.Module):
    """Spatial attention over a window of frames, with narrowed scopes and dynamic frame weights.

    Steps 1 to 6 of a block: unfold, scores, scope, frame weights, learned table, aggregation.
    """

    scope: Tensor
    mean_adjacency: Tensor
    weight_of_row: Tensor

    def __init__(self, config: STGATConfig, c_in: int, c_out: int) -> None:
        super().__init__()
        layout = get_layout(config.layout)
        V, S = layout.num_joints, config.num_heads
        self.num_heads = S
        self.key = nn.Conv2d(c_in, c_out, 1)
        self.query = nn.Conv2d(c_in, c_out, 1)
        self.frame_difference = nn.Conv2d(c_in, c_in, 1)
        self.table = nn.Parameter(torch.full((S, WINDOW * V, V), 1.0 / V))
        self.dropout = nn.Dropout(config.attention_dropout)
        self.project = conv_bn(S * c_in, c_out)

        # The graph follows from the config, so it is not stored with the weights. It is made on the CPU,
        # wherever the network is built: on the meta device, where files are checked, a comparison or a mean
        # imports PyTorch's compiler, which takes a second.
        here, cpu = torch.get_default_device(), torch.device("cpu")
        hops = torch.tensor(layout.hops, device=cpu)
        reach = torch.arange(1, S + 1, device=cpu)[:, None, None]
        scope = ((hops == reach) | (hops == 0)).repeat(1, WINDOW, 1)  # (S, W*V, V)
        rows = torch.arange(WINDOW * V, device=cpu)
        weight_of_row = rows // V if config.frame_weighting == "u_div_v" else rows % WINDOW
        adjacency = torch.tensor(layout.adjacency(), dtype=torch.get_default_dtype(), device=cpu)
        self.register_buffer("scope", scope.to(here), persistent=False)
        self.register_buffer("weight_of_row", weight_of_row.to(here), persistent=False)
        self.register_buffer("mean_adjacency", adjacency.mean(dim=1).to(here), persistent=False)

    def forward(self, y: Tensor) -> Tensor:
        """(N, C_in, T, V) -> (N, C_out, T, V), batch norm included, activation not."""
        N, C, T, V = y.shape
        S = self.num_heads
        windows = unfold_frames(F.pad(y, (0, 0, 1, 1)), T)  # (N, C, T, W*V)
        attention = self.attention(y)  # (N, S, W*V, V)
        # All heads in one matrix product: a product a head would copy the windows S times.
        attention = attention.transpose(1, 2).reshape(N, WINDOW * V, S * V)
        z = windows.reshape(N, C * T, WINDOW * V) @ attention  # (N, C*T, S*V)
        z = z.reshape(N, C, T, S, V).permute(0, 3, 1, 2, 4).reshape(N, S * C, T, V)
        return self.project(z)

    def attention(self, y: Tensor) -> Tensor:
        """(N, C_in, T, V) -> (N, S, W*V, V): what joint v takes from joint u mod V of frame u div V."""
        return self.dropout(self.looks(y) + self.table)

    def looks(self, y: Tensor) -> Tensor:
        """(N, C_in, T, V) -> (N, S, W*V, V): the part of the attention that depends on the input.

        Row u sums to its frame's weight, shared out among the joints in its scope.
        """
        scores = self.scores(y).masked_fill(~self.scope, float("-inf"))
        weights = self.frame_weights(y)[..., self.weight_of_row]  # (N, S, W*V)
        return scores.softmax(dim=-1) * weights[..., None]

    def scores(self, y: Tensor) -> Tensor:
        """(N, C_in, T, V) -> (N, S, W*V, V), one table for the whole clip."""
        N, _, T, V = y.shape
        keys = self.key(y)  # (N, S*I, T, V)
        queries = self.query(y)
        # A 1x1 convolution of the zero frames around the clip is its bias.
        edge = self.query.bias[:, None, None].expand(N, -1, 1, V).to(queries.dtype)  # type: ignore[index]
        queries = unfold_frames(torch.cat((edge, queries, edge), dim=2), T)  # (N, S*I, T, W*V)
        keys = keys.reshape(N, self.num_heads, -1, V)  # (N, S, I*T, V)
        queries = queries.reshape(N, self.num_heads, -1, WINDOW * V)  # (N, S, I*T, W*V)
        return queries.transpose(2, 3) @ keys / keys.shape[2]

    def frame_weights(self, y: Tensor) -> Tensor:
        """(N, C_in, T, V) -> (N, S, W): how far each frame of the window moves from its neighbourhood.

        The mean over joints and frames is taken before the convolution, not after: both are linear.
        """
        N, _, T, _ = y.shape
        centre = (y @ self.mean_adjacency.to(y.dtype)).mean(dim=2)  # (N, C)
        centre = self.frame_difference(centre[:, :, None, None]).flatten(1)  # (N, C)
        frame_means = F.pad(y.mean(dim=3, keepdim=True), (0, 0, 1, 1))  # (N, C, T+2, 1)
        window_means = unfold_frames(frame_means, T).mean(dim=2)  # (N, C, W)
        moved = centre[:, :, None] - window_means
        return moved.reshape(N, self.num_heads, -1, WINDOW).mean(dim=2).sigmoid()


class Block(nn.Module):
    """Attention, a feed-forward convolution, and a convolution over time, each with its residual."""

    def __init__(self, config: STGATConfig, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        same = c_in == c_out and stride == 1
        self.attention = LocalAttention(config, c_in, c_out)
        self.feed_forward = conv_bn(c_out, c_out)
        self.temporal = conv_bn(c_out, c_out, kernel=7, stride=stride)
        self.attention_residual = nn.Identity() if same else conv_bn(c_in, c_out)
        self.feed_forward_residual = nn.Identity() if same else conv_bn(c_in, c_out)
        self.temporal_residual = nn.Identity() if same else conv_bn(c_out, c_out, stride=stride)

    def forward(self, y: Tensor) -> Tensor:
        """(N, C_in, T, V) -> (N, C_out, ceil(T / stride), V)."""
        a = leaky_relu(self.attention_residual(y) + self.attention(y))
        b = leaky_relu(self.feed_forward_residual(y) + self.feed_forward(a))
        return leaky_relu(self.temporal_residual(b) + self.temporal(b))


class STGAT(nn.Module):
    """The network. See STGATConfig for its sizes.

    >>> model = STGAT(STGATConfig(num_classes=60))
    >>> model(torch.zeros(1, 3, 128, 25, 2)).shape
    torch.Size([1, 60])
    """

    def __init__(self, config: STGATConfig) -> None:
        super().__init__()
        self.config = config
        width = config.blocks[-1][1]
        self.stem = Stem(config.in_channels, config.blocks[0][0])
        self.blocks = nn.ModuleList(Block(config, *sizes) for sizes in config.blocks)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(width, config.num_classes)
        self._initialise()

    def _initialise(self) -> None:
        if self.classifier.weight.is_meta:  # no numbers to draw; to ask for them imports the compiler, too
            return
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        nn.init.xavier_normal_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)

    def features(self, x: Tensor, looks: list[Tensor] | None = None) -> Tensor:
        """(N, C, T, V, M) -> (N, C_last), the mean over frames, joints and all M people, absent ones too.

        looks: a list to which each block's LocalAttention.looks, (N, M, S, W*V, V), is appended.
        """
        return self.pool(self.maps(x, looks))

    def maps(self, x: Tensor, looks: list[Tensor] | None = None) -> Tensor:
        """(N, C, T, V, M) -> (N, M, C_last, T', V), what the last block gives; looks as in `features`."""
        N, C, T, V, M = x.shape
        y = x.permute(0, 4, 1, 2, 3).reshape(N * M, C, T, V)
        y = self.stem(y)
        for block in self.blocks:
            if looks is not None:
                looks.append(block.attention.looks(y).unflatten(0, (N, M)))  # type: ignore[union-attr,operator]
            y = block(y)
        return y.unflatten(0, (N, M))

    @staticmethod
    def pool(y: Tensor) -> Tensor:
        """The last block's maps (N, M, C_last, T', V) -> (N, C_last), their means."""
        return y.mean(dim=(3, 4)).mean(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised joints (N, C, T, V, M), an absent person all zeros -> logits (N, K)."""
        return self.classifier(self.dropout(self.features(x)))

    def explain(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The logits of `forward`, and what each block looked at: (N, M, S, W*V, V); see stgat.attention."""
        looks: list[Tensor] = []
        return self.classifier(self.dropout(self.features(x, looks))), looks
