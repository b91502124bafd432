"""The training loop: it learns, repeats itself, and stops with a reason."""

from __future__ import annotations

import math
import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stgat.data.labelled import DataConfig
from stgat.errors import DeviceError, TrainingError
from stgat.model import STGAT
from stgat.preprocessing import Preprocessing
from stgat.training.config import AugmentConfig, ModelConfig, PooledTrainConfig
from stgat.training.optimization import learning_rate, make_optimizer, parameter_groups, update_average
from stgat.training.progress import Progress
from stgat.training.source import PooledSource, mirrored_classes
from stgat.training.train import train
from tests.stgat.bodies import waving
from tests.stgat.data.files import nw_ucla_file, write_folder


def recording(action: int, subject: int) -> bytes:
    """Action 5 swings the left arm, action 6 bends the knees; every subject a little differently."""
    times = np.arange(24) / 15
    if action == 5:
        joints = waving(times + subject / 7, hz=0.8, speed_m_s=0.0)
    else:
        joints = waving(np.zeros_like(times), speed_m_s=0.0)
        joints[:, [0, 1, 2, 3, *range(4, 13), 16, 20], 1] -= 0.15 * (1 - np.cos(4 * times + subject))[:, None]
    return nw_ucla_file((1 + subject / 40) * joints[:, :20])


@pytest.fixture
def config(tmp_path: Path) -> PooledTrainConfig:
    files = {
        f"a{action:02}_s{subject:02}_e00_v01.json": recording(action, subject)
        for action in (5, 6)
        for subject in range(1, 9)
    }
    data = DataConfig(
        format="nw-ucla",
        path=write_folder(tmp_path / "nw", files),
        test_subjects=(7, 8),
        labels={"sit down": "wave", "stand up": "squat"},
        licence="made up",
    )
    return PooledTrainConfig(
        name="tiny",
        seed=3,
        data=(data,),
        preprocessing=Preprocessing(num_frames=12, window_s=1.5),
        model=ModelConfig(blocks=((8, 8, 2),), num_heads=2),
        augment=AugmentConfig(window_s=(1.2, 1.6)),
        epochs=12,
        batch_size=4,
        warmup_epochs=1,
        ema_decay=0.9,
        precision="fp32",
        device="cpu",
    )


def test_it_learns_two_actions_and_measures_them_on_people_it_never_saw(config: PooledTrainConfig) -> None:
    told: list[Progress] = []
    checkpoint = train(config, told.append)
    assert [(p.epoch, p.step) for p in told] == [(e, s) for e in range(1, 13) for s in (1, 2, 3)]
    epochs = [p for p in told if p.epoch_done]
    assert epochs[-1].loss < 0.6 * epochs[0].loss
    metadata = checkpoint.metadata
    assert metadata.metrics["top1"] == 100.0
    assert metadata.labels == ("wave", "squat")
    assert "12 training and 4 held-out sequences, 0 unusable; seed 3" in metadata.data
    assert metadata.data_licence == "nw-ucla: made up"
    assert not checkpoint.model.training


def test_one_seed_gives_the_same_weights_twice_and_another_seed_others(config: PooledTrainConfig) -> None:
    short = config.model_copy(update={"epochs": 2, "model": config.model.model_copy(update={"dropout": 0.3})})
    first, second = (train(short).model.state_dict() for _ in range(2))
    other = train(short.model_copy(update={"seed": 4})).model.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


def test_a_loss_that_is_no_number_ends_the_run_with_what_led_to_it(config: PooledTrainConfig) -> None:
    wild = config.model_copy(update={"learning_rate": 1e30, "warmup_epochs": 0})
    with pytest.raises(TrainingError) as caught:
        train(wild)
    said = re.fullmatch(
        r"the (loss|gradient's norm) became (nan|inf) in epoch \d+, step \d+, at learning rate 1e\+30\. "
        r"Before it: (step \d+ loss [\d.]+ gradient [\d.]+(; )?)+\. A smaller learning_rate, .* may help",
        str(caught.value),
    )
    assert said, caught.value


def test_weights_that_are_no_numbers_are_never_saved(config: PooledTrainConfig, tmp_path: Path) -> None:
    wild = config.model_copy(update={"learning_rate": 1e30, "warmup_epochs": 0})
    with pytest.raises(TrainingError):
        train(wild, folder=tmp_path / "run")
    for file in (tmp_path / "run").glob("*.safetensors"):
        assert all(tensor.isfinite().all() for tensor in load_file(file).values())


def test_a_device_that_is_not_there_is_said_before_the_data_are_read(config: PooledTrainConfig) -> None:
    with pytest.raises(DeviceError, match="cuda:77"):
        train(config.model_copy(update={"device": "cuda:77", "data": ()}))


def test_bfloat16_trains_too(config: PooledTrainConfig) -> None:
    checkpoint = train(config.model_copy(update={"precision": "bf16", "epochs": 1}))
    assert all(t.isfinite().all() for t in checkpoint.model.state_dict().values())
    assert {t.dtype for t in checkpoint.model.parameters()} == {torch.float32}


def test_the_average_follows_its_formula_batch_norm_included(config: PooledTrainConfig) -> None:
    model = STGAT(config.network(2, "ntu25"))
    average = deepcopy(model)
    before = {name: tensor.clone() for name, tensor in average.state_dict().items()}
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.add_(1 if not tensor.is_floating_point() else torch.randn(tensor.shape))
    update_average(average, model, decay=0.75)
    for name, value in average.state_dict().items():
        new = model.state_dict()[name]
        expected = 0.75 * before[name] + 0.25 * new if value.is_floating_point() else new
        torch.testing.assert_close(value, expected)


