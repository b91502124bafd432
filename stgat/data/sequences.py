"""What every reader gives, labelled sequences of skeletons, and the files it reads them from."""

from __future__ import annotations

import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import ClassVar, Self

import numpy as np

from stgat.data.npz_arrays import ZIP_ERRORS
from stgat.data.people import to_float32
from stgat.errors import DataError
from stgat.reading import first_line
from stgat.skeleton import FloatArray

#: No single recording of a real data set comes near this; a larger one is damaged or hostile.
MAX_MEMBER_BYTES = 64 * 2**20
#: What a member of an archive may have whatever the archive's size, which it otherwise may exceed a little:
#: what reads a text takes some times as much memory.
SMALL_MEMBER_BYTES = 8 * 2**20
MAX_UNPACKED = 2
FILES_PER_SHARD = 256
#: The longest name of a file or a sample; it is quoted in messages.
MAX_NAME = 500


@dataclass(frozen=True)
class SkeletonSequence:
    """One trimmed recording of one action.

    name: unique in its data set.
    joints_m: (T, M, V, 3) float32 metres in `layout`, the main person first; who is absent is all zeros.
    timestamps_s: (T,) from 0.
    action: the data set's own name of the action.
    subject, camera, setup, replication: the data set's own numbers; 0 where it has none.
    """

    name: str
    joints_m: FloatArray
    timestamps_s: FloatArray
    layout: str
    action: str
    subject: int = 0
    camera: int = 0
    setup: int = 0
    replication: int = 0


@dataclass(frozen=True)
class Untrimmed:
    """A whole recording: whole, with an empty action, and what it is cut into.

    cuts: (name of the sequence, empty for what is labelled as nothing; its first frame; the frame after its
        last), in any order.
    """

    whole: SkeletonSequence
    cuts: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Rejected:
    """A recording that cannot be used; reason: one sentence that names the file and the place in it."""

    name: str
    reason: str


@dataclass(frozen=True)
class Shard:
    """A part of a data set that one worker reads.

    name: unique in the data set and fit for a file name. items: what is in it, as the format knows it.
    size: how many sequences are expected, for the progress shown.
    """

    name: str
    items: tuple[str, ...]
    size: int


