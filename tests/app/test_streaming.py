"""Untrimmed recordings through window, network and decision, against what is done in them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.decisions import DecisionSettings
from app.recognition import INTERVAL_S, Observer
from app.streaming import Said, Score, Watched, decide, score, total, walks, watch
from stgat.data.utkinect import Recording, Segment
from stgat.skeleton import Skeleton
from stgat.training.segments import Matches, Span
from tests.app.fakes import FakeRecognizer, body

LABELS = {"waveHands": "hand waving", "pull": "pull"}


def recording(seconds: float = 6.0) -> Recording:
    """Somebody who moves an arm all the time, seen by a Kinect at 15 frames a second."""
    times = np.arange(round(seconds * 15)) / 15
    joints = np.stack([body(0.3 * np.sin(6 * t))[:20] for t in times]).astype(np.float32)
    joints[:, [1, 2]] = joints[:, [0, 3]] + [0, 0.1, 0]
    segments = (
        Segment("waveHands", 15, 45, 1.0, 3.0),
        Segment("pull", 45, 60, 3.0, 4.0),
        Segment("walk", 60, 75, 4.0, 5.0),
    )
    return Recording("s01_e01", joints, np.arange(len(times)), times, segments, 1, 1)


@pytest.fixture(scope="module")
def watched() -> Watched:
    return watch(recording(), FakeRecognizer(), LABELS)


def test_a_recording_is_looked_at_as_often_as_live(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    # A light network looks at every frame.
    assert [moment.frame_index for moment in watched.moments[:3]] == [0, 1, 2]
    # Nobody is recognised before half a second of them is known.
    assert [len(m.observations) for m in watched.moments] == [0] * 8 + [1] * (len(watched.moments) - 8)
    monkeypatch.setattr("app.recognition.LIGHT_OPERATIONS", 0)
    heavy = watch(recording(), FakeRecognizer(), LABELS)
    # At 15 frames a second every second frame is the first that is due after a tenth.
    times = [moment.timestamp_s for moment in heavy.moments]
    assert [b - a for a, b in pairwise(times)] == pytest.approx([2 / 15] * (len(times) - 1))
    assert [moment.frame_index for moment in heavy.moments[:3]] == [0, 2, 4]


def test_actions_without_a_label_are_left_out_of_the_truth(watched: Watched) -> None:
    assert watched.truth == (Span("hand waving", 1.0, 3.0),)
    assert watched.left_out == (Span("pull", 3.0, 4.0), Span("walk", 4.0, 5.0))


def test_what_is_decided_depends_on_the_settings_alone(watched: Watched) -> None:
    said = decide(watched, DecisionSettings())
    assert said == decide(watched, DecisionSettings())
    (event,) = said.events
    assert (event.label, event.end_s) == ("hand waving", pytest.approx(watched.moments[-1].timestamp_s))
    assert [label for _, label in said.moments[:9]] == [None] * 8 + ["hand waving"]
    assert decide(watched, DecisionSettings(enter=0.95)).events == ()


def made_up(duration_s: float = 20.0) -> Watched:
    truth = (Span("walk", 0, 4), Span("sit", 6, 8))
    return Watched("s01_e01", 1, duration_s, (), truth, (Span("pull", 10, 12),))


def test_a_score_by_hand() -> None:
    events = (
        Span("walk", 0, 5),  # found at 0.5: 4 of 5 s
        Span("sit", 7, 9),  # found at 0.25: 1 of 3 s; but half of it is where nothing is done
        Span("throw", 10.5, 12),  # during the pull, which is not counted
        Span("push", 9, 10),  # where nothing is done
        Span("push", 12, 14),  # and this too
        Span("push", 7, 8.5),  # wrong, but something is done most of the time
    )
    moments = (
        (1.0, "walk"),
        (3.0, None),
        (5.0, None),
        (7.0, "sit"),
        (8.5, "sit"),
        (11.0, "throw"),
        (15.0, None),
    )
    scored = score(made_up(), Said(moments, events))
    assert scored.matches == {0.1: Matches(2, 3, 0), 0.25: Matches(2, 3, 0), 0.5: Matches(1, 4, 1)}
    assert (scored.in_action, scored.in_idle) == ((2, 3), (2, 3))
    assert scored.delays == (1.0, 1.0)
    assert (scored.false_events, scored.idle_s) == (3, 12.0)
    assert scored.at_left_out == (("pull", "throw"),)
    figures = scored.figures()
    assert figures["frame_accuracy"] == pytest.approx(4 / 6)
    assert figures["false_events_a_minute"] == pytest.approx(15.0)
    assert figures["edit"] == pytest.approx(2 / 5)  # walk sit push push push
    assert figures["f1@0.5"] == pytest.approx(2 / 7)


def test_saying_nothing_is_never_found_and_never_false() -> None:
    figures = score(made_up(), Said(((1.0, None), (15.0, None)), ())).figures()
    assert figures["never_found"] == 1.0
    assert figures["median_delay_s"] is None
    assert figures["false_events_a_minute"] == 0.0
    assert (figures["accuracy_in_action"], figures["accuracy_in_idle"]) == (0.0, 1.0)


def test_scores_add_up() -> None:
    one = score(made_up(), Said(((1.0, "walk"),), (Span("walk", 0, 4),)))
    two = score(made_up(), Said(((1.0, None),), ()))
    both = total([one, two])
    assert (both.recordings, both.in_action, both.idle_s) == (2, (1, 2), 24.0)
    assert both.matches[0.5] == Matches(1, 0, 3)
    assert both.delays == (1.0, None, None, None)
    assert total([]).figures() == Score().figures()


def test_an_observer_is_due_at_its_interval_and_anew_when_time_goes_back() -> None:
    observer = Observer(FakeRecognizer(), INTERVAL_S)

    def due(time: float) -> bool:
        observer.add([Skeleton(body(0.1), np.ones(25), 3, time)], time)
        return observer.observe() is not None

    assert [due(t) for t in (5.0, 5.05, 5.0 + INTERVAL_S, 5.15)] == [True, False, True, False]
    assert [due(t) for t in (1.0, 1.05)] == [True, False]


@pytest.mark.shared
def test_every_published_recording_is_usable(shared_dir: Path) -> None:
    from stgat.data.utkinect import read_recordings

    found = next(read_recordings(shared_dir / "datasets" / "utkinect.zip"))
    watched = watch(found, FakeRecognizer(), {"walk": "hand waving"})
    assert {len(m.observations) for m in watched.moments[20:]} == {1}
    assert len(watched.truth) + len(watched.left_out) == len(found.segments)
    assert replace(watched, truth=()).duration_s == pytest.approx(found.timestamps_s[-1])


def test_walking_between_the_actions_may_be_called_walking_and_nothing_else() -> None:
    watched = replace(made_up(), walked=(Span("walk", 4, 6), Span("walk", 14, 18)))
    events = (
        Span("walk", 13.5, 17),  # where the person walks on
        Span("push", 15, 17),  # there too, and wrong
        Span("walk", 1, 7.5),  # of the labelled walk and on
        Span("walk", 18.2, 20),  # where nobody walks
    )
    moments = ((15.0, "walk"), (16.0, "push"), (16.5, None), (19.0, "walk"))
    strict = score(watched, Said(moments, events))
    allowed = score(watched, Said(moments, events), allow_walks=True)
    assert (strict.false_events, strict.idle_s) == (3, 12.0)
    assert (allowed.false_events, allowed.idle_s) == (2, 6.0)
    assert strict.matches[0.5] == Matches(0, 4, 2)
    assert allowed.matches[0.5] == Matches(1, 2, 1)
    assert (strict.in_idle, allowed.in_idle) == ((1, 4), (1, 3))


def test_walking_is_seen_in_the_recording_where_nothing_is_labelled() -> None:
    still = recording()
    assert walks(still) == ()
    path = np.clip(still.timestamps_s - 1.0, 0, None)[:, None, None] * [0.8, 0.0, 0.0]
    walking = replace(still, joints_m=still.joints_m + path.astype(np.float32))
    (span,) = walks(walking)  # labelled until 5 s
    assert (span.label, span.start_s) == ("walk", pytest.approx(5.0, abs=0.1))
    assert span.end_s == still.timestamps_s[-1]
