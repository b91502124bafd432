"""How weights are moved: the optimiser, what decays, the rate over the epochs, and the averaged copy."""

from __future__ import annotations

import math

import torch
from torch import nn

from stgat.training.config import TrainConfig


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """average = decay * average + (1 - decay) * model, batch-norm statistics included."""
    new = model.state_dict()
    floating, target = [], []
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            floating.append(value)
            target.append(new[name])
        else:
            value.copy_(new[name])
    torch._foreach_lerp_(floating, target, 1 - decay)


def learning_rate(epoch: float, config: TrainConfig) -> float:
    """Linear warm-up, then half a cosine down to zero (Loshchilov and Hutter, arXiv 1608.03983) or steps."""
    if epoch < config.warmup_epochs:
        return config.learning_rate * (epoch + 0.1) / (config.warmup_epochs + 0.1)
    if config.schedule == "steps":
        return config.learning_rate * 0.1 ** sum(epoch >= milestone for milestone in config.milestones)
    share = (epoch - config.warmup_epochs) / max(config.epochs - config.warmup_epochs, 1e-9)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def parameter_groups(model: nn.Module, config: TrainConfig) -> list[dict]:
    """What decays and what does not; with decay: weights, biases and batch norms do not."""
    decayed = [p for p in model.parameters() if p.ndim > 1 or config.decay == "all"]
    kept = [p for p in model.parameters() if p.ndim <= 1 and config.decay != "all"]
    return [{"params": decayed, "weight_decay": config.weight_decay}, {"params": kept, "weight_decay": 0.0}]


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """SGD with Nesterov's momentum 0.9, or AdamW (Loshchilov and Hutter, arXiv 1711.05101)."""
    groups = parameter_groups(model, config)
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, config.learning_rate)
    return torch.optim.SGD(groups, config.learning_rate, momentum=0.9, nesterov=True)
