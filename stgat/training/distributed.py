"""One process or many: what makes the result of an epoch independent of how many share it."""

from __future__ import annotations

import gc
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from stgat.errors import ConfigError, TrainingError
from stgat.model import STGAT
from stgat.training.absent import AbsentOnce
from stgat.training.compiling import compiles
from stgat.training.config import TrainConfig

#: How long processes wait for the one that evaluates. By default they give up after half an hour, and a test
#: part can take longer on a CPU. That a process was killed is noticed by its connection, not by this.
PATIENCE = timedelta(days=7)


def open_fabric(config: TrainConfig, device: torch.device) -> Fabric:
    """The processes of a run, started. Under torchrun its numbers count, else config.devices.

    Raises ConfigError where a batch cannot be shared equally.
    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    local = int(os.environ.get("LOCAL_WORLD_SIZE", config.devices))
    world = int(os.environ.get("WORLD_SIZE", local))
    if config.batch_size % world:
        raise ConfigError(f"batch_size: {config.batch_size} cannot be shared equally by {world} processes")
    alone = world == 1
    fabric = Fabric(
        accelerator=device.type,
        devices=[device.index] if alone and device.index is not None else local,
        num_nodes=world // local,
        strategy="auto" if alone else DDPStrategy(timeout=PATIENCE),
        precision="bf16-mixed" if config.precision == "bf16" else "32-true",
    )
    fabric.launch()
    return fabric


@contextmanager
def parting(fabric: Fabric) -> Iterator[None]:
    """Around a run: afterwards nothing connects its processes.

    Left to the interpreter's exit, the connection's threads may abort the process. And what ends them must
    not hold the interpreter's lock, for which they may be waiting to let go of their last tensor: destroying
    the group lets go of the lock, the deallocation of a wrapped network does not. So the network goes first,
    out of the frames of an error as well.
    """
    try:
        yield
    except BaseException as error:
        if fabric.world_size > 1:
            traceback.clear_frames(error.__traceback__)
        raise
    finally:
        if fabric.world_size > 1 and torch.distributed.is_initialized():
            gc.collect()
            torch.distributed.destroy_process_group()


class _Sum(torch.autograd.Function):
    """The sum over all processes; each one's gradient is the sum of all gradients."""

    @staticmethod
    def forward(ctx: FunctionCtx, values: Tensor) -> Tensor:
        values = values.clone()
        torch.distributed.all_reduce(values)
        return values

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        return _Sum.forward(ctx, gradient.contiguous())


class GlobalBatchNorm2d(nn.BatchNorm2d):
    """Batch norm over the equally large batches of all processes, for the CPU, where torch has none.

    The variance is put together from each process's own (Chan, Golub and LeVeque, "Updating formulae and a
    pairwise algorithm for computing sample variances", 1979): a mean of squares less the square of the mean
    would lose it to rounding where the mean is large.
    """

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, T, V) -> the same shape."""
        if not self.training:
            return super().forward(input)
        assert self.running_mean is not None and self.running_var is not None and self.momentum is not None
        x = input.float()
        world, rank = torch.distributed.get_world_size(), torch.distributed.get_rank()
        count = world * x.numel() / x.shape[1]
        own = torch.stack((x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0)))  # (2, C)
        nothing = torch.zeros_like(own)
        everyone = _Sum.apply(torch.stack([own if r == rank else nothing for r in range(world)]))
        means, variances = everyone.unbind(dim=1)  # (world, C)
        mean = means.mean(dim=0)
        variance = (variances + (means - mean).square()).mean(dim=0)
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked += 1
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        return (x * scale[:, None, None] + shift[:, None, None]).to(input.dtype)


def share_batch_norm(model: nn.Module, fabric: Fabric) -> nn.Module:
    """The network with its batch norms over all processes; parameters and their names stay."""
    if fabric.world_size == 1:
        return model
    if fabric.device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)
    for module in model.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = GlobalBatchNorm2d  # its state is the same; only forward differs
    return model


def for_training(network: STGAT, config: TrainConfig, fabric: Fabric) -> nn.Module:
    """The network as its training steps call it: compiled, or with absent people computed once."""
    if compiles(config.compile, fabric.device):
        return torch.compile(network)  # type: ignore[return-value]
    # Compiled code would be made anew for each number of absent people, and other processes have others.
    once = config.absent_people == "once" and fabric.world_size == 1
    return AbsentOnce(network) if once else network


def total(fabric: Fabric, values: Tensor) -> Tensor:
    """The values summed over all processes, in each of them."""
    if fabric.world_size > 1:
        torch.distributed.all_reduce(values)
    return values


@contextmanager
def one_fate(fabric: Fabric) -> Iterator[None]:
    """Around what one process does alone: where it fails, all end, instead of waiting for it for ever.

    Raises TrainingError in the others.
    """
    failure: Exception | None = None
    try:
        yield
    except Exception as error:  # noqa: BLE001 - raised again below
        failure = error
    failures = total(fabric, torch.tensor(float(failure is not None), device=fabric.device))
    if failure is not None:
        raise failure
    if failures:
        raise TrainingError("another process of this run failed, and says why")
