"""Frames of a video file, decoded by FFmpeg through PyAV."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.entities import VideoFrame
from app.errors import SourceError
from app.sources.base import BaseSource, SourceInfo
from app.sources.timeline import DEFAULT_FPS, Timeline, sane_fps

#: Larger pictures are a broken or hostile header, and would not fit in memory several at a time.
MAX_SIDE_PX = 16_384
MAX_AREA_PX = 8_192 * 8_192

#: What FFmpeg may take a file for. Its other readers turn text into pictures (tty), or follow what a file
#: says to other files and hosts (hls, concat, sdp), which may wait for ever.
FORMATS = (
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mjpeg,h264,hevc,av1,obu,ivf,gif,apng,"
    "yuv4mpegpipe,wtv,mxf,dv,nut,rm,wav,mp3,flac,aac"
)
OPEN_TIMEOUT_S = 30.0

_log = logging.getLogger(__name__)
_TRY_ANOTHER = "play it in a video player to check, or choose another file"


class FileSource(BaseSource):
    """A video file, picture by picture, upright, as fast as it can be decoded.

    Times are the file's own (variable rates kept), repaired by Timeline where they are missing or
    go back; a rotation or flip in the file's display matrix, as phones write it, and pixels that are not
    square are applied to the picture. Pictures that cannot be decoded are left out.

    truncated: True once the file has turned out to end before its stated end; `warning` then says so.

    >>> with FileSource("clap.mp4") as source:  # doctest: +SKIP
    ...     info = source.open()
    ...     for frame in source.frames():
    ...         print(frame.timestamp_s, frame.image.shape)
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(str(path))
        self.path = Path(path).expanduser()
        self.truncated = False
        self._container: av.container.InputContainer | None = None
        self._pictures: Iterator[VideoFrame] = iter(())
        self._first: VideoFrame | None = None

    def open(self) -> SourceInfo:
        """Open the file and decode its first picture.

        Raises SourceError, naming the file, where it is missing, unreadable, no video, or holds no whole
        picture.
        """
        self._release()
        check_readable(self.path)
        self.truncated, self.warning = False, None
        try:
            self._container = av.open(
                f"file:{self.path}",
                metadata_errors="replace",
                options={"protocol_whitelist": "file", "format_whitelist": FORMATS},
                timeout=(OPEN_TIMEOUT_S, None),
            )
        except (av.FFmpegError, ValueError) as error:
            raise SourceError(
                f"{self.path} is not a video, or it is damaged or was cut short while it was written: "
                f"{_TRY_ANOTHER}"
            ) from error
        if not self._container.streams.video:
            self._release()
            raise SourceError(f"{self.path} has no pictures in it, only sound or other data: choose a video")
        stream = self._container.streams.video[0]
        stream.thread_type = "AUTO"
        timed = stream.duration is not None or self._container.duration is not None
        rates = (stream.average_rate, stream.guessed_rate)
        # A raw stream has no clock: FFmpeg's average is then only its default, while the codec may state a
        # rate.
        fps = sane_fps(*(rates if timed else reversed(rates)))
        duration_s = self._stated_duration_s(stream, fps)
        try:
            _check_size(self.path, stream.codec_context.width, stream.codec_context.height)
            self._pictures = self._decode(stream, Timeline(fps), fps, duration_s)
            self._first = next(self._pictures, None)
        except BaseException:
            self._release()
            raise
        if self._first is None:
            self._release()
            if self._interrupted.is_set():
                raise SourceError(f"{self.path} was closed before its first picture")
            raise SourceError(f"not one picture of {self.path} could be decoded: {_TRY_ANOTHER}")
        height, width = self._first.image.shape[:2]
        count = stream.frames or (round(duration_s * fps) if duration_s and fps else None)
        return SourceInfo(self.path.name, width, height, fps, count, live=False)

    def frames(self) -> Iterator[VideoFrame]:
        """The pictures in order of presentation, to the end of what can be read or until interrupted."""
        if self._container is None:
            raise RuntimeError("open() comes before frames()")
        if self._first is not None:
            first, self._first = self._first, None
            if not self._interrupted.is_set():
                yield first
        yield from self._pictures

    def close(self) -> None:
        self._release()
        super().close()

    def _release(self) -> None:
        self._pictures, self._first = iter(()), None
        if self._container is not None:
            self._container.close()
            self._container = None

    def _decode(
        self, stream: av.VideoStream, timeline: Timeline, fps: float | None, duration_s: float | None
    ) -> Iterator[VideoFrame]:
        assert self._container is not None
        index, timestamp_s, damaged = 0, 0.0, False
        packets = self._container.demux(stream)
        while not self._interrupted.is_set():
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                damaged = True
                _log.info("%s: reading stopped after picture %d: %s", self.path, index, error)
                break
            if packet is None:
                break
            try:
                decoded = packet.decode()
            except av.FFmpegError as error:
                # One damaged picture does not make the rest worthless; a cut file simply has no rest.
                damaged = True
                _log.info("%s: a picture after %d cannot be decoded: %s", self.path, index, error)
                continue
            for picture in decoded:
                if self._interrupted.is_set():
                    return
                _check_size(self.path, picture.width, picture.height)
                pts = picture.pts
                time_s = None if pts is None else float(pts * (picture.time_base or stream.time_base))
                timestamp_s = timeline.next(time_s)
                yield VideoFrame(upright_rgb(picture, stream.sample_aspect_ratio), index, timestamp_s)
                index += 1
        if not self._interrupted.is_set() and index:
            self._note_early_end(damaged, timestamp_s + 1.0 / (fps or DEFAULT_FPS), duration_s)

    def _stated_duration_s(self, stream: av.VideoStream, fps: float | None) -> float | None:
        assert self._container is not None
        if self._container.format.name == "avi" and stream.frames and fps:
            # FFmpeg cuts an AVI's duration down to what its size allows; the header's count is left alone.
            return stream.frames / fps
        if stream.duration is not None and stream.time_base:
            return float(stream.duration * stream.time_base)
        # The container's length counts the sound too, which may outlast the pictures.
        if self._container.duration and len(self._container.streams) == 1:
            return self._container.duration / av.time_base
        return None

    def _note_early_end(self, damaged: bool, end_s: float, duration_s: float | None) -> None:
        missing_s = (duration_s or 0.0) - end_s
        self.truncated = missing_s > max(0.5, 0.05 * (duration_s or 0.0))
        if self.truncated:
            self.warning = f"{self.path} is cut short: {end_s:.1f} of {duration_s:.1f} s could be read"
        elif damaged:
            self.truncated = duration_s is None
            self.warning = f"{self.path} is damaged: some of its pictures could not be read"


