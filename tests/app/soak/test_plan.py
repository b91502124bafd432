"""The plan of a soak: everything comes up in every round, and the seed says how."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.settings import SettingsStore
from app.soak.plan import LONGEST, SHORTEST_S, Stretch, stretches


def plan(seed: int, count: int, every_s: float = 600.0) -> list[Stretch]:
    return list(itertools.islice(stretches(np.random.default_rng(seed), every_s), count))


def test_a_round_of_ten_minutes_has_pictures_in_every_quarter_of_an_hour() -> None:
    begins_s, at_s = [], 0.0
    for stretch in plan(0, 200):
        if stretch.source == "pictures":
            begins_s.append(at_s)
        at_s += stretch.seconds
    assert len(begins_s) == 40
    assert np.diff(begins_s).max() < 18.5 * 60
    assert np.mean(np.diff(begins_s)) == pytest.approx(960, rel=0.05)


def test_sources_settings_and_models_all_change_and_only_cameras_are_recorded() -> None:
    made = plan(0, 200)
    assert {stretch.source for stretch in made} == {LONGEST, "people, small", "pictures", "recording", "demo"}
    assert {stretch.source for stretch in made if stretch.record_s} == {"people", "pictures"}
    for flags in ({stretch.stop_first for stretch in made}, {stretch.reload for stretch in made}):
        assert flags == {False, True}
    for name in ("sensitivity", "smoothing_s", "hand_trails", "skeletons_only", "appearance"):
        assert len({stretch.settings[name] for stretch in made}) > 1


def test_every_setting_is_one_that_can_be() -> None:
    store = SettingsStore.in_memory()
    for stretch in plan(3, 50):
        store.change(**stretch.settings)


def test_the_seed_says_it_all_and_no_stretch_is_over_at_once() -> None:
    assert plan(1, 30) == plan(1, 30) != plan(2, 30)
    assert min(stretch.seconds for stretch in plan(0, 50, every_s=1.0)) == SHORTEST_S
