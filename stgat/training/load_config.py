"""A run's configuration from a YAML file and `key=value` overrides.

A file may come from anyone: only plain values are read, and neither aliases, which a few lines of YAML can
multiply without end, nor more than MAX_BYTES.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from stgat.data.label_table import labels_of, read_label_table
from stgat.errors import ConfigError
from stgat.reading import read_limited, told
from stgat.training.config import AnyTrainConfig, PooledTrainConfig, PreparedTrainConfig, TrainConfig

MAX_BASES = 4
MAX_BASE_NAME = 255
#: Of one file; YAML takes many hundred times its size of memory. Those that come with the program have 2 kB,
#: and many labels belong in a label_table.
MAX_BYTES = 1 << 16
MAX_DEPTH = 50
MAX_ERRORS = 20
#: What PyYAML lets through of values that it cannot make, such as the month 13.
UNMAKEABLE = (
    yaml.YAMLError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
)


def load_config(path: Path, overrides: list[str] | None = None) -> AnyTrainConfig:
    """Read a YAML file and apply overrides such as `epochs=5` or `data.path=prepared/nw-ucla`.

    `data` tells which run it is: a list of raw data sets, or one prepared data set. A file may name another
    as its `base`, relative to itself; what it says goes before what the base says, key by key. It may also
    name a `label_table` (stgat.data.label_table), relative to itself.

    Raises ConfigError for a file that is missing or no YAML, and for unknown keys, naming the nearest.
    """
    content = _read(path, depth=0)
    for override in overrides or []:
        key, separator, value = override.partition("=")
        if not separator:
            raise ConfigError(f"{override!r}: expected key=value")
        _set(content, key.strip().split("."), _parse(value, repr(override)), override)
    _take_labels(content, str(path))
    kind = PooledTrainConfig if isinstance(content.get("data"), list) else PreparedTrainConfig
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        items = error.errors(include_url=False, include_input=False)
        lines = [f"{path}: {_explain(item, kind)}" for item in items[:MAX_ERRORS]]
        if len(items) > MAX_ERRORS:
            lines.append(f"{path}: and {len(items) - MAX_ERRORS} more")
        raise ConfigError("\n".join(lines)) from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error


def load_pooled_config(path: Path, overrides: list[str] | None = None) -> PooledTrainConfig:
    """The same, of a run on raw data sets. Raises ConfigError also where it names a prepared one."""
    config = load_config(path, overrides)
    if not isinstance(config, PooledTrainConfig):
        raise ConfigError(f"{path}: trains on one prepared data set; several raw ones (a list) are needed")
    return config


def _read(path: Path, depth: int, named_by: str = "") -> dict[str, Any]:
    """A file's keys and values, its base's under them."""
    try:
        text = read_limited(path, MAX_BYTES).decode("utf-8")
    except OSError as error:
        what = f"{named_by}{told(path, 1000)}: {error.strerror or error}"
        raise ConfigError(what if named_by else f"{what}; name a YAML file, as in configs/") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file ({error.reason})") from error
    content = _parse(text, str(path))
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys and values")
    if isinstance(content.get("label_table"), str):
        content["label_table"] = str(path.parent / content["label_table"])
    base = content.pop("base", None)
    if base is None:
        return content
    if not isinstance(base, str) or len(base) > MAX_BASE_NAME:
        raise ConfigError(f"{path}: base: expected the name of a file, found {told(base)}")
    if depth == MAX_BASES:
        raise ConfigError(f"{path}: base: {MAX_BASES} files deep; does one name itself?")
    return _merge(_read(path.parent / base, depth + 1, f"{path}: base: "), content)


def _take_labels(content: dict[str, Any], where: str) -> None:
    """Give each data set of a pooled run its labels from the `label_table`, unless it has its own."""
    table = content.pop("label_table", None)
    if table is None:
        return
    if not isinstance(table, str) or not table.isprintable() or not isinstance(content.get("data"), list):
        raise ConfigError(
            f"{where}: label_table: expected the name of a CSV file, beside a list of data sets"
        )
    try:
        rows = read_label_table(Path(table))
    except ConfigError as error:
        raise ConfigError(f"{where}: label_table: {error}") from error
    for item in content["data"]:
        if isinstance(item, dict):
            item.setdefault("labels", labels_of(rows, str(item.get("format"))))
    content.setdefault("parts", {row.label: row.parts for row in rows if row.label})


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            both[key] = _merge(under[key], over[key])
    return both


def _parse(text: str, where: str) -> Any:
    try:
        return parse_yaml(text)
    except UNMAKEABLE as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{where}: not readable as YAML: {told(reason, 500)}") from error


class _PlainLoader(yaml.SafeLoader):
    """Lists, mappings and plain values, each written out, and not nested without end."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            self._refuse("aliases (*) are not read; write the value out")
        if self._depth == MAX_DEPTH:
            self._refuse("nested too deeply")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def _refuse(self, why: str) -> None:
        raise yaml.composer.ComposerError(None, None, why, self.peek_event().start_mark)


def parse_yaml(text: str) -> Any:
    """As yaml.safe_load, but for aliases. Raises YAMLError, and others of UNMAKEABLE."""
    loader = _PlainLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _set(content: Any, keys: list[str], value: object, override: str) -> None:
    *parents, last = keys
    try:
        for key in parents:
            content = content[int(key)] if isinstance(content, list) else content.setdefault(key, {})
        if isinstance(content, list):
            content[int(last)] = value
        else:
            content[last] = value
    except (TypeError, ValueError, IndexError, AttributeError):
        raise ConfigError(f"{override!r}: no such place in the configuration") from None


def _explain(item: Any, kind: type[TrainConfig]) -> str:
    place = told(".".join(str(part) for part in item["loc"]))
    if item["type"] != "extra_forbidden":
        return f"{place}: {_message(item)}" if place else _message(item)
    near = difflib.get_close_matches(
        str(item["loc"][-1])[:100], _known_keys(kind, list(item["loc"][:-1])), n=1
    )
    meant = ".".join([*map(str, item["loc"][:-1]), *near])
    return f"{place}: unknown key" + (f"; did you mean {meant}?" if near else "")


def _message(item: Any) -> str:
    return told(item["msg"].removeprefix("Value error, "), 500)


def _known_keys(model: type[BaseModel], place: list[int | str]) -> list[str]:
    for part in place:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        kinds = [field.annotation] if field else []
        while kinds and get_origin(kinds[0]):
            kinds = list(get_args(kinds[0]))
        if not kinds or not (isinstance(kinds[0], type) and issubclass(kinds[0], BaseModel)):
            return []
        model = kinds[0]
    return list(model.model_fields)
