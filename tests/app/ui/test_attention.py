from __future__ import annotations

import threading

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, Qt
from PyQt6.QtGui import QHelpEvent
from PyQt6.QtWidgets import QApplication, QDockWidget, QToolTip

from app.errors import SessionError
from app.explaining import Explainer, Explanation
from app.ui import attention, theme
from app.ui.attention_view import AttentionPanel, figure_positions
from app.ui.main_window import MainWindow
from app.ui.texts import views
from stgat.skeleton import NTU25
from tests.app.test_explaining import explanation
from tests.app.ui.fakes import FakeSession, decision, running

HEAD = NTU25.joints.index("head")
LEFT_HAND, RIGHT_HAND = NTU25.joints.index("left hand"), NTU25.joints.index("right hand")


class ExplainingSession(FakeSession):
    """Explains with what `answer` gives or raises; keeps who was asked for and in which threads."""

    answer: Explanation | Exception | None = None

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.asked: list[int | None] = []
        self.threads: set[threading.Thread] = set()

    def explain(self, person_id: int | None = None) -> Explanation | None:
        self.asked.append(person_id)
        self.threads.add(threading.current_thread())
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def explaining(qtbot, monkeypatch):
    """Makes a window whose session explains, and opens the dock; closes it after the test."""
    monkeypatch.setattr(attention, "Explainer", lambda: Explainer(interval_s=0.0))
    windows = []

    def make(answer, script=None):
        sessions = []

        def open_session(spec):
            sessions.append(ExplainingSession(script or running(), 0.0, spec))
            sessions[-1].answer = answer
            return sessions[-1]

        window = MainWindow(open_session, list)
        windows.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        qtbot.waitUntil(lambda: window.snapshot is not None)
        return window, sessions

    yield make
    for window in windows:
        window.close()
        window.deleteLater()


def panel_of(window):
    return window.findChild(QDockWidget, "attention").widget()


def page(panel):
    return panel.message.text() if panel.message.isVisible() else panel.answer.text()


@pytest.fixture
def panel(qtbot):
    panel = AttentionPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 640)
    panel.set_theme(theme.LIGHT)
    panel.show()
    return panel


def with_emphasis(**joints):
    shares = np.full((1, 25), 0.04)
    for name, factor in joints.items():
        shares[0, NTU25.joints.index(name.replace("_", " "))] *= factor
    hops = np.full((1, 9), 0.1)
    hops[0, 2] = 0.2
    return Explanation(1, "wave", 0.9, 2.0, shares, hops, np.full(25, 0.04), np.full(9, 1 / 9))


def test_nothing_is_asked_until_the_dock_is_seen_and_nothing_after(qtbot, explaining):
    window, sessions = explaining(explanation())
    qtbot.wait(250)
    assert sessions[0].asked == []
    qtbot.keyClick(window, Qt.Key.Key_A)
    panel = panel_of(window)
    qtbot.waitUntil(lambda: "Wave, 90 %" in page(panel))
    assert sessions[0].asked == [1], "asked once for one answer, about the person shown"
    assert threading.main_thread() not in sessions[0].threads
    qtbot.keyClick(window, Qt.Key.Key_A)
    moments = iter(range(1000))
    sessions[0].script = lambda: running(next(moments), decisions=(decision(time_s=next(moments)),))
    qtbot.wait(250)
    assert sessions[0].asked == [1]


def test_every_new_answer_is_explained_and_the_last_one_stays_at_the_end(qtbot, explaining):
    window, sessions = explaining(explanation())
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: len(sessions[0].asked) == 1)
    sessions[0].script = running(5, decisions=(decision(time_s=9.0),))
    qtbot.waitUntil(lambda: len(sessions[0].asked) == 2)
    window.stop()
    qtbot.wait(250)
    assert "Wave" in page(panel_of(window))
    window.start()
    assert page(panel_of(window)) == views.ATTENTION_WAITING


def test_a_session_that_cannot_explain_is_said_to_be_so(qtbot, stage):
    window = stage(running()).window
    qtbot.waitUntil(lambda: window.snapshot is not None)
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: page(panel_of(window)) == views.ATTENTION_NOT_OFFERED)


