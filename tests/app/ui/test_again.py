from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt

from app.entities import ActionEvent, Health
from app.skeleton_memory import SkeletonMemory
from app.ui.again import AgainPanel
from app.ui.events import Events
from app.ui.texts import events as words
from tests.app.ui.fakes import FakeFile, FakeSession, decision, frame, person, running

WAVE = ActionEvent("wave", 4.0, 6.0, 0.9, 1)


def moment(number, rate=10, **changes):
    time_s = number / rate
    return running(
        frame=frame(number, time_s),
        skeletons=(person(time_s),),
        decisions=(decision(1, time_s=time_s),),
        **changes,
    )


def events_of(window) -> Events:
    return next(feature for feature in window._features if isinstance(feature, Events))


@pytest.fixture
def scene():
    memory = SkeletonMemory()
    for number in range(100):
        memory.take(moment(number))
    return memory.scene(WAVE)


@pytest.fixture
def panel(qtbot):
    panel = AgainPanel()
    qtbot.addWidget(panel)
    panel.resize(340, 560)
    panel.show()
    return panel


def test_before_anything_was_chosen_it_says_how(panel):
    assert panel.hint.text() == words.NOTHING_CHOSEN
    assert not panel.video.isVisible()


def test_it_does_the_event_over_and_over_at_full_and_at_half_speed(panel, scene):
    panel.play(scene, mirrored=True)
    panel._timer.stop()
    assert panel.video.mirrored
    assert panel.title.text() == "Wave · Person 1"
    panel.advance(1.0)
    assert panel.at_s == pytest.approx(4.0)
    panel.half.setChecked(True)
    panel.advance(1.0)
    assert panel.at_s == pytest.approx(4.5)
    panel.half.setChecked(False)
    panel.advance(2.4)
    assert panel.at_s == pytest.approx(6.9)  # rests at its end
    panel.advance(0.2)
    assert panel.at_s == pytest.approx(3.0)


def test_with_it_goes_what_was_thought_likely_at_each_moment(panel, scene):
    panel.play(scene, mirrored=False)
    panel.advance(1.0)
    assert panel.top.top[0][0] == "wave"
    assert panel.video.isVisible()


def test_it_can_be_paused_and_moved_to_any_moment(qtbot, panel, scene):
    panel.play(scene, mirrored=False)
    panel.pausing.click()
    assert panel.paused
    assert panel.pausing.text() == words.GO_ON
    panel.slider.setSliderDown(True)
    panel.slider.setSliderPosition(500)
    assert panel.at_s == pytest.approx((3.0 + 6.5) / 2, abs=0.01)
    panel.slider.setSliderDown(False)
    panel.slider.setFocus()
    qtbot.keyClick(panel.slider, Qt.Key.Key_Home)
    assert panel.at_s == pytest.approx(3.0)
    panel.pausing.click()
    assert not panel.paused


def test_live_an_event_is_done_again_by_a_figure(qtbot, stage):
    numbers = iter(range(10_000))
    scene = stage(lambda: moment(next(numbers)), source="camera:0")
    feature = events_of(scene.window)
    qtbot.waitUntil(lambda: len(feature.again.memory) > 90)
    scene.window.timeline.event_chosen.emit(WAVE)
    assert feature.again.dock.isVisible()
    assert feature.again.panel.scene.event == WAVE
    assert feature.again.panel.video.mirrored  # as the picture is


def test_a_moment_that_is_no_longer_kept_is_said_to_be_gone(qtbot, stage):
    scene = stage(moment(9000), source="camera:0")
    feature = events_of(scene.window)
    qtbot.waitUntil(lambda: len(feature.again.memory) == 1)
    feature.see_again(WAVE)
    assert feature.again.dock.isVisible()
    assert feature.again.panel.hint.text() == words.NOT_KEPT
    feature.see_again(ActionEvent("wave", 890.0, 891.0, 0.9, 7))
    assert feature.again.panel.hint.text() == words.NOT_YET_KEPT


def test_hidden_it_costs_nothing(qtbot, stage):
    numbers = iter(range(10_000))
    scene = stage(lambda: moment(next(numbers)), source="camera:0")
    feature = events_of(scene.window)
    qtbot.waitUntil(lambda: len(feature.again.memory) > 90)
    feature.see_again(WAVE)
    feature.again.dock.hide()
    assert feature.again.panel.paused
    feature.again.dock.show()
    assert not feature.again.panel.paused


def test_a_new_session_forgets_the_skeletons_of_the_old_one(qtbot, stage):
    scene = stage(moment(5), source="camera:0")
    feature = events_of(scene.window)
    qtbot.waitUntil(lambda: len(feature.again.memory) == 1)
    feature._timer.stop()
    scene.window.stop()
    qtbot.waitUntil(lambda: scene.session.stops == 1)
    assert len(feature.again.memory) == 1  # stopped, it can still be seen again
    scene.window.start()
    assert len(feature.again.memory) == 0


def test_a_file_goes_back_to_a_little_before_the_event_and_repeats_it(qtbot, stage):
    scene = stage(moment(80, events=(WAVE,)), source="film.mp4", kind=FakeFile)
    feature = events_of(scene.window)
    qtbot.waitUntil(lambda: len(feature.log) == 1)
    feature.see_again(WAVE)
    assert scene.session.asked == [("seek", 3.0), ("play", 3.0)]
    assert scene.session.loop == (3.0, 6.5)
    assert not feature.again.dock.isVisible()
    assert "Wave, 0:04.0 – 0:06.0" in scene.window.status.currentMessage()
    assert len(feature.again.memory) == 0  # the file has it all


def test_a_click_on_a_files_timeline_goes_there_and_ends_the_repeating(qtbot, stage):
    scene = stage(moment(80, events=(WAVE,)), source="film.mp4", kind=FakeFile)
    feature = events_of(scene.window)
    qtbot.waitUntil(lambda: len(feature.log) == 1)
    feature.see_again(WAVE)
    scene.window.timeline.moment_chosen.emit(40.0)
    assert scene.session.asked[-1] == ("seek", 40.0)
    assert scene.session.loop is None


def test_an_event_of_a_file_that_was_stopped_starts_the_file_again(qtbot, stage):
    scene = stage(moment(80, events=(WAVE,)), source="film.mp4", kind=FakeFile)
    feature = events_of(scene.window)
    qtbot.waitUntil(lambda: len(feature.log) == 1)
    scene.window.stop()
    feature.see_again(WAVE)
    qtbot.waitUntil(lambda: len(scene.sessions) == 2 and scene.session.loop == (3.0, 6.5))


def test_the_files_numbers_reach_the_timeline_though_its_picture_stands_still(qtbot, stage):
    scene = stage(moment(80), source="film.mp4", kind=FakeFile)
    qtbot.waitUntil(lambda: scene.window.timeline.box.range_s == pytest.approx((0, 90)))
    scene.session.duration_s = 100.0
    qtbot.waitUntil(lambda: scene.window.timeline.box.range_s == pytest.approx((0, 100)))


def test_after_the_end_an_event_can_still_be_seen_again(qtbot, stage):
    numbers = iter(range(10_000))

    def script():
        number = next(numbers)
        return moment(number, health=Health.ENDED if number > 100 else Health.RUNNING)

    scene = stage(script, source="camera:0", kind=FakeSession)
    feature = events_of(scene.window)
    qtbot.waitUntil(lambda: not scene.window.playing)
    feature.see_again(WAVE)
    assert feature.again.panel.scene is not None
