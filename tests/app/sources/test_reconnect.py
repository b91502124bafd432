"""When a camera is slow, still or silent, and what time its pictures have."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from app.entities import VideoFrame
from app.sources.camera_wish import CameraWish
from app.sources.grabber import Device, NoPictureError, Stamps
from app.sources.reconnect import Patience, Rhythm, Stillness


def stamped(clock: list[float]) -> list[float]:
    stamps = Stamps()
    told = [stamps.next(time_s) for time_s in clock]
    assert [index for index, _ in told] == list(range(len(clock)))
    return [timestamp_s for _, timestamp_s in told]


def test_timestamps_are_the_clocks_from_the_first_picture() -> None:
    assert stamped([50.0, 50.04, 50.1, 110.1]) == pytest.approx([0.0, 0.04, 0.1, 60.1])


def test_promise_a_clock_set_back_costs_one_step_and_time_goes_on() -> None:
    times_s = stamped([50.0, 50.04, 50.04, 49.0, 49.05, 0.0, 0.05])
    assert times_s == pytest.approx([0.0, 0.04, 0.0401, 0.0801, 0.1301, 0.1801, 0.2301])
    assert (np.diff(times_s) > 0).all()


class Failing:
    """A capture whose reads succeed while `well`."""

    well = False

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def set(self, prop: int, value: float) -> bool:
        return False

    def get(self, prop: int) -> float:
        return math.nan

    def grab(self) -> bool:
        return self.well

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, np.zeros((4, 4, 3), np.uint8)

    def release(self) -> None: ...


def test_a_device_that_fails_is_given_up_sooner_once_it_has_sent_a_picture() -> None:
    now_s = 0.0
    capture = Failing()
    device = Device(lambda: capture, CameraWish(), failing_s=0.6, waking_s=4.0, now=lambda: now_s)
    assert device.fps is None
    now_s = 3.9
    assert device.read(lambda: 1.0) is None
    capture.well = True
    image, taken_s = device.read(lambda: 1.0) or (None, None)
    assert image is not None
    assert taken_s == 1.0
    capture.well = False
    now_s += 0.5
    assert device.read(lambda: 1.0) is None
    now_s += 0.2
    with pytest.raises(NoPictureError):
        device.read(lambda: 1.0)


def test_pauses_grow_and_stay_short_enough_for_a_camera_that_is_back() -> None:
    patience = Patience()
    pauses = list(itertools.islice(patience.pauses(), 20))
    assert pauses == sorted(pauses)
    assert patience.failing_s + pauses[-1] < 1.5
    assert patience.silent_s + pauses[0] < 2.0


def test_a_slow_camera_is_waited_for_and_said_to_be_slow() -> None:
    rhythm = Rhythm(Patience())
    for number in range(5):
        rhythm.saw(number / 30)
    assert not rhythm.slow
    assert rhythm.patience_s == 1.5
    for number in range(1, 5):
        rhythm.saw(4 / 30 + 1.4 * number)
    assert rhythm.slow
    assert rhythm.patience_s == pytest.approx(4.2)
    for number in range(1, 7):
        rhythm.saw(10.0 + number / 30)
    assert not rhythm.slow
    assert rhythm.patience_s == 1.5


def test_one_so_slow_that_it_seems_silent_is_given_longer_each_time() -> None:
    rhythm = Rhythm(Patience())
    waited_s = []
    for _ in range(6):
        rhythm.saw(0.0)
        waited_s.append(rhythm.patience_s)
        rhythm.begin_anew(silent=True)
    assert waited_s == [1.5, 3.0, 6.0, 12.0, 16.0, 16.0]
    for number in range(6):
        rhythm.saw(number / 10)
    assert rhythm.patience_s == 1.5


def test_only_the_very_same_picture_is_still() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (48, 64, 3), np.uint8)
    noisy = image.copy()
    noisy[5, 5, 0] ^= 1
    black = np.zeros_like(image)
    pictures = [image, image.copy(), image.copy(), noisy, noisy[:-2], black, black, image]
    still = Stillness()
    lasted_s = [still.lasted_s(VideoFrame(one, number, float(number))) for number, one in enumerate(pictures)]
    assert lasted_s == [0, 1, 2, 0, 0, 0, 0, 0]
