"""From looks to figures: soaks made up by hand, with and without something that grows."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from app.soak.figures import Figures, bars, drift, figures
from app.soak.gauges import COLUMNS, Held
from app.soak.report import about, as_markdown


def flat(played_h: float) -> float:
    return 500.0


def looks(hours: float, count: int = 600, **columns) -> dict[str, np.ndarray]:
    """A run at ten times the camera's pace in which nothing changes, but for the columns given."""
    played = np.linspace(0.0, hours, count)
    table = {name: np.ones(count) for name in COLUMNS} | {"wall_s": played * 360, "played_h": played}
    return table | {name: column(played) for name, column in columns.items()}


def ends(
    hours: float,
    count: int = 24,
    memory_mb: Callable[[float], float] = flat,
    threads: Sequence[float] = (8.0,),
    handles: Sequence[float] = (20.0,),
) -> list[Held]:
    """What was held at so many moments, evenly; threads and handles in turn."""
    return [
        Held(
            360 * hour, hour, memory_mb(hour), threads[number % len(threads)], handles[number % len(handles)]
        )
        for number, hour in enumerate(np.linspace(hours / count, hours, count).tolist())
    ]


def made(hours: float = 8.0, table: dict[str, np.ndarray] | None = None, **other) -> Figures:
    given = {
        "held": ends(hours),
        "objects": [Counter(a=3, b=5), Counter(a=4, b=5, c=9)],
        "counts": {"answers": 7},
        "failures": [],
        "left": [],
        "with_pose": True,
    }
    return figures(looks(hours) if table is None else table, **given | other)


def missed(of: Figures) -> list[str]:
    return [bar.figure for bar in bars(of) if not bar.met]


def test_a_run_in_which_nothing_grows_meets_every_bar() -> None:
    of = made()
    assert of.warm_h == 1.0
    assert missed(of) == []
    assert len(bars(of)) == 6
    assert of.grown == {"c": (0, 9), "a": (3, 4)}
    assert len(of.parts) == 10


def test_two_mb_an_hour_are_seen_under_waves_and_outliers() -> None:
    def memory(hour: float) -> float:
        return 500 + 2.0 * hour + 2 * math.sin(40 * hour) + (300 if 4.0 < hour < 4.5 else 0)

    of = made(held=ends(8.0, memory_mb=memory))
    assert of.a_played_hour is not None and of.a_wall_hour is not None
    assert of.a_played_hour.value == pytest.approx(2.0, abs=0.5)
    assert of.a_wall_hour.value == pytest.approx(10 * of.a_played_hour.value)
    assert of.a_played_hour.low < 2.0 < of.a_played_hour.high
    assert missed(of) == ["memory grown in an hour played, after warm-up"]


def test_what_grows_while_it_warms_up_does_not_count() -> None:
    assert missed(made(held=ends(8.0, memory_mb=lambda hour: 500 * min(hour, 0.9)))) == []


@pytest.mark.parametrize(("mb_an_hour", "expected"), [(400.0, []), (2000.0, ["memory grown after warm-up"])])
def test_of_a_short_run_it_is_asked_what_it_has_grown_by(mb_an_hour: float, expected: list[str]) -> None:
    of = made(0.05, held=ends(0.05, memory_mb=lambda hour: 500 + mb_an_hour * hour))
    assert not of.long
    assert missed(of) == expected


def test_threads_or_handles_that_stay_are_seen_and_those_on_their_way_out_are_not() -> None:
    assert missed(made(held=ends(8.0, threads=(8, 8, 9), handles=(20, 23)))) == []
    more = ends(8.0)[:12] + [one._replace(threads=9) for one in ends(8.0)[12:]]
    assert missed(made(held=more)) == ["threads at the ends of stretches"]
    more = ends(8.0)[:12] + [one._replace(handles=22) for one in ends(8.0)[12:]]
    assert missed(made(held=more)) == ["handles at the ends of stretches"]


def test_answers_that_become_dearer_are_seen() -> None:
    of = made(table=looks(8.0, answer_cpu_ms=lambda played: 10 + 0.6 * played))
    assert drift(of) == pytest.approx(1.37, abs=0.03)
    assert missed(of) == ["an answer's processor time, end to beginning"]


def test_failures_and_threads_left_are_told() -> None:
    of = made(failures=["people: stood still"], left=["stgat-pose"])
    assert missed(of) == ["failures", "threads left when the window is closed"]
    page = as_markdown(about("soak", 0, "m", None), of)
    assert "- people: stood still" in page
    assert "closed: stgat-pose" in page


def test_a_system_that_tells_no_memory_is_not_taken_for_one_that_leaks() -> None:
    of = made(held=ends(8.0, memory_mb=lambda hour: math.nan))
    assert of.a_played_hour is None
    assert missed(of) == []


def test_a_single_look_has_figures_too() -> None:
    of = made(table=looks(0.0, count=1), held=[], objects=[])
    assert of.halves is None
    assert "| failures | 0 | 0 | yes |" in as_markdown(about("soak", 0, "m", None), of)


def test_the_page_has_every_bar_and_part_and_the_json_the_same() -> None:
    of = made()
    page = as_markdown(about("python main.py soak", 4, "stgat-actions", "clip.mp4"), of)
    for words in (
        "    python main.py soak\n",
        "8.00 hours played in 0.80 hours",
        "seed 4, model stgat-actions",
        "| memory grown in an hour played, after warm-up | +0.00 MB | less than 1 MB | yes |",
        "| at 8.00 h played | 500.0 |",
        "Pictures for the pose: clip.mp4.",
        "| `c` | 0 | 9 |",
        "| 8.00 | 48.0 | ",
    ):
        assert words in page, words
    told = json.loads(json.dumps(of.as_json()))
    assert [bar["met"] for bar in told["bars"]] == [True] * 6


def test_a_page_says_that_there_was_no_pose() -> None:
    page = as_markdown(about("soak", 0, "m", None), made(with_pose=False))
    assert "no picture went through the pose" in page
