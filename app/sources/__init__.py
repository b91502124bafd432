"""Where frames come from: a camera, a video file, a skeleton recording, or the bundled demo. No Qt here."""

from __future__ import annotations

import re
from pathlib import Path

from app.errors import SourceError
from app.sources.base import BaseSource, SeekableSource, SourceInfo, VideoSource
from app.sources.camera import CameraSource
from app.sources.camera_devices import list_cameras
from app.sources.camera_wish import CameraWish, is_camera, parse_camera
from app.sources.picture_index import PictureIndex
from app.sources.recording import RecordingSource, demo_source
from app.sources.session_recording import SessionSource
from app.sources.video_file import FileSource
from stgat.data.session_folder import ABOUT

__all__ = [
    "BaseSource",
    "CameraSource",
    "CameraWish",
    "FileSource",
    "RecordingSource",
    "SeekableSource",
    "SessionSource",
    "SourceError",
    "SourceInfo",
    "VideoSource",
    "list_cameras",
    "open_source",
    "open_twice",
]


def open_source(spec: str, repeat_demo: bool = False) -> VideoSource:
    """The source a user named, not opened yet.

    spec: "camera:N", with or without a wish (app.sources.camera_wish), "demo", or a path: a folder, or the
        session.json in it, is a recorded session, an .npz file a skeleton recording, anything else a video.
    repeat_demo: let the demo start again whenever it ends.
    Raises SourceError for a spec that names nothing; a file is looked at when the source is opened.

    >>> open_source("camera:1").live
    True
    """
    text = spec.strip()
    if not text:
        raise SourceError('no source was named: give "camera:0", "demo", or the path of a video')
    if text.lower() == "demo":
        return demo_source(repeat_demo)
    if is_camera(text):
        return CameraSource(*parse_camera(text))
    if re.match(r"[a-z][a-z0-9+.-]+://", text, re.IGNORECASE):
        raise SourceError(f"{text} is an address, not a file: download the video first and give its path")
    if Path(text).suffix.lower() == ".npz":
        return RecordingSource(text)
    path = Path(text).expanduser()
    if path.name == ABOUT or path.is_dir():
        return SessionSource(text)
    return FileSource(text)


def open_twice(spec: str) -> tuple[VideoSource, SeekableSource] | None:
    """A file to be read through, and the same to move about in, which profits by what the first has met.

    None for a camera. Raises SourceError as open_source does.
    """
    source = open_source(spec)
    if isinstance(source, FileSource):
        index = PictureIndex()
        return FileSource(source.spec, index), FileSource(source.spec, index)
    if isinstance(source, SessionSource):
        index = PictureIndex(own_clock=True)
        return SessionSource(source.spec, index), SessionSource(source.spec, index)
    if isinstance(source, RecordingSource):
        return source, RecordingSource(source.path)
    return None
