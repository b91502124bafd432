"""A run that begins with the weights of another network, to be trained on: fine-tuning."""

from __future__ import annotations

from pathlib import Path

import torch

from stgat.checkpoint import load_checkpoint
from stgat.errors import CheckpointError, ConfigError
from stgat.model import STGAT


@torch.no_grad()
def begin_with(path: Path, network: STGAT, labels: tuple[str, ...]) -> None:
    """Copy a checkpoint's weights into the network: its classifier's too where it names the same classes.

    Raises ConfigError where the checkpoint cannot be read, or is another network than the run's: they must
    agree in everything but the number of classes, the dropout, and whether they are causal.
    """
    try:
        checkpoint = load_checkpoint(path)
    except CheckpointError as error:
        raise ConfigError(f"pretrained: {error}") from error
    theirs, ours = (config.model_dump() for config in (checkpoint.model.config, network.config))
    free = {"num_classes", "dropout", "attention_dropout", "causal"}
    different = [name for name in theirs if name not in free and theirs[name] != ours[name]]
    if different:
        told = ", ".join(f"{name}: {theirs[name]}" for name in different)
        raise ConfigError(f"pretrained: {path} is another network; give this run's model the same {told}")
    weights = checkpoint.model.state_dict()
    if checkpoint.metadata.labels != labels:
        own = {name for name, value in network.state_dict().items() if name.startswith("classifier.")}
        weights = {name: value for name, value in weights.items() if name not in own}
        missing = network.load_state_dict(weights, strict=False).missing_keys
        assert set(missing) == own
    else:
        network.load_state_dict(weights)
