"""Raw NTU RGB+D files a second: this project's reader beside plain ones, over the same files.

    python benchmarks/ntu_reader.py [SOURCE] [--files 24] [--repeat 9]

SOURCE is a folder or zip archive of .skeleton files (unpacked first); without it files of the usual size are
generated: 80 frames, one or two people. Every reader opens the file, reads it, and chooses the people by the
same code. The arrays must be equal before anything is timed. The readers take turns, one round each, so that
what else the machine does falls on all of them; given are the median round and the slowest and fastest.

    named fields   line by line, the twelve numbers of each joint kept by name, as published readers do
    every field    line by line, the twelve numbers of each joint in a list
    x y z only     line by line, three numbers of each joint: as little as can be done
    same checks    this project's strict reader, which the fast one falls back on
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rich.console import Console
from rich.table import Table

from stgat.data.ntu import Bodies, Body, choose_people, read_skeleton
from stgat.data.ntu_text import read_lines
from stgat.data.sequences import DataFiles
from stgat.errors import DataError
from stgat.skeleton import FloatArray

Reader = Callable[[Path], FloatArray]
OURS = "this project"
FIELDS = (
    "x", "y", "z", "depth x", "depth y", "colour x", "colour y",
    "orientation w", "orientation x", "orientation y", "orientation z", "state",
)  # fmt: skip


def read_fast(path: Path) -> FloatArray:
    return read_skeleton(path).joints_m


def read_checked(path: Path) -> FloatArray:
    rows = read_lines(path.read_bytes(), str(path))
    people = zip(rows.ids, rows.frames, rows.joints_m, strict=True)
    return choose_people(_collect(rows.num_frames, people), str(path))


def read_named_fields(path: Path) -> FloatArray:
    return _read_plainly(path, lambda fields: _xyz(dict(zip(FIELDS, map(float, fields), strict=True))))


def _xyz(joint: dict[str, float]) -> list[float]:
    return [joint["x"], joint["y"], joint["z"]]


def read_every_field(path: Path) -> FloatArray:
    return _read_plainly(path, lambda fields: [float(field) for field in fields][:3])


def read_xyz_only(path: Path) -> FloatArray:
    return _read_plainly(path, lambda fields: [float(field) for field in fields[:3]])


READERS: dict[str, Reader] = {
    OURS: read_fast,
    "named fields": read_named_fields,
    "every field": read_every_field,
    "x y z only": read_xyz_only,
    "same checks": read_checked,
}


def _read_plainly(path: Path, to_xyz: Callable[[list[str]], list[float]]) -> FloatArray:
    """What anybody would write: readline, split, float. to_xyz: of a joint's twelve words."""
    people = []
    with path.open() as file:
        num_frames = int(file.readline())
        for frame in range(num_frames):
            for _ in range(int(file.readline())):
                body_id = int(file.readline().split()[0])
                joints = [to_xyz(file.readline().split()) for _ in range(int(file.readline()))]
                people.append((body_id, frame, joints))
    return choose_people(_collect(num_frames, people), str(path))


def _collect(num_frames: int, people: Iterable[tuple[int, int, Any]]) -> Bodies:
    """people: id, frame and joints (25, 3) of each."""
    frames: dict[int, list[int]] = {}
    joints: dict[int, list[Any]] = {}
    for body_id, frame, position in people:
        while frames.get(body_id, [-1])[-1] == frame:
            body_id += 1
        frames.setdefault(body_id, []).append(frame)
        joints.setdefault(body_id, []).append(position)
    return Bodies(
        num_frames,
        tuple(Body(i, np.array(at), np.array(joints[i], dtype=np.float32)) for i, at in frames.items()),
    )


def generate(folder: Path, num_files: int) -> None:
    """Files like the data set's: seven digits a number, Windows line endings, a third with two people."""
    rng = np.random.default_rng(0)
    middle = np.array([0, 0, 3, 256, 212, 960, 540, 0, 0, 0, 0])
    spread = np.array([0.3, 0.5, 0.2, 50, 50, 200, 200, 0.5, 0.5, 0.5, 0.5])
    for number in range(num_files):
        lines = ["80"]
        for _ in range(80):
            ids = (72057594037931648, 72057594037931921)[: 2 if number % 3 == 2 else 1]
            lines.append(str(len(ids)))
            for body_id in ids:
                lines += [f"{body_id} 0 1 1 1 1 0 -0.1159187 0.1413209 2", "25"]
                joints = middle + spread * rng.normal(size=(25, len(middle)))
                lines += [" ".join(f"{value:.7G}" for value in joint) + " 2" for joint in joints]
        name = f"S001C001P{number // 120 + 1:03}R001A{number % 120 + 1:03}.skeleton"
        (folder / name).write_bytes("".join(f"{line}\r\n" for line in lines).encode())


def unpack(source: Path, folder: Path) -> None:
    with DataFiles(source, ".skeleton") as files:
        for name in files.names:
            (folder / Path(name).name).write_bytes(files.read(name))


def readable(folder: Path) -> list[Path]:
    """The files that hold a whole recording, after a check that all readers read them alike."""
    paths = []
    for path in sorted(folder.iterdir()):
        try:
            expected = read_fast(path)
        except DataError as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        for name, reader in READERS.items():
            if not np.array_equal(reader(path), expected):
                raise SystemExit(f"{path.name}: {name} reads other numbers")
        paths.append(path)
    return paths


def measure(paths: list[Path], repeat: int) -> dict[str, list[float]]:
    """Files a second of each reader in each round."""
    rates: dict[str, list[float]] = {name: [] for name in READERS}
    for _ in range(repeat):
        for name, reader in READERS.items():
            start = time.perf_counter()
            for path in paths:
                reader(path)
            rates[name].append(len(paths) / (time.perf_counter() - start))
    return rates


def read_all(paths: list[Path]) -> int:
    for path in paths:
        read_fast(path)
    return len(paths)


def measure_parallel(paths: list[Path], jobs: int, repeat: int) -> float:
    """Files a second of this project's reader in as many processes, once they are up."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(read_all, [paths] * jobs))
        start = time.perf_counter()
        count = sum(pool.map(read_all, [paths] * jobs * repeat))
        return count / (time.perf_counter() - start)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, nargs="?")
    parser.add_argument("--files", type=int, default=24, help="how many to generate without SOURCE")
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if options.source is None:
            generate(folder, options.files)
        else:
            unpack(options.source, folder)
        paths = readable(folder)
        if not paths:
            print("no file could be read", file=sys.stderr)
            return 1
        size = sum(path.stat().st_size for path in paths) / len(paths)
        print(f"{len(paths)} files of {size / 1e3:.0f} kB, {options.repeat} rounds each, one process")
        rates = measure(paths, options.repeat)
        ours = rates[OURS]
        table = Table("reader", "files/s", "slowest - fastest round", f"{OURS} is", "in single rounds")
        for name, values in rates.items():
            ratios = [fast / slow for fast, slow in zip(ours, values, strict=True)]
            table.add_row(
                name,
                f"{statistics.median(values):,.0f}",
                f"{min(values):,.0f} - {max(values):,.0f}",
                "" if name == OURS else f"{statistics.median(ratios):.1f} times as fast",
                "" if name == OURS else f"{min(ratios):.1f} - {max(ratios):.1f}",
            )
        Console(width=110).print(table)
        jobs = os.cpu_count() or 1
        print(f"{jobs} processes: {measure_parallel(paths, jobs, options.repeat):,.0f} files/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
