"""The training loop: SGD with a one-cycle rate, an averaged copy of the weights, one checkpoint."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stgat.checkpoint import Checkpoint, Metadata
from stgat.data.labelled import LabelledSequence, load_sequences
from stgat.device import choose_device
from stgat.errors import TrainingError
from stgat.model import STGAT
from stgat.training.augment import training_window
from stgat.training.config import TrainConfig
from stgat.training.evaluate import evaluate


@dataclass(frozen=True)
class Progress:
    """Where a run stands after an epoch. loss: mean of the epoch; top1: of its training windows, percent."""

    epoch: int
    epochs: int
    loss: float
    top1: float
    learning_rate: float
    samples_per_s: float


def train(config: TrainConfig, report: Callable[[Progress], None] = lambda progress: None) -> Checkpoint:
    """Train as the config says and measure on the held-out subjects.

    The result are the last averaged weights. No epoch is chosen by its held-out accuracy: the held-out
    part is looked at once, at the end.

    Raises DataError for unusable data, DeviceError for a missing device, TrainingError where the loss is
    no longer a number.
    """
    torch.set_num_threads(config.threads)
    random.seed(config.seed)
    torch.manual_seed(config.seed)
    device = choose_device(config.device)

    train_part, test_part = load_sequences(config.data, config.labels)
    model = STGAT(config.network).to(device)
    average = deepcopy(model).eval()
    optimizer = torch.optim.SGD(
        parameter_groups(model, config.weight_decay), config.learning_rate, momentum=0.9, nesterov=True
    )
    steps_per_epoch = math.ceil(len(train_part) / config.batch_size)
    step = 0
    for epoch in range(config.epochs):
        started, total_loss, right, seen = time.monotonic(), 0.0, 0, 0
        model.train()
        for inputs, labels in batches(train_part, config, epoch):
            rate = learning_rate(step / steps_per_epoch, config)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss, hits = training_step(model, optimizer, inputs.to(device), labels.to(device), config)
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the loss became {loss} in epoch {epoch + 1}, step {step}, at learning rate {rate:.2g}; "
                    "a smaller learning_rate or precision=fp32 may help"
                )
            update_average(average, model, min(config.ema_decay, (1 + step) / (10 + step)))
            step += 1
            total_loss += loss * len(labels)
            right += hits
            seen += len(labels)
        elapsed = time.monotonic() - started
        report(
            Progress(epoch + 1, config.epochs, total_loss / seen, 100 * right / seen, rate, seen / elapsed)
        )

    average = average.cpu()
    metrics = evaluate(average, test_part, config.preprocessing).metrics()
    return Checkpoint(average, describe(config, metrics, len(train_part), len(test_part)))


def training_step(
    model: STGAT, optimizer: torch.optim.Optimizer, inputs: Tensor, labels: Tensor, config: TrainConfig
) -> tuple[float, int]:
    """One step of the optimiser; the loss, and how many of the batch were right."""
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=config.precision == "bf16"):
        logits = model(inputs)
    loss = F.cross_entropy(logits.float(), labels, label_smoothing=config.label_smoothing)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
    optimizer.step()
    return loss.item(), int((logits.argmax(dim=1) == labels).sum())


@torch.no_grad()
def update_average(average: STGAT, model: STGAT, decay: float) -> None:
    """average = decay * average + (1 - decay) * model, batch-norm statistics included."""
    new = model.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(new[name], 1 - decay)
        else:
            value.copy_(new[name])


def learning_rate(epoch: float, config: TrainConfig) -> float:
    """Linear warm-up, then half a cosine down to zero (Loshchilov and Hutter, arXiv 1608.03983)."""
    if epoch < config.warmup_epochs:
        return config.learning_rate * (epoch + 0.1) / (config.warmup_epochs + 0.1)
    share = (epoch - config.warmup_epochs) / max(config.epochs - config.warmup_epochs, 1e-9)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Weights decay; biases and batch norms do not."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    kept = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]


def batches(
    sequences: Sequence[LabelledSequence], config: TrainConfig, epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of random windows, (N, C, T, V, 1) and (N,); prepared a batch ahead in another thread.

    Sequences are drawn with a weight of one over the root of their class's size, so that rare actions
    are seen. What is drawn depends on the seed and the epoch alone.
    """
    labels = np.array([sequence.label for sequence in sequences])
    weights = 1.0 / np.sqrt(np.bincount(labels)[labels])
    order = np.random.default_rng((config.seed, epoch))
    drawn = order.choice(len(sequences), size=len(sequences), p=weights / weights.sum())
    mirrored = mirrored_classes(config)

    def make(start: int) -> tuple[Tensor, Tensor]:
        examples = [
            training_window(
                sequences[drawn[i]], config.preprocessing, config.augment, mirrored,
                np.random.default_rng((config.seed, epoch, i)),
            )
            for i in range(start, min(start + config.batch_size, len(drawn)))
        ]  # fmt: skip
        inputs = torch.from_numpy(np.stack([window for window, _ in examples]))
        return inputs, torch.tensor([label for _, label in examples])

    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(make, 0)
        for start in range(config.batch_size, len(drawn), config.batch_size):
            batch, ahead = ahead.result(), pool.submit(make, start)
            yield batch
        yield ahead.result()


def mirrored_classes(config: TrainConfig) -> np.ndarray:
    """(K,) the class that each class is in a mirror. Raises TrainingError for a name that is no label."""
    labels = list(config.labels)
    pairs = {**config.mirror_labels, **{b: a for a, b in config.mirror_labels.items()}}
    for name in pairs:
        if name not in labels:
            raise TrainingError(f"mirror_labels names {name!r}, which is no label of this run")
    return np.array([labels.index(pairs.get(label, label)) for label in labels])


def describe(config: TrainConfig, metrics: dict[str, float], num_train: int, num_test: int) -> Metadata:
    data = "; ".join(
        f"{item.format}, held-out subjects {' '.join(map(str, item.test_subjects))}" for item in config.data
    )
    return Metadata(
        name=config.name,
        model=config.network,
        preprocessing=config.preprocessing,
        labels=config.labels,
        metrics=metrics,
        data=f"{data}; {num_train} training and {num_test} held-out sequences; seed {config.seed}",
        data_licence="; ".join(f"{item.format}: {item.licence}" for item in config.data),
        created_by=f"python main.py train (config {config.name}, torch {torch.__version__})",
    )
