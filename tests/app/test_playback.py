"""A file to move about in: whatever one does with it, a moment is what it is when read in order."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from app.decisions import DecisionSettings
from app.entities import Decision, Health, VideoFrame
from app.errors import SourceError
from app.explaining import Explains
from app.findings import Findings
from app.pipeline import PosedFrame, Result, Session
from app.playback import FilePlayback
from app.playhead import FASTEST, SLOWEST
from app.road import open_in_window
from app.sources import BaseSource, SourceInfo, open_twice
from app.ui.session import Playback
from app.window import SlidingWindow
from stgat.checkpoint import Checkpoint
from stgat.model import STGAT
from stgat.recognizer import Prediction, Recognizer
from tests.app.fakes import (
    LABELS,
    METADATA,
    PICTURE,
    FakeExtractor,
    FakeRecognizer,
    tiny_recording,
    tiny_video,
)

COUNT, FPS = 90, 30.0


class Film(BaseSource):
    """Pictures that carry their number; not steady in time, like a phone's."""

    def __init__(self, count: int = COUNT, stated_s: float | None = None) -> None:
        super().__init__("film.mp4")
        self.times_s = [i / FPS + (0.011 if i % 3 == 1 else 0.0) for i in range(count)]
        self.stated_s = self.times_s[-1] if stated_s is None else stated_s
        self.sought: list[float] = []
        self.hold: threading.Event | None = None  # frames() waits for it before each picture
        self.fail_seeks = ""
        self.stuck = False  # seek() waits until it is interrupted

    def open(self) -> SourceInfo:
        return SourceInfo("film.mp4", 64, 48, FPS, len(self.times_s), False, self.stated_s)

    def frames(self) -> Iterator[VideoFrame]:
        for number in range(len(self.times_s)):
            while self.hold is not None and not self.hold.wait(0.01) and not self._interrupted.is_set():
                pass
            if self._interrupted.is_set():
                return
            yield self._picture(number)

    def seek(
        self, time_s: float, exact: bool = True, give_up: Callable[[], bool] = lambda: False
    ) -> VideoFrame | None:
        if self.fail_seeks:
            raise SourceError(self.fail_seeks)
        while self.stuck and not (self._interrupted.wait(0.01) or give_up()):
            pass
        if self._interrupted.is_set() or give_up():
            return None
        self.sought.append(time_s)
        number = max(0, int(np.searchsorted(self.times_s, time_s + 1e-6, "right")) - 1)
        return self._picture(number)

    def _picture(self, number: int) -> VideoFrame:
        return VideoFrame(PICTURE, number, self.times_s[number])


class Changeable(FakeRecognizer):
    """Says clapping and hand waving by turns, so that moments differ."""

    def recognize(self, windows, spans) -> list[Prediction]:
        sure = [0.9 if int(end_s) % 2 else 0.05 for _, end_s in spans]
        return [
            Prediction(np.array([p, 1 - p]), LABELS, -3.0, *span) for p, span in zip(sure, spans, strict=True)
        ]


def analysis(
    film: BaseSource, on_result: Callable[[Result], None], extractor=None, recognizer=None, settings=None
) -> Session:
    return Session(
        film,
        lambda: extractor or FakeExtractor(),
        lambda: recognizer or Changeable(),
        settings=settings,
        lossless=True,
        on_result=on_result,
    )


