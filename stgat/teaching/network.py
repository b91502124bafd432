"""A network with taught actions: its body and its old answers as they were, more rows in the classifier.

What the network knew it tells from the mean over the whole of its last maps. A taught action also has to be
told from few takes, and gestures of one hand differ in which part of the body moves when: its rows read the
means over body parts and thirds of the window.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from stgat.model import STGAT
from stgat.skeleton import NTU25

#: Joints of the NTU layout by part: trunk and head, left arm, right arm, left leg, right leg.
PARTS = ((0, 1, 2, 3, 20), (4, 5, 6, 7, 21, 22), (8, 9, 10, 11, 23, 24), (12, 13, 14, 15), (16, 17, 18, 19))
THIRDS = 3


def part_means(y: Tensor) -> Tensor:
    """The last block's maps (N, M, C, T, 25) -> (N, 3 * 5 * C), a mean a third of the frames and part.

    Each third has a frame at least, also of very few. Raises ValueError for another layout.
    """
    T, V = y.shape[3:]
    if NTU25.num_joints != V:
        raise ValueError(f"actions are taught on the {NTU25.num_joints} joints of {NTU25.name}, not on {V}")
    y = y.mean(dim=1)  # (N, C, T, V)
    parts = torch.stack([y[..., list(joints)].mean(dim=-1) for joints in PARTS], dim=1)  # (N, 5, C, T)
    begins = [third * T // THIRDS for third in range(THIRDS)]
    ends = [max(begin + 1, (third + 1) * T // THIRDS) for third, begin in enumerate(begins)]
    thirds = [parts[..., begin:end].mean(dim=-1) for begin, end in zip(begins, ends, strict=True)]
    return torch.stack(thirds, dim=1).flatten(1)


class TaughtSTGAT(STGAT):
    """An STGAT that names n more actions; the logits of those it knew are the base's to the bit.

    base: is copied. weight (n, 3 * 5 * C), bias (n,): of the taught rows, on `part_means`.
    """

    def __init__(self, base: STGAT, weight: Tensor, bias: Tensor) -> None:
        nn.Module.__init__(self)
        copy = deepcopy(base)
        n = len(weight)
        self.config = base.config.model_copy(update={"num_classes": base.config.num_classes + n})
        self.stem, self.blocks, self.dropout = copy.stem, copy.blocks, copy.dropout
        self.classifier = TaughtClassifier(copy.classifier, weight, bias)  # type: ignore[assignment]
        self.eval()

    @staticmethod
    def pool(y: Tensor) -> Tensor:
        """(N, M, C, T, V) -> (N, C + 3 * 5 * C), the base's features and `part_means`."""
        return torch.cat((STGAT.pool(y), part_means(y)), dim=1)


class TaughtClassifier(nn.Module):
    """The base's classifier on its features, and the taught rows on theirs."""

    def __init__(self, old: nn.Linear, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.old = old
        self.taught = nn.Linear(weight.shape[1], len(weight))
        with torch.no_grad():
            self.taught.weight.copy_(weight)
            self.taught.bias.copy_(bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C + 3 * 5 * C) -> (N, K + n)."""
        C = self.old.in_features
        return torch.cat((self.old(x[:, :C]), self.taught(x[:, C:])), dim=1)
