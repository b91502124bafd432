"""Actions that a network is pretrained without, to measure how well they can be taught.

GTU is left out whole, and of the other data sets every class of NOVEL; taught are those actions of UTD-MHAD
and GTU of which the network then has no class.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from app.training_progress import epoch_line
from stgat.checkpoint import Checkpoint, load_checkpoint
from stgat.data.formats import FORMATS
from stgat.errors import TeachingError
from stgat.retarget import one_body
from stgat.skeleton import FloatArray
from stgat.teaching.memory import Memory, load_memory, memory_path, save_memory
from stgat.teaching.profiles import Take
from stgat.teaching.remember import remember
from stgat.training.config import PooledTrainConfig
from stgat.training.train import train

#: The classes that are left out, as configs/everyday-actions.csv calls them.
NOVEL = (
    "swipe left", "swipe right", "draw X", "draw circle", "draw triangle", "arm curl", "knock", "lunge",
    "squat down", "bowling", "baseball swing", "shoot at basket", "cross hands in front",
)  # fmt: skip
#: Of GTU; its waves, its walking and its clapping are also actions of the data sets that are trained on.
NOVEL_OF_GTU = (
    "opening and closing the arms", "right-left step", "crouching", "sitting down and standing up",
    "lower back", "eight-step motion", "neck relaxation", "waist stretch", "right leg bend", "left leg bend",
)  # fmt: skip
LEFT_OUT_SET = "gtu"


@dataclass(frozen=True, eq=False)
class Sequence:
    """A take of a novel action. subject: 0 where the data set does not say (GTU).

    raw_m: (T, V, 3) as the sensor gave them. take: on the 25 joints of the one body.
    """

    data_set: str
    action: str
    subject: int
    name: str
    raw_m: FloatArray
    take: Take


def reduced(config: PooledTrainConfig, epochs: int) -> PooledTrainConfig:
    """The config without the novel actions; its other classes keep their held-out people."""
    items = []
    for item in config.data:
        if item.format == LEFT_OUT_SET:
            continue
        labels = {action: label for action, label in item.labels.items() if label not in NOVEL}
        items.append(item.model_copy(update={"labels": labels}))
    known = {label for item in items for label in item.labels.values()}
    mirrored = {a: b for a, b in config.mirror_labels.items() if {a, b} <= known}
    changes = {"data": tuple(items), "mirror_labels": mirrored, "epochs": epochs}
    return config.model_copy(update={**changes, "name": f"{config.name}-for-teaching"})


def pretrained(config: PooledTrainConfig, runs: Path) -> tuple[Checkpoint, Memory]:
    """The network of a reduced config and its memory: from its run folder, if it was trained before."""
    place = runs / config.name
    best = place / "best.safetensors"
    if not best.exists():
        train(
            config,
            lambda step: print(epoch_line(step), flush=True) if step.epoch_done else None,
            place,
            resume=(place / "config.yaml").exists(),
        )
    checkpoint = load_checkpoint(best)
    if not memory_path(best).exists():
        save_memory(memory_path(best), remember(config, checkpoint))
    return checkpoint, load_memory(memory_path(best))


def novel_sequences(config: PooledTrainConfig) -> list[Sequence]:
    """All takes of the novel actions in the data sets of the whole config, that can be takes."""
    found = []
    for item in config.data:
        if item.format not in ("utd-mhad", LEFT_OUT_SET):
            continue
        for one in FORMATS[item.format].sequences(item.path):
            novel = one.action in NOVEL_OF_GTU or item.labels.get(one.action) in NOVEL
            present = np.any(one.joints_m[:, 0], axis=(1, 2))
            if not novel or present.sum() < 2:
                continue
            raw, times = one.joints_m[present, 0], one.timestamps_s[present]
            joints = one_body(raw, one.layout)
            try:
                take = Take(joints, np.ones(joints.shape[:2]), times, one.name)
            except TeachingError:
                print(f"left out: {one.name} lasts {times[-1] - times[0]:.1f} s")
                continue
            found.append(Sequence(item.format, one.action, one.subject, one.name, raw, take))
    return found
