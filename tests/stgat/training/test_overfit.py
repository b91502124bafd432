"""The whole road from a prepared set to a network can be learnt by heart: nothing on it loses the label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stgat.data.prepared import write_prepared
from stgat.training.progress import Progress
from stgat.training.train import train
from tests.stgat.training.prepared_sets import ACTIONS, clip, config_for, sequence


@pytest.fixture
def handful(tmp_path: Path) -> Path:
    """Eight clips, two of each action, before the cameras that train; the same ones before the third."""
    clips = {
        (action, subject): clip(action, 10 + subject, 8.0 * subject)
        for action in ACTIONS
        for subject in (1, 2)
    }
    sequences = [
        sequence(f"{action}-{subject}-{camera}", [joints], action, subject, camera)
        for camera in (1, 2, 3)
        for (action, subject), joints in clips.items()
        if camera in (subject, 3)
    ]
    return write_prepared(tmp_path / "set", sequences, ACTIONS).folder


RECIPES: dict[str, dict[str, Any]] = {
    "sgd, clip": {"learning_rate": 0.1},
    "adamw, drawn frames, the authors' normalisation": {
        "optimizer": "adamw",
        "learning_rate": 0.01,
        "epochs": 60,
        "sampling": "drawn",
        "drawn_frames": 10,
        "preprocessing": {"num_frames": 8, "normalization": "ntu-authors-1"},
    },
    "continual": {
        "learning_rate": 0.1,
        "preprocessing": {"num_frames": 8, "normalization": "upright-causal-1"},
        "model": {
            "blocks": [[8, 8, 2]],
            "num_heads": 2,
            "causal": {"memory": 4, "refresh": 2, "answer_over": 8},
        },
    },
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_tiny_network_learns_a_handful_of_clips_by_heart(handful: Path, recipe: dict[str, Any]) -> None:
    told: list[Progress] = []
    changes = {"epochs": 40, "batch_size": 8, "label_smoothing": 0.0, **recipe}
    checkpoint = train(config_for(handful, **changes), told.append)
    assert told[0].top1 < 100.0
    assert told[-1].top1 == 100.0
    assert told[-1].loss < 0.1
    assert checkpoint.metadata.metrics["top1"] == 100.0