class Format(ABC):
    """A data set's form on disk.

    name: as the `prepare` verb knows it. title, licence: for people. layout: of the joints it gives.
    labels: the actions in the order of their class numbers; empty where only the data tell.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    licence: ClassVar[str] = "not stated"
    layout: ClassVar[str]
    frames_per_second: ClassVar[float]
    labels: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def shards(self, source: Path) -> list[Shard]:
        """The parts of a data set, always the same ones in the same order. Raises DataError."""

    @abstractmethod
    def read(self, source: Path, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
        """The sequences of one part, one at a time. Raises DataError where no part of it is usable."""

    def label_names(self, source: Path) -> tuple[str, ...]:
        """The actions of this source in the order of their class numbers; `labels` unless sources differ.

        Empty where only the recordings tell. Raises DataError.
        """
        return self.labels

    def read_all(self, source: Path) -> Iterator[SkeletonSequence | Rejected]:
        """All of a data set in order. Raises DataError where no part of it is usable."""
        for shard in self.shards(source):
            yield from self.read(source, shard)

    def untrimmed(self, source: Path) -> Iterator[Untrimmed]:
        """The recordings that the sequences were cut from, where the data set has them; mostly nothing.

        Raises DataError.
        """
        yield from ()

    def sequences(self, source: Path) -> Iterator[SkeletonSequence]:
        """All sequences in order. Raises DataError at the first that cannot be used."""
        for sequence in self.read_all(source):
            if isinstance(sequence, Rejected):
                raise DataError(sequence.reason)
            yield sequence


class FileFormat(Format):
    """A data set with one file a sequence."""

    suffix: ClassVar[str]

    @abstractmethod
    def parse(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        """The sequence in one file. name: its path in the source; where: its name in errors."""

    def shards(self, source: Path) -> list[Shard]:
        with data_files(source, self.suffix) as files:
            names = files.names
        starts = range(0, len(names), FILES_PER_SHARD)
        parts = [names[start : start + FILES_PER_SHARD] for start in starts]
        return [Shard(f"{number:05}", part, len(part)) for number, part in enumerate(parts)]

    def read(self, source: Path, shard: Shard) -> Iterator[SkeletonSequence | Rejected]:
        with data_files(source, self.suffix) as files:
            for name in shard.items:
                try:
                    yield self.parse(name, files.read(name), f"{source}: {name}")
                except DataError as error:
                    yield Rejected(PurePosixPath(name).stem, str(error))


class DataFiles:
    """The files of a data set that end in `suffix`, in its folder or its zip archive.

    names: their paths inside the source, in order; hidden files and unprintable names are left out.

    Raises DataError where the source is missing, is no folder or zip, is damaged, or holds no such file.
    """

    def __init__(self, source: Path, suffix: str) -> None:
        self._source = source
        self._archive: zipfile.ZipFile | None = None
        if source.is_dir():
            paths = [
                path.relative_to(source).as_posix() for path in source.rglob(f"*{suffix}") if path.is_file()
            ]
        elif source.is_file():
            try:
                self._archive = zipfile.ZipFile(source)
                self._archive_bytes = source.stat().st_size
            except ZIP_ERRORS as error:
                raise DataError(f"{source}: not a readable zip archive ({first_line(error)})") from error
            members = (name for name in self._archive.namelist() if not name.endswith("/"))  # no folders
            paths = [name for name in members if name.endswith(suffix)]
        else:
            raise DataError(f"{source}: no such file or folder; give the data set's folder or zip archive")
        self.names = tuple(sorted(path for path in paths if _is_usable(path)))
        if not self.names:
            self.close()
            what = f"{suffix} file".strip()
            raise DataError(f"{source}: holds no {what}; is it the right data set?")

    def read(self, name: str) -> bytes:
        """The content of one of the files. Raises DataError where it is damaged or absurdly large."""
        try:
            if self._archive is None:
                path = self._source / name
                self._check_size(name, path.stat().st_size)
                return path.read_bytes()
            info = self._archive.getinfo(name)
            self._check_size(name, info.file_size)
            if info.file_size > max(SMALL_MEMBER_BYTES, MAX_UNPACKED * self._archive_bytes):
                raise DataError(
                    f"{self._source}: {name} claims {info.file_size} bytes in an archive of "
                    f"{self._archive_bytes}; it looks damaged"
                )
            with self._archive.open(info) as member:
                content = member.read(info.file_size)  # without a number it would be all that it unpacks to
            if len(content) != info.file_size:
                raise EOFError(f"{len(content)} of {info.file_size} bytes are there")
            return content
        except ZIP_ERRORS as error:
            raise DataError(
                f"{self._source}: {name} is damaged or cannot be unpacked ({first_line(error)})"
            ) from error

    def size(self, names: Iterable[str]) -> int:
        """Bytes on the disk of what these files lie in: themselves, or the whole archive."""
        if self._archive is not None:
            return self._archive_bytes
        return sum((self._source / name).stat().st_size for name in names)

    def _check_size(self, name: str, size: int) -> None:
        if size > MAX_MEMBER_BYTES:
            raise DataError(f"{self._source}: {name} claims {size} bytes; it looks damaged")

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


#: What `kept_open` keeps, and what closes it; None outside.
_kept: ContextVar[tuple[dict[tuple[Path, str], DataFiles], ExitStack] | None] = ContextVar(
    "kept", default=None
)


@contextmanager
def kept_open() -> Iterator[None]:
    """Inside, what `data_files` opens stays open for the next part of the data set.

    To read the names of 50,000 files takes longer than to read one part's 256 files.
    """
    with ExitStack() as stack:
        token = _kept.set(({}, stack))
        stack.callback(_kept.reset, token)
        yield


@contextmanager
def data_files(source: Path, suffix: str) -> Iterator[DataFiles]:
    """The files of a data set, closed afterwards unless they are `kept_open`. Raises as DataFiles does."""
    kept = _kept.get()
    if kept is None:
        with DataFiles(source, suffix) as files:
            yield files
        return
    opened, stack = kept
    if (source, suffix) not in opened:
        opened[source, suffix] = stack.enter_context(DataFiles(source, suffix))
    yield opened[source, suffix]


def is_name(text: str) -> bool:
    """Whether messages and tables can hold it: one line that is not too long."""
    return text.isprintable() and len(text) <= MAX_NAME


def _is_usable(path: str) -> bool:
    return is_name(path) and not PurePosixPath(path).name.startswith(".")


def check_joints(joints: np.ndarray, num_joints: int, where: str) -> FloatArray:
    """Joints as (T, num_joints, 3) float32, or DataError that says what `where` holds instead."""
    if joints.ndim != 3 or joints.shape[1:] != (num_joints, 3) or not np.issubdtype(joints.dtype, np.number):
        raise DataError(f"{where}: expected joints (T, {num_joints}, 3), found {joints.dtype} {joints.shape}")
    if len(joints) == 0:
        raise DataError(f"{where}: holds no frame")
    joints = to_float32(joints)
    finite = np.isfinite(joints).all(axis=(1, 2))
    if not finite.all():
        raise DataError(f"{where}: frame {np.argmin(finite)} holds a coordinate that is no number")
    return joints
