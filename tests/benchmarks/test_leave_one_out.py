"""What is trained on and tested on where a data set is held out."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.leave_one_out import measure, without
from stgat.errors import ConfigError
from stgat.training.config import PooledTrainConfig
from stgat.training.evaluate import Evaluation


def config(**changes: object) -> PooledTrainConfig:
    def item(form: str, labels: dict[str, str]) -> dict[str, object]:
        return {"format": form, "path": f"{form}.zip", "test_subjects": [2], "labels": labels}

    content: dict[str, object] = {
        "name": "tiny",
        "data": [
            item("nw-ucla", {"sit down": "sit", "throw": "throw"}),
            item("utd-mhad", {"stand to sit": "sit", "swipe left": "left", "swipe right": "right"}),
            item("gtu", {"walking": "walk"}),
        ],
        "model": {"blocks": [[8, 8, 1]]},
        "mirror_labels": {"left": "right"},
        "idle": {},
    }
    return PooledTrainConfig.model_validate(content | changes)


def test_the_others_are_trained_on_whole_and_all_of_it_is_tested_on_in_shared_classes() -> None:
    reduced = without(config(), ["utd-mhad"])
    assert [(item.format, item.test_subjects) for item in reduced.data] == [
        ("nw-ucla", ()), ("gtu", ()), ("utd-mhad", "all"),
    ]  # fmt: skip
    assert reduced.data[-1].labels == {"stand to sit": "sit"}
    assert reduced.labels == ("sit", "throw", "walk", "idle")
    assert reduced.name == "tiny-without-utd-mhad"


def test_a_mirror_of_classes_that_are_gone_goes_with_them() -> None:
    assert without(config(), ["utd-mhad"]).mirror_labels == {}
    assert without(config(), ["nw-ucla"]).mirror_labels == {"left": "right"}


def test_a_data_set_that_is_not_there_or_shares_nothing_is_an_error() -> None:
    with pytest.raises(ConfigError, match="'utkinect' is no data set of tiny; it has nw-ucla, utd-mhad, gtu"):
        without(config(), ["utkinect"])
    with pytest.raises(ConfigError, match="gtu shares no class"):
        without(config(), ["gtu"])


def test_rest_is_counted_apart_and_other_data_sets_not_at_all() -> None:
    result = Evaluation(
        scores=np.log([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.8, 0.1, 0.1]]),
        labels=np.array([0, 1, 2, 2, 1]),
        names=("a", "b", "c", "d", "e"),
        label_names=("sit", "walk", "idle"),
        datasets=("gtu", "gtu", "gtu", "gtu", "utd-mhad"),
    )
    held = measure(result, "gtu")
    assert (held.classes, held.sequences, held.top1, held.mean_class, held.idle) == (2, 2, 50.0, 50.0, 50.0)
    assert measure(result, "utd-mhad").idle is None