def check_readable(path: Path) -> None:
    """Raise SourceError, one sentence naming the path, unless it is a readable file with something in it."""
    try:
        if path.is_dir():
            raise SourceError(f"{path} is a folder: choose a video file in it")
        if not path.exists():
            raise SourceError(f"there is no file {path}: check the name and the folder")
        if not path.is_file():
            raise SourceError(f"{path} is not a regular file: choose a video file")
        with path.open("rb") as file:
            if not file.read(1):
                raise SourceError(f"{path} is empty: copy or record it again")
    except PermissionError as error:
        raise SourceError(f"{path} may not be read: change its permissions or copy it elsewhere") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{path} cannot be read ({reason}): check the disk or copy it elsewhere") from error


def _check_size(path: Path, width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_AREA_PX:
        raise SourceError(
            f"{path} has pictures of {width} x {height} pixels, too large to work with: scale it down first"
        )


def upright_rgb(picture: av.VideoFrame, pixel_aspect: object = None) -> NDArray[np.uint8]:
    """(H, W, 3) contiguous RGB of a decoded picture, as a player would show it.

    pixel_aspect: width over height of one pixel; None or 0 means square.
    """
    aspect = float(pixel_aspect) if pixel_aspect else 1.0  # type: ignore[arg-type]
    # Beyond a factor of four it is no anamorphic video but a broken header.
    width = round(picture.width * aspect) if 0.25 <= aspect <= 4.0 else picture.width
    image: NDArray[np.uint8] = picture.to_ndarray(format="rgb24", width=width, height=picture.height)
    matrix = picture.side_data.get("DISPLAYMATRIX")
    if matrix is not None:
        image = apply_display_matrix(image, np.frombuffer(bytes(matrix), np.int32))
    return np.ascontiguousarray(image)


def apply_display_matrix(image: NDArray[np.uint8], matrix: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The image turned and flipped by quarter turns, as the matrix of ISO/IEC 14496-12 (tkhd) asks.

    matrix: 9 values a b u, c d v, x y w; a point goes to (a x + c y, b x + d y), y pointing down. Angles
    in between are taken to the nearest quarter turn.
    """
    a, b, _, c, d = (int(value) for value in matrix[:5])
    across, down = a, d
    if abs(b) + abs(c) > abs(a) + abs(d):
        image = image.swapaxes(0, 1)
        across, down = c, b
    if across < 0:
        image = image[:, ::-1]
    if down < 0:
        image = image[::-1]
    return image
