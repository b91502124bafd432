"""Fine-tuning: a run begins with another network's weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stgat.checkpoint import Metadata, save_checkpoint
from stgat.errors import ConfigError
from stgat.model import STGAT, CausalConfig, STGATConfig
from stgat.networks import build
from stgat.preprocessing import Preprocessing
from stgat.training.pretrained import begin_with


def network(num_classes: int, width: int = 8, seed: int = 0) -> STGAT:
    torch.manual_seed(seed)
    return STGAT(STGATConfig(num_classes=num_classes, blocks=((8, width, 1),), num_heads=2))


@pytest.fixture
def checkpoint(tmp_path: Path) -> tuple[Path, STGAT]:
    model = network(2)
    path = tmp_path / "first.safetensors"
    metadata = Metadata(
        name="first", labels=("wave", "clap"), model=model.config, preprocessing=Preprocessing(num_frames=16)
    )
    save_checkpoint(path, model, metadata)
    return path, model


def test_all_weights_are_taken_where_the_classes_are_the_same(checkpoint):
    path, model = checkpoint
    other = network(2, seed=1)
    begin_with(path, other, ("wave", "clap"))
    for name, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_a_continual_network_goes_on_from_a_windowed_one(checkpoint):
    path, model = checkpoint
    causal = CausalConfig(memory=4, answer_over=4)
    other = build(model.config.model_copy(update={"causal": causal}))
    begin_with(path, other, ("wave", "clap"))
    for name, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


@pytest.mark.parametrize("labels", [("jump", "sit", "stand"), ("clap", "wave")])
def test_for_other_classes_the_classifier_begins_anew(checkpoint, labels):
    path, model = checkpoint
    other = network(len(labels), seed=1)
    own = {name: value.clone() for name, value in other.state_dict().items()}
    begin_with(path, other, labels)
    taken = {name for name, value in other.state_dict().items() if not torch.equal(value, own[name])}
    theirs = model.state_dict()
    for name, value in other.state_dict().items():
        source = own if name.startswith("classifier.") else theirs
        assert torch.equal(value, source[name]), name
    assert taken
    assert not any(name.startswith("classifier.") for name in taken)


def test_another_network_is_refused_with_what_is_different(checkpoint):
    path, _ = checkpoint
    with pytest.raises(ConfigError, match=r"another network.*blocks"):
        begin_with(path, network(2, width=16), ("wave", "clap"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"pretrained: .*none\.safetensors"):
        begin_with(tmp_path / "none.safetensors", network(2), ("wave", "clap"))
