"""Which action of which data set counts as which class: a CSV file such as configs/everyday-actions.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stgat.errors import ConfigError
from stgat.reading import read_limited

#: A row takes a hundred bytes, and no study has as many as ten thousand actions.
MAX_BYTES, MAX_ROWS = 2**20, 10_000
COLUMNS = ("label", "parts", "ntu", "data_set", "action", "sequences", "note")


@dataclass(frozen=True)
class TableRow:
    """One action of one data set.

    label: the class it counts as; empty for an action that is left out. parts: what of the body makes it, a
    word of stgat.training.config.Parts, the same in all rows of a class. ntu: its number in NTU RGB+D,
    such as "A10", empty where that has none. data_set: a name of stgat.data.formats. sequences: how many
    there are. note: for people.
    """

    label: str
    parts: str
    ntu: str
    data_set: str
    action: str
    sequences: int
    note: str


def read_label_table(path: Path) -> tuple[TableRow, ...]:
    """The rows of a table. Raises ConfigError, naming the line, for what is no such table."""
    try:
        text = io.TextIOWrapper(io.BytesIO(read_limited(path, MAX_BYTES)), "utf-8", newline="")
        return tuple(_rows(csv.reader(text, strict=True), path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file ({error.reason})") from error
    except csv.Error as error:
        raise ConfigError(f"{path}: not readable as CSV ({error})") from error


def _rows(lines: Iterator[list[str]], path: Path) -> Iterator[TableRow]:
    if tuple(next(lines, ())) != COLUMNS:
        raise ConfigError(f"{path}: line 1: expected the columns {','.join(COLUMNS)}")
    seen: set[tuple[str, str]] = set()
    parts: dict[str, str] = {}
    for number, line in enumerate(lines, 2):
        if number > MAX_ROWS + 1:
            raise ConfigError(f"{path}: line {number}: a table has at most {MAX_ROWS:,} rows")
        row = _row(line, f"{path}: line {number}")
        if (row.data_set, row.action) in seen:
            raise ConfigError(f"{path}: line {number}: {row.action} of {row.data_set} comes a second time")
        if parts.setdefault(row.label, row.parts) != row.parts:
            raise ConfigError(f"{path}: line {number}: {row.label} was made by {parts[row.label]} before")
        seen.add((row.data_set, row.action))
        yield row


def _row(line: list[str], where: str) -> TableRow:
    if len(line) != len(COLUMNS):
        raise ConfigError(f"{where}: expected {len(COLUMNS)} values, found {len(line)}")
    label, parts, ntu, data_set, action, sequences, note = (value.strip() for value in line)
    if bool(label) != bool(parts):
        raise ConfigError(f"{where}: a label and its parts are either both given or both left out")
    if not (data_set and action):
        raise ConfigError(f"{where}: names no data set or no action")
    if not (sequences.isascii() and sequences.isdigit() and len(sequences) < 10):
        raise ConfigError(f"{where}: sequences: expected a number, found {sequences[:40]!r}")
    return TableRow(label, parts, ntu, data_set, action, int(sequences), note)


def labels_of(rows: Iterable[TableRow], data_set: str) -> dict[str, str]:
    """A data set's actions -> their classes, those left out left out."""
    return {row.action: row.label for row in rows if row.data_set == data_set and row.label}


def left_out(rows: Iterable[TableRow], data_set: str) -> tuple[str, ...]:
    """A data set's actions that are no class."""
    return tuple(row.action for row in rows if row.data_set == data_set and not row.label)
