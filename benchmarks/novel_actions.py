"""Actions left out of a pretraining: the config that trains without them, and their sequences.

What `benchmarks/teaching.py` teaches must be new to the network, so GTU is left out whole and of UTD-MHAD
every action of thirteen classes; a class that is left out is left out of all data sets.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.training_progress import epoch_line
from stgat.training.config import PooledTrainConfig
from stgat.training.load_config import load_pooled_config
from stgat.training.train import train

#: The classes that are left out, as configs/everyday-actions.csv calls them.
NOVEL = (
    "swipe left",
    "swipe right",
    "draw X",
    "draw circle",
    "draw triangle",
    "arm curl",
    "knock",
    "lunge",
    "squat down",
    "bowling",
    "baseball swing",
    "shoot at basket",
    "cross hands in front",
)
#: The data set that is left out whole.
NOVEL_SET = "gtu"


def reduced(config: PooledTrainConfig, epochs: int = 30) -> PooledTrainConfig:
    """The config without the novel actions; its other classes keep their held-out people."""
    items = []
    for item in config.data:
        if item.format == NOVEL_SET:
            continue
        labels = {action: label for action, label in item.labels.items() if label not in NOVEL}
        items.append(item.model_copy(update={"labels": labels}))
    known = {label for item in items for label in item.labels.values()}
    mirrored = {a: b for a, b in config.mirror_labels.items() if {a, b} <= known}
    name = f"{config.name}-for-teaching"
    return config.model_copy(
        update={"data": tuple(items), "mirror_labels": mirrored, "name": name, "epochs": epochs}
    )


def pretrained(path: Path, runs: Path, epochs: int = 30):
    """The network pretrained without the novel actions, from its run folder if it is there."""
    config = reduced(load_pooled_config(path), epochs)
    place = runs / config.name
    print(len(config.labels), config.labels)
    return config, train(
        config,
        lambda s: print(epoch_line(s), flush=True) if s.epoch_done else None,
        place,
        resume=(place / "config.yaml").exists(),
    )


if __name__ == "__main__":
    pretrained(Path(sys.argv[1]), Path("runs"))
