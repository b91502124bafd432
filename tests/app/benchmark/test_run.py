"""A short run of the road with a window, a clip of a room and a made-up person in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.benchmark import run
from app.benchmark.clip_camera import prepare_empty_room
from app.benchmark.figures import STAGES
from app.errors import SessionError
from app.ui import measured
from tests.app.fakes import FakeExtractor, tiny_checkpoint

pytestmark = pytest.mark.usefixtures("qapp", "no_leaked_threads")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "SETTLE_S", 0.2)
    monkeypatch.setattr(measured, "GIVE_UP_S", 20.0)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "room"
    folder.mkdir()
    prepare_empty_room(folder, (64, 48), count=4)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "tiny.safetensors")


@pytest.fixture
def posing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(**options) -> None:
        monkeypatch.setattr(run, "make_extractor", lambda: FakeExtractor(**options))

    return use


def test_a_run_counts_what_it_saw(model: Path, pictures: Path, posing: Callable[..., None]) -> None:
    posing()
    figures = run.measure_road(model, pictures, 1.5, 0.0, show=False)
    assert figures.model == "tiny"
    assert figures.people == 1.0
    assert 0 < figures.captured <= 30 * figures.seconds + 1
    assert 0 < figures.answers <= figures.captured
    assert figures.dropped <= figures.captured
    assert set(figures.stages) == {name for name, *_ in STAGES}
    for spread in (figures.overlay, figures.label, figures.to_decision, figures.loop, figures.painting):
        assert spread is not None
        assert 0 <= spread.p50 <= spread.p95 <= spread.p99
    assert figures.to_decision.p50 <= figures.label.p50
    assert figures.visible_s is not None
    assert figures.first_label_s > figures.visible_s
    assert figures.cpu > figures.window_cpu > 0


def test_a_run_with_nobody_in_view_waits_for_no_label(
    model: Path, pictures: Path, posing: Callable[..., None]
) -> None:
    posing(present=lambda time_s: False)
    figures = run.measure_road(model, pictures, 1.0, 0.0, show=False, nobody=True)
    assert (figures.people, figures.answers, figures.first_label_s) == (0.0, 0, None)
    assert figures.captured - figures.dropped > 0


def test_without_a_clip_the_demo_is_played_and_no_pose_is_measured(model: Path) -> None:
    figures = run.measure_road(model, None, 1.0, 0.0, show=False)
    assert "pose" not in figures.stages
    assert "network" in figures.stages
    assert figures.missed == 0


def test_a_session_that_fails_is_told(model: Path, pictures: Path, posing: Callable[..., None]) -> None:
    posing(error="boom")
    with pytest.raises(SessionError, match="boom"):
        run.measure_road(model, pictures, 1.0, 0.0, show=False)


def test_nobody_recognised_in_time_is_told(
    model: Path, pictures: Path, posing: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "GIVE_UP_S", 2.0)
    posing(present=lambda time_s: False)
    with pytest.raises(SessionError, match="nobody was recognised"):
        run.measure_road(model, pictures, 1.0, 0.0, show=False)


def test_hours_go_by_in_seconds_and_the_memory_is_watched(model: Path) -> None:
    told = run.measure_hours(model, 100.0, 1.0, show=False)
    assert told["hours"] * 3600 > 2 * told["seconds"]
    assert len(told["memory_mb"]) in (0, *range(8, 25))
    assert told["grown_mb"] is None or told["grown_mb"] < 200


def test_hours_end_when_they_are_over(model: Path) -> None:
    told = run.measure_hours(model, 0.001, 30.0, show=False)
    assert told["hours"] >= 0.001
    assert told["seconds"] < 30.0
