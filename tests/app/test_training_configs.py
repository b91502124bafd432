"""Configurations as they are chosen, and how one is put on somebody's data."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.training_configs import (
    CONFIGS,
    DEFAULT_CONFIG,
    describe,
    fit,
    list_choices,
    overrides_for,
    parse_subjects,
)
from stgat.errors import ConfigError, DataError
from stgat.training.config import PooledTrainConfig, PreparedTrainConfig
from stgat.training.load_config import load_config
from tests.stgat.training.prepared_sets import small_set


def test_every_configuration_says_in_a_line_what_it_is() -> None:
    choices = list_choices()
    assert choices[0].path == DEFAULT_CONFIG
    assert {choice.path for choice in choices} == set(CONFIGS.glob("*.yaml"))
    assert all(choice.about and not choice.error for choice in choices)


def test_one_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("epoch: 3\nname: odd\n")
    (choice,) = list_choices(tmp_path)
    assert "odd.yaml" in choice.error and "\n" not in choice.error


def test_the_changes_mean_what_was_chosen_whatever_is_in_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's: #1, [ä]"
    changes = overrides_for(
        describe(DEFAULT_CONFIG), name="yes", epochs=7, data=folder, split="all", holdout=(3, 5)
    )
    config = load_config(DEFAULT_CONFIG, list(changes))
    assert isinstance(config, PreparedTrainConfig)
    assert (config.name, config.epochs) == ("yes", 7)
    assert (config.data.path, config.data.holdout_subjects) == (folder, (3, 5))


def test_several_raw_data_sets_are_found_in_one_folder(tmp_path: Path) -> None:
    choice = describe(CONFIGS / "stgat-actions.yaml")
    assert choice.pooled
    changes = overrides_for(choice, name="x", epochs=1, archives=tmp_path)
    config = load_config(choice.path, list(changes))
    assert isinstance(config, PooledTrainConfig)
    assert [data.path for data in config.data] == [tmp_path / path.name for path in choice.archives]


def test_a_prepared_set_says_how_it_can_be_divided(tmp_path: Path) -> None:
    found = fit(small_set(tmp_path / "set", subjects=5).folder)
    assert found.subjects == (1, 2, 3, 4, 5) and found.holdout == (5,)
    assert "all" in found.splits
    assert fit(small_set(tmp_path / "two", subjects=2).folder).holdout == ()
    with pytest.raises(DataError, match="no such folder"):
        fit(tmp_path / "none")


def test_people_are_named_by_numbers() -> None:
    assert parse_subjects(" 3,5 , 8 3") == (3, 5, 8)
    with pytest.raises(ConfigError, match="people are named by their numbers"):
        parse_subjects("Anna")
