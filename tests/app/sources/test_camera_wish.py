from __future__ import annotations

import cv2
import pytest

from app.settings import Settings
from app.sources import CameraSource, CameraWish, SourceError, open_source
from app.sources.camera_wish import bare, is_camera, parse_camera, with_wish
from tests.app.sources.test_camera import ScriptedCapture, bgr


@pytest.mark.parametrize(
    ("spec", "number", "size", "fps"),
    [
        ("camera:0", 0, (640, 480), 30),
        (" Camera:12@1280x720 ", 12, (1280, 720), 30),
        ("camera:1@1920X1080@60", 1, (1920, 1080), 60),
        ("camera:1@any", 1, None, 30),
        ("camera:1@any@any", 1, None, None),
        ("camera:1@640x480@0", 1, (640, 480), None),
    ],
)
def test_a_wish_is_written_behind_the_number(spec, number, size, fps) -> None:
    assert parse_camera(spec) == (number, CameraWish(size, fps))
    source = open_source(spec)
    assert isinstance(source, CameraSource)
    assert (source.index, source.spec) == (number, f"camera:{number}")


@pytest.mark.parametrize(
    "spec",
    [
        "camera", "camera:", "camera:x", "camera:1000", "camera:0@", "camera:0@1280", "camera:0@1280x",
        "camera:0@x720",
        "camera:0@1280x720@", "camera:0@1280x720@30@1", "camera:0@1280x720@fast", "camera:0@99999x1@30",
        "camera:0@640x480@9999", "camera:0@-640x480", "camera:0@٦٤٠x480",
    ],
)  # fmt: skip
def test_what_is_no_wish_is_refused_with_an_example(spec) -> None:
    with pytest.raises(SourceError, match="such as"):
        open_source(spec)


def test_a_wish_reads_as_it_is_written() -> None:
    for wish in (CameraWish(), CameraWish((1280, 720), None), CameraWish(None, 15), CameraWish(None, None)):
        assert parse_camera(f"camera:3@{wish}") == (3, wish)


def test_only_a_camera_without_a_wish_is_given_one() -> None:
    wish = CameraWish((1280, 720), 15)
    assert with_wish("camera:0", wish) == "camera:0@1280x720@15"
    for spec in ("camera:0@any", "demo", "film@home.mp4"):
        assert with_wish(spec, wish) == spec
    assert bare("camera:0@1280x720@15") == "camera:0"
    assert bare("film@home.mp4") == "film@home.mp4"
    assert is_camera("CAMERA:1") and not is_camera("cameras.mp4")


def test_settings_hold_a_wish_that_can_be_read() -> None:
    settings = Settings()
    assert CameraWish.parse(settings.camera_size, settings.camera_fps) == CameraWish()
    with pytest.raises(ValueError, match="camera_size"):
        Settings(camera_size="large")


class ListeningCapture(ScriptedCapture):
    """Keeps what is asked of it, in order, and states a rate of its own."""

    def __init__(self) -> None:
        super().__init__([bgr(1, (320, 240))] * 50)
        self.asked: list[tuple[int, float]] = []

    def set(self, prop: int, value: float) -> bool:
        self.asked.append((prop, value))
        return True

    def get(self, prop: int) -> float:
        return 15.0


def asked_for(wish: CameraWish) -> tuple[dict[int, float], CameraSource, object]:
    capture = ListeningCapture()
    source = CameraSource(7, wish, make_capture=lambda _: capture)
    try:
        info = source.open()
    finally:
        source.close()
    return dict(capture.asked), source, info


def test_size_and_rate_are_asked_of_the_device_and_what_it_gives_is_told() -> None:
    asked, _, info = asked_for(CameraWish((640, 480), 30))
    assert asked[cv2.CAP_PROP_FRAME_WIDTH] == 640
    assert asked[cv2.CAP_PROP_FRAME_HEIGHT] == 480
    assert asked[cv2.CAP_PROP_FPS] == 30
    assert cv2.CAP_PROP_FOURCC not in asked
    assert (info.width, info.height, info.fps) == (320, 240, 15.0)


@pytest.mark.parametrize("wish", [CameraWish((1280, 720), 30), CameraWish((640, 480), 60)])
def test_much_is_asked_for_compressed_and_before_the_size(wish) -> None:
    asked, *_ = asked_for(wish)
    assert next(iter(asked)) == cv2.CAP_PROP_FOURCC
    assert asked[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")


def test_as_the_camera_likes_asks_for_nothing() -> None:
    asked, *_ = asked_for(CameraWish(None, None))
    assert set(asked) == {cv2.CAP_PROP_BUFFERSIZE}
