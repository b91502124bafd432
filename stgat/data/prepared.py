"""The one form all data sets are brought into for training, and how it is opened.

A folder with four files:

- `joints.npy` (F, V, 3) float32 metres: all frames of all samples and people. A sample of T frames and M
  people lies at rows first_frame .. first_frame + M*T, person by person: row first_frame + m*T + t.
- `samples.csv`: one line a sample, with the columns of SAMPLE_COLUMNS.
- `rejected.csv`: name and reason of each recording that could not be used.
- `dataset.json`: a DatasetInfo; written last, so that a folder without it is not finished.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from stgat.data.npz_arrays import read_npy_header
from stgat.data.sequences import SkeletonSequence, is_name
from stgat.errors import DataError
from stgat.reading import first_line
from stgat.skeleton import LAYOUTS, FloatArray, get_layout

FORMAT_VERSION = 1
JOINTS, SAMPLES, REJECTED, DATASET = "joints.npy", "samples.csv", "rejected.csv", "dataset.json"
SAMPLE_COLUMNS = (
    "name", "label", "subject", "camera", "setup", "replication", "first_frame", "frames", "people",
)  # fmt: skip
_MAX_INFO_BYTES, _MAX_TOLD = 2**20, 300
_SHA256 = r"^[0-9a-f]{64}$"
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_REMEDY = "run `prepare` again with --restart"


class DatasetInfo(BaseModel):
    """What a prepared data set says of itself.

    format: the name of the reader. labels: the action of each class number. frames_per_second: of the
    recordings. num_frames: rows of joints.npy, frames times people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int = FORMAT_VERSION
    format: str
    title: str
    layout: str
    labels: tuple[str, ...] = Field(min_length=1)
    frames_per_second: float = Field(gt=0, le=1000)
    source: str
    licence: str
    num_samples: int = Field(ge=1, le=2**31)
    num_frames: int = Field(ge=1, le=2**31)
    num_rejected: int = Field(ge=0)
    joints_sha256: str = Field(pattern=_SHA256)
    samples_sha256: str = Field(pattern=_SHA256)

    @field_validator("layout")
    @classmethod
    def _known(cls, layout: str) -> str:
        if layout not in LAYOUTS:
            raise ValueError(f"{layout!r} is none of {', '.join(LAYOUTS)}")
        return layout

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.format_version != FORMAT_VERSION:
            raise ValueError(f"version {self.format_version}; this program reads version {FORMAT_VERSION}")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label is there twice")
        return self


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of a data set as columns, each (N,) int64; subject and the like are 0 where unknown.

    label: the class number. first_frame: where the sample starts in joints.npy. frames, people: T and M.
    """

    names: tuple[str, ...]
    label: NDArray[np.int64]
    subject: NDArray[np.int64]
    camera: NDArray[np.int64]
    setup: NDArray[np.int64]
    replication: NDArray[np.int64]
    first_frame: NDArray[np.int64]
    frames: NDArray[np.int64]
    people: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class PreparedDataset:
    """A prepared data set; `joints` (F, V, 3) float32 metres stays on disk until its rows are read."""

    folder: Path
    info: DatasetInfo
    samples: Samples
    joints: np.memmap

    def __len__(self) -> int:
        return len(self.samples)

    def sample(self, index: int) -> FloatArray:
        """A copy of one sample: (T, M, V, 3) float32 metres; who is absent is all zeros.

        Raises IndexError.
        """
        first, T, M = (
            int(column[index])
            for column in (self.samples.first_frame, self.samples.frames, self.samples.people)
        )
        rows = np.asarray(self.joints[first : first + M * T])
        return np.array(rows.reshape(M, T, *rows.shape[1:]).transpose(1, 0, 2, 3), order="C")


def open_prepared(folder: Path, verify: bool = False) -> PreparedDataset:
    """A prepared data set, validated; verify: check the joints against their checksum too, which reads all.

    Raises DataError for a folder that is missing, not finished, damaged, or not such a folder at all.
    """
    info = read_info(folder)
    content = _read(folder / SAMPLES)
    if hashlib.sha256(content).hexdigest() != info.samples_sha256:
        raise DataError(f"{folder / SAMPLES}: changed since it was prepared; {_REMEDY}")
    samples = _parse_samples(folder / SAMPLES, content, info)
    path = folder / JOINTS
    joints = _map_joints(path, (info.num_frames, get_layout(info.layout).num_joints, 3))
    if verify and file_sha256(path) != info.joints_sha256:
        raise DataError(f"{path}: does not match its checksum in {DATASET}; {_REMEDY}")
    return PreparedDataset(folder, info, samples, joints)


def read_info(folder: Path) -> DatasetInfo:
    """What a prepared data set says of itself, the rest unread. Raises DataError."""
    path = folder / DATASET
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; `prepare` makes one from a data set")
    if not path.is_file():
        raise DataError(
            f"{folder}: holds no {DATASET}, so it is not a prepared data set or `prepare` did not finish; "
            "run `prepare` (again)"
        )
    content = _read(path)
    if len(content) > _MAX_INFO_BYTES:
        raise DataError(f"{path}: has {len(content)} bytes, too many to describe a data set; {_REMEDY}")
    try:
        return DatasetInfo.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        told = " ".join(f"{f'{place}: ' if place else ''}{message}".split())[:_MAX_TOLD]  # it quotes the file
        raise DataError(f"{path}: {told}; {_REMEDY}") from error


def _map_joints(path: Path, expected: tuple[int, int, int]) -> np.memmap:
    """The array of that shape, left on the disk. Raises DataError."""
    try:
        with path.open("rb") as file:
            header = read_npy_header(file)
        if header.shape != expected or header.dtype != np.float32 or header.fortran_order:
            raise DataError(
                f"{path}: expected float32 {expected}, found {header.dtype} {header.shape}; {_REMEDY}"
            )
        return np.memmap(path, header.dtype, "r", header.data_offset, header.shape)
    except DataError:
        raise
    except (ValueError, OSError) as error:
        raise DataError(
            f"{path}: missing, cut short or no array file ({first_line(error)}); {_REMEDY}"
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}; {_REMEDY}") from error


def _parse_samples(path: Path, content: bytes, info: DatasetInfo) -> Samples:
    """The table of samples, each number in its range and each sample inside joints.npy."""

    def refuse(line: int, what: str) -> NoReturn:
        raise DataError(f"{path}: line {line + 2}: {what}; {_REMEDY}")

    names: list[str] = []
    numbers = array("q")
    try:
        rows = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), strict=True)
        if tuple(next(rows, ())) != SAMPLE_COLUMNS:
            raise DataError(f"{path}: line 1: expected {','.join(SAMPLE_COLUMNS)}; {_REMEDY}")
        for line, row in enumerate(rows):
            if len(row) != len(SAMPLE_COLUMNS):
                refuse(line, f"expected {len(SAMPLE_COLUMNS)} columns, found {len(row)}")
            if not is_name(row[0]):
                refuse(line, f"the name {row[0][:40]!r} is no plain text or too long")
            names.append(row[0])
            for number in row[1:]:
                if not _WHOLE.fullmatch(number):
                    refuse(line, f"a column holds what is no whole number, {number[:40]!r}")
            numbers.extend(map(int, row[1:]))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: no readable table ({first_line(error)}); {_REMEDY}") from error
    if len(names) != info.num_samples:
        raise DataError(f"{path}: {len(names)} samples, but {DATASET} counts {info.num_samples}; {_REMEDY}")
    columns = np.frombuffer(numbers, np.int64).reshape(-1, len(SAMPLE_COLUMNS) - 1).T
    samples = Samples(tuple(names), *map(np.ascontiguousarray, columns))
    if len(set(names)) != len(names):
        lines = {name: line for line, name in reversed(list(enumerate(names)))}
        twice = next(line for line, name in enumerate(names) if lines[name] != line)
        refuse(twice, f"the sample {names[twice]} is there twice")
    # Each of the three is inside before they are multiplied, so that none can overflow.
    most = info.num_frames
    far = (samples.first_frame > most) | (samples.frames > most) | (samples.people > most)
    end = np.where(far, most + 1, samples.first_frame + samples.frames * samples.people)
    for what, wrong in (
        ("the label is none of the classes", (samples.label < 0) | (samples.label >= len(info.labels))),
        ("frames and people must be 1 or more", (samples.frames < 1) | (samples.people < 1)),
        ("its frames lie outside joints.npy", (samples.first_frame < 0) | (end > most)),
    ):
        if wrong.any():
            refuse(int(np.argmax(wrong)), what)
    return samples


def npy_header(num_frames: int, num_joints: int) -> bytes:
    """The first bytes of a .npy file (num_frames, num_joints, 3) of float32, after which the rows follow."""
    file = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (num_frames, num_joints, 3)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def person_by_person(sequence: SkeletonSequence) -> NDArray[np.float32]:
    """(M*T, V, 3) the rows of one sequence as joints.npy holds them."""
    T, M, V, C = sequence.joints_m.shape
    return np.ascontiguousarray(sequence.joints_m.transpose(1, 0, 2, 3), "<f4").reshape(M * T, V, C)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_prepared(
    folder: Path,
    sequences: Iterable[SkeletonSequence],
    labels: Sequence[str],
    frames_per_second: float = 30.0,
    title: str = "a small data set",
) -> PreparedDataset:
    """Write sequences that fit in memory, all in one layout, in the prepared form; then open it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[NDArray[np.float32]] = []
    num_frames, layout = 0, ""
    with (folder / SAMPLES).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(SAMPLE_COLUMNS)
        for s in sequences:
            T, M = s.joints_m.shape[:2]
            numbers = (labels.index(s.action), s.subject, s.camera, s.setup, s.replication, num_frames, T, M)
            table.writerow((s.name, *numbers))
            rows.append(person_by_person(s))
            num_frames, layout = num_frames + M * T, s.layout
    (folder / REJECTED).write_text("name,reason\n", encoding="utf-8")
    header = npy_header(num_frames, get_layout(layout).num_joints)
    (folder / JOINTS).write_bytes(b"".join([header, *(part.tobytes() for part in rows)]))
    info = DatasetInfo(
        format="generated",
        title=title,
        layout=layout,
        labels=tuple(labels),
        frames_per_second=frames_per_second,
        source="generated",
        licence="not stated",
        num_samples=len(rows),
        num_frames=num_frames,
        num_rejected=0,
        joints_sha256=file_sha256(folder / JOINTS),
        samples_sha256=file_sha256(folder / SAMPLES),
    )
    (folder / DATASET).write_text(info.model_dump_json(indent=2), encoding="utf-8")
    return open_prepared(folder)
