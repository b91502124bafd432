"""Batches of prepared clips: what they depend on, how they are shared, and what is refused."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stgat.data.prepared import write_prepared
from stgat.data.sequences import SkeletonSequence
from stgat.errors import ConfigError, DataError
from stgat.model import STGAT
from stgat.preprocessing import Preprocessing
from stgat.skeleton import get_layout
from stgat.streams import STREAMS, to_stream
from stgat.training.clips import ResidentClips, prepare_clip
from stgat.training.config import ClipAugmentConfig, PreparedTrainConfig
from stgat.training.sampling import drawn
from stgat.training.source import (
    Batch,
    PreparedSource,
    ahead,
    check_augment,
    open_source,
    with_layout,
)
from tests.stgat.training.prepared_sets import ACTIONS, config_for, small_set

CPU = torch.device("cpu")
AUGMENT = {
    "crop": [0.5, 1.2],
    "turn_deg": 30,
    "tilt_deg": 5,
    "scale": 0.1,
    "jitter": 0.02,
    "drop_joints": 0.1,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """32 training and 16 test clips."""
    return small_set(tmp_path_factory.mktemp("prepared") / "set").folder


def source(folder: Path, **changes: Any) -> PreparedSource:
    return PreparedSource(config_for(folder, **changes), CPU)


def epoch(source: PreparedSource, number: int = 0, *share: int) -> list[Batch]:
    return list(source.batches(number, *share))


def assert_same(first: list[Batch], second: list[Batch]) -> None:
    assert len(first) == len(second)
    for (inputs, labels), (inputs2, labels2) in zip(first, second, strict=True):
        assert torch.equal(inputs, inputs2)
        assert torch.equal(labels, labels2)


SAMPLINGS = {
    "clip": {"augment": AUGMENT},
    "drawn": {"sampling": "drawn", "drawn_frames": 12, "augment": {"jitter": 0.02, "turn_deg": 10}},
}


@pytest.fixture(params=SAMPLINGS.values(), ids=SAMPLINGS)
def changes(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param


def test_batches_follow_from_seed_epoch_and_step_alone(folder: Path, changes: dict[str, Any]) -> None:
    first = epoch(source(folder, **changes))
    torch.rand(100)  # nobody else's draws matter
    assert_same(first, epoch(source(folder, **changes)))
    assert [inputs.shape for inputs, _ in first] == [(8, 3, 8, 25, 2)] * 4
    for other in (epoch(source(folder, **changes), 1), epoch(source(folder, **changes, seed=4))):
        assert not torch.equal(first[0][0], other[0][0])


def test_an_epoch_can_be_entered_anywhere(folder: Path, changes: dict[str, Any]) -> None:
    here = source(folder, **changes)
    whole = epoch(here, 2)
    for first in (1, 3, 4):
        assert_same(epoch(here, 2, first), whole[first:])


@pytest.mark.parametrize("world", [2, 4])
def test_processes_share_each_batch(folder: Path, changes: dict[str, Any], world: int) -> None:
    here = source(folder, **changes)
    shares = [epoch(here, 1, 0, rank, world) for rank in range(world)]
    for (inputs, labels), *parts in zip(epoch(here, 1), *shares, strict=True):
        torch.testing.assert_close(torch.cat([part for part, _ in parts]), inputs, rtol=0, atol=1e-6)
        assert torch.equal(torch.cat([part for _, part in parts]), labels)


def test_the_disk_gives_the_batches_that_memory_gives(folder: Path, changes: dict[str, Any]) -> None:
    device, disk = (source(folder, **changes, data={"residence": kind}) for kind in ("device", "disk"))
    assert_same(epoch(device), epoch(disk))


def test_every_training_clip_comes_once_an_epoch_and_no_other_does(folder: Path) -> None:
    here = source(folder, batch_size=8)
    assert (here.num_train, here.steps_per_epoch, here.people, here.labels) == (32, 4, 2, ACTIONS)
    batches = epoch(here)
    clips = torch.cat([inputs for inputs, _ in batches]).flatten(1)
    dataset_labels = torch.cat([labels for _, labels in batches])
    assert torch.bincount(dataset_labels).tolist() == [8, 8, 8, 8]
    # Without augmentation a training clip is seen as in a test.
    expected = here.test_batch(torch.from_numpy(np.flatnonzero(here._samples.camera != 3))).flatten(1)
    found, expected = ({row.numpy().tobytes() for row in rows + 0.0} for rows in (clips, expected))  # no -0.0
    assert found == expected
    assert len(found) == 32


def test_a_part_of_a_batch_at_the_end_is_left_for_another_epoch(folder: Path) -> None:
    assert source(folder, batch_size=9).steps_per_epoch == 3
    small = source(folder, batch_size=64)
    assert (small.batch_size, small.steps_per_epoch) == (32, 1)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("layout", ["ntu25", "kinect-v1-20"])
def test_streams_are_those_of_the_live_windows(tmp_path: Path, stream: str, layout: str) -> None:
    dataset = small_set(tmp_path / "set", layout=layout, subjects=1)
    preprocessing = {"num_frames": 6, "stream": stream}
    here = source(dataset.folder, preprocessing=preprocessing, sampling="drawn", drawn_frames=6)
    seen = here.test_batch(torch.arange(len(dataset)))
    for i in range(len(dataset)):
        clip = prepare_clip(dataset.sample(i), here.preprocessing, layout)
        frames = drawn(torch.tensor([len(clip)]), 6, 6, None).before[0].numpy()
        expected = to_stream(clip[frames].transpose(1, 0, 2, 3), get_layout(layout), stream)  # (M, T, V, C)
        people = expected.shape[0]
        np.testing.assert_allclose(seen[i, ..., :people].numpy(), expected.transpose(3, 1, 2, 0), atol=1e-6)
        assert not seen[i, ..., people:].any()


def test_parts_are_measured_by_themselves(folder: Path) -> None:
    here = source(folder, data={"holdout_subjects": [2, 3]})
    assert here.num_train == 16
    model = STGAT(here._config.network(4, "ntu25"))
    for part, cameras, subjects in (
        ("validation", {"1", "2"}, {"2", "3"}),
        ("test", {"3"}, {"1", "2", "3", "4"}),
    ):
        result = here.evaluate(model, part)
        assert result is not None
        numbers = [name.split("-")[1:] for name in result.names]
        assert {camera for _, camera in numbers} == cameras
        assert {subject for subject, _ in numbers} == subjects
        assert len(result.names) == 16
        assert [ACTIONS[label] for label in result.labels] == [name.split("-")[0] for name in result.names]
    assert source(folder).evaluate(model, "validation") is None


def test_a_checkpoint_is_told_what_it_saw(folder: Path) -> None:
    data, licence = source(folder, data={"holdout_subjects": [2, 3]}).describe()
    assert data == (
        "a small data set, split ucla-xview, 16 training, 16 validation (subjects 2 3) and 16 test clips; "
        "seed 3"
    )
    assert licence == "a small data set: not stated"


# What does not fit together


@pytest.mark.parametrize(
    ("given", "layout", "seen"),
    [
        ({}, "ntu25", "ntu25"),
        ({}, "kinect-v1-20", "ntu25"),  # rebuilt on the one body
        ({"body": "as-measured"}, "kinect-v1-20", "kinect-v1-20"),
        ({"body": "as-measured", "normalization": "identity-1"}, "openpose-18", "openpose-18"),
        ({"body": "as-measured", "layout": "kinect-v1-20"}, "kinect-v1-20", "kinect-v1-20"),
    ],
)
def test_the_layout_follows_from_the_data(given: dict, layout: str, seen: str) -> None:
    preprocessing = with_layout(Preprocessing(**given), layout)
    assert preprocessing.layout == seen
    assert preprocessing.model_dump(exclude={"layout"}) == Preprocessing(**given).model_dump(
        exclude={"layout"}
    )


@pytest.mark.parametrize(
    ("given", "layout", "message"),
    [
        (
            {"layout": "ntu25", "body": "as-measured"},
            "kinect-v1-20",
            r"layout: ntu25, but the data are kinect",
        ),
        ({"layout": "kinect-v1-20"}, "kinect-v1-20", "body one-body-1 sees as ntu25; leave the key out"),
        ({}, "openpose-18", "'openpose-18' cannot be put on one body"),
        (
            {"body": "as-measured"},
            "openpose-18",
            "'openpose-18' have no spine to be turned by.*; choose another",
        ),
        ({"body": "as-measured", "normalization": "ntu-authors-1"}, "openpose-18", "have no spine"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(given: dict, layout: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        with_layout(Preprocessing(**given), layout)


@pytest.mark.parametrize("change", ["turn_deg", "tilt_deg", "scale", "jitter"])
def test_confidences_are_not_turned_into_places(change: str) -> None:
    augment = ClipAugmentConfig.model_validate({change: 0.1})
    with pytest.raises(ConfigError, match=rf"augment\.{change}: the data are openpose-18, whose third"):
        check_augment(augment, "openpose-18")
    check_augment(augment, "kinect-v1-20")
    check_augment(ClipAugmentConfig(crop=(0.5, 1.0), drop_joints=0.1, mirror=0.5), "openpose-18")


def test_an_opened_set_of_poses_refuses_such_a_change(tmp_path: Path) -> None:
    poses = np.full((8, 1, 18, 3), 0.5, np.float32)
    clips = [
        SkeletonSequence(f"{part}/0", poses, np.arange(8) / 30, "openpose-18", "abseiling")
        for part in ("train", "val")
    ]
    write_prepared(tmp_path, clips, ("abseiling",))
    config = config_for(
        tmp_path,
        data={"split": "published"},
        preprocessing={"num_frames": 8, "normalization": "identity-1"},
        augment={"turn_deg": 30},
    )
    with pytest.raises(ConfigError, match=r"augment\.turn_deg"):
        open_source(config, torch.device("cpu"))


def test_unusable_data_are_refused_before_anything_is_trained(folder: Path, tmp_path: Path) -> None:
    for changes, message in (
        ({"path": tmp_path / "nowhere"}, "nowhere: no such folder; `prepare` makes one"),
        ({"path": tmp_path}, "holds no dataset.json"),
        ({"split": "ucla-xveiw"}, "did you mean ucla-xview"),
        ({"holdout_subjects": [1, 2, 3, 4]}, "subject"),
    ):
        with pytest.raises(DataError, match=message):
            open_source(config_for(folder, data=changes), CPU)


# One batch ahead


def test_the_next_batch_is_made_while_one_is_used() -> None:
    made, go_on = [], threading.Event()

    def make(step: int) -> Batch:
        made.append(step)
        if step == 1:
            go_on.set()
        return torch.tensor([step]), torch.tensor([step])

    batches = ahead(make, range(4))
    assert next(batches)[0].item() == 0
    assert go_on.wait(10)  # though nobody has asked for the second yet
    assert [inputs.item() for inputs, _ in batches] == [1, 2, 3]
    assert made == [0, 1, 2, 3]
    assert list(ahead(make, range(2, 2))) == []


def test_what_goes_wrong_with_a_batch_is_told_where_it_is_asked_for(no_leaked_threads: None) -> None:
    def make(step: int) -> Batch:
        if step == 1:
            raise DataError("the disk is gone")
        return torch.zeros(1), torch.zeros(1)

    batches = ahead(make, range(3))
    next(batches)
    with pytest.raises(DataError, match="the disk is gone"):
        next(batches)


def test_batches_nobody_wants_any_more_leave_no_thread(folder: Path, no_leaked_threads: None) -> None:
    batches = source(folder).batches(0)
    next(batches)
    batches.close()  # type: ignore[attr-defined]


def test_clips_are_kept_in_memory_for_a_set_this_small(folder: Path) -> None:
    config: PreparedTrainConfig = config_for(folder)
    assert isinstance(PreparedSource(config, CPU)._clips, ResidentClips)
