"""Frames of a video file, decoded by FFmpeg through PyAV."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from app.entities import VideoFrame
from app.errors import SourceError
from app.sources.base import BaseSource, SourceInfo
from app.sources.picture_index import PictureIndex
from app.sources.timeline import DEFAULT_FPS, sane_fps
from app.sources.video_reader import Halted, Picture, VideoReader

#: Larger pictures are a broken or hostile header, and would not fit in memory several at a time.
MAX_SIDE_PX = 16_384
MAX_AREA_PX = 8_192 * 8_192
#: FFmpeg looks at pictures before it says how large they are, and their size may change on the way.
_LIMITS = {"max_pixels": str(MAX_AREA_PX)}

#: What FFmpeg may take a file for. Its other readers turn text into pictures (tty), or follow what a file
#: says to other files and hosts (hls, concat, sdp), which may wait for ever.
FORMATS = (
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mjpeg,h264,hevc,av1,obu,ivf,gif,apng,"
    "yuv4mpegpipe,wtv,mxf,dv,nut,rm,wav,mp3,flac,aac"
)
OPEN_TIMEOUT_S = 30.0

_TRY_ANOTHER = "play it in a video player to check, or choose another file"


class FileSource(BaseSource):
    """A video file, picture by picture, upright, as fast as it can be decoded.

    Times are the file's own (variable rates kept), repaired by Timeline where they are missing or
    go back; a rotation or flip in the file's display matrix, as phones write it, and pixels that are not
    square are applied to the picture. Pictures that cannot be decoded are left out.

    truncated: True once the file has turned out to end before its stated end; `warning` then says so.
    index: where a second source on the same file shall know what this one has met; its own if None.

    >>> with FileSource("clap.mp4") as source:  # doctest: +SKIP
    ...     info = source.open()
    ...     for frame in source.frames():
    ...         print(frame.timestamp_s, frame.image.shape)
    """

    def __init__(self, path: str | Path, index: PictureIndex | None = None) -> None:
        super().__init__(str(path))
        self.path = Path(path).expanduser()
        self.truncated = False
        self._shared_index = index
        self._reader: VideoReader | None = None
        self._first: VideoFrame | None = None
        self._fps: float | None = None
        self._duration_s: float | None = None
        self._converter = VideoReformatter()

    def open(self) -> SourceInfo:
        """Open the file and decode its first picture.

        Raises SourceError, naming the file, where it is missing, unreadable, no video, or holds no whole
        picture.
        """
        self._release()
        self.truncated, self.warning = False, None
        container = self._open_container()
        stream = container.streams.video[0]
        timed = stream.duration is not None or container.duration is not None
        rates = (stream.average_rate, stream.guessed_rate)
        # A raw stream has no clock: FFmpeg's average is then only its default, while the codec may state a
        # rate.
        fps = self._fps = sane_fps(*(rates if timed else reversed(rates)))
        duration_s = self._duration_s = _stated_duration_s(container, stream, fps)
        count = stream.frames or (round(duration_s * fps) if duration_s and fps else None)
        index = PictureIndex() if self._shared_index is None else self._shared_index
        try:
            _check_size(self.path, stream.codec_context.width, stream.codec_context.height)
            self._reader = VideoReader(
                container, self._open_container, index, fps, lambda w, h: _check_size(self.path, w, h)
            )
            self._first = self._next()
        except BaseException:
            container.close()
            self._release()
            raise
        if self._first is None:
            self._release()
            if self._interrupted.is_set():
                raise SourceError(f"{self.path} was closed before its first picture")
            raise SourceError(f"not one picture of {self.path} could be decoded: {_TRY_ANOTHER}")
        height, width = self._first.image.shape[:2]
        last_s = max(0.0, duration_s - 1.0 / (fps or DEFAULT_FPS)) if duration_s else None
        return SourceInfo(self.path.name, width, height, fps, count, live=False, duration_s=last_s)

    def frames(self) -> Iterator[VideoFrame]:
        """The pictures in order of presentation, to the end of what can be read or until interrupted."""
        if self._reader is None:
            raise RuntimeError("open() comes before frames()")
        frame, self._first = self._first, None
        last = frame
        while frame is not None and not self._interrupted.is_set():
            yield frame
            last, frame = frame, self._next()
        if last is not None and self._reader is not None and self._reader.ended:
            self._note_early_end(last.timestamp_s + 1.0 / (self._fps or DEFAULT_FPS))

    def seek(
        self, time_s: float, exact: bool = True, give_up: Callable[[], bool] = lambda: False
    ) -> VideoFrame | None:
        """See SeekableSource. What the index knows is reached from the key picture before it."""
        if self._reader is None:
            raise RuntimeError("open() comes before seek()")
        with contextlib.suppress(Halted):
            return self._frame(
                self._reader.find(time_s, exact, lambda: self._interrupted.is_set() or give_up())
            )
        return None

    def close(self) -> None:
        self._release()
        super().close()

    def _next(self) -> VideoFrame | None:
        assert self._reader is not None
        with contextlib.suppress(Halted):
            return self._frame(self._reader.next(self._interrupted.is_set))
        return None

    def _frame(self, picture: Picture | None) -> VideoFrame | None:
        if picture is None:
            return None
        assert self._reader is not None
        number = picture.number
        if number is None:
            number = round(picture.time_s * (self._fps or DEFAULT_FPS))
        try:
            image = upright_rgb(picture.raw, self._reader.pixel_aspect, self._converter)
        except (av.FFmpegError, ValueError) as error:
            raise SourceError(
                f"the pictures of {self.path} are of a kind that cannot be shown: {_TRY_ANOTHER}"
            ) from error
        return VideoFrame(image, number, picture.time_s)

    def _open_container(self) -> av.container.InputContainer:
        check_readable(self.path)
        try:
            container = av.open(
                f"file:{self.path}",
                metadata_errors="replace",
                options={"protocol_whitelist": "file", "format_whitelist": FORMATS, **_LIMITS},
                timeout=(OPEN_TIMEOUT_S, None),
            )
        except (av.FFmpegError, ValueError) as error:
            raise SourceError(
                f"{self.path} is not a video, or it is damaged or was cut short while it was written: "
                f"{_TRY_ANOTHER}"
            ) from error
        if not container.streams.video:
            container.close()
            raise SourceError(f"{self.path} has no pictures in it, only sound or other data: choose a video")
        decoder = container.streams.video[0].codec_context
        if decoder is None:
            container.close()
            raise SourceError(f"the pictures of {self.path} are of a kind that is not known: {_TRY_ANOTHER}")
        decoder.options = dict(_LIMITS)
        return container

    def _release(self) -> None:
        self._first = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _note_early_end(self, end_s: float) -> None:
        assert self._reader is not None
        damaged, duration_s = self._reader.damaged, self._duration_s
        missing_s = (duration_s or 0.0) - end_s
        self.truncated = missing_s > max(0.5, 0.05 * (duration_s or 0.0))
        if self.truncated:
            self.warning = f"{self.path} is cut short: {end_s:.1f} of {duration_s:.1f} s could be read"
        elif damaged:
            self.truncated = duration_s is None
            self.warning = f"{self.path} is damaged: some of its pictures could not be read"


def _stated_duration_s(
    container: av.container.InputContainer, stream: av.VideoStream, fps: float | None
) -> float | None:
    if container.format.name == "avi" and stream.frames and fps:
        # FFmpeg cuts an AVI's duration down to what its size allows; the header's count is left alone.
        return stream.frames / fps
    if stream.duration is not None and stream.time_base:
        return float(stream.duration * stream.time_base)
    # The container's length counts the sound too, which may outlast the pictures.
    if container.duration and len(container.streams) == 1:
        # That of Matroska also counts what comes before the first picture.
        before = container.start_time if "matroska" in container.format.name else None
        return (container.duration - min(max(0, before or 0), container.duration)) / av.time_base
    return None


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


def upright_rgb(
    picture: av.VideoFrame, pixel_aspect: object, converter: VideoReformatter
) -> NDArray[np.uint8]:
    """(H, W, 3) contiguous RGB of a decoded picture, as a player would show it.

    pixel_aspect: width over height of one pixel; None or 0 means square. converter: kept from picture to
    picture; a picture's own would begin two threads or more for it alone.
    """
    aspect = float(pixel_aspect) if pixel_aspect else 1.0  # type: ignore[arg-type]
    # Beyond a factor of four it is no anamorphic video but a broken header.
    width = max(1, round(picture.width * aspect)) if 0.25 <= aspect <= 4.0 else picture.width
    if max(width, picture.height) > MAX_SIDE_PX or width * picture.height > MAX_AREA_PX:
        width = picture.width
    rgb = converter.reformat(picture, format="rgb24", width=width, height=picture.height, threads=1)
    image: NDArray[np.uint8] = rgb.to_ndarray()
    # The picture's own `side_data` would make it a cycle, which waits for the collector with hundreds more.
    matrix = SideDataContainer(picture).get("DISPLAYMATRIX")
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
