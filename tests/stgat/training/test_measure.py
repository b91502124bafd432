"""A checkpoint measured apart from its training gives what training measured, or one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stgat.checkpoint import load_checkpoint, read_metadata, save_checkpoint
from stgat.data.prepared import DATASET, PreparedDataset, write_prepared
from stgat.errors import CheckpointError, DataError
from stgat.training.measure import measure
from stgat.training.run_folder import BEST
from stgat.training.source import PreparedSource
from stgat.training.train import train
from tests.stgat.training.prepared_sets import ACTIONS, clip, config_for, sequence, small_set


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return small_set(tmp_path_factory.mktemp("data") / "set")


@pytest.fixture(scope="module")
def checkpoint(dataset: PreparedDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "tiny"
    train(config_for(dataset.folder, epochs=1), folder=folder)
    return folder / BEST


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sampling": "drawn", "drawn_frames": 12},
        {"preprocessing": {"num_frames": 8, "stream": "motion1", "body": "one-body-1"}},
        {"data": {"residence": "disk"}},
    ],
    ids=["clip", "drawn", "motion on one body", "from the disk"],
)
def test_it_scores_what_training_scored(tmp_path: Path, dataset: PreparedDataset, changes: dict) -> None:
    data = {"holdout_subjects": (2,), **changes.pop("data", {})}
    config = config_for(dataset.folder, epochs=1, data=data, **changes)
    checkpoint = train(config, folder=tmp_path / "run")
    source = PreparedSource(config, torch.device("cpu"))
    for part in ("test", "validation"):
        expected = source.evaluate(checkpoint.model, part)
        assert expected is not None
        measured = measure(tmp_path / "run" / BEST, dataset.folder, "ucla-xview", part, (2,), device="cpu")
        np.testing.assert_allclose(measured.result.scores, expected.scores, rtol=1e-5, atol=1e-6)
        assert measured.result.names == expected.names
        assert measured.result.labels.tolist() == expected.labels.tolist()
        assert measured.result.label_names == ACTIONS
    metrics = read_metadata(tmp_path / "run" / BEST).metrics
    found = measure(tmp_path / "run" / BEST, dataset.folder, "ucla-xview", device="cpu").result.metrics()
    assert found == {name: metrics[name] for name in found}


def test_the_checkpoint_says_which_frames_its_network_saw(tmp_path: Path, dataset: PreparedDataset) -> None:
    config = config_for(dataset.folder, epochs=1, sampling="drawn", drawn_frames=12)
    train(config, folder=tmp_path / "drawn")
    metadata = read_metadata(tmp_path / "drawn" / BEST)
    assert (metadata.sampling, metadata.drawn_frames) == ("drawn", 12)
    other = tmp_path / "clip.safetensors"
    kept = load_checkpoint(tmp_path / "drawn" / BEST)
    save_checkpoint(other, kept.model, kept.metadata.model_copy(update={"sampling": "clip"}))
    scores = [
        measure(path, dataset.folder, "ucla-xview", device="cpu").result.scores
        for path in (tmp_path / "drawn" / BEST, other)
    ]
    assert not np.allclose(*scores)


def test_batches_do_not_change_the_scores_and_progress_is_told(
    dataset: PreparedDataset, checkpoint: Path
) -> None:
    told: list[tuple[int, int]] = []
    whole = measure(checkpoint, dataset.folder, "ucla-xview", device="cpu").result
    parts = measure(
        checkpoint, dataset.folder, "ucla-xview", device="cpu", batch_size=7,
        on_progress=lambda done, total: told.append((done, total)),
    ).result  # fmt: skip
    np.testing.assert_allclose(parts.scores, whole.scores, rtol=1e-5, atol=1e-6)
    assert told == [(7, 16), (14, 16), (16, 16)]


def test_the_parts_are_those_of_the_split(dataset: PreparedDataset, checkpoint: Path) -> None:
    names = {
        part: set(measure(checkpoint, dataset.folder, "ucla-xview", part, (2,), "cpu").result.names)
        for part in ("train", "validation", "test")
    }
    assert names["test"] == {name for name in dataset.samples.names if name.endswith("-3")}
    assert names["validation"] == {n for n in dataset.samples.names if n.split("-")[1] == "2"} - names["test"]
    assert names["train"] == set(dataset.samples.names) - names["validation"] - names["test"]


def test_one_body_makes_two_kinects_one(tmp_path: Path, dataset: PreparedDataset) -> None:
    old = small_set(tmp_path / "old", layout="kinect-v1-20")
    trained = train(
        config_for(dataset.folder, epochs=1, preprocessing={"num_frames": 8, "body": "one-body-1"}),
        folder=tmp_path / "run",
    )
    result = measure(tmp_path / "run" / BEST, old.folder, "ucla-xview", device="cpu").result
    assert result.scores.shape == (16, len(ACTIONS))
    assert trained.metadata.preprocessing.layout == "ntu25"


def test_what_does_not_belong_together_is_told(
    tmp_path: Path, dataset: PreparedDataset, checkpoint: Path
) -> None:
    def told(folder: Path, split: str = "ucla-xview", part: str = "test", path: Path = checkpoint) -> str:
        with pytest.raises((DataError, CheckpointError)) as caught:
            measure(path, folder, split, part, device="cpu")  # type: ignore[arg-type]
        (line,) = str(caught.value).splitlines()
        return line

    fewer = write_prepared(
        tmp_path / "fewer", [sequence("a", [clip("wave", 6)], camera=3)], ("wave", "squat", "run")
    )
    assert "class 2 is 'walk' against 'run' (4 classes against 3)" in told(fewer.folder)
    longer = write_prepared(
        tmp_path / "longer", [sequence("a", [clip("wave", 6)], camera=3)], (*ACTIONS, "jump")
    )
    assert "class 4, 'jump', is there in one only (4 classes against 5)" in told(longer.folder)
    old = small_set(tmp_path / "old", layout="kinect-v1-20")
    assert "takes skeletons of layout ntu25, but those of" in told(old.folder)
    assert "kinect-v1-20; give the data set that it was trained on" in told(old.folder)
    assert "no such folder" in told(tmp_path / "nowhere")
    assert "--holdout-subjects" in told(dataset.folder, part="validation")
    assert "is empty; --part validation --holdout" in told(dataset.folder, split="all")
    assert "ucla-xview" in told(dataset.folder, split="ucla_xview")
    assert "no such model file" in told(dataset.folder, path=tmp_path / "nowhere.safetensors")
    (fewer.folder / DATASET).unlink()
    assert "did not finish" in told(fewer.folder)
