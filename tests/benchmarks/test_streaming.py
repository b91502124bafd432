"""The benchmark on untrimmed recordings and the search for settings, on a data set of a few seconds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from app.decisions import DecisionSettings
from app.streaming import OVERLAPS, Said, Score
from benchmarks import streaming, tune_decisions
from benchmarks.timelines import live_spans
from benchmarks.tune_decisions import SPACE, draw, improve, merit, simplify, to_point, to_settings, unseen
from stgat.training.segments import Matches, Span
from tests.app.fakes import body, tiny_checkpoint
from tests.stgat.data.files import utkinect_file, write_zip

LABEL_FILE = b"s01_e01\nclapHands: 60 180\npull: 200 300\n\ns02_e01\nclapHands: 60 180\n"


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """A checkpoint that always says hand waving, and a data set in which there is clapping instead."""
    frames = np.arange(100) * 4  # six seconds and a half at 15 frames a second
    joints = np.stack([body(0.3 * np.sin(n / 10))[:20] for n in frames])
    files = {f"joints/joints_s0{s}_e01.txt": utkinect_file(frames.tolist(), joints) for s in (1, 2)}
    source = write_zip(tmp_path / "utkinect.zip", {"joints/actionLabel.txt": LABEL_FILE, **files})
    return [str(tiny_checkpoint(tmp_path / "tiny.safetensors")), str(source)]


def test_figures_and_pictures_are_written(arguments: list[str], tmp_path: Path, capsys) -> None:
    kept, pictures = tmp_path / "figures.json", tmp_path / "pictures"
    assert (
        streaming.main([*arguments, "--subjects", "1", "2", "--json", str(kept), "--pictures", str(pictures)])
        == 0
    )
    told = json.loads(kept.read_text())
    assert told["settings"] == DecisionSettings().model_dump()
    assert set(told["recordings"]) == {"s01_e01", "s02_e01"}
    assert told["recordings"]["s01_e01"]["truth"] == [["clapping", 1.0, 3.0]]
    assert told["recordings"]["s01_e01"]["left_out"] == [["pull", 3.33, 5.0]]
    assert told["all"]["segments"] == 2
    assert told["all"]["never_found"] == 1.0
    assert sorted(path.name for path in pictures.iterdir()) == ["s01_e01.png", "s02_e01.png"]
    assert "F1@0.5" in capsys.readouterr().out


def test_settings_can_be_given_and_are_checked(arguments: list[str], tmp_path: Path, capsys) -> None:
    kept = tmp_path / "figures.json"
    command = [*arguments, "--subjects", "1", "--json", str(kept)]
    assert streaming.main([*command, "--set", "enter=0.9", "sure=0.95"]) == 0
    assert json.loads(kept.read_text())["settings"] == DecisionSettings(enter=0.9, sure=0.95).model_dump()
    for change, complaint in (
        ("enter=2", "--set enter: .*less than"),
        ("patience=3", "--set patience: Extra"),
    ):
        with pytest.raises(SystemExit):
            streaming.main([*command, "--set", change])
        assert re.search(complaint, capsys.readouterr().err)


def test_subjects_without_a_recording_are_an_error_in_a_sentence(arguments: list[str], capsys) -> None:
    assert streaming.main([*arguments, "--subjects", "9"]) == 1
    assert "no recording of subject 9" in capsys.readouterr().err


def test_settings_the_recordings_say_nothing_of_keep_their_defaults(
    arguments: list[str], tmp_path: Path
) -> None:
    kept = tmp_path / "best.json"
    command = [*arguments, "--draws", "3", "--false-events", "0.1", "--json", str(kept)]
    assert tune_decisions.main(command) == 0
    told = json.loads(kept.read_text())
    # The network is sure of one thing throughout: no setting changes what is said of it.
    assert told["settings"] == DecisionSettings().model_dump()
    assert told["best"] == told["defaults"]
    assert told["best"]["false_events_a_minute"] > 0


def test_recordings_that_another_network_watches_count_as_well(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "best.json"
    command = [*arguments, "--subjects", "1", "--draws", "1", "--json", str(kept), "--only", "enter"]
    assert tune_decisions.main([*command, "--and", arguments[0], "2"]) == 0
    assert json.loads(kept.read_text())["best"]["segments"] == 2
    with pytest.raises(SystemExit):
        tune_decisions.main([*command, "--and", arguments[0], "two"])
    assert "after the checkpoint come the numbers of the subjects" in capsys.readouterr().err


def test_a_point_is_settings_and_back() -> None:
    assert to_settings(to_point(DecisionSettings())) == DecisionSettings()
    drawn = draw(np.random.default_rng(0), SPACE)
    assert to_point(to_settings(drawn)) == pytest.approx(drawn, abs=1e-3)
    assert set(drawn) == set(SPACE)


def test_only_what_is_searched_is_drawn() -> None:
    drawn = draw(np.random.default_rng(0), {"enter": (0.2,), "leave/enter": (0.7,)})
    assert to_settings(drawn) == DecisionSettings(enter=0.2, leave=0.14)


def scored(found: int, false_events: int = 0) -> Score:
    return Score(
        1, dict.fromkeys(OVERLAPS, Matches(found, 0, 10 - found)), false_events=false_events, idle_s=60.0
    )


def test_few_false_events_come_before_any_f1() -> None:
    ranked = [scored(9, 5), scored(9, 4), scored(1, 2), scored(2, 0)]
    assert sorted(ranked, key=lambda s: merit(s, 2.0)) == ranked


def test_the_search_climbs_to_the_best_of_each_setting() -> None:
    start = {name: float(values[0]) for name, values in SPACE.items()}

    def evaluate(point: dict[str, float]) -> tuple[float, float]:
        return 1.0, -abs(point["lag_s"] - 0.8) - abs(point["enter"] - 0.5)

    found = improve(start, SPACE, evaluate)
    assert (found["lag_s"], found["enter"]) == (0.8, 0.5)
    default = to_point(DecisionSettings())
    simple = simplify(found, default, evaluate)
    assert simple == {**default, "lag_s": 0.8, "enter": 0.5}


def test_a_subject_has_no_say_in_the_settings_it_is_scored_with() -> None:
    # The first settings suit subject 1 alone, the second all others.
    tried = [{1: scored(9), 2: scored(1), 3: scored(1)}, {1: scored(0), 2: scored(5), 3: scored(5)}]
    assert unseen(tried, 2.0).matches[0.5].true_positives == 0 + 1 + 1


def test_what_was_said_live_lasts_until_something_else_is() -> None:
    moments = (
        (0.0, None),
        (0.1, "walk"),
        (0.2, "walk"),
        (0.3, "sit"),
        (0.4, None),
        (0.5, "sit"),
        (0.6, "sit"),
    )
    assert live_spans(Said(moments, ())) == (
        Span("walk", 0.1, 0.3), Span("sit", 0.3, 0.4), Span("sit", 0.5, 0.6),
    )  # fmt: skip
    assert live_spans(Said((), ())) == ()
