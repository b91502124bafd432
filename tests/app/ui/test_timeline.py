from __future__ import annotations

import itertools

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QKeySequence, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QToolTip

from app.entities import ActionEvent, Health, Snapshot, State
from app.ui import theme
from app.ui.history import KEPT_S
from app.ui.texts import timeline as words
from app.ui.timeline import Timeline
from app.ui.timeline_scale import ticks
from tests.app.ui.fakes import FakeFile, decision, frame, running

WAVE = ActionEvent("wave", 80.0, 84.0, 0.9, 1)
CLAP = ActionEvent("clap", 90.0, 95.0, 0.8, 1)
SIT = ActionEvent("sit down", 93.0, 96.0, 0.7, 2)


def at(now_s, events=(), decisions=()):
    return Snapshot(Health.RUNNING, frame(round(30 * now_s), now_s), decisions=decisions, events=events)


@pytest.fixture
def strip(qtbot):
    strip = Timeline()
    qtbot.addWidget(strip)
    strip.resize(900, strip.sizeHint().height())
    strip.show()
    return strip


@pytest.fixture
def live(strip):
    """A hundred seconds of a live session, with three events of two people."""
    strip.show_snapshot(at(1.0))
    strip.show_snapshot(at(100.0, (WAVE, CLAP, SIT)))
    strip.refresh()
    strip.grab()
    return strip


@pytest.fixture
def file(strip):
    session = FakeFile(running())
    strip.follow(session)
    strip.show_snapshot(at(1.0, (WAVE,)))
    strip.refresh()
    strip.grab()
    return strip, session


def x_of(strip, time_s):
    return round(strip.box.mapViewToScene(QPointF(time_s, 0)).x())


def place(strip, time_s, row=0):
    return QPoint(x_of(strip, time_s), round(strip.box.geometry().top()) + 12 + 24 * row)


def click(strip, time_s, row=0):
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=place(strip, time_s, row))


