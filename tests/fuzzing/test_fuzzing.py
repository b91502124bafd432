"""Every reader on its seeds, on what broke it once, and on a few hundred seeded changes of them.

The long search is benchmarks/fuzz.py; this is what it leaves behind, and takes a few seconds.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from random import Random

import pytest

from stgat.errors import DataError
from tests.fuzzing.mutations import mutate, stretch
from tests.fuzzing.regressions import regressions
from tests.fuzzing.target import FindingError, Target, run
from tests.fuzzing.targets import TARGETS

CHANGES = 100
NAMES = sorted(TARGETS)


@pytest.mark.parametrize("name", NAMES)
def test_promise_seeds_of_every_reader_are_read(name: str, tmp_path: Path) -> None:
    outcomes = [run(TARGETS[name], seed, tmp_path, measure=True) for seed in TARGETS[name].seeds()]
    assert any(not outcome.error for outcome in outcomes), outcomes


@pytest.mark.parametrize("name", NAMES)
def test_promise_what_broke_a_reader_once_gives_a_clear_error(name: str, tmp_path: Path) -> None:
    for content in regressions(name):
        run(TARGETS[name], content, tmp_path, measure=True)


@pytest.mark.parametrize("name", NAMES)
def test_promise_changed_files_are_read_or_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    target, random = TARGETS[name], Random(zlib.crc32(name.encode()))
    seeds = [*target.seeds(), *regressions(name)]
    for number in range(CHANGES):
        content = mutate(random.choice(seeds), seeds, target.tokens, random)[: target.max_bytes]
        run(target, content, tmp_path, measure=number % 20 == 0)


@pytest.mark.parametrize("name", NAMES)
def test_promise_memory_stays_under_twenty_times_the_file(name: str, tmp_path: Path) -> None:
    target, random = TARGETS[name], Random(zlib.crc32(name.encode()))
    for seed in target.seeds()[:2]:
        run(target, stretch(seed, 1 << 18, random), tmp_path, measure=True)


def _target(read: object) -> Target:
    return Target("made-up", "file.bin", read, list)  # type: ignore[arg-type]


def _names_nothing(path: Path) -> None:
    raise DataError("something is wrong")


def _swallows(path: Path) -> None:
    try:
        os.system("true")
    except AssertionError:
        raise DataError(f"{path}: is damaged") from None


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (lambda path: 1 / 0, "ZeroDivisionError"),
        (lambda path: path.read_bytes() * 100_000_000, "memory"),
        (lambda path: Path(os.devnull).write_bytes(b""), "code"),
        (_names_nothing, "message"),
        (_swallows, "code"),
    ],
)
def test_a_broken_promise_is_a_finding(read: object, kind: str, tmp_path: Path) -> None:
    with pytest.raises(FindingError, match=kind):
        run(_target(read), b"x", tmp_path, measure=True)
