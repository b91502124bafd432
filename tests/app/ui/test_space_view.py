from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QKeySequence, QWheelEvent
from PyQt6.QtWidgets import QApplication, QDockWidget

from app import overlay
from app.orbit import OrbitCamera
from app.ui import theme
from app.ui.space_view import SpaceView
from app.ui.texts import views
from stgat.skeleton import NTU25
from tests.app.ui.fakes import person, running

HEAD, LEFT_KNEE = NTU25.joints.index("head"), NTU25.joints.index("left knee")
LEFT_WRIST, RIGHT_WRIST = NTU25.joints.index("left wrist"), NTU25.joints.index("right wrist")


@pytest.fixture
def view(qtbot):
    view = SpaceView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    return view


def pixels(view):
    image = view.grab().toImage()
    return np.array(
        [[image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())]
    )


def near(view, rgb, point, reach=3):
    image = view.grab().toImage()
    found = [
        QColor(image.pixel(round(point.x()) + x, round(point.y()) + y)).getRgb()[:3]
        for x in range(-reach, reach + 1)
        for y in range(-reach, reach + 1)
    ]
    return min(np.abs(np.subtract(colour, rgb)).max() for colour in found) < 12


def test_joints_are_where_the_camera_sees_them_in_their_sides_colours(view):
    someone = person(0.0)
    view.show_people([someone])
    for joint in (HEAD, LEFT_KNEE):
        side = overlay.JOINT_SIDES[joint]
        assert near(view, overlay.SIDE_COLOURS[side], view.position(someone.joints_m[joint]))
    assert view.position(someone.joints_m[HEAD]).y() < view.position(someone.joints_m[LEFT_KNEE]).y()


def test_from_the_front_left_is_where_it_is_in_the_picture_and_the_mirror_exchanges_the_sides(view):
    someone = person(0.0)
    view.camera = OrbitCamera(yaw=0.0)
    view.show_people([someone])

    def left_of_right():
        left, right = (view.position(someone.joints_m[j]).x() for j in (LEFT_WRIST, RIGHT_WRIST))
        return left < right

    in_the_picture = someone.image_joints[LEFT_WRIST, 0] < someone.image_joints[RIGHT_WRIST, 0]
    # The made-up person has its x as in the picture; Kinect's, and so this view's, grows the other way.
    assert left_of_right() is not bool(in_the_picture)
    view.set_mirrored(True)
    assert left_of_right() is bool(in_the_picture)


def test_arrow_keys_turn_plus_and_minus_zoom_and_home_resets(qtbot, view):
    view.show_people([person(0.0)])
    first = view.camera
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.camera.yaw > first.yaw
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.camera.pitch > first.pitch
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.camera.distance_m < first.distance_m
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.camera == first == OrbitCamera()
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.camera.distance_m > first.distance_m


@pytest.mark.parametrize("mirrored", [False, True])
def test_what_is_near_follows_the_dragged_mouse(qtbot, view, mirrored):
    view.set_mirrored(mirrored)
    view.show_people([person(0.0)])
    near_by = person(0.0).joints_m[0] - [0.0, 0.0, 0.5]
    before = view.position(near_by)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(view, QPoint(230, 220))
    after = view.position(near_by)
    assert after.x() > before.x()
    assert after.y() > before.y()
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    qtbot.mouseMove(view, QPoint(300, 300))
    assert view.position(near_by) == after
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton)
    assert view.camera == OrbitCamera()


