"""Opening a safetensors file that may come from anyone.

The format is safe by itself: a length, a JSON header, and numbers at places that are checked against the
file's size. But the header is parsed whole, into many times its size of memory, and may be 100 MB long.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open

from stgat.reading import told

#: Of a network of 64 blocks, twice over and with its optimiser's state, it is 2 MB.
MAX_HEADER_BYTES = 1 << 22
#: Of what a file says of itself: some twenty thousand labels.
MAX_ENTRY = 1 << 20

Entry = TypeVar("Entry", bound=BaseModel)


class TensorFileError(SafetensorError):
    """A file that is not opened; the message says why, and does not name it."""


def open_tensors(path: Path, framework: str, max_header_bytes: int = MAX_HEADER_BYTES) -> safe_open:
    """`safetensors.safe_open` on a regular file with a header of at most that many bytes.

    Raises SafetensorError, FileNotFoundError and other OSErrors.
    """
    try:
        size = path.stat()
    except ValueError as error:  # a zero byte in the name
        raise TensorFileError("no file can have that name") from error
    if not stat.S_ISREG(size.st_mode):
        raise TensorFileError("it is no regular file")
    with path.open("rb") as file:
        header = int.from_bytes(file.read(8), "little")
    if size.st_size < 8 or header > size.st_size - 8:
        raise TensorFileError(f"its header would be {header} bytes long, but the file has {size.st_size}")
    if header > max_header_bytes:
        raise TensorFileError(f"its header is {header} bytes long; {max_header_bytes} are the most")
    return safe_open(os.fspath(path), framework=framework)


class EntryError(ValueError):
    """A file does not say of itself what it should; the message says where, and does not name the file."""


def read_entry(file: safe_open, key: str, kind: type[Entry]) -> Entry | None:
    """What a file says of itself as JSON under a key of its metadata; None where there is no such key.

    Raises EntryError.
    """
    text = (file.metadata() or {}).get(key)
    if text is None:
        return None
    if len(text) > MAX_ENTRY:
        raise EntryError(f"metadata of {len(text)} characters; {MAX_ENTRY} are the most")
    try:
        return kind.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = told(".".join(str(part) for part in first["loc"]))
        what = told(first["msg"].removeprefix("Value error, "))
        raise EntryError(f"metadata{f' {place}' if place else ''}: {what}") from error
    except (ValueError, RecursionError) as error:
        raise EntryError(f"its metadata is no JSON ({told(error)})") from error