class Stage:
    """A playback, its two films, and what to wait for."""

    def __init__(self, read: Film, shown: Film, **options) -> None:
        self.read, self.shown = read, shown
        self.playback = FilePlayback(shown, lambda on_result: analysis(read, on_result, **options))

    def until(self, condition: Callable[[], bool], timeout_s: float = 8.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "it did not come to that"
            time.sleep(0.002)

    def settled(self) -> bool:
        """The picture asked for is shown, with what was found in it."""
        p = self.playback
        with p._changed:
            return p._head.jumps == p._jump_shown and p._shown == p._plan()[0]

    def analysed(self) -> None:
        self.until(lambda: self.playback._findings.complete)


@pytest.fixture
def stage(no_leaked_threads: None) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(count: int = COUNT, stated_s: float | None = None, play: bool = False, **options) -> Stage:
        made.append(Stage(Film(count, stated_s), Film(count, stated_s), **options))
        made[-1].playback.pause() if not play else None
        return made[-1]

    yield make
    for each in made:
        assert each.playback.stop(1.0)


@pytest.fixture(scope="module")
def in_order() -> list[tuple[float, tuple[Decision, ...]]]:
    """(time, decisions in force) of every picture, by an ordinary run from first to last."""
    results: list[Result] = []
    session = analysis(Film(), results.append)
    session.start()
    assert session.wait(30)
    told, now = [], ()
    for result in results:
        if result.posed is not None:
            now = now if result.decisions is None else result.decisions
            told.append((result.posed.frame.timestamp_s, now))
    return told


def test_it_is_what_the_window_takes_for_a_playback_and_a_camera_is_not(tmp_path: Path) -> None:
    assert isinstance(open_in_window(str(tmp_path / "a.mp4"), FakeRecognizer), Playback)
    assert isinstance(open_in_window(str(tmp_path / "a.npz"), FakeRecognizer), Playback)
    assert not isinstance(open_in_window("camera:0", FakeRecognizer), Playback)
    assert not isinstance(open_in_window("demo", FakeRecognizer), Playback)
    with pytest.raises(SourceError):
        open_in_window("https://example.org/clip.mp4", FakeRecognizer)


def test_every_moment_says_what_it_says_in_order_however_one_gets_there(stage, in_order) -> None:
    scene = stage()
    playback = scene.playback
    playback.start()

    @property_settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.one_of(
                st.floats(-1.0, 4.0).map(lambda t: ("seek", t)),
                st.integers(-40, 40).map(lambda n: ("step", n)),
            ),
            max_size=8,
        )
    )
    def wander(moves) -> None:
        for name, by in moves:
            getattr(playback, name)(by)
        scene.until(scene.settled)
        known = playback._shown.known  # the analysis may overtake this test at any line
        snapshot = playback.snapshot()
        if known:
            time_s, decisions = in_order[snapshot.frame.index]
            assert (snapshot.frame.timestamp_s, snapshot.decisions) == (time_s, decisions)
            assert [s.timestamp_s for s in snapshot.skeletons] == [time_s]

    wander()


def test_the_events_are_those_of_reading_in_order_whatever_was_sought_meanwhile(stage) -> None:
    results: list[Result] = []
    session = analysis(Film(), results.append)
    session.start()
    assert session.wait(30)
    scene = stage()
    scene.playback.start()
    for time_s in (2.5, 0.1, 1.7, 2.9, 0.0):
        scene.playback.seek(time_s)
        time.sleep(0.01)
    scene.analysed()
    assert scene.playback.snapshot().events == tuple(e for r in results for e in r.events) != ()


def test_a_seek_beyond_what_is_analysed_shows_the_picture_at_once_and_the_rest_when_it_is_known(
    stage, in_order
) -> None:
    scene = stage()
    scene.read.hold = threading.Event()
    scene.playback.start()
    scene.playback.seek(2.0)
    scene.until(scene.settled)
    early = scene.playback.snapshot()
    assert (early.skeletons, early.decisions, scene.playback.analysed_s) == ((), (), 0.0)
    scene.read.hold.set()
    scene.until(lambda: bool(scene.playback.snapshot().skeletons))
    late = scene.playback.snapshot()
    assert late.frame is not early.frame  # so that the window paints it anew
    assert late.frame.index == early.frame.index == 60
    assert late.decisions == in_order[60][1]


def test_it_plays_at_its_own_pace_and_is_paused_at_the_end_which_can_be_left_again(stage) -> None:
    scene = stage(30, play=True)
    playback = scene.playback
    playback.start()
    scene.until(lambda: playback.snapshot().health is Health.RUNNING)
    begun = time.monotonic()
    scene.until(lambda: playback.snapshot().health is Health.ENDED)
    assert time.monotonic() - begun > 0.7
    assert playback.paused
    assert playback.position_s == playback.duration_s == scene.shown.times_s[-1]
    playback.seek(0.5)
    scene.until(lambda: playback.snapshot().frame.index == 15)
    assert playback.snapshot().health is Health.RUNNING
    assert playback.paused
    playback.seek(99.0)
    scene.until(lambda: playback.snapshot().health is Health.ENDED)
    playback.play()
    assert not playback.paused
    scene.until(lambda: 0 < playback.position_s < 0.5)


