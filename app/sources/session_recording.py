"""A recorded session played again: its skeletons as they were seen live, over its pictures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.entities import VideoFrame
from app.errors import SourceError
from app.mannequin import paint
from app.recordings import SkeletonRecording
from app.sources.base import BaseSource, SourceInfo
from app.sources.picture_index import SAME_S, PictureIndex
from app.sources.recording import joints_in_picture, painted_size, skeletons_at, studio
from app.sources.video_file import FileSource
from stgat.data.session_folder import (
    ABOUT,
    MAX_ABOUT_BYTES,
    VIDEO,
    About,
    lies_within,
    part_files,
    read_about,
    read_part,
)
from stgat.errors import DataError
from stgat.reading import read_limited

#: A picture belongs to the moment that it was taken at; the video's clock ticks in milliseconds.
_TICK_S = 0.0011
#: So much of its end a recording may lack where it was cut off; of the pictures more is told.
_MISSING_S = 1.0
_MOST_PROBLEMS = 5


@dataclass(frozen=True)
class _Part:
    path: Path
    first_s: float
    last_s: float
    num_frames: int
    first_index: int
    image_size: tuple[int, int] | None


class SessionSource(BaseSource):
    """The folder that app.recorder writes, or the session.json in it.

    There is a frame for each moment that was posed live, with the skeletons found then: nothing is posed anew
    and nothing put in between, so it is judged by what was seen live. Pictures that were not posed are in the
    video, and are not shown. Where a picture is missing, the one before it stays; without a video a
    figure is painted (app.mannequin). Without any skeletons the video is played as any other, and posed.

    index: as in FileSource, of the video; with an own_clock, which is that of the skeletons.
    warning: what is missing of a session that was cut off or damaged.
    """

    def __init__(self, path: str | Path, index: PictureIndex | None = None) -> None:
        super().__init__(str(path))
        self._index = index
        self._loaded: tuple[_Part, SkeletonRecording, NDArray[np.float32]] | None = None
        named = Path(path).expanduser()
        self.folder = named.parent if named.name == ABOUT and not named.is_dir() else named
        self._about: About | None = None
        self._parts: list[_Part] = []
        self._video: FileSource | None = None
        self._room = np.zeros((0, 0, 3), np.uint8)

    def open(self) -> SourceInfo:
        """Look through the parts. Raises SourceError for what is no session, or has nothing in it yet."""
        self._release()
        about = self._about = self._read_about()
        problems = self._look_through()
        video = self._open_video()
        if video is None and not self._parts:
            why = "its parts are damaged" if problems else "it was cut off before its first moment"
            raise SourceError(f"nothing of the session {self.folder} can be played: {why}")
        if video is None and not about.skeleton_only:
            problems.append(f"its {VIDEO} is missing or damaged: a figure is shown instead")
        self.warning = self._what_is_missing(about, problems)
        width, height = painted_size(self._parts[0].image_size if self._parts else None)
        self._room = studio(width, height)
        if video is not None:
            width, height = video.width, video.height
        count = sum(part.num_frames for part in self._parts) or (video.frame_count if video else None)
        last_s = self._parts[-1].last_s - self._parts[0].first_s if self._parts else None
        if last_s is None and video is not None:
            last_s = video.duration_s
        name = self.folder.resolve().name
        return SourceInfo(name, width, height, about.fps, count, live=False, duration_s=last_s)

    def frames(self) -> Iterator[VideoFrame]:
        """The moments from first to last; ends when interrupted."""
        if self._about is None:
            raise RuntimeError("open() comes before frames()")
        if not self._parts:
            assert self._video is not None
            yield from self._video.frames()
            return
        pictures = _Pictures(self._video)
        for part in self._parts:
            recording, joints = self._load(part)
            for row, recorded_s in enumerate(recording.timestamps_s.tolist()):
                if self._interrupted.is_set() or self._about is None:
                    return
                yield self._frame(part, recording, joints, row, pictures.at(recorded_s))

    def seek(
        self, time_s: float, exact: bool = True, give_up: Callable[[], bool] = lambda: False
    ) -> VideoFrame | None:
        """See SeekableSource."""
        if self._about is None:
            raise RuntimeError("open() comes before seek()")
        if not self._parts:
            assert self._video is not None
            return self._video.seek(time_s, exact, give_up)
        if self._interrupted.is_set() or give_up():
            return None
        recorded_s = time_s + self._parts[0].first_s + SAME_S
        number = bisect_right(self._parts, recorded_s, key=lambda part: part.first_s) - 1
        part = self._parts[max(0, number)]
        recording, joints = self._load(part)
        row = max(0, int(np.searchsorted(recording.timestamps_s, recorded_s, side="right")) - 1)
        if self._video is None:
            return self._frame(part, recording, joints, row, None)
        picture = self._video.seek(float(recording.timestamps_s[row]) + _TICK_S, exact, give_up)
        return None if picture is None else self._frame(part, recording, joints, row, picture.image)

    def _load(self, part: _Part) -> tuple[SkeletonRecording, NDArray[np.float32]]:
        """A part and where its joints are in the picture; the last one asked for is kept."""
        if self._loaded is None or self._loaded[0] != part:
            try:
                recording = read_part(part.path)
            except DataError as error:
                raise SourceError(f"{error}; it was in order when the session was opened") from error
            joints = joints_in_picture(recording, self._room.shape[1] / self._room.shape[0])
            self._loaded = part, recording, joints
        return self._loaded[1:]

    def _frame(
        self,
        part: _Part,
        recording: SkeletonRecording,
        joints: NDArray[np.float32],
        row: int,
        picture: NDArray[np.uint8] | None,
    ) -> VideoFrame:
        time_s = float(recording.timestamps_s[row]) - self._parts[0].first_s
        skeletons = skeletons_at(recording, joints, row, time_s)
        image = paint(self._room, skeletons) if picture is None else picture
        return VideoFrame(image, part.first_index + row, time_s, skeletons)

    def interrupt(self) -> None:
        super().interrupt()
        video = self._video
        if video is not None:
            video.interrupt()

    def close(self) -> None:
        self._release()
        super().close()

    def _release(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            video.close()
        self._about, self._parts, self._loaded = None, [], None

    def _read_about(self) -> About:
        path = self.folder / ABOUT
        if not self.folder.is_dir():
            raise SourceError(f"there is no folder {self.folder}: check the name")
        if not lies_within(path, self.folder):
            raise SourceError(
                f"{self.folder} is a folder, but no recorded session, for it has no {ABOUT}: choose a file "
                "in it, or the folder of a session"
            )
        try:
            return read_about(read_limited(path, MAX_ABOUT_BYTES), str(path))
        except DataError as error:
            raise SourceError(str(error)) from error
        except OSError as error:
            raise SourceError(f"{path} cannot be read ({error.strerror or error})") from error

    def _look_through(self) -> list[str]:
        """Find the parts that can be used; returns a phrase on each that cannot."""
        problems: list[str] = []
        try:
            files = part_files(self.folder)
        except OSError as error:
            raise SourceError(f"{self.folder} cannot be read ({error.strerror or error})") from error
        for path in files:
            if not lies_within(path, self.folder):
                problems.append(f"{path.name} is no file of the folder and left out")
                continue
            try:
                part = read_part(path)
            except DataError:
                problems.append(f"{path.name} is damaged and left out")
                continue
            times = part.timestamps_s
            if self._parts and times[0] <= self._parts[-1].last_s:
                problems.append(f"{path.name} goes back in time and is left out")
                continue
            first_s, last_s = float(times[0]), float(times[-1])
            index = self._parts[-1].first_index + self._parts[-1].num_frames if self._parts else 0
            self._parts.append(_Part(path, first_s, last_s, part.num_frames, index, part.image_size))
        return problems

    def _open_video(self) -> SourceInfo | None:
        """The video opened; None where there is none, or not one picture of it."""
        path = self.folder / VIDEO
        if not lies_within(path, self.folder):
            return None
        # Its first pictures may be missing, and the camera may have been away for minutes: its own times
        # count. Without skeletons it is a video as any other.
        index = PictureIndex(own_clock=True) if self._index is None else self._index
        video = FileSource(path, index if self._parts else None)
        try:
            info = video.open()
        except SourceError:
            video.close()
            return None
        self._video = video
        return info

    def _what_is_missing(self, about: About, problems: list[str]) -> str | None:
        there_s = self._parts[-1].last_s - self._parts[0].first_s if self._parts else None
        if not self._parts:
            problems = [*problems, "it has no skeletons: they are found anew"]
        cut_off = not about.ended
        if cut_off:
            much = "" if there_s is None else f": {_length(there_s)} of it are there"
            problems = [f"it was cut off{much}", *problems]
        elif there_s is not None and about.duration_s and about.duration_s - there_s > _MISSING_S:
            problems = [f"{_length(there_s)} of {_length(about.duration_s)} are there", *problems]
        if not problems:
            return None
        name = self.folder.resolve().name
        if len(problems) > _MOST_PROBLEMS:
            problems = [*problems[:_MOST_PROBLEMS], f"and {len(problems) - _MOST_PROBLEMS} more"]
        return f"The session {name} is not whole: {'; '.join(problems)}."


def _length(seconds: float) -> str:
    """
    >>> _length(4.26), _length(3725)
    ('4.3 s', '1 h 2 min 5 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours} h " if hours else "") + f"{minutes} min {rest} s"


class _Pictures:
    """The pictures of a video by their time, asked for in order."""

    def __init__(self, video: FileSource | None) -> None:
        self._frames = iter(()) if video is None else video.frames()
        self._shown = self._after = next(self._frames, None)

    def at(self, time_s: float) -> NDArray[np.uint8] | None:
        """The last picture no later than that, the first where all are later; None without any."""
        while self._after is not None and self._after.timestamp_s <= time_s + _TICK_S:
            self._shown, self._after = self._after, next(self._frames, None)
        return None if self._shown is None else self._shown.image
