"""A skeleton recording played like a video: skeletons come with the frames, the picture is painted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.entities import VideoFrame
from app.errors import SourceError
from app.mannequin import paint
from app.recordings import SkeletonRecording, load_recording
from app.sources.base import BaseSource, SourceInfo
from app.sources.picture_index import SAME_S
from app.sources.timeline import DEFAULT_FPS
from app.sources.video_file import check_readable
from stgat.skeleton import Skeleton

DEFAULT_SIZE = (1280, 720)
#: The longer side of the picture that is painted, whatever the recorded camera had.
MAX_SIDE_PX = 1280
#: Of the camera that looks at recordings without image_joints; a common webcam's.
HORIZONTAL_FIELD_OF_VIEW_DEG = 60.0
#: Recordings whose origin is the person, not a camera, are looked at from this far.
VIEWING_DISTANCE_M = 3.0
_NEAREST_M = 0.3


class RecordingSource(BaseSource):
    """The .npz file of the `pose` verb as a source; the person_id of a skeleton is its column in the file.

    The picture is a figure in a plain room (app.mannequin). Where the recording knows no image joints, a
    pinhole camera projects the joints (`project`).

    repeat: start again at the end, for ever; time goes on.
    """

    def __init__(
        self, path: str | Path, name: str | None = None, spec: str | None = None, repeat: bool = False
    ) -> None:
        super().__init__(spec or str(path))
        self.repeat = repeat
        self.path = Path(path).expanduser()
        self._name = name or self.path.name
        self._recording: SkeletonRecording | None = None
        self._picture = np.zeros((0, 0, 3), np.uint8)
        self._image_joints = np.zeros((0, 0, 0, 2), np.float32)

    def open(self) -> SourceInfo:
        """Read the whole recording. Raises SourceError, naming the file and the array, where it is none."""
        check_readable(self.path)
        recording = load_recording(self.path)
        width, height = painted_size(recording.image_size)
        self._recording = recording
        self._picture = studio(width, height)
        self._image_joints = joints_in_picture(recording, width / height)
        length_s = float(recording.timestamps_s[-1] - recording.timestamps_s[0])
        return SourceInfo(
            self._name, width, height, recording.fps, recording.num_frames, live=False, duration_s=length_s
        )

    def frames(self) -> Iterator[VideoFrame]:
        """One frame for each recorded moment, over and over where it repeats; ends when interrupted."""
        if self._recording is None:
            raise RuntimeError("open() comes before frames()")
        times_s = self._recording.timestamps_s - self._recording.timestamps_s[0]
        length_s = float(times_s[-1] + 1.0 / (self._recording.fps or DEFAULT_FPS))
        for turn in itertools.count() if self.repeat else range(1):
            for index, timestamp_s in enumerate((times_s + turn * length_s).tolist()):
                if self._interrupted.is_set() or self._recording is None:
                    return
                yield self._frame(self._recording, index, timestamp_s, turn * len(times_s))

    def seek(
        self, time_s: float, exact: bool = True, give_up: Callable[[], bool] = lambda: False
    ) -> VideoFrame | None:
        """See SeekableSource; always exact, and at once. One turn only where it repeats."""
        if self._recording is None:
            raise RuntimeError("open() comes before seek()")
        if self._interrupted.is_set() or give_up():
            return None
        times_s = self._recording.timestamps_s - self._recording.timestamps_s[0]
        index = max(0, int(np.searchsorted(times_s, time_s + SAME_S, side="right")) - 1)
        return self._frame(self._recording, index, float(times_s[index]))

    def close(self) -> None:
        self._recording = None
        super().close()

    def _frame(
        self, recording: SkeletonRecording, index: int, timestamp_s: float, before: int = 0
    ) -> VideoFrame:
        skeletons = skeletons_at(recording, self._image_joints, index, timestamp_s)
        return VideoFrame(self._painted(skeletons), before + index, timestamp_s, skeletons)

    def _painted(self, skeletons: tuple[Skeleton, ...]) -> NDArray[np.uint8]:
        return paint(self._picture, skeletons)


def demo_source(repeat: bool = False) -> RecordingSource:
    """The recording that comes with the program. Raises SourceError where the installation lacks it."""
    path = Path(__file__).resolve().parents[1] / "assets" / "demo.npz"
    if not path.is_file():
        raise SourceError(f"the bundled demo {path} is missing: get the program's files again")
    return RecordingSource(path, name="Demo", spec="demo", repeat=repeat)


def skeletons_at(
    recording: SkeletonRecording, image_joints: NDArray[np.float32], index: int, timestamp_s: float
) -> tuple[Skeleton, ...]:
    """Everybody at a moment of a recording. image_joints: (T, M, 25, 2), see `joints_in_picture`."""
    known = np.isfinite(recording.joints_m[index]).all(axis=-1)  # (M, 25)
    ids = recording.person_ids or range(recording.num_people)
    return tuple(
        Skeleton(
            recording.joints_m[index, column],
            np.where(known[column], recording.confidence[index, column], np.float32(0.0)),
            ids[column],
            timestamp_s,
            image_joints[index, column],
        )
        for column in np.flatnonzero(known.any(axis=-1)).tolist()
    )


def joints_in_picture(recording: SkeletonRecording, aspect: float) -> NDArray[np.float32]:
    """(T, M, 25, 2) where the joints are in the picture: as recorded, else as a camera would see them.

    aspect: the picture's width over its height.
    """
    if recording.image_joints is not None:
        return recording.image_joints
    return project(in_front_of_camera(recording.joints_m), aspect)


def in_front_of_camera(joints_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., 3) the joints, moved away from the camera where they surround it, as hip-centred recordings
    do."""
    depth = joints_m[..., 2]
    depth = depth[np.isfinite(depth)]
    if depth.size and np.median(depth) > 2 * _NEAREST_M:
        return joints_m
    return joints_m + np.array([0.0, 0.0, VIEWING_DISTANCE_M], np.float32)


