"""Records a session while it runs: pictures, skeletons and events, in a folder that opens at any moment.

What is in the folder is told in stgat.data.session_folder. Live recognition never waits for the recorder and
never fails with it. A process that is killed loses less than a second: skeletons and events are written every
FLUSH_S, pictures within app.video_writer.FLUSHED_WITHIN_S.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from app.entities import VideoFrame
from app.errors import OutputError
from app.recording_events import EventLog
from app.recording_folder import make_session_folder, told_of_model, why_stopped, write_about
from app.recording_parts import SkeletonParts
from app.recording_pictures import PictureQueue, PictureThread
from app.recording_sync import DiskSync
from stgat.data.session_folder import EVENTS, SKELETONS, VERSION, VIDEO
from stgat.skeleton import Skeleton

if TYPE_CHECKING:
    from app.results import Listener, PosedFrame, Result
    from app.sources import SourceInfo

log = logging.getLogger(__name__)

FLUSH_S = 0.4
#: Some minutes of frames: a disk that takes nothing for so long is gone, and memory shall not fill up.
MAX_WAITING = 10_000
_ENCODED_WITHIN_S = 5.0


@runtime_checkable
class Recordable(Protocol):
    """What is recorded; app.pipeline.Session is one."""

    def listen(self, listener: Listener) -> None: ...

    def unlisten(self, listener: Listener) -> None: ...

    @property
    def source_info(self) -> SourceInfo | None: ...


@dataclass(frozen=True)
class Progress:
    """How a recording is doing.

    folder: None until the first frame has been posed. pictures: written; dropped: those the encoder had no
    time for, which the video lacks. moments: posed frames that are on the disk. problem: the sentence that
    says why it stopped by itself, or "". over: nothing more will be written.
    """

    folder: Path | None = None
    seconds: float = 0.0
    num_bytes: int = 0
    pictures: int = 0
    dropped: int = 0
    moments: int = 0
    problem: str = ""
    over: bool = False


class SessionRecorder:
    """One recording: started once, stopped once, from any thread. Listens to a session that runs.

    place: the folder in which the recording's own is made. spec: the source as it was named. model: the file
    of the model that answers. skeleton_only: no picture is stored.

    The recording begins with the first frame posed after the start; that is second 0 of all its files.
    The video has every picture the camera gave from then on, the parts only what was posed. What goes wrong
    stops the recording and is told by `progress`; nothing is raised.
    """

    def __init__(
        self,
        session: Recordable,
        place: Path,
        *,
        spec: str,
        model: Path | None = None,
        skeleton_only: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._session, self._place, self._spec, self._model = session, place, spec, model
        self._skeleton_only, self._now = skeleton_only, now
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._something = threading.Event()  # a posed frame, or a stop
        self._start_s: float | None = None
        self._started_at = now()
        self._size = (0, 0)
        self._newest: VideoFrame | None = None
        self._moments: deque[tuple[float, tuple[Skeleton, ...]]] = deque()
        self._events = EventLog()
        self._queue = PictureQueue()
        self._pictures: PictureThread | None = None
        self._parts: SkeletonParts | None = None
        self._sync: DiskSync | None = None
        self._progress = Progress()
        self._thread = threading.Thread(target=self._keep, name="stgat-recording", daemon=True)

    def start(self) -> None:
        """Listen, and return at once."""
        self._session.listen(self)
        self._thread.start()

    def stop(self) -> None:
        """Take in nothing more; the files are finished in the recorder's threads. Harmless when repeated."""
        self._session.unlisten(self)
        self._stopping.set()
        self._something.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until all is finished after a stop; False on timeout."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def progress(self) -> Progress:
        with self._lock:
            return self._progress

    @property
    def caught_up(self) -> bool:
        """Whether no picture waits for the encoder."""
        return self._queue.empty

    # Told by the session, in its threads.

    def captured(self, frame: VideoFrame) -> None:
        start_s = self._start_s
        if start_s is None:
            self._newest = frame
        elif not self._skeleton_only:
            self._queue.offer(frame.image, frame.timestamp_s - start_s)

    def posed(self, posed: PosedFrame) -> None:
        if self._stopping.is_set():
            return
        frame = posed.frame
        if self._start_s is None:
            self._size = (frame.image.shape[1], frame.image.shape[0])
            self._started_at = self._now()
            self._start_s = self._events.start_s = frame.timestamp_s
            self.captured(frame)
            if self._newest is not None:  # came while this one was posed
                self.captured(self._newest)
                self._newest = None
        with self._lock:
            self._moments.append((frame.timestamp_s - self._start_s, posed.skeletons))
            too_many = len(self._moments) > MAX_WAITING
        self._something.set()
        if too_many:
            self._fail(OutputError("the disk does not answer"))

    def recognised(self, result: Result) -> None:
        if self._start_s is not None and not self._stopping.is_set():
            self._events.take(result)

    # The recorder's own thread.

    def _keep(self) -> None:
        try:
            self._place.mkdir(parents=True, exist_ok=True)
            model = told_of_model(self._model)
            self._something.wait()
            if self._start_s is not None:
                self._begin(model)
                while not self._stopping.wait(FLUSH_S):
                    self._write()
        except (OSError, OutputError) as error:
            self._fail(error)
        except Exception as error:
            log.exception("the recorder failed")
            self._fail(error)
        finally:
            self.stop()
            self._end()

    def _begin(self, model: dict[str, Any]) -> None:
        info = self._session.source_info
        self._about = {
            "version": VERSION,
            "source": {"spec": self._spec, "name": info.name if info else self._spec},
            "started_at": self._started_at.isoformat(timespec="milliseconds"),
            **model,
            "fps": info.fps if info else None,
            "width": self._size[0],
            "height": self._size[1],
            "skeleton_only": self._skeleton_only,
            "ended": False,
        }
        folder = make_session_folder(
            self._place, info.name if info else self._spec, self._started_at, self._about
        )
        with self._lock:
            self._progress = replace(self._progress, folder=folder)
        self._sync = DiskSync(folder)
        self._parts = SkeletonParts(folder / SKELETONS, self._size)
        self._events.open(folder / EVENTS)
        if not self._skeleton_only:
            fps = info.fps if info else None
            self._pictures = PictureThread(folder / VIDEO, fps, self._queue, self._fail)
        self._write()

    def _write(self) -> None:
        """Everything that has come until now. Raises OSError and OutputError."""
        with self._lock:
            moments = list(self._moments)
            self._moments.clear()
            folder = self._progress.folder
        assert self._parts is not None and folder is not None
        self._events.write()
        for time_s, skeletons in moments:
            self._parts.add(time_s, skeletons)
        self._parts.write()
        pictures = self._pictures
        video = folder / VIDEO
        num_bytes = self._parts.num_bytes + (video.stat().st_size if pictures and pictures.written else 0)
        with self._lock:
            self._progress = replace(
                self._progress,
                seconds=moments[-1][0] if moments else self._progress.seconds,
                num_bytes=num_bytes,
                pictures=pictures.written if pictures else 0,
                dropped=self._queue.dropped,
                moments=self._progress.moments + len(moments),
            )

    def _fail(self, error: Exception) -> None:
        log.info("the recording in %s stops: %s", self._place, error)
        with self._lock:
            if not self._progress.problem:
                began = self._progress.folder is not None
                problem = why_stopped(error, self._place, began)
                self._progress = replace(self._progress, problem=problem)
        self.stop()

    def _end(self) -> None:
        """Bring each file to its end, as far as the disk lets it."""
        self._queue.close()
        for step in (self._end_skeletons, self._end_pictures, self._end_about):
            try:
                if self.progress().folder is not None:
                    step()
            except (OSError, OutputError) as error:
                self._fail(error)
        if self._sync is not None:
            self._sync.end()
        with self._lock:
            self._progress = replace(self._progress, over=True)

    def _end_skeletons(self) -> None:
        try:
            if self._parts is not None:
                self._write()
        finally:
            self._events.close(self.progress().seconds)

    def _end_pictures(self) -> None:
        if self._pictures is not None and not self._pictures.close(_ENCODED_WITHIN_S):
            raise OutputError("the video could not be finished in time")

    def _end_about(self) -> None:
        now = self.progress()
        assert now.folder is not None
        pictures = self._pictures.written if self._pictures else 0
        write_about(
            now.folder,
            self._about
            | {
                "ended": not now.problem,
                "problem": now.problem,
                "duration_s": round(now.seconds, 3),
                "moments": now.moments,
                "pictures": pictures,
                "pictures_dropped": self._queue.dropped,
            },
        )
        with self._lock:
            self._progress = replace(self._progress, pictures=pictures, dropped=self._queue.dropped)
