"""Tiny data sets in the prepared form, and configurations that train on them in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stgat.data.prepared import PreparedDataset, write_prepared
from stgat.data.sequences import SkeletonSequence
from stgat.skeleton import KINECT_V1_20
from stgat.training.config import PreparedTrainConfig
from tests.stgat.bodies import STANDING, waving

ACTIONS = ("wave", "squat", "walk", "raise")
_ABOVE_THE_KNEES = [*range(4), *range(4, 13), 16, 20, 21, 22, 23, 24]
_RIGHT_ARM = [9, 10, 11, 23, 24]

Array = NDArray[np.float64]


def clip(action: str, T: int, variant: float = 0.0, x_m: float = 0.0) -> Array:
    """(T, 25, 3) one person, x_m to the side; another variant is another body, which moves otherwise too."""
    times = np.linspace(0.0, 1.0 + 0.1 * variant, T)
    joints = np.repeat(STANDING[None], T, axis=0)
    up = 0.5 - 0.5 * np.cos(2 * np.pi * times)
    if action == "wave":
        joints = waving(times, hz=1.5, speed_m_s=0.0)
    elif action == "squat":
        joints[:, _ABOVE_THE_KNEES, 1] -= 0.3 * up[:, None]
    elif action == "walk":
        joints[:, :, 0] += 0.8 * times[:, None]
    elif action == "raise":
        joints[:, _RIGHT_ARM, 1] += 0.7 * up[:, None]
    else:
        raise ValueError(action)
    return (1 + variant / 40) * joints + np.array([x_m, 0.0, 0.0])


def sequence(
    name: str,
    people: list[Array],
    action: str = "wave",
    subject: int = 1,
    camera: int = 1,
    layout: str = "ntu25",
) -> SkeletonSequence:
    """A recording of people (T, V, 3) each."""
    joints = np.stack(people, axis=1).astype(np.float32)
    times = np.arange(len(joints)) / 30
    return SkeletonSequence(name, joints, times, layout, action, subject, camera)


def small_set(folder: Path, layout: str = "ntu25", subjects: int = 4, seed: int = 0) -> PreparedDataset:
    """Every action by every subject before three cameras, in clips of 6 to 14 frames.

    In every second clip a second person stands by, who is absent for a while.
    """
    rng = np.random.default_rng(seed)
    V = 20 if layout == KINECT_V1_20.name else 25
    sequences = []
    for subject in range(1, subjects + 1):
        for camera in (1, 2, 3):
            for action in ACTIONS:
                T = int(rng.integers(6, 15))
                noise = rng.normal(0, 0.01, (T, 25, 3))
                people = [(clip(action, T, subject) + noise)[:, :V]]
                if len(sequences) % 2:
                    other = clip("wave", T, subject, x_m=1.0)[:, :V]
                    other[2:4] = 0.0
                    people.append(other)
                name = f"{action}-{subject}-{camera}"
                sequences.append(sequence(name, people, action, subject, camera, layout))
    return write_prepared(folder, sequences, ACTIONS)


def config_for(folder: Path, **changes: Any) -> PreparedTrainConfig:
    """A tiny network on a prepared set: cameras 1 and 2 train, camera 3 tests."""
    data = {"path": folder, "split": "ucla-xview", **changes.pop("data", {})}
    settings: dict[str, Any] = {
        "name": "tiny",
        "seed": 3,
        "data": data,
        "preprocessing": {"num_frames": 8},
        "model": {"blocks": [[8, 8, 2]], "num_heads": 2},
        "epochs": 3,
        "batch_size": 8,
        "warmup_epochs": 1,
        "ema_decay": 0.9,
        "precision": "fp32",
        "device": "cpu",
    }
    return PreparedTrainConfig.model_validate(settings | changes)
