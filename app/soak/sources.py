"""What stands in the camera's place: people with their skeletons, or pictures for the pose."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from app.benchmark.clip_camera import FPS, forth_and_back
from app.entities import VideoFrame
from app.mannequin import paint
from app.soak.people import People
from app.sources.base import BaseSource, SourceInfo
from app.sources.recording import studio


class PeopleSource(BaseSource):
    """People without end, FPS pictures a second of its own time; each picture is an array of its own.

    given: whether their skeletons come with the pictures, so that there is no pose to be worked out.
    painted: whether they are in the pictures, which takes most of the time; else the room is empty.
    """

    def __init__(
        self, spec: str, people: People, size: tuple[int, int], given: bool = True, painted: bool = True
    ) -> None:
        super().__init__(spec)
        self._people, self._given, self._painted = people, given, painted
        self._room = studio(*size)

    def open(self) -> SourceInfo:
        height, width = self._room.shape[:2]
        return SourceInfo("soak", width, height, FPS, None, live=False)

    def frames(self) -> Iterator[VideoFrame]:
        """One after another until interrupted."""
        for index in itertools.count():
            if self._interrupted.is_set():
                return
            skeletons = self._people.at(index / FPS)
            picture = paint(self._room, skeletons if self._painted else ())
            yield VideoFrame(picture, index, index / FPS, skeletons if self._given else None)


class ClipSource(BaseSource):
    """A folder of pictures (app.benchmark.clip_camera), played forth and back without end."""

    def __init__(self, spec: str, folder: Path) -> None:
        super().__init__(spec)
        self._paths = sorted(folder.glob("*.jpg"))

    def open(self) -> SourceInfo:
        height, width = self._picture(0).shape[:2]
        return SourceInfo("soak clip", width, height, FPS, None, live=False)

    def frames(self) -> Iterator[VideoFrame]:
        """One after another until interrupted."""
        for index, number in enumerate(forth_and_back(len(self._paths))):
            if self._interrupted.is_set():
                return
            yield VideoFrame(self._picture(number), index, index / FPS)

    def _picture(self, number: int) -> np.ndarray:
        bgr = cv2.imdecode(np.fromfile(self._paths[number], np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
