"""Recorded videos through the road without a window: to JSON lines, to an annotated video, to skeletons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.entities import ActionEvent, Counters, Decision
from app.errors import OutputError, SessionError, SourceError
from app.exports import check_folder, check_place, write_events
from app.jsonl import JsonLines
from app.overlay import draw_overlay
from app.pipeline import Extractor, Result, Session
from app.recorder import Progress, SessionRecorder
from app.recordings import SkeletonRecording, make_recording, save_recording, share_columns
from app.road import RecognizerLoader, make_extractor, make_session
from app.sources import SourceInfo, open_source
from app.video_writer import VideoWriter
from stgat.skeleton import Skeleton

RECORDED_WITHIN_S = 10.0
#: Called with what is known of the source, and after each frame with the number of frames so far.
OnOpen = Callable[[SourceInfo], None]
OnFrame = Callable[[int], None]


@dataclass(frozen=True)
class ReplayReport:
    """events: what was recognised. warning: a sentence about the source, such as a file cut short.

    recorded: how the recording of the session ended; None where none was asked for.
    """

    counters: Counters
    events: tuple[ActionEvent, ...]
    warning: str
    recorded: Progress | None = None


def replay(
    spec: str,
    loader: RecognizerLoader,
    *,
    output: Path | None = None,
    to_stdout: bool = False,
    save_video: Path | None = None,
    events: Path | None = None,
    live: bool = False,
    record: Path | None = None,
    skeleton_only: bool = False,
    on_open: OnOpen = lambda info: None,
    on_frame: OnFrame = lambda frames: None,
    on_trouble: Callable[[str], None] = lambda sentence: None,
    started: Callable[[Session], None] = lambda session: None,
) -> ReplayReport:
    """Recognise a whole source, losing nothing unless it is live.

    output: where the JSON lines go; to_stdout writes them to the terminal instead. save_video: the
    pictures with skeletons and labels drawn in. events: where the events go in the end, in the form that the
    suffix says (app.exports), also those of a session that failed. record: the folder in which a recording of
    the session is made (app.recorder), with skeleton_only without its pictures; what goes wrong with it is in
    the report and stops nothing else. on_trouble: told what is wrong while the session goes on, and "" when
    that is over (Snapshot.trouble). started: told of the session, so that it can be stopped.

    Raises CheckpointError, DeviceError and ModelError before anything starts, and SessionError, with its
    sentence, for what stops a session: a missing video, a full disk. No output is touched before the
    source has been opened. OutputError where an output is the source itself or another output, or where
    events cannot be written.
    """
    _check_outputs(spec, {"--output": output, "--save-video": save_video, "--events": events})
    if events is not None:
        check_place(events)
    recognizer = loader()
    lines: JsonLines | None = None
    video: VideoWriter | None = None
    shown: tuple[Decision, ...] = ()
    is_open = False
    ended: list[ActionEvent] = []
    with ExitStack() as stack:

        def opened(info: SourceInfo) -> None:
            # Only now: a video that is missing must not empty the file of an earlier run.
            nonlocal lines, video, is_open
            is_open = True
            if output or to_stdout:
                lines = stack.enter_context(JsonLines(output))
                lines.header(recognizer.metadata.name, recognizer.labels, spec, info.fps)
            if save_video:
                video = stack.enter_context(VideoWriter(save_video, info.fps))
            on_open(info)

        def take(result: Result) -> None:
            nonlocal shown
            ended.extend(result.events)
            if lines:
                lines.result(result)
            if result.decisions is not None:
                shown = result.decisions
            if result.posed is not None:
                frame = result.posed.frame
                if video:
                    video.write(draw_overlay(frame.image, result.posed.skeletons, shown), frame.timestamp_s)
                on_frame(frame.index + 1)

        session = make_session(spec, loader, lossless=not live, on_open=opened, on_result=take)
        recorder: SessionRecorder | None = None
        if record is not None:
            recorder = SessionRecorder(
                session, record, spec=spec, model=loader.model, skeleton_only=skeleton_only
            )
            recorder.start()
        started(session)
        session.start()
        try:
            trouble = ""
            while not session.wait(0.2):  # in short waits, so that Ctrl-C is answered
                if (now := session.snapshot().trouble) != trouble:
                    trouble = now
                    on_trouble(trouble)
        except KeyboardInterrupt:
            session.stop(5.0)
        recorded = None
        if recorder is not None:
            recorder.stop()
            recorder.wait(RECORDED_WITHIN_S)
            recorded = recorder.progress()
        snapshot = session.snapshot()
        if lines and not session.failure:
            lines.end(snapshot.counters.captured, snapshot.counters.posed)
        if events is not None and is_open:
            write_events(events, ended, spec)  # all, where a snapshot has the newest
        if session.failure:
            raise SessionError(session.failure)
        return ReplayReport(snapshot.counters, tuple(ended), snapshot.message, recorded)


def tell_recorded(recorded: Progress) -> str:
    """What became of a recording, for people."""
    if recorded.problem:
        return recorded.problem
    if recorded.folder is None:
        return "Nothing was recorded: the session ended before its first frame was posed."
    pictures = f", {recorded.pictures} pictures" if recorded.pictures else ""
    missing = f"; {recorded.dropped} pictures came too fast to be kept" if recorded.dropped else ""
    held = f"{recorded.moments} moments{pictures}{missing}"
    return f"Recorded {recorded.seconds:.1f} s in {recorded.folder}: {held}"


def _check_outputs(spec: str, outputs: Mapping[str, Path | None]) -> None:
    """outputs: option -> its file. Raises OutputError where two are one, or one is the source."""
    options = {Path(spec).resolve(): ""}
    for option, path in outputs.items():
        if path is None:
            continue
        other = options.setdefault(path.resolve(), option)
        if other == "":
            raise OutputError(f"{path} would be overwritten while it is read; choose another {option}")
        if other != option:
            raise OutputError(f"{path} cannot be both {other} and {option}; choose another for one of them")


def extract_pose(
    spec: str,
    output: Path,
    *,
    on_body: bool = False,
    on_open: OnOpen = lambda info: None,
    on_frame: OnFrame = lambda frames: None,
) -> tuple[SkeletonRecording, str]:
    """The NTU joints of a whole video as a recording, saved to `output`; and a warning, or "".

    on_body: rebuild each skeleton on the one body of stgat.retarget. Raises OutputError, before anything is
    read where there can be no such file; SourceError, also where nobody was found in any frame; and
    PoseModelMissing, where there is a picture to be posed.
    """
    check_folder(output)
    times: list[float] = []
    found: list[tuple[Skeleton, ...]] = []
    with open_source(spec) as source:
        info = source.open()
        on_open(info)
        extractor: Extractor | None = None
        try:
            for frame in source.frames():
                skeletons = frame.skeletons
                if skeletons is None:
                    extractor = extractor or make_extractor()
                    skeletons = extractor.process(frame.image, frame.timestamp_s)
                times.append(frame.timestamp_s)
                found.append(skeletons)
                on_frame(len(times))
        finally:
            if extractor is not None:
                extractor.close()
        warning = getattr(source, "warning", None) or ""
    recording = to_recording(found, times, (info.width, info.height), on_body)
    if recording is None:
        raise SourceError(f"{spec}: nobody was found in any of its {len(times)} frames; nothing was written")
    save_recording(output, recording)
    return recording, warning


def to_recording(
    found: list[tuple[Skeleton, ...]], times: list[float], image_size: tuple[int, int], on_body: bool = False
) -> SkeletonRecording | None:
    """Skeletons frame by frame as a recording (app.recordings.share_columns); None where there was nobody."""
    columns = share_columns(times, found)
    if not columns:
        return None
    return make_recording(times, found, columns, image_size, on_body=on_body)