def drag(strip, pixels):
    start, viewport = place(strip, strip.box.range_s[0] + 10), strip.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 11):
        QTest.mouseMove(viewport, start + QPoint(pixels * step // 10, 0))
        move = start + QPoint(pixels * step // 10, 0)
        QApplication.sendEvent(viewport, _move(viewport, move))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start + QPoint(pixels, 0))


def _move(widget, where):
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QMouseEvent

    return QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(where),
        QPointF(widget.mapToGlobal(where)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )


def wheel(strip, notches, where=None, shift=False):
    where = where or QPoint(strip.width() // 2, strip.height() // 2)
    modifiers = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(where), QPointF(strip.mapToGlobal(where)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(strip.viewport(), event)


def test_at_first_the_last_half_minute_is_in_view_and_goes_on_with_now(live):
    assert live.box.range_s == pytest.approx((70, 100))
    live.show_snapshot(at(101.0, (WAVE, CLAP, SIT)))
    live.refresh()
    assert live.box.range_s == pytest.approx((71, 101))


def test_dragged_back_it_stays_there_until_somebody_asks_for_now(live):
    drag(live, 300)
    start_s, _ = live.box.range_s
    assert start_s < 62
    live.show_snapshot(at(105.0, (WAVE, CLAP, SIT)))
    live.refresh()
    assert live.box.range_s[0] == start_s
    assert live.home.isVisible()
    assert live.home.text() == words.TO_NOW
    live.home.click()
    assert live.box.range_s == pytest.approx((75, 105))
    assert not live.home.isVisible()


def test_a_double_click_and_the_end_key_follow_again(live):
    for back in (
        lambda: QTest.mouseDClick(live.viewport(), Qt.MouseButton.LeftButton, pos=place(live, 65)),
        lambda: QTest.keyClick(live, Qt.Key.Key_End),
    ):
        live.box.move(-0.5)
        assert not live.following
        back()
        assert live.following


def test_dragged_back_to_now_it_follows_again(live):
    live.box.move(-0.5)
    live.box.move(2)
    assert live.following


def test_the_wheel_shows_more_time_and_keeps_now_at_the_edge(live):
    wheel(live, -3)
    start_s, end_s = live.box.range_s
    assert end_s == pytest.approx(100)
    assert end_s - start_s == pytest.approx(30 * 1.25**3)
    assert live.following
    live.show_snapshot(at(110.0, (WAVE, CLAP, SIT)))
    live.refresh()
    assert live.box.range_s[1] - live.box.range_s[0] == pytest.approx(30 * 1.25**3)


def test_elsewhere_the_wheel_keeps_what_is_under_it(live):
    live.box.move(-0.5)
    where = place(live, 65.0)
    wheel(live, 2, where)
    assert live.box.mapSceneToView(QPointF(where)).x() == pytest.approx(65.0, abs=0.1)


def test_with_shift_the_wheel_moves(live):
    wheel(live, 1, shift=True)
    assert live.box.range_s == pytest.approx((67, 97))


def test_it_shows_no_more_than_is_kept_and_no_less_than_three_seconds(strip):
    strip.show_snapshot(at(0.1))
    strip.show_snapshot(at(2000.0))
    strip.refresh()
    for _ in range(40):
        strip.box.zoom(1.25)
    assert strip.box.range_s == pytest.approx((2000 - KEPT_S, 2000))
    for _ in range(60):
        strip.box.zoom(0.8)
    assert strip.box.range_s == pytest.approx((1997, 2000))
    strip.box.move(-1e6)
    assert strip.box.range_s[0] == pytest.approx(2000 - KEPT_S)


def test_ten_minutes_are_remembered(strip):
    strip.show_snapshot(at(50.0, (WAVE,)))
    strip.show_snapshot(at(700.0, (WAVE,)))
    assert [s.label for s in strip.history.lanes()[1]] == ["wave"]


def test_a_click_on_an_action_asks_to_see_it_again_and_one_beside_it_does_not(live, qtbot):
    with qtbot.waitSignal(live.event_chosen) as chosen:
        click(live, 82)
    assert chosen.args == [WAVE]
    with qtbot.waitSignal(live.event_chosen) as chosen:
        click(live, 94, row=1)
    assert chosen.args == [SIT]
    with qtbot.assertNotEmitted(live.event_chosen), qtbot.assertNotEmitted(live.moment_chosen):
        click(live, 87)


def test_an_action_that_still_goes_on_can_be_seen_again_as_well(live, qtbot):
    for tenth in range(1000, 1030):
        said = (decision(1, State.ACTION, "walk", tenth / 10),)
        live.show_snapshot(at(tenth / 10, (WAVE, CLAP, SIT), said))
    live.refresh()
    live.grab()
    with qtbot.waitSignal(live.event_chosen) as chosen:
        click(live, 101.5)
    assert (chosen.args[0].label, chosen.args[0].start_s) == ("walk", 100.0)


def test_the_keyboard_walks_over_the_events_and_sees_one_again(live, qtbot):
    live.setFocus()
    QTest.keyClick(live, Qt.Key.Key_Left)
    assert live.chosen == SIT  # the newest
    assert "Event 3 of 3: Sit down, Person 2" in live.accessibleDescription()
    QTest.keyClick(live, Qt.Key.Key_Left)
    QTest.keyClick(live, Qt.Key.Key_Left)
    QTest.keyClick(live, Qt.Key.Key_Left)
    assert live.chosen == WAVE
    QTest.keyClick(live, Qt.Key.Key_Right)
    with qtbot.waitSignal(live.event_chosen) as chosen:
        QTest.keyClick(live, Qt.Key.Key_Return)
    assert chosen.args == [CLAP]


def test_an_event_out_of_view_is_brought_into_it(live):
    live.show_snapshot(at(160.0, (WAVE, CLAP, SIT)))
    live.refresh()
    live.choose(-1)
    start_s, end_s = live.box.range_s
    assert start_s < SIT.start_s < SIT.end_s < end_s
    assert not live.following


def test_keys_zoom_and_go_to_the_beginning(live):
    QTest.keyClick(live, Qt.Key.Key_Minus)
    assert live.box.range_s == pytest.approx((62.5, 100))
    QTest.keyClick(live, Qt.Key.Key_Plus)
    assert live.box.range_s == pytest.approx((70, 100))
    QTest.keyClick(live, Qt.Key.Key_PageUp)
    assert live.box.range_s == pytest.approx((46, 76))
    QTest.keyClick(live, Qt.Key.Key_Home)
    assert live.box.range_s == pytest.approx((1, 31))


def test_with_the_focus_its_keys_are_not_the_windows(qtbot, stage):
    window = stage(running()).window
    pressed = []
    (step,) = [c.action for c in window.commands.table if c.action.shortcut() == QKeySequence("Left")]
    step.triggered.connect(lambda: pressed.append("window"))
    step.setEnabled(True)
    window.timeline.setFocus()
    qtbot.keyClick(window.timeline, Qt.Key.Key_Left)
    assert pressed == []
    window.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Left)
    assert pressed == ["window"]


def test_a_pixel_that_does_not_move_is_not_painted_again(live, monkeypatch):
    painted = []
    monkeypatch.setattr(live, "_repaint", lambda: painted.append(1))
    events = live.history.given
    live.refresh()
    painted.clear()
    for step in range(10):
        live.show_snapshot(at(100.0 + 0.001 * step, events))
        live.refresh()
    assert len(painted) <= 1


def test_of_a_file_the_whole_is_shown_with_what_is_known_of_it(file):
    strip, session = file
    assert strip.box.range_s == pytest.approx((0, 90))
    session.duration_s = 120.0
    strip.follow(session)
    strip.refresh()
    assert strip.box.range_s == pytest.approx((0, 120))
    assert strip.accessibleName() == words.FILE_TIMELINE
    assert [s.label for s in strip.history.lanes()[1]] == ["wave"]


def test_of_a_file_nothing_is_forgotten_when_time_goes_back(file):
    strip, session = file
    for time_s in (50.0, 50.2, 50.4, 10.0, 10.2, 50.1, 10.4):
        session.position_s = time_s
        strip.follow(session)
        strip.show_snapshot(at(time_s, (WAVE,), (decision(1, State.IDLE, None, time_s),)))
    idle = [s for s in strip.history.lanes()[1] if s.state is State.IDLE]
    assert [(s.start_s, s.end_s) for s in idle] == [(10.0, 10.4), (50.0, 50.4)]


def test_a_click_in_a_file_goes_there(file, qtbot):
    strip, _ = file
    with qtbot.waitSignal(strip.moment_chosen) as moment:
        click(strip, 40)
    assert moment.args[0] == pytest.approx(40, abs=0.2)
    with qtbot.waitSignal(strip.event_chosen):
        click(strip, 82)


def test_zoomed_into_a_file_the_view_follows_the_playhead_until_it_is_moved_away(file):
    strip, session = file
    session.position_s = 20.0
    strip.follow(session)
    strip.box.zoom(0.1, 20.0)
    strip.refresh()
    assert strip.box.range_s[1] - strip.box.range_s[0] == pytest.approx(9)
    session.position_s = 40.0
    strip.follow(session)
    strip.refresh()
    assert strip.box.range_s[0] < 40 < strip.box.range_s[1]
    strip.box.move(3)
    seen = strip.box.range_s
    session.position_s = 45.0
    strip.follow(session)
    strip.refresh()
    assert strip.box.range_s == seen
    assert strip.home.text() == words.WHOLE_FILE
    strip.home.click()
    assert strip.box.range_s == pytest.approx((0, 90))


def test_what_is_not_analysed_yet_and_the_playhead_are_seen(file):
    strip, session = file
    plain = strip.grab().toImage()
    session.analysed_s = 30.0
    session.position_s = 60.0
    strip.follow(session)
    strip.refresh()
    image = strip.grab().toImage()
    row = place(strip, 0).y() + 24
    differ = [x for x in range(image.width()) if image.pixel(x, row) != plain.pixel(x, row)]
    assert min(differ) < x_of(strip, 32)
    assert any(abs(x - x_of(strip, 60)) <= 2 for x in differ)
    assert [x for x in differ if x_of(strip, 3) < x < x_of(strip, 29)] == []


def test_a_new_session_is_shown_from_its_beginning(file):
    strip, _ = file
    strip.box.zoom(0.1, 20.0)
    strip.clear()
    strip.show_snapshot(at(5.0))
    strip.refresh()
    assert strip.box.range_s == pytest.approx((-25, 5))
    assert strip.accessibleName() == words.TIMELINE


def test_what_is_under_the_mouse_is_said(live, monkeypatch):
    said = []
    monkeypatch.setattr(QToolTip, "showText", lambda where, text, widget: said.append(text))
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QHelpEvent

    where = place(live, 82)
    event = QHelpEvent(QEvent.Type.ToolTip, where, live.mapToGlobal(where))
    QApplication.sendEvent(live.viewport(), event)
    assert said[0].startswith("Wave, Person 1, 1:20.0 to 1:24.0, 90 %")
    assert words.SEE_AGAIN_HINT in said[0]


def test_the_right_button_brings_no_menu(live, qtbot):
    QTest.mouseClick(live.viewport(), Qt.MouseButton.RightButton, pos=place(live, 82))
    assert QApplication.activePopupWidget() is None


def test_more_people_than_there_are_lanes_are_counted(strip):
    events = tuple(ActionEvent("wave", 10.0, 15.0, 0.9, person) for person in range(1, 7))
    strip.show_snapshot(at(20.0, events))
    strip.refresh()
    assert list(strip._lanes) == [4, 5, 6]
    assert strip._hidden == 3
    assert not strip.grab().isNull()


@pytest.mark.parametrize("size", [(1, 1), (60, 40), (300, 20), (3000, 300)])
@pytest.mark.parametrize("colours", [theme.DARK, theme.LIGHT])
def test_it_is_painted_at_any_size(live, size, colours):
    live.set_theme(colours)
    live.resize(*size)
    live.refresh()
    assert not live.grab().isNull()


def test_its_summary_tells_the_newest_event(live):
    said = live.accessibleDescription()
    assert said.startswith("3 events. The newest: Sit down, Person 2, 1:33.0 to 1:36.0, 70 %.")


@pytest.mark.parametrize(
    ("span_s", "width", "step_s"), [(30, 1200, 5), (30, 500, 10), (900, 1200, 120), (36000, 800, 7200)]
)
def test_ticks_are_round_and_leave_their_labels_room(span_s, width, step_s):
    found = ticks(100.0, 100.0 + span_s, width, 84, 0.0)
    assert {round(b - a, 6) for a, b in itertools.pairwise(found)} == {step_s}
    assert all(time_s % step_s == 0 for time_s in found)


def test_now_stays_written_while_the_view_is_less_than_a_pixel_behind(live, monkeypatch):
    written = []
    ago = words.ago
    monkeypatch.setattr(words, "ago", lambda seconds: written.append(ago(seconds)) or written[-1])
    behind_s = 0.5 * 30.0 / live.box.width()
    live.show_snapshot(at(100.0 + behind_s, (WAVE, CLAP, SIT)))
    live.refresh()
    live.grab()
    assert live.box.range_s[1] < live.history.now_s
    assert "now" in written
