"""How the joints that pose/ finds in video differ from a depth camera's: what training has to imitate.

    python benchmarks/pose_gap.py CLIP_OR_RECORDING... --config configs/stgat-actions.yaml

A video goes through the pose first; a recording (`python main.py pose VIDEO OUT.npz`) is taken as it is. One
column is for all of them together, one for each data set of the config. Each figure is a median over people
and sequences, so that no single clip makes it.

Bone lengths are measured on the joints as delivered; what is in mm on the one body (stgat.retarget), over the
one-second stretches in which a joint rests:

    jitter  what changes from frame to frame alone: the standard deviation of the second difference over
            sqrt(6), which is that of white noise and hardly feels a slow motion
    wander  the standard deviation over the stretch, slow drift included

A joint rests where the mean places of the stretch's three thirds lie within 20 mm in x and y. Depth has no
say in that, so it is not measured only where it happens to be good; the wander of x and y is bounded by it.
Joints are taken relative to the root, the root against the room. The lean is that of people standing, in the
first frames (benchmarks/sensor_bias.py). Last comes the delay of the smoothing (benchmarks/smoothing_lag.py).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rich.console import Console
from rich.table import Table

from app.errors import USER_ERRORS
from app.recordings import load_recording
from app.replay import extract_pose
from benchmarks.sensor_bias import BONES as LEANING
from benchmarks.sensor_bias import leans
from benchmarks.smoothing_lag import CASES, lag_table
from stgat.data.formats import FORMATS
from stgat.data.labelled import DataConfig
from stgat.data.sequences import Rejected
from stgat.retarget import one_body
from stgat.skeleton import NTU25, FloatArray
from stgat.training.load_config import load_pooled_config

#: Bones that every layout has, child and parent. "torso" is the middle of the hips to that of the shoulders.
BONE_GROUPS = {"arm": ((5, 4), (6, 5), (9, 8), (10, 9)), "leg": ((13, 12), (14, 13), (17, 16), (18, 17))}
JOINT_GROUPS = {
    "hands": (6, 7, 10, 11),
    "elbows": (5, 9),
    "knees": (13, 17),
    "feet": (14, 15, 18, 19),
    "head": (3,),
}
LIMBS = {"arm": ((5, 6), (9, 10)), "leg": ((13, 14), (17, 18))}  # knee and ankle, elbow and wrist
UNSEEN = 0.3
STRETCH_S, REST_MM = 1.0, 20.0

Figures = dict[str, list[float]]


@dataclass(frozen=True)
class Motion:
    """One person over time as a sensor delivered them: joints (T, V, 3) in metres, no NaN; times (T,) in s.

    confidence: (T, V), None for a sensor that gives none. present: the share of frames, from the first to the
    last with this person, that have them.
    """

    joints_m: FloatArray
    timestamps_s: FloatArray
    layout: str = NTU25.name
    confidence: FloatArray | None = None
    present: float = 1.0


@dataclass
class Gap:
    """What was measured of one source: a figure's name -> its values."""

    figures: Figures = field(default_factory=lambda: defaultdict(list))
    people: int = 0

    def take(self, motion: Motion) -> None:
        """Measure one person. Nothing is measured of somebody seen for under a second."""
        if len(motion.joints_m) < 8 or motion.timestamps_s[-1] - motion.timestamps_s[0] < STRETCH_S:
            return
        self.people += 1
        for name, value in (*bones(motion), *bookkeeping(motion)):
            self.figures[name].append(value)
        body = one_body(motion.joints_m, motion.layout).astype(np.float64)
        for name, degrees in zip(LEANING, leans(body), strict=True):
            self.figures[f"lean: {name}"].append(degrees)
        for name, value in resting(body * 1e3, motion.timestamps_s):
            self.figures[name].append(value)

    def median(self, name: str) -> float:
        values = np.array(self.figures.get(name, []), dtype=float)
        return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")


def bones(motion: Motion) -> Iterator[tuple[str, float]]:
    """Of each bone group: how much the length changes over the whole time, and from frame to frame."""
    joints = motion.joints_m.astype(np.float64)
    torso = joints[:, [4, 8]].mean(axis=1) - joints[:, [12, 16]].mean(axis=1)
    groups = {group: [joints[:, a] - joints[:, b] for a, b in pairs] for group, pairs in BONE_GROUPS.items()}
    for group, vectors in {**groups, "torso": [torso]}.items():
        for vector in vectors:
            length = np.linalg.norm(vector, axis=-1)
            if (median := float(np.median(length))) > 0.01:
                yield f"bone: {group} std", 100 * float(length.std()) / median
                yield f"bone: {group} jitter", 100 * float(jitter(length)) / median


def bookkeeping(motion: Motion) -> Iterator[tuple[str, float]]:
    """Frame rate, frames without the person, and limbs that the camera hardly sees."""
    yield "frames a second", 1.0 / float(np.median(np.diff(motion.timestamps_s)))
    yield "lost", 100 * (1.0 - motion.present)
    if motion.confidence is None:
        return
    for limb, sides in LIMBS.items():
        for pair in sides:
            yield f"unseen: {limb}", 100 * float((motion.confidence[:, pair] < UNSEEN).all(axis=1).mean())