def test_the_rate_warms_up_then_falls_along_half_a_cosine(config: PooledTrainConfig) -> None:
    told = config.model_copy(update={"learning_rate": 0.1, "warmup_epochs": 2.0, "epochs": 12})
    rates = [learning_rate(epoch, told) for epoch in np.linspace(0, 12, 49)]
    assert 0 < rates[0] < 0.01
    assert np.argmax(rates) == 8
    assert rates[8] == pytest.approx(0.1)
    assert learning_rate(7.0, told) == pytest.approx(0.05)  # half way
    assert learning_rate(4.5, told) == pytest.approx(0.05 * (1 + math.cos(math.pi / 4)))
    assert rates[-1] == pytest.approx(0.0, abs=1e-9)


def test_the_rate_falls_to_a_tenth_at_each_milestone(config: PooledTrainConfig) -> None:
    changes = {
        "learning_rate": 0.1,
        "warmup_epochs": 1.0,
        "epochs": 9,
        "schedule": "steps",
        "milestones": (4, 6),
    }
    told = config.model_copy(update=changes)
    rates = [learning_rate(epoch, told) for epoch in (1.0, 3.99, 4.0, 5.99, 6.0, 9.0)]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    assert 0 < learning_rate(0.0, told) < learning_rate(0.5, told) < learning_rate(0.99, told) < 0.1


def test_without_averaging_the_average_is_the_network(config: PooledTrainConfig) -> None:
    model = STGAT(config.network(2, "ntu25"))
    average = STGAT(config.network(2, "ntu25"))
    update_average(average, model, decay=0.0)
    for name, value in average.state_dict().items():
        assert torch.equal(value, model.state_dict()[name])


def test_progress_tells_where_a_run_stands(config: PooledTrainConfig) -> None:
    told: list[Progress] = []
    train(config.model_copy(update={"epochs": 2}), told.append)
    assert [p.epoch_done for p in told] == [False, False, True] * 2
    assert all(p.steps == 3 and p.epochs == 2 for p in told)
    assert all(0 <= p.waiting <= 100 and p.samples_per_s > 0 for p in told)
    assert all(0 <= p.top1 <= 100 and 0 < p.loss < 10 for p in told)
    assert told[-1].seconds_left == 0.0
    assert told[0].seconds_left == pytest.approx(5 * 4 / told[0].samples_per_s)


def test_everything_decays_where_asked_for(config: PooledTrainConfig) -> None:
    model = STGAT(config.network(2, "ntu25"))
    decayed, kept = parameter_groups(model, config.model_copy(update={"decay": "all", "weight_decay": 0.01}))
    assert len(decayed["params"]) == len(list(model.parameters()))
    assert kept["params"] == []
    assert decayed["weight_decay"] == 0.01
    for optimizer in ("sgd", "adamw"):  # an empty group is none of their troubles
        make_optimizer(model, config.model_copy(update={"decay": "all", "optimizer": optimizer}))


def test_weights_decay_biases_and_batch_norms_do_not(config: PooledTrainConfig) -> None:
    model = STGAT(config.network(2, "ntu25"))
    decayed, kept = parameter_groups(model, config.model_copy(update={"weight_decay": 0.01}))
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.01, 0.0)
    names = {id(p): name for name, p in model.named_parameters()}
    assert {id(p) for p in decayed["params"] + kept["params"]} == set(names)
    assert all(names[id(p)].endswith(("weight", "table")) for p in decayed["params"])
    assert "stem.static.1.weight" in {names[id(p)] for p in kept["params"]}


def test_batches_depend_on_seed_and_epoch_alone(config: PooledTrainConfig) -> None:
    source = PooledSource(config, torch.device("cpu"))
    first, again, later = (list(source.batches(epoch)) for epoch in (0, 0, 1))
    assert [len(labels) for _, labels in first] == [4, 4, 4]
    for (x, labels), (x2, labels2) in zip(first, again, strict=True):
        assert torch.equal(x, x2)
        assert torch.equal(labels, labels2)
    assert not torch.equal(first[0][0], later[0][0])
    assert first[0][0].shape == (4, 3, 12, 25, 1)


def test_rare_actions_are_drawn_more_often_than_they_occur(config: PooledTrainConfig) -> None:
    labels = {"sit down": "wave", "stand up": "squat"}
    held_out = config.data[0].model_copy(update={"labels": labels, "test_subjects": (7, 8)})
    folder = held_out.path
    for subject in (2, 3, 4, 5, 6):  # one squat is left
        (folder / f"a06_s{subject:02}_e00_v01.json").unlink()
    source = PooledSource(
        config.model_copy(update={"data": (held_out,), "batch_size": 7}), torch.device("cpu")
    )
    drawn = torch.cat([labels for epoch in range(60) for _, labels in source.batches(epoch)])
    expected = 1 / (1 + math.sqrt(6))  # one over the root of the class's size
    assert float((drawn == 1).float().mean()) == pytest.approx(expected, abs=0.06)


def test_mirrored_classes_go_both_ways_and_an_unknown_name_is_refused(config: PooledTrainConfig) -> None:
    assert mirrored_classes(config).tolist() == [0, 1]
    assert mirrored_classes(config.model_copy(update={"mirror_labels": {"wave": "squat"}})).tolist() == [1, 0]
    with pytest.raises(TrainingError, match="mirror_labels names 'wvae', which is no label of this run"):
        mirrored_classes(config.model_copy(update={"mirror_labels": {"wvae": "squat"}}))
