"""What a preparation was begun with, so that another run continues it and nothing else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from stgat.data.atomic import replacing, sync_folder
from stgat.data.prepared import DATASET, JOINTS, REJECTED, SAMPLES
from stgat.data.sequences import Format, Shard
from stgat.errors import DataError

PLAN, PARTS = "plan.json", "parts"
_VERSION = 1
_MAX_BYTES = 2**20


class Plan(BaseModel):
    """A format, its source as it lay there, and what to leave out.

    num_files, num_bytes, modified_ns: of all files of the source, and the newest of their times.
    missing_sha256, shards_sha256: of the names to leave out, and of how the work is divided.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = _VERSION
    format: str
    source: str
    num_files: int
    num_bytes: int
    modified_ns: int
    missing_sha256: str
    shards_sha256: str

    @classmethod
    def make(cls, form: Format, source: Path, shards: Sequence[Shard], missing: frozenset[str]) -> Self:
        """Raises OSError where the source cannot be looked through."""
        facts = [(status.st_size, status.st_mtime_ns) for status in _files(source)]
        return cls(
            format=form.name,
            source=str(source.resolve()),
            num_files=len(facts),
            num_bytes=sum(size for size, _ in facts),
            modified_ns=max((time for _, time in facts), default=0),
            missing_sha256=_digest(sorted(missing)),
            shards_sha256=_digest(repr(shard) for shard in shards),
        )

    def difference(self, other: Plan) -> str:
        """What the other plan has that this one has not, in words; empty where they are the same."""
        if self == other:
            return ""
        if (self.format, self.source) != (other.format, other.source):
            return f"from {other.format} {other.source}"
        if self.missing_sha256 != other.missing_sha256:
            return "with another list of missing samples"
        if self.version != other.version or self.shards_sha256 != other.shards_sha256:
            return "by another version of the program, or from a source with other files"
        return (
            f"when the source had {other.num_files} files of {other.num_bytes} bytes in all, changed at "
            "another time"
        )

    def write(self, out: Path) -> None:
        with replacing(out / PLAN) as path:
            path.write_text(self.model_dump_json(indent=2), encoding="utf-8")


def take_up(out: Path, plan: Plan, restart: bool) -> bool:
    """Make `out` ready for the plan; True where it is finished already.

    restart: what an earlier preparation left there is removed. Raises DataError where `out` belongs to
    something else, OSError where it cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"{out}: is a file; choose a new folder")
    if out.is_dir() and any(out.iterdir()) and not _is_ours(out):
        raise DataError(f"{out}: holds other things; choose a new or empty folder")
    if restart:
        clear(out)
    finished, begun = (out / DATASET).is_file(), _begun(out)
    if finished and begun is None:
        raise DataError(
            f"{out}: holds a prepared data set already; choose another OUT, or give --restart to replace it"
        )
    difference = plan.difference(begun) if begun else ""
    if difference and (finished or any((out / PARTS).glob("*.csv"))):
        raise DataError(f"{out}: was begun {difference}; choose another OUT, or give --restart to begin anew")
    if finished:
        clear_parts(out)  # where the last run was ended just before it did
        return True
    (out / PARTS).mkdir(parents=True, exist_ok=True)
    for leftover in (out / PARTS).glob(".*.tmp"):  # of a process that was killed
        leftover.unlink()
    plan.write(out)
    return False


def clear(out: Path) -> None:
    """Remove what `prepare` makes in a folder, and nothing else; the plan last, since it says whose it is."""
    if (out / DATASET).exists():
        (out / DATASET).unlink()
        sync_folder(out)  # or a power cut could leave it beside the files of the next run
    clear_parts(out)
    for name in (DATASET, JOINTS, SAMPLES, REJECTED, PLAN):
        (out / f".{name}.tmp").unlink(missing_ok=True)
        (out / name).unlink(missing_ok=True)


def clear_parts(out: Path) -> None:
    """Remove the parts, once they are merged; the plan stays, to tell a later run that all is done."""
    folder = out / PARTS
    if folder.is_dir():
        for pattern in ("*.f32", "*.csv", ".*.tmp"):
            for path in folder.glob(pattern):
                path.unlink()
        folder.rmdir()


def _is_ours(out: Path) -> bool:
    """So that --restart removes nothing of a folder that only looks alike."""
    if (out / PLAN).is_file() or ((out / DATASET).is_file() and (out / JOINTS).is_file()):
        return True
    # A run that was killed before its plan was written; or, without even that, after all was removed.
    begun = {PARTS, f".{PLAN}.tmp"}
    return {path.name for path in out.iterdir()} <= begun and not any((out / PARTS).glob("*"))


def _begun(out: Path) -> Plan | None:
    path = out / PLAN
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("larger than a plan can be")
        return Plan.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: damaged, or of another version; give --restart to begin anew") from error


def _files(source: Path) -> Iterator[os.stat_result]:
    if source.is_dir():
        for folder, _, names in os.walk(source):
            for name in names:
                with suppress(FileNotFoundError):  # a link to nowhere
                    yield Path(folder, name).stat()
    else:
        yield source.stat()


def _digest(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode(errors="surrogateescape") + b"\0")
    return digest.hexdigest()
