"""The plain loop trains, two trainings take turns, and the tables say what was measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.full_size import on_prepared, residing
from benchmarks.performance_training import (
    FULL,
    OURS,
    PLAIN,
    QUICK,
    gains,
    gains_table,
    hours,
    operations_a_person,
    parse,
    people_computed,
    roles,
    training_table,
)
from benchmarks.plain_training import ClipDataset, PlainTraining, cropped, resampled, turn
from benchmarks.training_turns import Contestant, Stretch, contest, ours_giving_back, plain
from stgat.data.prepared import PreparedDataset
from stgat.model import STGAT, STGATConfig
from stgat.training.config import PreparedTrainConfig
from tests.stgat.training.prepared_sets import config_for, small_set


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return small_set(tmp_path_factory.mktemp("prepared") / "set")


@pytest.fixture
def clips(dataset: PreparedDataset) -> ClipDataset:
    return ClipDataset(dataset, np.arange(16), num_frames=8)


def test_a_clip_has_the_shape_that_the_network_takes(clips: ClipDataset) -> None:
    for number in (0, 1):  # one person, two people
        inputs, label = clips[number]
        assert inputs.shape == (3, 8, 25, 2)
        assert inputs.dtype == np.float32
        assert label == clips.dataset.samples.label[number]
        assert inputs[..., 1].any() == (clips.dataset.samples.people[number] == 2)
        np.testing.assert_allclose(inputs[:, 0, 1, 0], 0, atol=1e-6)  # begins at the spine


def test_a_crop_is_half_or_more_in_a_row() -> None:
    frames = np.arange(40, dtype=np.float32)[:, None, None, None]
    starts = set()
    for seed in range(30):
        part = cropped(frames, np.random.default_rng(seed)).ravel()
        assert 20 <= len(part) <= 40
        assert np.all(np.diff(part) == 1)
        starts.add(part[0])
    assert len(starts) > 5


def test_frames_are_resampled_evenly_and_turned_about_the_vertical() -> None:
    frames = np.arange(5, dtype=np.float32)[:, None, None, None]
    np.testing.assert_allclose(resampled(frames, 9).ravel(), np.arange(9) / 2)
    assert resampled(frames[:1], 3).ravel().tolist() == [0, 0, 0]
    np.testing.assert_allclose(turn(np.pi / 2) @ [0, 5, 1], [1, 5, 0], atol=1e-6)


def test_the_plain_loop_learns_a_small_set(clips: ClipDataset) -> None:
    torch.manual_seed(0)
    network = STGAT(STGATConfig(num_classes=4, blocks=((16, 16, 2),), num_heads=2))
    loop = PlainTraining(network, clips, batch_size=8, workers=0, device=torch.device("cpu"))
    losses = [loop.step() for _ in range(30)]
    assert np.mean(losses[-4:]) < 0.6 * np.mean(losses[:4])
    assert loop.waited_s > 0


def test_both_trainings_take_turns_until_they_are_stopped(dataset: PreparedDataset) -> None:
    config = config_for(dataset.folder, batch_size=4)
    stretches = contest(roles(config, 2, on_gpu=False), rounds=3, at_most_s=60)
    assert {name: [s.samples for s in of_one] for name, of_one in stretches.items()} == {
        OURS: [4, 4, 4],
        PLAIN: [2, 2, 2],
    }
    for of_one in stretches.values():
        assert all(0 <= s.waited_s < s.seconds and s.cpu_s > 0 for s in of_one)


def test_a_training_that_fails_is_noticed(
    dataset: PreparedDataset, capfd: pytest.CaptureFixture[str]
) -> None:
    config = config_for(dataset.folder / "gone", batch_size=4)
    with pytest.raises(RuntimeError, match="ended before its time"), Contestant(plain, config, 2, 1) as one:
        one()
    assert "no such folder" in capfd.readouterr().err


def test_the_ratio_is_that_of_seconds_a_sample_in_each_round() -> None:
    ours = [Stretch(samples=64, seconds=32.0, cpu_s=64.0, waited_s=1.6)] * 3
    peer = [Stretch(samples=16, seconds=seconds, cpu_s=32.0, waited_s=0.0) for seconds in (16.0, 24.0, 32.0)]
    lines = training_table({OURS: ours, PLAIN: peer}, {OURS: "bf16", PLAIN: "fp32"}, {OURS: 0.25})
    cells = [line.split(" | ") for line in lines[2:4]]
    assert cells[0] == [f"| {OURS}, bf16", "2.00", "1.000", "5.0", "4.00", "50", "668 |"]
    assert cells[1][1:] == ["0.67", "2.000", "0.0", "-", "-", "2,005 |"]
    assert lines[-1] == f"{OURS} is 3.0 times as fast (2.0 to 4.0 in 3 rounds)."
    assert hours(2.0) == pytest.approx(120 * 40_091 / 7200)


def test_each_gain_is_measured_against_the_line_above(dataset: PreparedDataset) -> None:
    config = config_for(dataset.folder, precision="bf16")
    told = [(body is ours_giving_back, c.precision, c.absent_people) for body, (c,) in gains(config).values()]
    assert told == [
        (True, "fp32", "each"), (True, "bf16", "each"), (False, "bf16", "each"), (False, "bf16", "once"),
    ]  # fmt: skip
    lines = gains_table({name: [Stretch(8, s, 2 * s, 0.0)] for name, s in (("slow", 8.0), ("fast", 2.0))})
    assert lines[2:] == ["| slow | 1.00 | 2.000 |  |", "| fast | 4.00 | 0.500 | 4.00 (4.00-4.00) |"]


def quick_config(dataset: PreparedDataset, *changes: str) -> PreparedTrainConfig:
    config = residing(on_prepared(FULL, (*QUICK, *changes)), dataset.folder, "device")
    return config.model_copy(update={"data": config.data.model_copy(update={"split": "ucla-xview"})})


def test_the_floor_counts_forward_and_backward_of_the_people_that_are_computed(
    dataset: PreparedDataset,
) -> None:
    once, each = quick_config(dataset), quick_config(dataset, "absent_people=each")
    assert people_computed(once, dataset.folder) == 1.5  # a second person in every second clip
    assert people_computed(each, dataset.folder) == 2.0
    half, whole = (
        operations_a_person(quick_config(dataset, f"preprocessing.num_frames={T}"), 60) for T in (8, 16)
    )
    assert 1.8 * half < whole < 2.1 * half


def test_options_have_their_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    options = parse(["--plain-batch", "8", "precision=fp32"])
    assert (options.batch, options.plain_batch, options.overrides) == (64, 8, ["precision=fp32"])
    for wrong in (["--batch", "1"], ["--rounds", "0"]):
        with pytest.raises(SystemExit):
            parse(wrong)
    assert "a batch needs 2 samples or more" in capsys.readouterr().err
