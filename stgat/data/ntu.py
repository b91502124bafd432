"""NTU RGB+D 60 and 120, raw: a folder or archive of SsssCcccPpppRrrrAaaa.skeleton files.

Shahroudy, Liu, Ng and Wang, "NTU RGB+D: A Large Scale Dataset for 3D Human Activity Analysis", CVPR 2016;
Liu et al., "NTU RGB+D 120", TPAMI 2019.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stgat.data.ntu_fast import read_regular
from stgat.data.ntu_labels import NTU_ACTIONS
from stgat.data.ntu_text import MAX_BYTES, NUM_JOINTS, Rows, read_lines
from stgat.data.sequences import FileFormat, SkeletonSequence
from stgat.errors import DataError
from stgat.skeleton import NTU25, FloatArray

FRAMES_PER_SECOND = 30.0
MAX_CHOSEN = 2
#: The published lists have 535 names.
_MAX_LIST_BYTES = 2**20

_NAME = re.compile(r"S([0-9]{3})C([0-9]{3})P([0-9]{3})R([0-9]{3})A([0-9]{3})")


@dataclass(frozen=True)
class Body:
    """One body of a recording. frames: (n,) where it is seen, growing. joints_m: (n, 25, 3) float32."""

    body_id: int
    frames: NDArray[np.int64]
    joints_m: FloatArray


@dataclass(frozen=True)
class Bodies:
    """All bodies of a recording, in the order in which they first appear; there may be none."""

    num_frames: int
    bodies: tuple[Body, ...]


def parse_bodies(content: bytes, where: str) -> Bodies:
    """All bodies in a file's content. where: its name in errors.

    Bodies are told apart by the sensor's id; one that is met again in a frame counts up to the next that is
    free there, as the authors do. Raises DataError that names the line.
    """
    if len(content) > MAX_BYTES:
        raise DataError(f"{where}: {len(content)} bytes are no recording's size; it looks damaged")
    rows = read_regular(content) or read_lines(content, where)
    places = _rows_of_bodies(rows)
    frames = np.array(rows.frames, dtype=np.int64)
    return Bodies(
        rows.num_frames,
        tuple(Body(body_id, frames[at], rows.joints_m[at]) for body_id, at in places.items()),
    )


def _rows_of_bodies(rows: Rows) -> dict[int, list[int]]:
    places: dict[int, list[int]] = {}
    here: set[int] = set()
    frame_before = -1
    for row, (body_id, frame) in enumerate(zip(rows.ids, rows.frames, strict=True)):
        if frame != frame_before:
            here.clear()
            frame_before = frame
        while body_id in here:
            body_id += 1
        here.add(body_id)
        places.setdefault(body_id, []).append(row)
    return places


def choose_people(bodies: Bodies, where: str) -> FloatArray:
    """The one or two people the STGAT authors keep, the one who moves most first.

    Of several bodies those that move less than 0.85 of the liveliest stay only if they are taller than wide,
    since the sensor takes chairs and tables for bodies; then the two liveliest are kept, of equals the one
    seen first. A body that is zero throughout is none.
    Returns (T, M, 25, 3) float32, zeros where somebody is absent. Raises DataError where nobody is seen.
    """
    seen = [body for body in bodies.bodies if body.joints_m.any()]
    if not seen:
        raise DataError(f"{where}: no skeleton in any frame; nothing can be learned from it, leave it out")
    if len(seen) > 1:
        spreads = [_spread(body) for body in seen]
        least = 0.85 * max(spreads)
        kept = [i for i, body in enumerate(seen) if spreads[i] >= least or _is_upright(body)]
        seen = [seen[i] for i in sorted(kept, key=lambda i: -spreads[i])[:MAX_CHOSEN]]
    joints_m = np.zeros((bodies.num_frames, len(seen), NUM_JOINTS, 3), dtype=np.float32)
    for person, body in enumerate(seen):
        joints_m[body.frames, person] = body.joints_m
    return joints_m


def _not_empty(body: Body) -> FloatArray:
    return body.joints_m[body.joints_m.any(axis=(1, 2))].astype(np.float64)


def _spread(body: Body) -> float:
    """The standard deviations of x, y and z over all joints and frames, seen from the hip, summed."""
    joints = _not_empty(body)
    axes = np.ascontiguousarray((joints - joints[:, :1]).reshape(-1, 3).T)  # three times as fast as columns
    return float(axes.std(axis=1).sum())


def _is_upright(body: Body) -> bool:
    """Whether its first frame is clearly taller than wide."""
    width, height, _ = np.ptp(_not_empty(body)[0], axis=0)
    return bool(0.8 * height > width)


class NTU(FileFormat):
    """Either edition. num_setups: the last setup of the edition; its last action is that of `labels`."""

    licence = "NTU RGB+D terms of the ROSE Lab (NTU Singapore): academic research only, not to be passed on"
    layout = NTU25.name
    frames_per_second = FRAMES_PER_SECOND
    suffix = ".skeleton"
    num_setups: ClassVar[int]
    remedy: ClassVar[str] = "leave the file out"

    def parse(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        path = PurePosixPath(name)
        parts = _NAME.fullmatch(path.stem)
        if not parts or path.suffix != self.suffix:
            raise DataError(f"{where}: a name like S001C002P003R002A013.skeleton is expected")
        setup, camera, subject, replication, action = map(int, parts.groups())
        if not 1 <= action <= len(self.labels) or not 1 <= setup <= self.num_setups:
            raise DataError(
                f"{where}: setup {setup}, action {action} is not in {self.title}, which has setups 1 to "
                f"{self.num_setups} and actions 1 to {len(self.labels)}; {self.remedy}"
            )
        joints_m = choose_people(parse_bodies(content, where), where)
        return SkeletonSequence(
            name=path.stem,
            joints_m=joints_m,
            timestamps_s=np.arange(len(joints_m)) / FRAMES_PER_SECOND,
            layout=self.layout,
            action=self.labels[action - 1],
            subject=subject,
            camera=camera,
            setup=setup,
            replication=replication,
        )


class NTU60(NTU):
    name = "ntu60"
    title = "NTU RGB+D"
    labels = NTU_ACTIONS[:60]
    num_setups = 17
    remedy = "read NTU RGB+D 120 as ntu120"


class NTU120(NTU):
    name = "ntu120"
    title = "NTU RGB+D 120"
    labels = NTU_ACTIONS
    num_setups = 32


def read_skeleton(path: Path) -> SkeletonSequence:
    """One file of either edition, with one or two people in it.

    Raises DataError that names the file and, where its content is wrong, the line.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(
                f"{path}: {size} bytes are no recording's size; it looks damaged, download it again"
            )
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return NTU120().parse(path.name, content, str(path))


def read_missing_list(path: Path) -> frozenset[str]:
    """The names in one of the authors' lists of samples with missing skeletons, such as S001C002P005R002A008.

    Before the first name sentences may stand, as in the published files; blank lines may stand anywhere.
    Raises DataError that names the line.
    """
    names = set()
    try:
        if path.stat().st_size > _MAX_LIST_BYTES:
            raise DataError(f"{path}: is larger than a list of names can be; give the published list")
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                name = line.strip().removesuffix(NTU.suffix)
                if _NAME.fullmatch(name):
                    names.add(name)
                elif name and (names or " " not in name):
                    raise DataError(
                        f"{path}: line {number}: a name like S001C002P005R002A008 is expected, found "
                        f"{name[:40]!r}; correct the line or take the published list"
                    )
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no text file; give the list of missing skeletons") from error
    if not names:
        raise DataError(f"{path}: line 1: holds no name like S001C002P005R002A008; give the published list")
    return frozenset(names)
