"""Recordings of the application as a data set: a folder an action, `ACTION/NAME.npz`, and recorded sessions.

A session (stgat.data.session_folder) may be the data set itself or lie anywhere in it; each action in its
events.jsonl is a sequence of its own, so a label is corrected there. Who is recorded may stand in the name of
the file or of the session's folder, `s03_...` or `..._s03`; splits need it.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from stgat.data.recording_file import SkeletonRecording, read_recording
from stgat.data.sequences import (
    FILES_PER_SHARD,
    DataFiles,
    FileFormat,
    Rejected,
    Shard,
    SkeletonSequence,
    Untrimmed,
    data_files,
)
from stgat.data.session_folder import (
    ABOUT,
    EVENTS,
    SKELETONS,
    RecordedEvent,
    cut,
    is_part,
    read_about,
    read_events,
    usable_parts,
)
from stgat.errors import DataError
from stgat.sampling import resample
from stgat.skeleton import NTU25, FloatArray

FRAMES_PER_SECOND = 30.0
MAX_PEOPLE = 2
#: Somebody out of sight for longer is absent in between; the live window bridges as much.
MAX_GAP_S = 1.0
#: One recording is one action: longer ones were not cut to it, or their times are wrong.
MAX_DURATION_S = 300.0

_SUBJECT = re.compile(r"(?:^|_)s(\d{1,4})(?=_|$)", re.IGNORECASE)


class Recordings(FileFormat):
    """A folder of the application's own recordings. Actions are the folders' names, or those of the events.

    Every recording is brought to 30 frames a second, over the time in which the person seen most is there, or
    whose event it is; of the others, the one seen most is kept as well. Unknown joints are interpolated in
    time. What comes before and after the actions of a session is known (`untrimmed`); what has no label there
    is not taken for rest, since it may be an action that nobody named.
    """

    name = "recordings"
    title = "Recordings of this application"
    licence = "for those who recorded them to say"
    layout = NTU25.name
    frames_per_second = FRAMES_PER_SECOND
    suffix = ".npz"

    def shards(self, source: Path) -> list[Shard]:
        with data_files(source, "") as files:
            sessions = _sessions_in(files)
            names = [name for name in files.names if name.endswith(self.suffix)]
            alone = tuple(name for name in names if _session_of(name) not in sessions)
            sizes = {name: len(_Session(files, source, name, ()).events) for name in sessions}
        if not alone and not sessions:
            raise DataError(
                f"{source}: holds no {self.suffix} file and no session; is it the right data set?"
            )
        starts = range(0, len(alone), FILES_PER_SHARD)
        parts = [alone[start : start + FILES_PER_SHARD] for start in starts]
        shards = [Shard(f"{number:05}", part, len(part)) for number, part in enumerate(parts)]
        for number, (session, size) in enumerate(sizes.items()):
            shards.append(Shard(f"session-{number:05}", (f"{session}{ABOUT}",), size))
        return shards

    def read(self, source: Path, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
        if not shard.name.startswith("session-"):
            yield from super().read(source, shard)
            return
        with data_files(source, "") as files:
            sessions = _sessions_in(files)
            for item in shard.items:
                session = item.removesuffix(ABOUT)
                yield from _Session(files, source, session, sessions[session]).sequences(self.layout)

    def untrimmed(self, source: Path) -> Iterator[Untrimmed]:
        with data_files(source, "") as files:
            for session, parts in _sessions_in(files).items():
                yield from _Session(files, source, session, parts).untrimmed(self.layout)

    def parse(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        path = PurePosixPath(name)
        action = path.parent.name
        if not action:
            raise DataError(
                f"{where}: lies in no folder of an action; move it into one named after its action"
            )
        recording = read_recording(io.BytesIO(content), where)
        joints = _resampled(recording.joints_m, recording.timestamps_s, where)
        return SkeletonSequence(
            name=f"{action}/{path.stem}",
            joints_m=joints,
            timestamps_s=np.arange(len(joints)) / FRAMES_PER_SECOND,
            layout=self.layout,
            action=action,
            subject=_subject(path.stem),
        )


def _subject(name: str) -> int:
    """Who is recorded, by the name of a file or folder; 0 where it does not say."""
    match = _SUBJECT.search(name)
    return int(match[1]) if match else 0


def _sessions_in(files: DataFiles) -> dict[str, list[str]]:
    """The sessions of a data set and their parts; a session is named by its folder with a slash at its end,
    "" for the whole."""
    found = [name for name in files.names if name.rpartition("/")[2] == ABOUT]
    sessions: dict[str, list[str]] = {name.removesuffix(ABOUT): [] for name in found}
    for name in files.names:
        session = _session_of(name)
        if session is not None and session in sessions:
            sessions[session].append(name)
    return sessions


def _session_of(name: str) -> str | None:
    """The session that a file belongs to, if there is one in that folder."""
    folder, _, rest = name.rpartition(f"{SKELETONS}/")
    return folder if is_part(f"{SKELETONS}/{rest}") else None


class _Session:
    """One recorded session of a data set. events: what is done in it, none where it cannot be used."""

    def __init__(self, files: DataFiles, source: Path, session: str, parts: Sequence[str]) -> None:
        whole = source.resolve()
        self.name = session.rstrip("/") or (whole.name if whole.is_dir() else whole.stem)
        self.events: list[RecordedEvent] = []
        self._files, self._source, self._part_names = files, source, parts
        self._where = f"{source}: {session}{EVENTS}"
        self._problems: list[str] = []
        try:
            read_about(files.read(f"{session}{ABOUT}"), f"{source}: {session}{ABOUT}")
            if f"{session}{EVENTS}" in files.names:
                self.events, self._problems = read_events(files.read(f"{session}{EVENTS}"), self._where)
            else:
                self._problems = [f"{self._where} is missing, so nothing in this session has a label"]
        except DataError as error:
            self._problems = [str(error)]

    def _parts(self) -> list[SkeletonRecording]:
        size = self._files.size(self._part_names)
        parts, damaged = usable_parts(self._part_names, self._files.read, str(self._source), size)
        self._problems += damaged
        return parts

    def sequences(self, layout: str) -> Iterator[SkeletonSequence | Rejected]:
        """One for each event, named "SESSION/0001" by its line in events.jsonl."""
        parts = self._parts()
        for event in self.events:
            where = f"{self._where}: line {event.line}"
            joints, times = cut(parts, event.start_s, event.end_s, event.person_id)
            try:
                if not np.isfinite(joints[:, 0, 0]).any():
                    raise DataError(f"{where}: person {event.person_id} is not seen then")
                resampled = _resampled(joints, times, where, first=0)
            except DataError as error:
                yield Rejected(self._name(event), str(error))
                continue
            yield SkeletonSequence(
                name=self._name(event),
                joints_m=resampled,
                timestamps_s=np.arange(len(resampled)) / FRAMES_PER_SECOND,
                layout=layout,
                action=event.label,
                subject=_subject(PurePosixPath(self.name).name),
            )
        for number, problem in enumerate(self._problems, 1):
            yield Rejected(f"{self.name}/problem {number}", problem)

    def untrimmed(self, layout: str) -> Iterator[Untrimmed]:
        """Each person who does something, from coming to going, with what they do meanwhile.

        What they do while they come and go is in none, as nothing between is known.
        """
        parts = self._parts()
        for person in sorted({event.person_id for event in self.events}):
            events = [event for event in self.events if event.person_id == person]
            joints, times = cut(parts, 0.0, math.inf, person, alone=True)
            seen = np.isfinite(joints[:, 0, 0]).all(axis=-1)
            joints, times = joints[seen], times[seen]
            gone = np.flatnonzero(np.diff(times) > MAX_GAP_S) + 1
            for first, last in zip((0, *gone.tolist()), (*gone.tolist(), len(times)), strict=True):
                if last - first < 2:
                    continue
                whole = _resampled(
                    joints[first:last], times[first:last], self._where, max_duration_s=math.inf
                )
                moments = times[first] + np.arange(len(whole)) / FRAMES_PER_SECOND
                cuts = []
                for event in events:
                    begin, end = np.searchsorted(times, (event.start_s, event.end_s + 1e-9)).tolist()
                    start, stop = np.searchsorted(moments, (event.start_s, event.end_s + 1e-9)).tolist()
                    if first <= begin and end <= last and stop - start >= 2:
                        cuts.append((self._name(event), start, stop))
                if cuts:
                    yield Untrimmed(
                        SkeletonSequence(
                            self.name, whole, moments, layout, "", _subject(PurePosixPath(self.name).name)
                        ),
                        tuple(cuts),
                    )

    def _name(self, event: RecordedEvent) -> str:
        return f"{self.name}/{event.line:04}"


def _resampled(
    joints_m: NDArray[np.float32],
    timestamps_s: NDArray[np.float64],
    where: str,
    first: int | None = None,
    max_duration_s: float = MAX_DURATION_S,
) -> FloatArray:
    """(T, M, 25, 3) at the common frame rate; who is absent is all zeros. Raises DataError.

    first: the column of the main person; None for who is seen most.
    """
    root = joints_m[:, :, 0]
    seen: NDArray[np.bool_] = np.all(np.isfinite(root), axis=-1)  # (T, M)
    counts = seen.sum(axis=0)
    ranks = counts.copy()
    if first is not None and counts[first]:
        ranks[first] = len(seen) + 1
    people = [m for m in np.argsort(-ranks, kind="stable").tolist()[:MAX_PEOPLE] if counts[m]]
    if not people:
        raise DataError(f"{where}: nobody is in it; record it again with the whole body in view")
    times = timestamps_s - timestamps_s[seen[:, people[0]]][0]
    duration_s = float(times[seen[:, people[0]]][-1])
    if duration_s > max_duration_s:
        raise DataError(
            f"{where}: lasts {duration_s:.0f} s, more than {max_duration_s:.0f}; cut it to the one action"
        )
    T = round(duration_s * FRAMES_PER_SECOND) + 1
    moments = np.arange(T) / FRAMES_PER_SECOND
    joints = np.zeros((T, len(people), NTU25.num_joints, 3), np.float32)
    for column, m in enumerate(people):
        there = _present(times[seen[:, m]], moments)
        person = resample(joints_m[:, m], times, T, 0.0, float(moments[-1]))
        joints[there, column] = person[there]
    return joints[:, joints.any(axis=(0, 2, 3))]


def _present(sightings: FloatArray, moments: FloatArray) -> NDArray[np.bool_]:
    """Whether somebody seen at `sightings` (n,), ascending, is there at `moments` (T,)."""
    after = np.clip(np.searchsorted(sightings, moments), 0, len(sightings) - 1)
    before = np.maximum(after - 1, 0)
    earlier, later = sightings[before], sightings[after]
    between = (earlier <= moments) & (moments <= later) & (later - earlier <= MAX_GAP_S)
    nearest = np.minimum(np.abs(moments - earlier), np.abs(later - moments))
    present: NDArray[np.bool_] = between | (nearest <= 0.5 / FRAMES_PER_SECOND)
    return present
