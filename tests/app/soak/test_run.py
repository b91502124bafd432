"""A soak of the real window and road with a network of few channels, for some seconds of played time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.benchmark.clip_camera import prepare_empty_room
from app.road import RecognizerLoader
from app.soak import house, run
from app.soak.ear import FOUND, POSED_HERE
from app.soak.figures import Figures
from app.soak.plan import Stretch
from app.ui import soaked
from tests.app.fakes import FakeExtractor, tiny_checkpoint

pytestmark = pytest.mark.usefixtures("qapp", "no_leaked_threads")


@pytest.fixture
def loader(tmp_path: Path) -> RecognizerLoader:
    return RecognizerLoader(tiny_checkpoint(tmp_path / "tiny.safetensors"), "cpu")


@pytest.fixture(autouse=True)
def _pose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "has_pose_model", lambda: True)
    monkeypatch.setattr(house, "make_extractor", FakeExtractor)


def soak(
    monkeypatch: pytest.MonkeyPatch, loader: RecognizerLoader, plan: list[Stretch], seconds: float, **options
) -> Figures:
    def stretches(rng, every_s: float) -> Iterator[Stretch]:
        return itertools.cycle(plan)

    monkeypatch.setattr(run, "stretches", stretches)
    return run.soak(loader, seconds / 3600, accelerate=True, **options)


def test_everything_in_the_plan_is_done(
    monkeypatch: pytest.MonkeyPatch, loader: RecognizerLoader, tmp_path: Path
) -> None:
    plan = [
        Stretch("people", 5.0, record_s=(1.0, 3.0), settings={"appearance": "dark"}),
        Stretch("pictures", 1.0, stop_first=True),
        Stretch("recording", 1.0),
        Stretch("people, small", 5.0, reload=True),
        Stretch("demo", 2.0, settings={"sensitivity": 0.7}),
    ]
    of = soak(monkeypatch, loader, plan, 30.0)
    assert of.failures == of.left == ()
    assert of.played_h * 3600 >= 30.0
    counts = of.counts
    for source in ("people", "pictures", "recording", "people, small", "demo"):
        assert counts[f"stretches of: {source}"] >= 1, source
    assert counts["recordings made"] >= 1
    assert counts["models loaded anew"] >= 1
    assert counts["people who came"] >= 1
    assert counts[FOUND] == counts[POSED_HERE] > 0
    assert counts["pictures captured"] >= 30 * 30
    assert 0 < counts["answers"] < counts["pictures posed"] <= counts["pictures captured"]


def test_a_session_that_fails_is_told_and_the_next_stretch_begins(
    monkeypatch: pytest.MonkeyPatch, loader: RecognizerLoader
) -> None:
    monkeypatch.setattr(house, "make_extractor", lambda: FakeExtractor(error="boom"))
    of = soak(monkeypatch, loader, [Stretch("pictures", 1.0), Stretch("people", 4.0)], 5.0)
    assert any("boom" in failure for failure in of.failures)
    assert of.counts["stretches of: people"] >= 1


def test_a_source_that_stands_still_is_given_up(
    monkeypatch: pytest.MonkeyPatch, loader: RecognizerLoader
) -> None:
    monkeypatch.setattr(soaked, "STUCK_S", 0.5)
    monkeypatch.setattr(house, "make_extractor", lambda: FakeExtractor(delay_s=1.5))
    of = soak(monkeypatch, loader, [Stretch("pictures", 60.0), Stretch("people", 4.0)], 4.0)
    assert any("stood still" in failure for failure in of.failures)


def test_without_the_poses_model_no_picture_is_given_to_it(
    monkeypatch: pytest.MonkeyPatch, loader: RecognizerLoader
) -> None:
    monkeypatch.setattr(run, "has_pose_model", lambda: False)
    of = soak(monkeypatch, loader, [Stretch("pictures", 1.0), Stretch("people", 2.0)], 2.0)
    assert not of.with_pose
    assert POSED_HERE not in of.counts


def test_a_video_stands_in_for_painted_people(
    monkeypatch: pytest.MonkeyPatch, loader: RecognizerLoader
) -> None:
    prepared: list[str] = []

    def prepare(source: str, folder: Path, size: tuple[int, int], at_most: int) -> int:
        prepared.append(source)
        return prepare_empty_room(folder, (64, 48), count=3)

    monkeypatch.setattr(run, "prepare_clip", prepare)
    of = soak(monkeypatch, loader, [Stretch("pictures", 2.0)], 1.0, source="people.mp4")
    assert prepared == ["people.mp4"]
    assert of.counts[POSED_HERE] > 0