@pytest.mark.parametrize(("rate", "least_s", "most_s"), [(4.0, 0.5, 2.5), (1.0, 2.5, 60.0)])
def test_the_rate_is_kept_on_average(stage, rate, least_s, most_s) -> None:
    scene = stage()
    scene.playback.start()
    scene.analysed()
    scene.playback.rate = rate
    begun = time.monotonic()
    scene.playback.play()
    scene.until(lambda: scene.playback.paused)
    assert least_s < time.monotonic() - begun < most_s


def test_rates_out_of_range_are_brought_into_it(stage) -> None:
    playback = stage().playback
    playback.rate = 100.0
    assert playback.rate == FASTEST
    playback.rate = 0.0
    assert playback.rate == SLOWEST


def test_it_never_plays_past_the_analysis(stage) -> None:
    scene = stage(play=True, extractor=FakeExtractor(0.02))
    scene.playback.rate = 4.0
    scene.playback.start()
    seen = []

    def look() -> bool:
        snapshot = scene.playback.snapshot()
        if snapshot.frame is not None and snapshot.frame.index > 0:
            seen.append(bool(snapshot.skeletons))
        return len(seen) > 100 and snapshot.frame.index > 20

    scene.until(look)
    assert all(seen)


def test_a_loop_is_repeated_until_it_is_taken_off(stage) -> None:
    scene = stage()
    playback = scene.playback
    playback.start()
    scene.analysed()
    playback.rate = 4.0
    playback.loop = (1.5, 1.0)  # in either order
    assert playback.loop == (1.0, 1.5)
    playback.seek(1.0)
    playback.play()
    positions: list[float] = []

    def turns() -> int:
        positions.append(playback.position_s)
        return sum(b < a for a, b in itertools.pairwise(positions))

    scene.until(lambda: turns() >= 3)
    assert max(positions) < 1.5
    playback.loop = None
    scene.until(lambda: playback.paused)
    assert playback.position_s == playback.duration_s


@pytest.mark.parametrize("loop", [(50.0, 60.0), (2.9, 99.0), (0.5, 0.5)])
def test_a_loop_that_the_file_does_not_hold_is_brought_into_it(stage, loop) -> None:
    scene = stage()
    playback = scene.playback
    playback.loop = loop
    playback.start()
    scene.analysed()
    playback.play()
    sought = len(scene.shown.sought)
    time.sleep(0.4)
    assert not playback.paused
    assert len(scene.shown.sought) - sought < 60  # no mad turning


def test_steps_go_picture_by_picture_both_ways_and_stop_at_the_ends(stage) -> None:
    scene = stage()
    playback = scene.playback
    playback.start()
    scene.analysed()
    playback.seek(1.0)
    playback.play()
    playback.step(1)
    assert playback.paused
    scene.until(scene.settled)
    here = playback.snapshot().frame.index
    for by, expected in ((1, here + 1), (1, here + 2), (-1, here + 1), (-5, here - 4), (-999, 0), (999, 89)):
        playback.step(by)
        scene.until(scene.settled)
        assert playback.snapshot().frame.index == expected
    for _ in range(5):  # faster than the pictures come
        playback.step(-1)
    scene.until(scene.settled)
    assert playback.snapshot().frame.index == 84


def test_a_step_works_where_nothing_is_analysed_yet(stage) -> None:
    scene = stage()
    scene.read.hold = threading.Event()
    scene.playback.start()
    scene.playback.seek(1.0)
    scene.playback.step(2)
    scene.until(scene.settled)
    assert scene.playback.snapshot().frame.index == 32


def test_the_latest_of_many_seeks_wins_over_one_that_takes_long(stage) -> None:
    scene = stage()
    scene.playback.start()
    scene.analysed()
    scene.shown.stuck = True
    scene.playback.seek(2.0)
    time.sleep(0.05)
    scene.playback.seek(1.0)
    assert scene.playback.position_s == 1.0  # where it is going to be
    scene.shown.stuck = False
    scene.until(scene.settled)
    assert scene.playback.snapshot().frame.index == 30


