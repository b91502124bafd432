"""One soak in this process: the window on no screen, a house that opens sessions, and the plan."""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.benchmark.clip_camera import FPS, prepare_clip
from app.memory import share_heap
from app.road import RecognizerLoader
from app.settings import SettingsStore
from app.soak.figures import Figures, figures
from app.soak.house import House
from app.soak.plan import stretches
from pose.models import PoseModelError, pose_model_path

#: The pictures of a clip that are used, and their size at most.
CLIP_S, CLIP_SIZE = 20.0, (640, 480)
THREADS_END_WITHIN_S = 20.0


def soak(
    loader: RecognizerLoader,
    hours: float,
    *,
    source: str | None = None,
    seed: int = 0,
    accelerate: bool = False,
    change_every_s: float = 600.0,
    show: bool = False,
    say: Callable[[str], None] = lambda words: None,
    say_every_s: float = 30.0,
) -> Figures:
    """Play hours of people through the road and the window; Ctrl-C ends it early, with the figures so far.

    source: a video of people for the pose; None has it look at painted people. Without the pose's model file
    there are no pictures for it. Raises SourceError for a source that is no video.
    """
    from app.ui.run import run_window
    from app.ui.services import Services
    from app.ui.soaked import Soaker

    share_heap()
    before = set(threading.enumerate())
    with tempfile.TemporaryDirectory(prefix="stgat-live-soak-") as folder:
        clip, recordings = Path(folder, "clip"), Path(folder, "recordings")
        clip.mkdir()
        recordings.mkdir()
        if source is not None:
            prepare_clip(source, clip, CLIP_SIZE, round(CLIP_S * FPS))
        store = SettingsStore.in_memory()
        store.change(recordings_folder=str(recordings))
        house = House(loader, store, seed, recordings, clip if source else None, accelerate)
        plan = stretches(np.random.default_rng(seed), change_every_s)
        with_pose = has_pose_model()
        if not with_pose:
            plan = itertools.filterfalse(lambda stretch: stretch.source == "pictures", plan)
        soaker = Soaker(house, plan, hours, say, say_every_s)
        run_window(
            house.open,
            source="camera:0",
            offscreen=not show,
            services=Services(store, loader),
            watch=soaker,
        )
        if house.session is not None:
            house.session.stop(THREADS_END_WITHIN_S)
    return figures(
        soaker.gauges.table,
        soaker.held,
        soaker.objects,
        house.counts + soaker.counts,
        soaker.failures,
        left=_left(before),
        with_pose=with_pose,
    )


def has_pose_model() -> bool:
    """Whether the pose's model file is there and sound."""
    try:
        pose_model_path()
    except PoseModelError:
        return False
    return True


def _left(before: set[threading.Thread]) -> list[str]:
    """The names of Python's threads that are still there, a moment after everything was closed."""
    deadline = time.monotonic() + 2.0
    while (left := [t.name for t in threading.enumerate() if t not in before]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)
    return left
