"""One run of the road in this process: the window, a session, and a probe on both."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.benchmark.clip_camera import FPS, ClipCamera
from app.benchmark.figures import Figures, Spread, counted
from app.benchmark.probe import Probe
from app.pipeline import Session
from app.recognition import answer_interval
from app.road import RecognizerLoader, make_extractor
from app.settings import SettingsStore
from app.sources import CameraSource, RecordingSource, VideoSource, open_source
from app.sources.reconnect import Patience
from app.sources.recording import demo_source
from app.workers import Limits
from stgat.skeleton import Skeleton

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.ui.measured import Watched

#: In an accelerated hour the network answers so often, in the source's time.
HOURS_INTERVAL_S = 1.0


class Device:
    """A camera's place, and the clip that will play in it."""

    def __init__(self, pictures: Path) -> None:
        self._pictures = pictures
        self.clip: ClipCamera | None = None

    def source(self) -> CameraSource:
        # A clip may stand still, which no camera does.
        return CameraSource(0, make_capture=self._open, patience=Patience(frozen_s=math.inf))

    def _open(self, number: int) -> ClipCamera:
        self.clip = ClipCamera(self._pictures)
        return self.clip


class EndlessSkeletons(RecordingSource):
    """The demo's people over and over, in an empty room: to see hours go by in minutes."""

    def __init__(self) -> None:
        super().__init__(demo_source().path, repeat=True)

    def _painted(self, skeletons: tuple[Skeleton, ...]) -> NDArray[np.uint8]:
        return self._picture


def measure_road(
    model: Path, pictures: Path | None, seconds: float, since_s: float, show: bool, nobody: bool = False
) -> Figures:
    """Play pictures through the real road and window for so many seconds.

    pictures: a folder as prepare_clip makes it; None plays the demo, whose poses are recorded. since_s: when
    the process was started, by time.monotonic. nobody: that there is nobody in the pictures.

    Raises SessionError where it could not be measured, and what RecognizerLoader raises.
    """
    device = Device(pictures) if pictures is not None else None
    source = open_source("demo", repeat_demo=True) if device is None else device.source()
    probe, watched, loader = _watch(model, source, show, seconds, not nobody)
    clip = None if device is None else device.clip
    counts, spent = counted(
        probe.marks, clip.due_s if clip else (), FPS, watched.begin_s, watched.end_s - 0.5
    )
    duration_s = watched.end_s - watched.begin_s
    spreads = {name: spread for name, values in spent.items() if (spread := Spread.of(values)) is not None}
    memory = watched.memory_mb
    return Figures(
        model=model.stem,
        seconds=duration_s - 0.5,
        people=fmean(watched.people) if watched.people else 0.0,
        interval_s=answer_interval(loader().metadata),
        painting=Spread.of([took for at, took in probe.marks.painting if at >= watched.begin_s]),
        overlay=spreads.pop("overlay", None),
        label=spreads.pop("label", None),
        to_decision=spreads.pop("to_decision", None),
        stages=spreads,
        loop=Spread.of(watched.loop_s),
        cpu=watched.cpu_s / duration_s,
        window_cpu=watched.window_cpu_s / duration_s,
        memory=(memory[0], memory[-1]) if memory else (None, None),
        visible_s=None if watched.visible_s is None else watched.visible_s - since_s,
        first_label_s=None if watched.first_label_s is None else watched.first_label_s - since_s,
        **counts,
    )


def measure_hours(model: Path, hours: float, at_most_s: float, show: bool) -> dict[str, Any]:
    """Play recorded skeletons through session, network and window as fast as they go, and watch the memory.

    There is no pose to be worked out, and the network answers once a second of the recording. Ends when so
    many hours of that have gone by, or after at_most_s.
    """
    reached = [0.0]
    session: list[Session] = []

    def enough(probe: Probe) -> bool:
        probe.forget()
        frame = session[0].snapshot().frame if session else None
        reached[0] = max(reached[0], frame.timestamp_s / 3600 if frame else 0.0)
        return reached[0] >= hours

    _, watched, _ = _watch(
        model, EndlessSkeletons(), show, at_most_s, True, HOURS_INTERVAL_S, enough, session
    )
    quarter = watched.memory_mb[len(watched.memory_mb) // 4 :]
    return {
        "model": model.stem,
        "hours": reached[0],
        "seconds": watched.end_s - watched.begin_s,
        "memory_mb": [round(value, 1) for value in watched.memory_mb],
        "grown_mb": quarter[-1] - quarter[0] if quarter else None,
    }


def _watch(
    model: Path,
    source: VideoSource,
    show: bool,
    seconds: float,
    wait_for_label: bool,
    lossless_interval_s: float | None = None,
    enough: Callable[[Probe], bool] = lambda probe: False,
    remember: list[Session] | None = None,
) -> tuple[Probe, Watched, RecognizerLoader]:
    """Open the window on the source and stay until it has been watched for long enough.

    lossless_interval_s: let it run as fast as it goes, with an answer so often. remember: gets the session.
    """
    from app.ui.measured import Watcher
    from app.ui.run import run_window
    from app.ui.services import Services

    probe, loader = Probe(), RecognizerLoader(model)
    sessions = [] if remember is None else remember

    def open_session(spec: str) -> Session:
        made = Session(
            source,
            probe.before_pose(make_extractor),
            probe.before_network(loader),
            lossless=lossless_interval_s is not None,
            interval_s=lossless_interval_s,
            limits=Limits(restarts=0),  # figures across a restart would say nothing
        )
        made.listen(probe)
        sessions.append(made)
        return made

    watchers: list[Watcher] = []

    def watch(window: MainWindow) -> None:
        watchers.append(Watcher(probe, seconds, wait_for_label, lambda: enough(probe)))
        watchers[0](window)

    spec = source.spec if source.live else "demo"
    run_window(
        open_session,
        source=spec,
        offscreen=not show,
        services=Services(SettingsStore.in_memory(), loader),
        watch=watch,
    )
    for session in sessions:
        session.stop(20.0)
    return probe, watchers[0].result(), loader