def test_without_a_session_it_says_what_to_do(qtbot, stage):
    window = stage(running(), autostart=False).window
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: page(panel_of(window)) == views.ATTENTION_NOT_RUNNING)


def test_a_failure_is_told_and_the_session_goes_on(qtbot, explaining):
    window, sessions = explaining(SessionError("the graphics card was pulled"))
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: "the graphics card was pulled" in page(panel_of(window)))
    assert window.playing
    sessions[0].answer = explanation()
    sessions[0].script = running(5, decisions=(decision(time_s=9.0),))
    qtbot.waitUntil(lambda: "Wave" in page(panel_of(window)))


def test_no_answer_about_the_person_yet_is_waiting(qtbot, explaining):
    window, sessions = explaining(None)
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: len(sessions[0].asked) == 1)
    qtbot.wait(150)
    assert page(panel_of(window)) == views.ATTENTION_WAITING


def test_joints_that_got_more_are_larger_and_filled_others_hollow(panel):
    panel.show_explanation(with_emphasis(right_hand=2.0, left_hand=0.5))
    figure = panel.figure
    assert figure.radius(RIGHT_HAND) == pytest.approx(4 * figure.radius(LEFT_HAND))
    image = figure.grab().toImage()

    def colour(joint):
        at = figure.position(joint)
        return image.pixelColor(round(at.x()), round(at.y())).name()

    assert colour(RIGHT_HAND) == theme.LIGHT.accent
    assert colour(LEFT_HAND) == theme.LIGHT.window
    assert figure.accessibleDescription().startswith("Looked at most: right hand 2.0")


def test_the_figure_faces_us_or_is_mirrored_as_the_picture(panel):
    figure = panel.figure
    assert figure.position(LEFT_HAND).x() > figure.position(RIGHT_HAND).x()
    figure.set_mirrored(True)
    assert figure.position(LEFT_HAND).x() < figure.position(RIGHT_HAND).x()
    places = figure_positions()
    assert len({tuple(place) for place in places.round(3).tolist()}) == 25
    assert places[HEAD, 1] == places[:, 1].min()


def test_the_joint_under_the_mouse_is_named(panel, qtbot):
    panel.show_explanation(with_emphasis(right_hand=2.0))
    figure = panel.figure
    for joint, words in ((RIGHT_HAND, "right hand 2.0\N{NO-BREAK SPACE}×"), (None, "")):
        at = figure.position(joint).toPoint() if joint is not None else QPoint(1, 1)
        QApplication.sendEvent(figure, QHelpEvent(QEvent.Type.ToolTip, at, figure.mapToGlobal(at)))
        qtbot.waitUntil(lambda said=words: QToolTip.text() == said)
    QToolTip.hideText()


def test_one_block_or_the_mean_of_all_can_be_chosen(panel):
    two = explanation(blocks=2)
    panel.show_explanation(two)
    assert [panel.block.itemText(i) for i in range(3)] == [
        "All blocks, mean", "Block 1 of 2", "Block 2 of 2",
    ]  # fmt: skip
    panel.block.setCurrentIndex(2)
    np.testing.assert_array_equal(panel.bars._shares, two.hops[1])
    panel.show_explanation(explanation(2))
    assert panel.block.currentIndex() == 2, "a choice outlasts the next answer"
    panel.show_explanation(explanation(3, blocks=1))
    assert panel.block.count() == 2
    assert panel.block.currentIndex() == 0


def test_the_bars_say_their_shares_to_screen_readers(panel):
    panel.show_explanation(with_emphasis())
    said = panel.bars.accessibleDescription()
    assert said.startswith("The joint itself 10 %, 1 bone away 10 %, 2 bones away 20 %")


def test_it_says_that_attention_is_no_proof(panel):
    panel.show_explanation(explanation())
    assert panel.note.isVisible()
    assert "does not prove" in panel.note.text()


@pytest.mark.parametrize("size", [(150, 120), (320, 300), (900, 900), (1, 1)])
def test_any_size_is_painted(panel, size):
    panel.show_explanation(explanation())
    panel.resize(*size)
    assert not panel.grab().isNull()