def test_the_wheel_zooms(view):
    before = view.camera.distance_m
    event = QWheelEvent(
        QPointF(200, 200), QPointF(200, 200), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
    assert view.camera.distance_m < before


def test_the_person_stays_in_the_middle_and_the_floor_passes_below(view):
    walk = np.zeros((25, 3))
    someone = person(0.0)
    view.show_people([someone])
    floor_mark = someone.joints_m[0] - [0, 1, 0]
    before = view.position(floor_mark)
    for step in range(60):
        walk[:, 0] = 0.02 * step
        view.show_people([replace(someone, joints_m=someone.joints_m + walk)])
    root = view.position(someone.joints_m[0] + walk[0])
    assert abs(root.x() - 200) < 12
    assert abs(view.position(floor_mark).x() - before.x()) > 60


def test_the_person_shown_at_length_is_followed_the_others_are_beside(view):
    one, two = person(0.0, 1), person(0.0, 2)
    two = replace(two, joints_m=two.joints_m + np.array([1.5, 0, 0]))
    view.show_people([one, two], focus=2)
    assert view.position(two.joints_m[0]) == QPointF(200, 200)
    assert view.position(one.joints_m[0]) != view.position(two.joints_m[0])


def test_without_anybody_a_sentence_stands_there(view):
    empty = pixels(view)
    nowhere = replace(person(0.0), joints_m=np.full((25, 3), np.nan))
    view.show_people([nowhere])
    assert np.array_equal(pixels(view), empty)
    assert len(np.unique(empty.reshape(-1, 3), axis=0)) > 10
    view.show_people([person(0.0)])
    assert not np.array_equal(pixels(view), empty)
    view.clear()
    assert np.array_equal(pixels(view), empty)


@pytest.mark.parametrize("size", [(160, 160), (1, 1), (900, 170), (170, 900)])
def test_any_size_any_angle_and_missing_joints_are_painted(view, size):
    view.setMinimumSize(1, 1)
    view.resize(*size)
    joints = person(0.0).joints_m.copy()
    joints[5:15:2] = np.nan
    joints[20] = (1e6, -1e6, -1e6)
    for camera in (OrbitCamera(), OrbitCamera(3.0, -1.4, 1.0), OrbitCamera(-1.0, 1.4, 15.0)):
        view.camera = camera
        view.show_people([replace(person(0.0), joints_m=joints, confidence=np.full(25, 0.4)), person(1.0, 2)])
        assert not view.grab().isNull()


def test_key_3_opens_the_dock_and_it_follows_the_session(qtbot, stage):
    window = stage(running()).window
    dock = window.findChild(QDockWidget, "space")
    assert not dock.isVisible()
    qtbot.waitUntil(lambda: window.snapshot is not None)
    view = dock.widget()
    assert view._people == ()  # costs nothing while hidden
    qtbot.keyClick(window, Qt.Key.Key_3)
    qtbot.waitUntil(lambda: len(view._people) == 1)
    assert dock.windowTitle() == view.accessibleName() == views.SPACE
    assert view.accessibleDescription()
    window.stop()
    assert len(view._people) == 1  # can be turned when nothing plays any more
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert not dock.isVisible()


def test_arrow_keys_in_the_view_are_not_the_windows(qtbot, stage):
    window = stage(running()).window
    pressed = []
    (step,) = [c.action for c in window.commands.table if c.action.shortcut() == QKeySequence("Right")]
    step.triggered.connect(lambda: pressed.append(1))
    step.setEnabled(True)
    qtbot.keyClick(window, Qt.Key.Key_3)
    dock = window.findChild(QDockWidget, "space")
    view = dock.widget()
    qtbot.waitUntil(view.isVisible)
    view.setFocus()
    before = view.camera
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.camera != before
    assert pressed == []


def test_the_view_is_dark_in_both_themes_like_the_picture(view):
    for colours in (theme.DARK, theme.LIGHT):
        view.set_theme(colours)
        assert pixels(view)[5, 5].max() < 60


def test_in_a_narrow_window_the_dock_opens_beside_it_and_leaves_the_picture_alone(qtbot, stage):
    window = stage(running()).window
    dock = window.findChild(QDockWidget, "space")
    window.resize(360, 640)
    width = window.video.width()
    qtbot.keyClick(window, Qt.Key.Key_3)
    qtbot.waitUntil(dock.isVisible)
    assert dock.isFloating()
    assert window.video.width() == width
    dock.close()
    window.resize(1280, 800)
    dock.setFloating(False)
    qtbot.keyClick(window, Qt.Key.Key_3)
    qtbot.waitUntil(dock.isVisible)
    assert not dock.isFloating()
