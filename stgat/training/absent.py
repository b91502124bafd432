"""Training that computes one absent person instead of all of them, with the same result.

The network always takes two people, and in most clips one of them is absent: all zeros. These zeros cannot
be left out of training, since the statistics of batch norm see what becomes of them. But all of them become
the same, so one person can stand for all: counted as often in the statistics and, by the chain rule, in the
gradient. That is the same formula; only the order of its sums differs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from stgat.model import STGAT


class AbsentOnce(nn.Module):
    """The network for training, called like it, its parameters and their gradients the network's own.

    The batch norms of the network become CountedBatchNorm2d; without this module around they act as before.
    A dropout inside the blocks would treat absent people differently, so there must be none in effect.
    """

    def __init__(self, network: STGAT) -> None:
        super().__init__()
        if network.config.attention_dropout:
            raise ValueError("attention_dropout makes absent people differ; compute each of them")
        self.network = network
        self._norms = [module for module in network.modules() if type(module) is nn.BatchNorm2d]
        for norm in self._norms:
            norm.__class__ = CountedBatchNorm2d  # its state is the same; only forward differs

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, V, M) -> logits (N, K)."""
        N, C, T, V, M = x.shape
        people = x.permute(0, 4, 1, 2, 3).reshape(N * M, C, T, V)
        present = people.flatten(1).any(dim=1)
        num_absent = N * M - int(present.sum())
        if num_absent < 2 or num_absent == N * M or not self.training:
            return self.network(x)
        rows = torch.cat((present.nonzero()[:, 0], (~present).nonzero()[:1, 0]))  # (R,) the last is absent
        row_of = torch.where(present, present.cumsum(0) - 1, len(rows) - 1)  # (N*M,)
        features = self._features(people[rows], num_absent)[row_of]
        features = features.unflatten(0, (N, M)).mean(dim=1)
        return self.network.classifier(self.network.dropout(features))

    def _features(self, people: Tensor, count_of_last: int) -> Tensor:
        """(R, C, T, V), the last standing for so many -> (R, C_last)."""
        for norm in self._norms:
            norm.count_of_last = count_of_last  # type: ignore[assignment]
        try:
            return self.network.features(people[..., None])
        finally:
            for norm in self._norms:
                norm.count_of_last = 1  # type: ignore[assignment]


class CountedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm in which the last row of a batch may stand for several equal ones, `count_of_last`."""

    count_of_last: int = 1

    def forward(self, input: Tensor) -> Tensor:
        """(R, C, T, V) -> the same shape."""
        n = self.count_of_last
        if n == 1 or not self.training:
            return super().forward(input)
        assert self.running_mean is not None and self.running_var is not None and self.momentum is not None
        with torch.no_grad():
            mean, var = _moments(input, n, self.running_mean)
            count = (len(input) - 1 + n) * input[0, 0].numel()
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(var * (count / (count - 1)), self.momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked += 1
        return _Normalise.apply(input, self.weight, self.bias, mean, var, n, self.eps)


def _moments(x: Tensor, n: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance (C,) over rows (R, C, T, V) of which the last counts n times.

    Put together from those of the others and its own (Chan, Golub and LeVeque, "Updating formulae and a
    pairwise algorithm for computing sample variances", 1979).
    """
    # In the type of the running statistics, which the function would update: it is given others.
    (mean, var), (mean_last, var_last) = (
        torch.batch_norm_update_stats(part, torch.zeros_like(like), torch.ones_like(like), 0.0)
        for part in (x[:-1], x[-1:])
    )
    share = n / (len(x) - 1 + n)
    apart = mean_last - mean
    return mean + share * apart, torch.lerp(var, var_last, share) + share * (1 - share) * apart.square()


class _Normalise(torch.autograd.Function):
    """(R, C, T, V) by the mean and variance of its rows, of which the last counts n times."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        var: Tensor,
        n: int,
        eps: float,
    ) -> Tensor:
        ctx.save_for_backward(x, weight, mean, var)
        ctx.n, ctx.eps = n, eps  # type: ignore[attr-defined]
        return nn.functional.batch_norm(x, mean, var, weight, bias, eps=eps)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, var = ctx.saved_tensors  # type: ignore[attr-defined]
        n, eps = ctx.n, ctx.eps  # type: ignore[attr-defined]
        # As if mean and variance were constants; the last row's gradient is that of all it stands for.
        direct, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, x, weight, mean, var, None, None, False, eps, [True, True, True]
        )
        # What each row does through mean and variance, as often as it counts: a * x + b.
        inverse = torch.rsqrt(var + eps)
        share = -weight * inverse / ((len(x) - 1 + n) * x[0, 0].numel())
        a = share * of_weight * inverse
        b = share * of_bias - a * mean
        through = nn.functional.batch_norm(x, torch.zeros_like(a), torch.ones_like(a), a, b, eps=0.0)
        through[-1] *= n
        return direct.add_(through), of_weight, of_bias, None, None, None, None
