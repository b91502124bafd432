"""What can be trained: the configurations that come with the program, and how one is put on a data set."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from stgat.errors import ConfigError
from stgat.reading import read_limited

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
DEFAULT_CONFIG = CONFIGS / "own-actions.yaml"
#: The name of the configuration that goes on from the model that ships.
FINE_TUNE = "fine-tune"
#: More threads than this make no small network faster.
MOST_THREADS = 8
MAX_BYTES = 1 << 16


@dataclass(frozen=True)
class Choice:
    """A configuration as a person chooses it.

    about: what it says of itself in its first line, or its base does. error: why it cannot be used; the
    fields after it then say nothing. archives: the raw data sets of a run on several; empty for a run on
    one prepared set, whose split and holdout are the configuration's own.
    """

    path: Path
    name: str
    about: str = ""
    error: str = ""
    epochs: int = 1
    split: str = ""
    holdout: tuple[int, ...] = ()
    archives: tuple[Path, ...] = ()

    @property
    def pooled(self) -> bool:
        return bool(self.archives)


@dataclass(frozen=True)
class Fit:
    """How a prepared data set is divided.

    splits: that fit it, the usual one first. subjects: who trains in the first, ascending; empty where the
    data do not say. labels: its actions.
    """

    title: str
    labels: tuple[str, ...]
    num_samples: int
    splits: tuple[str, ...]
    subjects: tuple[int, ...]

    @property
    def holdout(self) -> tuple[int, ...]:
        """Who to validate on if nobody says otherwise: the last fifth of the people; nobody where few."""
        return (
            self.subjects[len(self.subjects) - max(1, len(self.subjects) // 5) :] if self.subjects[2:] else ()
        )


def list_choices(folder: Path = CONFIGS) -> list[Choice]:
    """Every configuration of the folder, the default first, then by name."""
    paths = sorted(folder.glob("*.yaml"), key=lambda path: (path.name != DEFAULT_CONFIG.name, path.name))
    return [describe(path) for path in paths]


def describe(path: Path) -> Choice:
    """What a configuration says of itself; of one that cannot be used, why."""
    from stgat.training.config import PooledTrainConfig
    from stgat.training.load_config import load_config

    try:
        config = load_config(path)
    except ConfigError as error:
        return Choice(path, path.stem, error=str(error).partition("\n")[0])
    about = _first_comment(path)
    if isinstance(config, PooledTrainConfig):
        archives = tuple(data.path for data in config.data)
        return Choice(path, config.name, about, epochs=config.epochs, archives=archives)
    data = config.data
    return Choice(path, config.name, about, "", config.epochs, data.split, data.holdout_subjects)


def fit(folder: Path) -> Fit:
    """How a prepared data set can be divided. Raises DataError for what is none."""
    from stgat.data.prepared import open_prepared
    from stgat.data.splits import split_dataset, splits_of
    from stgat.errors import DataError

    dataset = open_prepared(folder)
    splits = []
    for name in splits_of(dataset.info.format):
        try:
            parts = split_dataset(dataset, name)
        except DataError:  # a piece of a data set may lack the people of a protocol
            continue
        splits.append((name, parts))
    first = splits[0][1] if splits else None
    subjects = sorted(set(dataset.samples.subject[first.train].tolist()) - {0}) if first else []
    return Fit(
        dataset.info.title,
        dataset.info.labels,
        dataset.info.num_samples,
        tuple(name for name, _ in splits),
        tuple(subjects),
    )


def overrides_for(
    choice: Choice,
    *,
    name: str,
    epochs: int,
    device: str = "auto",
    data: Path | None = None,
    split: str = "",
    holdout: Sequence[int] = (),
    archives: Path | None = None,
) -> tuple[str, ...]:
    """The changes to a configuration that `train` is to be given.

    data, split, holdout: of a run on a prepared set. archives: where the raw data sets of a run on several
    lie, under their usual names.
    """
    changes = [f"name={_text(name)}", f"epochs={epochs}", f"device={device}", f"threads={threads()}"]
    if choice.pooled:
        folder = archives or Path("data")
        changes += [
            f"data.{number}.path={_text(folder / archive.name)}"
            for number, archive in enumerate(choice.archives)
        ]
    elif data is not None:
        changes += [
            f"data.path={_text(data)}",
            f"data.split={split or choice.split}",
            f"data.holdout_subjects=[{','.join(map(str, holdout))}]",
        ]
    return tuple(changes)


def threads() -> int:
    """How many threads a run may take here: half of the cores, so that the window stays fluent."""
    return max(1, min(MOST_THREADS, (os.cpu_count() or 2) // 2))


def parse_subjects(text: str) -> tuple[int, ...]:
    """
    >>> parse_subjects("3, 5 8"), parse_subjects("")
    ((3, 5, 8), ())

    Raises ConfigError for what are no numbers.
    """
    words = text.replace(",", " ").split()
    if not all(word.isascii() and word.isdecimal() for word in words):
        raise ConfigError(f"{text!r}: people are named by their numbers, such as 3, 5; or leave it empty")
    return tuple(dict.fromkeys(int(word) for word in words))


def _text(value: object) -> str:
    """As YAML has a text, whatever is in it."""
    return yaml.safe_dump(str(value), default_style='"', allow_unicode=True, width=10_000).strip()


def _first_comment(path: Path, depth: int = 0) -> str:
    """The first sentence of the comment a file begins with, else of its base's."""
    try:
        text = read_limited(path, MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    comment = re.match(r"#\s*(.+)", text)
    if comment:
        return comment[1].strip().removesuffix(".")
    base = re.search(r"^base:\s*(\S+)", text, re.MULTILINE)
    return _first_comment(path.parent / base[1], depth + 1) if base and depth < 4 else ""