def resting(body_mm: FloatArray, timestamps_s: FloatArray) -> Iterator[tuple[str, float]]:
    """Jitter and wander of joint groups and the root, (T, 25, 3) in mm, of all stretches at rest together."""
    rate = 1.0 / float(np.median(np.diff(timestamps_s)))
    length = max(6, round(STRETCH_S * rate))
    relative = body_mm - body_mm[:, :1]
    relative[:, 0] = body_mm[:, 0]
    groups = {**JOINT_GROUPS, "root": (0,)}
    noise: dict[str, list[FloatArray]] = defaultdict(list)
    for start in range(0, len(relative) - length + 1, max(1, length // 2)):
        stretch = relative[start : start + length]
        if (
            not np.isfinite(stretch).all()
            or timestamps_s[start + length - 1] - timestamps_s[start] > 1.5 * STRETCH_S
        ):
            continue
        thirds = np.stack([part.mean(axis=0) for part in np.array_split(stretch, 3)])
        rests = np.ptp(thirds[..., :2], axis=0).max(axis=-1) < REST_MM  # (V,)
        for group, joints in groups.items():
            for joint in joints:
                if rests[joint]:
                    noise[group].append(np.stack([jitter(stretch[:, joint]), stretch[:, joint].std(axis=0)]))
    for group, found in noise.items():
        for what, axes in zip(("jitter", "wander"), np.median(np.stack(found), axis=0), strict=True):
            for axis, value in zip("xyz", axes, strict=True):
                yield f"{what}: {group} {axis}", float(value)
            if (across := float(axes[:2].mean())) > 0.001:  # no real sensor is that exact
                yield f"{what}: {group} z to xy", float(axes[2]) / across


def jitter(values: FloatArray) -> FloatArray:
    """The standard deviation of white noise on values (T, ...) that themselves change slowly."""
    return np.asarray(np.diff(values, 2, axis=0).std(axis=0) / np.sqrt(6.0))


def recorded(path: Path) -> Iterator[Motion]:
    """Everybody in a video or a recording. Raises SourceError."""
    if path.suffix.lower() != ".npz":
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "poses.npz"
            extract_pose(str(path), out)
            yield from recorded(out)
        return
    recording = load_recording(path)
    for m in range(recording.num_people):
        seen = np.flatnonzero(np.isfinite(recording.joints_m[:, m]).all(axis=(1, 2)))
        if len(seen) > 1:
            yield Motion(
                recording.joints_m[seen, m],
                recording.timestamps_s[seen],
                confidence=recording.confidence[seen, m],
                present=len(seen) / (seen[-1] - seen[0] + 1),
            )


def data_set(config: DataConfig, limit: int) -> Iterator[Motion]:
    """At most `limit` sequences of a data set, spread evenly; as measured, so not by load_sequences."""
    sequences = [s for s in FORMATS[config.format].read_all(config.path) if not isinstance(s, Rejected)]
    for i in np.unique(np.linspace(0, len(sequences) - 1, limit).round().astype(int)):
        joints = sequences[i].joints_m[:, 0]
        seen = np.flatnonzero(np.any(joints, axis=(1, 2)))
        if len(seen) > 1:
            share = len(seen) / (seen[-1] - seen[0] + 1)
            yield Motion(joints[seen], sequences[i].timestamps_s[seen], sequences[i].layout, None, share)


ROWS = (
    *((f"bone: {group} {what}", "%") for group in ("arm", "leg", "torso") for what in ("std", "jitter")),
    *(
        (f"{what}: {group} {axis}", "" if "to" in axis else "mm")
        for what in ("jitter", "wander")
        for group in (*JOINT_GROUPS, "root")
        for axis in ("x", "y", "z", "z to xy")
    ),
    *((f"unseen: {limb}", "%, mean") for limb in LIMBS),
    ("lost", "%, mean"),
    ("frames a second", ""),
    *((f"lean: {bone}", "degrees") for bone in LEANING),
)


def gap_table(gaps: dict[str, Gap]) -> Table:
    table = Table("median of sequences", "", *(f"{name} ({gap.people})" for name, gap in gaps.items()))
    for name, unit in ROWS:
        cells = []
        for gap in gaps.values():
            mean = "mean" in unit and name in gap.figures
            value = float(np.mean(gap.figures[name])) if mean else gap.median(name)
            cells.append(
                "-"
                if np.isnan(value)
                else f"{value:+.1f}"
                if "lean" in name
                else f"{value:.2g}"
                if value < 10
                else f"{value:.0f}"
            )
        table.add_row(name, unit, *cells)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", type=Path, nargs="+", metavar="CLIP_OR_RECORDING")
    parser.add_argument("--config", type=Path, help="a pooled training config: its data sets are compared")
    parser.add_argument("--limit", type=int, default=200, help="sequences of a data set, at most")
    options = parser.parse_args()
    gaps = {"video": Gap()}
    try:
        for path in options.recordings:
            for motion in recorded(path):
                gaps["video"].take(motion)
        for data in load_pooled_config(options.config).data if options.config else ():
            gap = gaps.setdefault(data.format, Gap())
            for motion in data_set(data, options.limit):
                gap.take(motion)
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    console = Console(width=150, highlight=False)
    console.print(gap_table(gaps))
    console.print(lag_table(CASES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
