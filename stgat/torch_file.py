"""What is looked at before PyTorch reads a .pth file of anybody.

Its weights-only reader calls nothing, but believes sizes: an archive may unpack to a thousand times its size,
and a few hundred bytes of pickle, tuples of the same tuples again, take years to be hashed.
"""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path
from typing import IO

#: Of the names and shapes in a file; those of the paper's networks take 100 kB.
MAX_PICKLE_BYTES = 1 << 24
#: What the memo may give out again; torch.save repeats no tuple.
_REPEATABLE = frozenset(
    (
        "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "GLOBAL", "STACK_GLOBAL", "EMPTY_DICT", "EMPTY_LIST",
        "REDUCE", "BINPERSID", "NEWOBJ", "LONG1", "BINSTRING", "SHORT_BINSTRING",
    )
)  # fmt: skip


def check_torch_file(path: Path) -> None:
    """Raises ValueError for a file that would take memory or time out of proportion, and OSError."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:  # as PyTorch wrote them before 1.6: pickles, then the numbers
            for _ in range(5):
                _check_pickle(file)
        return
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("it is compressed, as torch.save never does")
        if sum(member.file_size for member in members) > path.stat().st_size:
            raise ValueError("its parts are larger than the file")
        for member in members:
            if member.filename.endswith(".pkl"):
                if member.file_size > MAX_PICKLE_BYTES:
                    raise ValueError("its names and shapes take too much room")
                with archive.open(member) as inside:
                    _check_pickle(inside)


def _check_pickle(file: IO[bytes]) -> None:
    repeatable: set[object] = set()
    before, memoized = "", 0
    for opcode, argument, position in pickletools.genops(file):
        if position is not None and position > MAX_PICKLE_BYTES:
            raise ValueError("its names and shapes take too much room")
        name = opcode.name
        if name in ("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"):
            key = memoized if name == "MEMOIZE" else argument
            memoized += 1
            if before in _REPEATABLE:
                repeatable.add(key)
            else:
                repeatable.discard(key)
        elif (name in ("BINGET", "LONG_BINGET", "GET") and argument not in repeatable) or name == "DUP":
            raise ValueError("it repeats what torch.save writes anew each time")
        before = name
