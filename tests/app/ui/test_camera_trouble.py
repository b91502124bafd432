"""What the window says of a camera that is lost, and when it is back."""

from __future__ import annotations

from app.entities import Counters
from app.sources.camera_devices import why_not_back
from app.sources.reconnect import LOST, STALLED
from app.ui import texts
from tests.app.ui.fakes import running


def lost(what: str = LOST, index: int = 30, **changes: object):
    """A snapshot without the camera: its last picture, and nothing of anybody."""
    nobody = {"skeletons": (), "decisions": (), "fps": 0.0, "trouble": what.format(number=0)}
    return running(index, **(nobody | changes))


def test_promise_a_lost_camera_is_said_and_its_old_picture_steps_back(qtbot, stage):
    scene = stage(running(30), source="camera:0")
    window = scene.window
    qtbot.waitUntil(lambda: window.side.headline.words == "Wave")
    assert any(stretch.going_on for lane in window.timeline.history.lanes().values() for stretch in lane)
    scene.session.script = lost()
    qtbot.waitUntil(lambda: window.video.message is not None)
    message = window.video.message
    assert message.title == "Waiting for the camera"
    assert message.detail.startswith("Camera 0 sends no pictures any more")
    assert message.covering
    assert message.busy
    assert not message.button, "there is nothing to be done here"
    assert window.side.headline.words == texts.NOTHING
    assert window.status.state.text().startswith("Waiting")
    assert scene.session.stops == 0
    assert not any(stretch.going_on for lane in window.timeline.history.lanes().values() for stretch in lane)
    scene.session.script = lost(why_not_back(0))
    qtbot.waitUntil(lambda: window.video.message.detail == texts.sentence(why_not_back(0)))


def test_promise_a_camera_that_is_back_is_shown_at_once(qtbot, stage):
    scene = stage(lost(), source="camera:0")
    window = scene.window
    qtbot.waitUntil(lambda: window.video.message is not None and window.video.message.busy)
    scene.session.script = running(3000, skeletons=(), decisions=())
    qtbot.waitUntil(lambda: window.video.message is None)
    qtbot.wait(60)
    assert window.video.message is None, "that nobody is in view is not known yet"
    scene.session.script = running(3031, skeletons=(), decisions=())
    qtbot.waitUntil(lambda: window.video.message is not None)
    assert window.video.message.title == "No person in view"
    scene.session.script = running(3032)
    qtbot.waitUntil(lambda: window.side.headline.words == "Wave")
    assert window.status.state.text().startswith("Running")


def test_promise_the_numbers_go_on_while_no_picture_comes(qtbot, stage):
    scene = stage(running(30), source="camera:0")
    window = scene.window
    qtbot.waitUntil(lambda: window.status.fps.text() == "30.0 fps")
    scene.session.script = lost(STALLED)
    qtbot.waitUntil(lambda: window.status.fps.text().startswith(texts.NOTHING))
    same = scene.session.script
    scene.session.script = lost(STALLED, frame=same.frame, counters=Counters(100, 50, 50, 30))
    qtbot.waitUntil(lambda: "50" in window.status.dropped.text())


def test_trouble_that_is_not_the_cameras_leaves_the_picture_in_view(qtbot, stage):
    scene = stage(running(30, trouble="the recognition begins anew"), source="camera:0")
    qtbot.waitUntil(lambda: scene.window.video.message is not None)
    assert scene.window.video.message.title == "One moment"
    assert not scene.window.video.message.covering
