"""What stands in the camera's place in a soak."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from app.benchmark.clip_camera import prepare_empty_room
from app.entities import VideoFrame
from app.soak.people import People
from app.soak.sources import ClipSource, PeopleSource
from app.sources.base import BaseSource
from app.sources.recording import studio


def some(source: BaseSource, count: int) -> list[VideoFrame]:
    with source:
        source.open()
        return list(itertools.islice(source.frames(), count))


def people() -> People:
    """Two of them from the second second on."""
    return People(np.random.default_rng(0), itertools.count(), aspect=4 / 3)


@pytest.mark.parametrize("given", [True, False])
def test_people_come_with_their_skeletons_or_as_pictures_alone(given: bool) -> None:
    frames = some(PeopleSource("camera:0", people(), (64, 48), given=given), 90)
    room = studio(64, 48)
    assert [frame.timestamp_s for frame in frames[:3]] == pytest.approx([0, 1 / 30, 2 / 30])
    assert any((frame.image != room).any() for frame in frames)
    assert any(frame.skeletons for frame in frames) is given
    assert all((frame.skeletons is None) is not given for frame in frames)


def test_pictures_that_are_not_painted_are_still_each_their_own() -> None:
    first, second = some(PeopleSource("camera:0", people(), (64, 48), painted=False), 2)
    assert not np.shares_memory(first.image, second.image)
    np.testing.assert_array_equal(first.image, studio(64, 48))


def test_a_clip_goes_forth_and_back_without_end(tmp_path: Path) -> None:
    prepare_empty_room(tmp_path, (64, 48), count=3)
    frames = some(ClipSource("camera:2", tmp_path), 6)
    assert [frame.index for frame in frames] == list(range(6))
    assert all(frame.skeletons is None for frame in frames)
    np.testing.assert_array_equal(frames[0].image, frames[4].image)
    assert (frames[0].image != frames[2].image).any()


def test_an_interruption_ends_it(tmp_path: Path) -> None:
    prepare_empty_room(tmp_path, (64, 48), count=2)
    for source in (ClipSource("camera:2", tmp_path), PeopleSource("camera:0", people(), (64, 48))):
        source.open()
        frames = source.frames()
        next(frames)
        source.interrupt()
        assert next(frames, None) is None
