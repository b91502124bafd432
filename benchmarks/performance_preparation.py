"""How fast raw NTU RGB+D files are read and prepared, beside plain ways of doing it.

    python benchmarks/performance_preparation.py [--quick]

Readers: those of benchmarks/ntu_reader.py in turns in one process, and ours in as many processes as there are
cores. Preparation: `prepare` as it is called, with all cores, start and writing included, in turns with the
plain reader that keeps the fields by name, which writes nothing. Both read the same made-up files
(benchmarks/generated_ntu.py): `prepare` a fifth of NTU-60, the plain reader each file that differs once.
Tables go to stdout; --quick measures nothing worth keeping.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import ntu_reader
from benchmarks.full_size import prepare
from benchmarks.generated_ntu import generate
from stgat.timing import Times, in_turns, ratio


def reader_table(num_files: int, repeat: int, jobs: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        ntu_reader.generate(Path(folder), num_files)
        paths = ntu_reader.readable(Path(folder))
        rates = ntu_reader.measure(paths, repeat)
        parallel = ntu_reader.measure_parallel(paths, jobs, repeat) if jobs > 1 else None
    times = {name: Times(tuple(1 / rate for rate in of_one)) for name, of_one in rates.items()}
    lines = [
        "| reader of raw files | files/s | this project's is so many times as fast |",
        "| --- | --- | --- |",
    ]
    for name, of_one in times.items():
        middle, low, high = ratio(of_one, times[ntu_reader.OURS])
        compared = "" if name == ntu_reader.OURS else f"{middle:.1f} ({low:.1f}-{high:.1f})"
        lines.append(f"| {name} | {statistics.median(rates[name]):,.0f} | {compared} |")
    return [*lines, f"| {ntu_reader.OURS}, {jobs} processes | {parallel:,.0f} | |"] if parallel else lines


def preparation_table(num_samples: int, num_files: int, rounds: int) -> list[str]:
    """num_samples: recordings to prepare, made of num_files that differ."""
    with tempfile.TemporaryDirectory(prefix="preparation-") as folder:
        scratch = Path(folder)
        source = generate(scratch, num_samples, num_files)
        distinct = sorted((scratch / "distinct").iterdir())
        number = count()

        def ours() -> None:
            prepare(source, scratch / f"prepared-{next(number)}")

        def plain() -> None:
            for path in distinct:
                ntu_reader.read_named_fields(path)

        taken = in_turns({"ours": ours, "plain": plain}, rounds, warm_up=0, at_most_s=120.0)
    a_file = {
        "ours": Times(tuple(seconds / num_samples for seconds in taken["ours"].seconds)),
        "plain": Times(tuple(seconds / len(distinct) for seconds in taken["plain"].seconds)),
    }
    middle, low, high = ratio(a_file["plain"], a_file["ours"])
    return [
        "| preparation | files/s | so many times as fast |",
        "| --- | --- | --- |",
        f"| `prepare`, {num_samples:,} files, {os.cpu_count() or 1} cores, start and writing included "
        f"| {1 / a_file['ours'].median:,.0f} | {middle:.1f} ({low:.1f}-{high:.1f}) |",
        f"| named fields, one process, nothing written | {1 / a_file['plain'].median:,.0f} | |",
    ]


def run(quick: bool) -> Iterator[str]:
    yield from reader_table(*((3, 3, 1) if quick else (24, 7, os.cpu_count() or 1)))
    yield ""
    yield from preparation_table(*((6, 3, 3) if quick else (12_000, 100, 5)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few files, for tests")
    for line in run(parser.parse_args(arguments).quick):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
