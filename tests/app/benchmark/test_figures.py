"""From marks to figures, on a run made up by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.benchmark.figures import Figures, Spread, bars, counted
from app.benchmark.probe import Marks

PERFECT = Figures(
    model="stgat-actions",
    seconds=10.0,
    people=1.0,
    captured=300,
    dropped=0,
    missed=0,
    not_posed=0,
    answers=100,
    interval_s=0.1,
    stages={"pose": Spread(20.0, 25.0, 30.0, 300)},
    painting=Spread(1.0, 2.0, 3.0, 300),
    overlay=Spread(40.0, 50.0, 60.0, 300),
    label=Spread(60.0, 90.0, 100.0, 100),
    to_decision=Spread(50.0, 80.0, 90.0, 100),
    loop=Spread(1.0, 2.0, 5.0, 1000),
    cpu=1.2,
    window_cpu=0.2,
    memory=(500.0, 501.0),
    visible_s=1.0,
    first_label_s=4.0,
)


def test_a_spread_is_of_nearest_ranks() -> None:
    spread = Spread.of([number / 1000 for number in range(100, 0, -1)])
    assert spread == pytest.approx(Spread(50.0, 95.0, 99.0, 100))
    assert Spread.of([]) is None


def test_counts_and_stages_are_those_of_the_pictures_due_in_the_time_measured() -> None:
    due = [number / 10 for number in range(20)]
    del due[7]  # one that nobody asked for in time
    numbers = range(len(due))
    marks = Marks(
        captured={n: due[n] + 0.01 for n in numbers},
        pose_began={n: due[n] + 0.02 for n in numbers if n != 9},
        posed={n: due[n] + 0.05 for n in numbers if n != 9},
        shown={n: due[n] + 0.06 for n in numbers if n != 11},
        overlaid={n: due[n] + 0.06 for n in numbers if n not in (9, 11)},
        decided={n: due[n] + 0.08 for n in numbers if n % 2},
        labelled={n: due[n] + 0.09 for n in numbers if n % 2},
    )
    counts, seconds = counted(marks, due, 10.0, 0.45, 1.55)
    assert counts == {"captured": 10, "missed": 1, "dropped": 1, "not_posed": 1, "answers": 5}
    assert seconds["pose"] == pytest.approx([0.03] * 9)
    assert seconds["capture: decode and hand over"] == pytest.approx([0.01] * 10)
    assert seconds["overlay"] == pytest.approx([0.06] * 8)
    assert seconds["label"] == pytest.approx([0.09] * 5)
    assert seconds["network"] == []


def test_without_a_cameras_times_a_picture_begins_when_it_was_captured() -> None:
    marks = Marks(captured={0: 1.0, 1: 2.0}, shown={0: 1.5, 1: 2.5}, overlaid={0: 1.5, 1: 2.5})
    counts, seconds = counted(marks, (), 30.0, 0.0, 9.0)
    assert (counts["captured"], counts["missed"]) == (2, 0)
    assert seconds["overlay"] == [0.5, 0.5]


def test_a_run_without_a_fault_meets_every_bar() -> None:
    assert all(bar.met for bar in bars(PERFECT))
    assert len(bars(PERFECT)) == 10


@pytest.mark.parametrize(
    ("change", "figure"),
    [
        ({"dropped": 1}, "pictures not shown"),
        ({"missed": 1}, "pictures missed by the camera's thread"),
        ({"not_posed": 1}, "pictures without a pose"),
        ({"answers": 39}, "answers a second"),
        ({"interval_s": 0.0, "answers": 290}, "answers a second"),
        ({"overlay": Spread(40.0, 80.0, 90.0, 300)}, "frame to overlay, p95"),
        ({"overlay": None}, "frame to overlay, p95"),
        ({"label": Spread(60.0, 251.0, 300.0, 100)}, "frame to label, p95"),
        (
            {"interval_s": 0.0, "answers": 300, "label": Spread(60.0, 121.0, 300.0, 100)},
            "frame to label, p95",
        ),
        ({"loop": Spread(1.0, 2.0, 21.0, 1000)}, "event loop's delay, p99"),
        ({"visible_s": 2.1}, "window visible"),
        ({"first_label_s": None}, "first label"),
    ],
)
def test_each_fault_fails_its_bar(change: dict, figure: str) -> None:
    failed = [bar.figure for bar in bars(replace(PERFECT, **change)) if not bar.met]
    assert figure in failed
    assert set(failed) <= {figure, "pictures shown a second"}


def test_json_has_every_figure() -> None:
    told = json.loads(json.dumps(PERFECT.as_json()))
    assert told["stages"]["pose"] == {"p50": 20.0, "p95": 25.0, "p99": 30.0, "count": 300}
    assert (told["shown_fps"], told["posed_fps"], told["answers_a_second"]) == (30.0, 30.0, 10.0)
    assert {
        "captured",
        "dropped",
        "missed",
        "not_posed",
        "overlay",
        "label",
        "loop",
        "cpu",
        "memory",
    } <= told.keys()
    assert all({"figure", "measured", "asked", "met"} == bar.keys() for bar in told["bars"])
