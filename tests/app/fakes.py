"""Fakes of the live road: a scripted source, a person who waves, a recogniser that is always sure."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from app.entities import VideoFrame
from app.errors import SourceError
from app.recordings import SkeletonRecording, save_recording
from app.sources import BaseSource, SourceInfo
from app.video_writer import VideoWriter
from stgat.checkpoint import Metadata, save_checkpoint
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.recognizer import Prediction
from stgat.skeleton import Skeleton

LABELS = ("clapping", "hand waving")
METADATA = Metadata(
    name="fake",
    model=STGATConfig(num_classes=2, blocks=((8, 8, 1),)),
    preprocessing=Preprocessing(num_frames=16, window_s=1.0),
    labels=LABELS,
)
PICTURE = np.zeros((48, 64, 3), np.uint8)


def body(wave: float) -> np.ndarray:
    """A person of roughly human size, one arm moving with `wave`."""
    joints = np.zeros((25, 3))
    joints[:, 2] = 3.0
    joints[[3, 20, 2], 1] = 0.8, 0.5, 0.6
    joints[[4, 8], 0], joints[[4, 8], 1] = (-0.2, 0.2), 0.5
    joints[[12, 16], 0] = -0.1, 0.1
    for side, (a, b, c, d) in ((-1, (4, 5, 6, 7)), (1, (8, 9, 10, 11))):
        for step, joint in enumerate((b, c, d), 1):
            joints[joint] = joints[a] + [0.1 * side * step, -0.2 * step, 0.0]
    joints[[9, 10, 11], 0] += wave
    for a, b, c, d in ((12, 13, 14, 15), (16, 17, 18, 19)):
        for step, joint in enumerate((b, c, d), 1):
            joints[joint] = joints[a] + [0.0, -0.4 * step, 0.0]
    return joints


class ScriptedSource(BaseSource):
    """Frames at a stated rate; may stall, fail, or never end."""

    def __init__(
        self,
        count: int | None = 60,
        fps: float = 30.0,
        fail_at: int | None = None,
        stall_at: int | None = None,
        open_error: str = "",
        live: bool = False,
    ) -> None:
        super().__init__("scripted")
        self.count, self.fps, self.fail_at, self.stall_at = count, fps, fail_at, stall_at
        self.open_error, self.live = open_error, live
        self.closed = 0

    def open(self) -> SourceInfo:
        if self.open_error:
            raise SourceError(self.open_error)
        return SourceInfo("scripted", 64, 48, self.fps, self.count, self.live)

    def frames(self) -> Iterator[VideoFrame]:
        for i in itertools.count() if self.count is None else range(self.count):
            if self._interrupted.is_set():
                return
            if i == self.fail_at:
                raise SourceError("camera 0 stopped sending pictures: check its cable")
            if i == self.stall_at:
                self._interrupted.wait()
            yield VideoFrame(PICTURE, i, i / self.fps)

    def close(self) -> None:
        self.closed += 1


class FakeExtractor:
    """One person, waving, in every frame that `present` names."""

    def __init__(self, delay_s: float = 0.0, present=lambda t: True, error: str = "") -> None:
        self.delay_s, self.present, self.error, self.closed = delay_s, present, error, 0

    def process(self, image_rgb: np.ndarray, timestamp_s: float) -> tuple[Skeleton, ...]:
        time.sleep(self.delay_s)
        if self.error:
            raise ZeroDivisionError(self.error)
        if not self.present(timestamp_s):
            return ()
        wave = 0.3 * np.sin(2 * np.pi * 1.5 * timestamp_s)
        joints = body(wave)
        image_joints = 0.5 + joints[:, :2] * [-0.3, -0.4]
        return (Skeleton(joints, np.ones(25), 0, timestamp_s, image_joints),)

    def close(self) -> None:
        self.closed += 1


class FakeRecognizer:
    """Always sure of hand waving."""

    metadata = METADATA
    labels = LABELS

    def __init__(self, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s

    def warm_up(self) -> None: ...

    def recognize(self, windows, spans) -> list[Prediction]:
        time.sleep(self.delay_s)
        for window in windows:
            assert window.shape == (3, 16, 25, 1)
        return [Prediction(np.array([0.1, 0.9]), LABELS, -3.0, *span) for span in spans]


def tiny_checkpoint(path: Path) -> Path:
    """A checkpoint of a network with few channels that is always sure of hand waving."""
    model = STGAT(METADATA.model)
    torch.nn.init.zeros_(model.classifier.weight)
    with torch.no_grad():
        model.classifier.bias.copy_(torch.tensor([0.0, 3.0]))
    save_checkpoint(path, model, METADATA)
    return path


def tiny_recording(path: Path, seconds: float = 4.0, fps: float = 20.0, people: int = 1) -> Path:
    """A recording of people who wave for the first half, then stand still; the second person leaves early."""
    times = np.arange(round(seconds * fps)) / fps
    joints = np.full((len(times), people, 25, 3), np.nan)
    for t, time_s in enumerate(times):
        wave = 0.3 * np.sin(2 * np.pi * 1.5 * min(time_s, seconds / 2))
        for person in range(people):
            if person == 0 or time_s < 0.75 * seconds:
                joints[t, person] = body(wave) + np.array([person, 0.0, 0.0])
    confidence = np.where(np.isfinite(joints[..., 0]), 0.9, 0.0)
    save_recording(path, SkeletonRecording(joints, confidence, times, image_size=(160, 120)))
    return path


def tiny_video(path: Path, frames: int = 30, fps: float = 15.0) -> Path:
    """A video of an empty, slowly brightening room."""
    with VideoWriter(path, fps) as video:
        for i in range(frames):
            video.write(np.full((48, 64, 3), 2 * i, np.uint8), i / fps)
    return path
