"""Recordings of the application as a data set: a folder an action, `ACTION/NAME.npz`.

Who is recorded may stand in the name, `s03_...npz` or `..._s03.npz`; splits need it.
"""

from __future__ import annotations

import io
import re
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from stgat.data.recording_file import SkeletonRecording, read_recording
from stgat.data.sequences import FileFormat, SkeletonSequence
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
    """A folder of the application's own recordings. Actions are the folders' names.

    Every recording is brought to 30 frames a second, over the time in which the person seen most is there;
    of the others, the one seen most is kept as well. Unknown joints are interpolated in time.
    """

    name = "recordings"
    title = "Recordings of this application"
    licence = "for those who recorded them to say"
    layout = NTU25.name
    frames_per_second = FRAMES_PER_SECOND
    suffix = ".npz"

    def parse(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        path = PurePosixPath(name)
        action = path.parent.name
        if not action:
            raise DataError(
                f"{where}: lies in no folder of an action; move it into one named after its action"
            )
        joints = _resampled(read_recording(io.BytesIO(content), where), where)
        subject = _SUBJECT.search(path.stem)
        return SkeletonSequence(
            name=f"{action}/{path.stem}",
            joints_m=joints,
            timestamps_s=np.arange(len(joints)) / FRAMES_PER_SECOND,
            layout=self.layout,
            action=action,
            subject=int(subject[1]) if subject else 0,
        )


def _resampled(recording: SkeletonRecording, where: str) -> FloatArray:
    """(T, M, 25, 3) at the common frame rate; who is absent is all zeros. Raises DataError."""
    root = recording.joints_m[:, :, 0]
    seen: NDArray[np.bool_] = np.all(np.isfinite(root), axis=-1)  # (T, M)
    counts = seen.sum(axis=0)
    people = [m for m in np.argsort(-counts, kind="stable").tolist()[:MAX_PEOPLE] if counts[m]]
    if not people:
        raise DataError(f"{where}: nobody is in it; record it again with the whole body in view")
    times = recording.timestamps_s - recording.timestamps_s[seen[:, people[0]]][0]
    duration_s = float(times[seen[:, people[0]]][-1])
    if duration_s > MAX_DURATION_S:
        raise DataError(
            f"{where}: lasts {duration_s:.0f} s, more than {MAX_DURATION_S:.0f}; cut it to the one action"
        )
    T = round(duration_s * FRAMES_PER_SECOND) + 1
    moments = np.arange(T) / FRAMES_PER_SECOND
    joints = np.zeros((T, len(people), NTU25.num_joints, 3), np.float32)
    for column, m in enumerate(people):
        there = _present(times[seen[:, m]], moments)
        person = resample(recording.joints_m[:, m], times, T, 0.0, float(moments[-1]))
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
