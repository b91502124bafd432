"""What a fuzzer drives: a reader, called as the application calls it, and what a bad file may lead to.

A bad file gives one of the project's own errors, whose message is one line and names the file. Anything else
is a finding: another exception, more than 5 s, more memory than 20 times the file and a constant, or code
that the file had run.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stgat.errors import DataError

MAX_SECONDS = 5.0
MAX_MEMORY_FACTOR = 20
#: What a reader may take whatever the size of its file: buffers, tables, what a small archive unpacks to.
MEMORY_FLOOR = 64 * 2**20
MAX_MESSAGE = 1000

#: Stands between the parts of an input from which a file with several members, or several files, is made.
PART = b"\n--part--\n"


class FindingError(AssertionError):
    """A reader broke its promise; the message says how. kind: in a word."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


def write_whole(folder: Path, name: str, content: bytes) -> Path:
    """The input itself is the file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@dataclass(frozen=True)
class Target:
    """One kind of file and its reader.

    name: as the campaign knows it. file: the name of the file, which the reader may go by.
    read: reads the path it is given and raises one of `errors`, or AssertionError where what it gives is not
        what it promises.
    seeds: makes small valid inputs, none of them anybody else's data.
    place: writes an input into an empty folder and gives the path to read; for what is compressed or has
        checksums or several parts, it makes the valid container that a fuzzer would never find.
    tokens: words of the format, for the mutations.
    max_bytes: of an input. stretched: of the long inputs that memory and time are measured on.
    """

    name: str
    file: str
    read: Callable[[Path], object]
    seeds: Callable[[], list[bytes]]
    errors: tuple[type[Exception], ...] = (DataError,)
    place: Callable[[Path, str, bytes], Path] = write_whole
    tokens: tuple[bytes, ...] = field(default=())
    max_bytes: int = 1 << 14
    stretched: int = 1 << 20


@dataclass(frozen=True)
class Outcome:
    """What one input led to. error: the message; empty where the file was read.

    size: bytes of the file or files. seconds: of the processor. memory: the most bytes, 0 if not measured.
    """

    error: str
    size: int
    seconds: float
    memory: int = 0


def run(target: Target, content: bytes, folder: Path, measure: bool = False) -> Outcome:
    """Have the reader read one input, written into `folder`, which is emptied.

    measure: memory too, at a quarter of the pace and so without a limit of time. Raises FindingError.
    """
    for left in os.scandir(folder):
        shutil.rmtree(left) if left.is_dir() else Path(left).unlink()
    source = target.place(folder, target.file, content)
    size = _size(folder)
    error, memory = "", 0
    if measure:
        tracemalloc.start()
    begun = time.process_time()  # of the processor: no busy machine makes a reader slow
    try:
        with _watched(folder):
            target.read(source)
    except target.errors as refusal:
        error = _checked_message(refusal, folder)
    except FindingError:
        raise
    except (Exception, RecursionError, MemoryError) as crash:
        raise FindingError(type(crash).__name__, str(crash)[:300]) from crash
    finally:
        seconds = time.process_time() - begun
        if measure:
            memory = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    if seconds > MAX_SECONDS and not measure:
        raise FindingError("slow", f"took {seconds:.1f} s for {size} bytes")
    if memory > MEMORY_FLOOR + MAX_MEMORY_FACTOR * size:
        raise FindingError("memory", f"took {memory} bytes for a file of {size}")
    return Outcome(error, size, seconds, memory)


def _size(folder: str | Path) -> int:
    """Bytes of all files in a folder."""
    with os.scandir(folder) as entries:
        return sum(_size(entry.path) if entry.is_dir() else entry.stat().st_size for entry in entries)


def check_sentence(text: str, folder: Path) -> None:
    """A message for people is one line, not endless, and names the file. Raises FindingError."""
    if len(text.splitlines()) != 1:
        raise FindingError("message", f"is not one line: {text[:300]!r}")
    if len(text) > MAX_MESSAGE + len(str(folder)):
        raise FindingError("message", f"has {len(text)} characters: {text[:300]!r}")
    if str(folder) not in text:
        raise FindingError("message", f"names no file: {text[:300]!r}")


def _checked_message(refusal: Exception, folder: Path) -> str:
    text = str(refusal)
    check_sentence(text, folder)
    return text


#: What no reader does, by the names of sys.addaudithook. The second ones only outside of the input's folder.
_FORBIDDEN = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.putenv", "subprocess.Popen",
    "socket.", "pickle.find_class", "ctypes.", "webbrowser.open", "urllib.Request", "ftplib.", "smtplib.",
)  # fmt: skip
_FORBIDDEN_OUTSIDE = (
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "shutil.",
)
_LOOKED_AT = ("open", *_FORBIDDEN, *_FORBIDDEN_OUTSIDE)
_folder: str | None = None
_done: list[str] = []
_hooked: list[bool] = []


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if _folder is None or not event.startswith(_LOOKED_AT):
        return
    outside = not (arguments and str(arguments[0]).startswith(_folder))
    writes = event == "open" and isinstance(arguments[1], str) and bool(set("wax+") & set(arguments[1]))
    changes = writes or event.startswith(_FORBIDDEN_OUTSIDE)
    if event.startswith(_FORBIDDEN) or (outside and changes):
        _done.append(f"{event} {arguments!r:.200}")
        raise FindingError("code", _done[-1])


@contextmanager
def _watched(folder: Path) -> Iterator[None]:
    """Raises FindingError where anything but reading is done meanwhile, though the reader swallowed that."""
    global _folder
    if not _hooked:  # it cannot be taken away again
        _hooked.append(True)
        sys.addaudithook(_audit)
    _done.clear()
    _folder = str(folder)
    try:
        yield
    finally:
        _folder = None
        if _done:
            raise FindingError("code", _done[0])