def test_a_file_without_a_stated_length_grows_as_it_is_analysed(stage) -> None:
    scene = stage()
    scene.shown.stated_s = None
    scene.playback.start()
    scene.playback.seek(1e9)
    scene.analysed()
    scene.until(scene.settled)
    assert scene.playback.position_s == scene.playback.duration_s == scene.shown.times_s[-1]


def test_a_file_that_is_shorter_than_it_says_ends_where_it_ends(stage) -> None:
    scene = stage(30, stated_s=60.0)
    scene.playback.start()
    scene.playback.seek(50.0)
    scene.analysed()
    scene.until(lambda: scene.playback.snapshot().health is Health.ENDED)
    assert scene.playback.duration_s == scene.playback.position_s == pytest.approx(29 / 30)


def test_what_the_source_warns_of_is_told_at_the_end(stage) -> None:
    scene = stage(30)
    scene.read.warning = "film.mp4 is cut short: 1.0 of 60.0 s could be read"
    scene.playback.start()
    scene.analysed()
    assert scene.playback.snapshot().message == ""
    scene.playback.seek(9.0)
    scene.until(lambda: scene.playback.snapshot().message.startswith("film.mp4 is cut short"))


def failing(sentence: str) -> Callable[[], None]:
    def fail() -> None:
        raise SourceError(sentence)

    return fail


@pytest.mark.parametrize("what", ["missing", "model", "seek", "pose"])
def test_what_goes_wrong_is_one_sentence(stage, what) -> None:
    scene = stage(extractor=FakeExtractor(error="no legs" if what == "pose" else ""))
    if what == "missing":
        scene.shown.open = failing("there is no file film.mp4: look")
    if what == "seek":
        scene.shown.fail_seeks = "there is no file film.mp4: look"
    if what == "model":
        scene.playback._analysis._recognition._load = lambda: (_ for _ in ()).throw(
            SourceError("no model: look")
        )
    scene.playback.start()
    scene.until(lambda: scene.playback.snapshot().health is Health.FAILED)
    assert scene.playback.failure
    assert scene.playback.snapshot().message == scene.playback.failure


@pytest.mark.parametrize("state", ["unstarted", "loading", "playing", "paused", "stuck", "ended", "waiting"])
def test_it_stops_within_a_second_from_every_state(stage, state) -> None:
    scene = stage(play=state != "paused")
    playback = scene.playback
    if state == "loading":
        gate = threading.Event()
        playback._analysis._recognition._load = lambda: gate.wait(0.8) or FakeRecognizer()
    if state == "waiting":
        scene.read.hold = threading.Event()
    if state != "unstarted":
        playback.start()
    if state in ("playing", "paused"):
        scene.until(lambda: playback.snapshot().frame is not None)
    if state == "stuck":
        scene.analysed()
        scene.shown.stuck = True
        playback.seek(1.0)
    if state == "ended":
        scene.analysed()
        playback.seek(9.0)
        playback.pause()
        scene.until(lambda: playback.snapshot().health is Health.ENDED)
    begun = time.monotonic()
    assert playback.stop(1.0)
    assert time.monotonic() - begun < 1.0
    assert playback.snapshot().health is Health.STOPPED


def test_the_first_picture_does_not_wait_for_the_model(stage) -> None:
    scene = stage(play=True)
    gate = threading.Event()
    scene.playback._analysis._recognition._load = lambda: gate.wait(5) and Changeable()
    scene.playback.start()
    scene.until(lambda: scene.playback.snapshot().frame is not None)
    snapshot = scene.playback.snapshot()
    assert (snapshot.health, snapshot.frame.index) == (Health.STARTING, 0)
    gate.set()
    scene.until(lambda: scene.playback.snapshot().health is Health.RUNNING)