def project(joints_m: NDArray[np.float32], aspect: float) -> NDArray[np.float32]:
    """Pinhole projection of joints in Kinect camera space to fractions of the picture's width and height.

    joints_m: (..., 3); x grows to the picture's left, y up, z away from the camera. aspect: the picture's
    width over its height. Gives (..., 2), x to the right and y down, NaN for joints that are unknown or
    nearer than 0.3 m.

        x' = 1/2 - x / (2 z tan(fov / 2)),   y' = 1/2 - aspect * y / (2 z tan(fov / 2))
    """
    depth = np.where(joints_m[..., 2] > _NEAREST_M, joints_m[..., 2], np.nan)
    half_width = depth * np.tan(np.radians(HORIZONTAL_FIELD_OF_VIEW_DEG / 2))
    x = 0.5 - joints_m[..., 0] / (2 * half_width)
    y = 0.5 - joints_m[..., 1] * aspect / (2 * half_width)
    return np.stack([x, y], axis=-1).astype(np.float32)


def studio(width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3) read-only picture of a dark, empty room: a wall lit from above and a floor that
    fades away."""
    x = np.linspace(-1.0, 1.0, width)[None, :]
    y = np.linspace(0.0, 1.0, height)[:, None]
    horizon = 0.66
    wall = 0.20 * np.exp(-(x**2) / 0.9 - ((y - 0.30) ** 2) / 0.25) + 0.085
    # On a plane seen at a slant, distance goes with one over the height below the horizon.
    nearness = np.clip((y - horizon) / (1.0 - horizon), 0.0, 1.0)
    spot = np.exp(-((x / (0.45 + 0.55 * nearness)) ** 2) - ((nearness - 0.45) / 0.5) ** 2)
    floor = 0.10 + 0.13 * spot + 0.03 * nearness
    edge = 0.5 + 0.5 * np.tanh((y - horizon) * 120.0)  # a soft skirting line, not a step
    light = wall * (1.0 - edge) + floor * edge
    tint = np.array([0.92, 0.98, 1.10])
    # Half a level of fixed noise: smooth dark gradients show bands in 8 bits.
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (height, width, 1))
    picture = np.clip(light[..., None] * tint * 255.0 + noise, 0, 255).round().astype(np.uint8)
    picture.flags.writeable = False
    return picture


def painted_size(image_size: tuple[int, int] | None) -> tuple[int, int]:
    """Width and height of the picture that is painted, for a camera's."""
    width, height = image_size or DEFAULT_SIZE
    scale = min(1.0, MAX_SIDE_PX / max(width, height))
    return max(2, round(width * scale)), max(2, round(height * scale))
