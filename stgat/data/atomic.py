"""A file that is there whole or not at all, whatever happens while it is written, a power cut too."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What a file system says that cannot sync a folder; it then keeps its names by other means.
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to; it takes the place of `path` when the block ends well, else it is removed.

    Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        take_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def take_place(finished: Path, path: Path) -> None:
    """Give a finished file the name `path`, in the same folder, instead of what has that name now.

    The content is on the disk, not only in the system's memory, before the name changes; and the name is
    there when this returns. What is written after it cannot outlive it. Raises OSError.
    """
    with finished.open("rb+") as file:
        os.fsync(file.fileno())
    finished.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names of a folder's files to the disk, as far as the system can. Raises OSError."""
    if os.name == "nt":  # opens no folder, and keeps a journal of its names
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(number)