def test_a_video_is_sought_in_by_what_the_analysis_met(tmp_path: Path) -> None:
    path = tiny_video(tmp_path / "v.mkv", 30)
    both = open_twice(str(path))
    assert both is not None
    read, shown = both
    playback = FilePlayback(shown, lambda on_result: analysis(read, on_result, FakeExtractor()))
    playback.pause()
    playback.start()
    try:
        scene = Stage(Film(), Film())
        scene.playback = playback
        scene.analysed()
        for number in (20, 3, 29, 28):
            playback.seek(number / 15 + 0.01)
            scene.until(scene.settled)
            frame = playback.snapshot().frame
            assert frame.index == number
            assert abs(int(frame.image[24, 32, 0]) - 2 * number) <= 2
            assert playback.snapshot().skeletons[0].timestamp_s == frame.timestamp_s
    finally:
        assert playback.stop()


@pytest.mark.parametrize("when", ["while it is analysed", "afterwards"])
def test_other_settings_decide_anew_on_the_whole_file(stage, when) -> None:
    other = DecisionSettings(enter=0.97, leave=0.96, smoothing_s=0.0)
    results: list[Result] = []
    session = analysis(Film(), results.append, settings=other)
    session.start()
    assert session.wait(30)
    scene = stage(extractor=FakeExtractor(0.005))
    scene.playback.start()
    if when == "afterwards":
        scene.analysed()
        assert scene.playback.snapshot().events
    else:
        scene.until(lambda: scene.playback.analysed_s > 0.5)
    for settings in (DecisionSettings(enter=0.3), other):  # the latest counts
        scene.playback.decide_by(settings)
    scene.analysed()
    scene.until(lambda: not any(t.is_alive() for t in scene.playback._deciding))
    assert scene.playback.snapshot().events == tuple(e for r in results for e in r.events)
    now: tuple[Decision, ...] = ()
    for number, result in enumerate(results[:-1]):
        now = now if result.decisions is None else result.decisions
        assert scene.playback._findings.of(number)[1] == now


def test_a_recording_needs_no_pose(tmp_path: Path) -> None:
    playback = open_in_window(str(tiny_recording(tmp_path / "r.npz")), FakeRecognizer)
    assert isinstance(playback, FilePlayback)
    playback.start()
    try:
        deadline = time.monotonic() + 20
        while playback.snapshot().health is not Health.ENDED:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [event.label for event in playback.snapshot().events] == ["hand waving"]
        assert playback.snapshot().skeletons
    finally:
        assert playback.stop()


def test_what_the_network_looked_at_is_told_of_the_picture_shown(stage) -> None:
    torch.manual_seed(0)
    network = Recognizer(Checkpoint(STGAT(METADATA.model), METADATA), "cpu")
    scene = stage(recognizer=network)
    playback = scene.playback
    assert isinstance(playback, Explains)
    assert playback.explain() is None
    playback.start()
    scene.until(lambda: playback.analysed_s >= 2.9)
    moments = [2.0, 1.0]  # also back
    for time_s in moments:
        playback.seek(time_s)
        scene.until(scene.settled)
        shown_s = playback.snapshot().frame.timestamp_s
        told = playback.explain()
        assert told.end_s == shown_s
        assert playback.explain(told.person_id + 1) is None


def test_a_window_put_together_again_is_the_one_that_was_looked_at() -> None:
    """Whoever left and came back, or was lost for a moment, is bridged as when the file was read in order."""
    preprocessing = METADATA.preprocessing
    extractor = FakeExtractor(present=lambda t: not (1.2 < t < 1.5 or 3.0 < t < 4.4))
    findings, window = Findings(), SlidingWindow(preprocessing)
    for number in range(180):
        time_s = number / 30
        seen = extractor.process(PICTURE, time_s)
        posed = PosedFrame(VideoFrame(PICTURE, number, time_s), seen, 0.0)
        findings.add(Result(posed, None, ()))
        window.add(seen, time_s)
        again = findings.people_at(number, preprocessing)
        assert [person.person_id for person in again] == [person.person_id for person in window.people()]
        for one, other in zip(again, window.people(), strict=True):
            np.testing.assert_array_equal(one.joints_m, other.joints_m)
            assert (one.start_s, one.end_s, one.motion_m_s) == (other.start_s, other.end_s, other.motion_m_s)
