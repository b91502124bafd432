"""What the `inspect` verb does with a path: tables of it, and a picture where one is asked for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path

from rich.console import RenderableType

from stgat.data.prepared import DATASET, PreparedDataset, open_prepared
from stgat.errors import DataError
from stgat.skeleton import get_layout

CHECKPOINT_SUFFIX = ".safetensors"


def inspect(
    path: Path, sample: str | None, output: Path | None, show: Callable[[RenderableType], None]
) -> Path | None:
    """Show a data set or a checkpoint, or write a picture; returns the file that was written, if any.

    A data set alone is shown as tables, with `output` drawn as well; with `sample`, a name or a number
    from 0, that sample is animated instead.

    Raises DataError, CheckpointError or OutputError.
    """
    if path.is_file() and path.suffix == CHECKPOINT_SUFFIX:
        if sample is not None or output is not None:
            raise DataError(f"{path}: is a checkpoint; --sample and --output are for prepared data sets")
        from app.inspect.tables import checkpoint_tables
        from stgat.checkpoint import read_metadata

        show(checkpoint_tables(path, read_metadata(path)))
        return None
    if path.is_file():
        raise DataError(
            f"{path}: neither a prepared data set, which is a folder with {DATASET}, nor a checkpoint "
            f"({CHECKPOINT_SUFFIX})"
        )
    dataset = open_prepared(path)
    if sample is not None:
        return _animate(dataset, find_sample(dataset, sample), output)
    from app.inspect.tables import dataset_tables

    show(dataset_tables(dataset))
    if output is not None:
        from app.inspect.figure import save_figure

        save_figure(output, dataset)
    return output


def find_sample(dataset: PreparedDataset, wanted: str) -> int:
    """The number of the sample of that name, or of that number. Raises DataError with the nearest name."""
    names = dataset.samples.names
    if wanted in names:
        return names.index(wanted)
    if re.fullmatch(r"[0-9]{1,12}", wanted):
        if int(wanted) < len(names):
            return int(wanted)
        raise DataError(f"{dataset.folder}: has no sample {wanted}; they are numbered 0 to {len(names) - 1}")
    near = [name for name in names if wanted.lower() in name.lower()]
    near = near or difflib.get_close_matches(wanted, names)
    raise DataError(
        f"{dataset.folder}: has no sample {wanted!r}; "
        + (f"near to it are {', '.join(near[:3])}" if near else f"the first is {names[0]}")
    )


def _animate(dataset: PreparedDataset, index: int, output: Path | None) -> Path:
    from app.inspect.animation import save_animation
    from app.inspect.views import Clip

    info, samples = dataset.info, dataset.samples
    name = samples.names[index]
    numbers = {
        one: int(getattr(samples, one)[index]) for one in ("subject", "camera", "setup", "replication")
    }
    known = [f"{one} {number}" for one, number in numbers.items() if number]
    clip = Clip(
        dataset.sample(index),
        get_layout(info.layout),
        info.frames_per_second,
        title=f"{name} · {info.labels[samples.label[index]]}",
        subtitle=" · ".join([info.title, *known]),
    )
    path = output or Path(re.sub(r"[^\w.-]+", "_", name) + ".gif")
    save_animation(path, clip)
    return path
