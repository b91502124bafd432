"""A take of an action from a clip, or from what a live session saw."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.pipeline import Extractor
from app.road import make_extractor
from app.sources import open_source
from stgat.data.idle import moving
from stgat.errors import TeachingError
from stgat.motion import motion_m_s
from stgat.sampling import resample
from stgat.skeleton import FloatArray, Skeleton
from stgat.teaching.profiles import MAX_TAKE_S, MIN_TAKE_S, Take

#: Kept before and after the motion, so that the window has something to hold on to.
MARGIN_S = 0.3
#: Nobody acts who moves less in their liveliest second; and of two, one must move so many times as much.
STILL_M_S, CLEARLY = 0.12, 1.4
_SECOND_S, _SAMPLES = 1.0, 25
#: A person's pictures further apart than this are two appearances.
_MAX_GAP_S = 1.0


@dataclass
class _Seen:
    times: list[float] = field(default_factory=list)
    joints: list[FloatArray] = field(default_factory=list)
    confidence: list[FloatArray] = field(default_factory=list)


def take_from_source(
    path: str | Path,
    start_s: float | None = None,
    end_s: float | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    make: Callable[[], Extractor] = make_extractor,
) -> Take:
    """The action in a video, a recording (.npz) or "demo", between two of its seconds.

    Poses the video, which takes about as long as the clip does. Raises SourceError for what cannot be read,
    PoseModelMissing, and TeachingError where no take is in it or it was cancelled.
    """
    spec = str(path)
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise TeachingError(f"{spec}: the end, {end_s:g} s, is not after the start, {start_s:g} s")
    source = open_source(spec)
    if source.live:
        raise TeachingError(f"{spec}: a take comes from a file; record from the camera in the window")
    frames: list[tuple[float, Sequence[Skeleton]]] = []
    extractor: Extractor | None = None
    try:
        source.open()
        for frame in source.frames():
            if cancelled():
                raise TeachingError(f"{spec}: the reading was cancelled")
            if end_s is not None and frame.timestamp_s > end_s:
                break
            if start_s is not None and frame.timestamp_s < start_s:
                continue
            skeletons = frame.skeletons
            if skeletons is None:
                extractor = extractor or make()
                skeletons = extractor.process(frame.image, frame.timestamp_s)
            frames.append((frame.timestamp_s, skeletons))
    finally:
        source.close()
        if extractor is not None:
            extractor.close()
    name = "demo" if spec == "demo" else Path(spec).name
    try:
        return take_from_skeletons(frames, name)
    except TeachingError as error:
        raise TeachingError(f"{name}: {error}") from error


def take_from_skeletons(frames: Sequence[tuple[float, Sequence[Skeleton]]], origin: str = "") -> Take:
    """The action that one person does in some pictures, cut to the motion.

    frames: (timestamp_s, everybody in view) of each picture, in their order. Raises TeachingError, a
    sentence, where nobody was seen, nobody moves, two move alike, or it lasts too short or too long.
    """
    people: dict[int, _Seen] = {}
    for time_s, skeletons in frames:
        for skeleton in skeletons:
            seen = people.setdefault(skeleton.person_id, _Seen())
            if np.isfinite(skeleton.joints_m[0]).all() and (not seen.times or time_s > seen.times[-1]):
                seen.times.append(time_s)
                seen.joints.append(skeleton.joints_m)
                seen.confidence.append(skeleton.confidence)
    shown = [seen for seen in people.values() if len(seen.times) >= 5]
    if not shown:
        raise TeachingError("nobody was seen: stand so that the whole movement is in the picture")
    ranked = sorted(((liveliest(seen.joints, seen.times), i) for i, seen in enumerate(shown)), reverse=True)
    fastest, chosen = ranked[0]
    if fastest < STILL_M_S:
        raise TeachingError("nobody moves: do the action while it is recorded")
    if len(ranked) > 1 and fastest < CLEARLY * ranked[1][0]:
        raise TeachingError("two people move about as much: let only one be in the picture")
    seen = shown[chosen]
    times = np.array(seen.times)
    gaps = np.diff(times)
    if gaps.max() > _MAX_GAP_S:
        raise TeachingError(
            f"the person was out of sight for {gaps.max():.1f} s: record it with the body in the picture"
        )
    joints, confidence = np.stack(seen.joints), np.stack(seen.confidence)
    begin_s, stop_s = moving(_filled(joints, times), times)
    if stop_s - begin_s < MIN_TAKE_S / 2 or times[-1] - times[0] < MIN_TAKE_S:
        raise TeachingError(
            f"it lasts {stop_s - begin_s:.1f} s, too short for a take: {MIN_TAKE_S} s at least"
        )
    if stop_s - begin_s > MAX_TAKE_S - 2 * MARGIN_S:
        raise TeachingError(
            f"it lasts {stop_s - begin_s:.0f} s: cut it to one performance of at most {MAX_TAKE_S:.0f} s"
        )
    inside = (times >= begin_s - MARGIN_S) & (times <= stop_s + MARGIN_S)
    return Take(joints[inside], confidence[inside], times[inside] - times[inside][0], origin)


def liveliest(joints: Sequence[FloatArray], times: Sequence[float]) -> float:
    """How fast somebody moves in their liveliest second, in metres a second (stgat.motion.motion_m_s)."""
    stacked, moments = np.stack(joints), np.array(times)
    length = min(_SECOND_S, float(moments[-1] - moments[0]))
    if length <= 0.2:
        return 0.0
    count = max(1, math.ceil((moments[-1] - moments[0]) * 2))
    starts = np.linspace(moments[0], moments[-1] - length, count)
    return max(
        motion_m_s(resample(stacked, moments, _SAMPLES, start, start + length), length)
        for start in starts.tolist()
    )


def _filled(joints: FloatArray, times: FloatArray) -> FloatArray:
    """(T, 25, 3) with unknown joints interpolated at their own moments."""
    filled = joints.astype(np.float64)
    flat = filled.reshape(len(joints), -1)
    for column in flat.T:
        known = np.isfinite(column)
        column[~known] = np.interp(times[~known], times[known], column[known]) if known.any() else 0.0
    return filled
