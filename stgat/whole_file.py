"""Files that appear whole or not at all, which several processes may write at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from stgat.data.atomic import take_place


@contextmanager
def whole_file(path: Path) -> Iterator[str]:
    """The name of a file to write beside `path`, which takes its place once the block has ended well.

    What was there before stays until then, and for good where the block raises. The folder is made.
    Raises OSError where it cannot be written, also for safetensors' own way to tell of a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    try:
        yield temporary
        Path(temporary).chmod(0o644)
        take_place(Path(temporary), path)
    except SafetensorError as error:
        raise OSError(f"{path}: cannot be written ({error}); is the disk full?") from error
    finally:
        Path(temporary).unlink(missing_ok=True)
