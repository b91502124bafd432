"""The finished parts of a data set, put together into the prepared form."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from stgat.data.atomic import replacing
from stgat.data.parts import Order, Part, PartSample
from stgat.data.prepared import (
    DATASET,
    JOINTS,
    REJECTED,
    SAMPLE_COLUMNS,
    SAMPLES,
    DatasetInfo,
    file_sha256,
    npy_header,
)
from stgat.data.sequences import Rejected
from stgat.errors import DataError
from stgat.skeleton import get_layout


class NothingLeftError(DataError):
    """Every recording was rejected."""


#: How many rejections an error quotes.
_QUOTED = 3


def merge(
    order: Order, parts: Sequence[Part], out: Path, on_copied: Callable[[int, int], None]
) -> DatasetInfo:
    """Write the prepared form from its parts, a sample at a time; dataset.json, which finishes it, last.

    The order is that of the parts. Of two samples with one name the second is rejected.
    on_copied: told how many samples are copied, and of how many.

    Raises NothingLeftError where no sample is left, OSError where something cannot be written.
    """
    total, num_frames, actions = 0, 0, set()
    for sample in _kept(parts):
        total, num_frames = total + 1, num_frames + sample.rows
        actions.add(sample.action)
    if not total:
        raise NothingLeftError(_nothing_left(order, parts))
    labels = order.labels or tuple(sorted(actions, key=natural_key))
    num_joints = get_layout(order.form.layout).num_joints
    with ExitStack() as stack:
        paths = [stack.enter_context(replacing(out / name)) for name in (SAMPLES, REJECTED, JOINTS)]
        table_file, refusals_file = (
            stack.enter_context(path.open("w", encoding="utf-8", newline="")) for path in paths[:2]
        )
        joints_file = stack.enter_context(paths[2].open("wb"))
        table = csv.writer(table_file, lineterminator="\n")
        refusals = csv.writer(refusals_file, lineterminator="\n")
        table.writerow(SAMPLE_COLUMNS)
        refusals.writerow(("name", "reason"))
        joints_file.write(npy_header(num_frames, num_joints))
        num_samples = num_rejected = first_frame = 0
        seen: set[str] = set()
        for part in parts:
            for refusal in part.rejected():
                refusals.writerow((refusal.name, refusal.reason))
                num_rejected += 1
            with part.joints.open("rb") as rows:
                for sample in part.samples():
                    content = rows.read(sample.rows * order.row_bytes)
                    if sample.name in seen:
                        refusals.writerow((sample.name, "a sample of this name came before it"))
                        num_rejected += 1
                        continue
                    seen.add(sample.name)
                    joints_file.write(content)
                    label = labels.index(sample.action)
                    table.writerow(
                        (sample.name, label, *sample[2:6], first_frame, sample.frames, sample.people)
                    )
                    first_frame += sample.rows
                    num_samples += 1
                    on_copied(num_samples, total)
    info = DatasetInfo(
        format=order.form.name,
        title=order.form.title,
        layout=order.form.layout,
        labels=labels,
        frames_per_second=order.form.frames_per_second,
        source=order.source.name,
        licence=order.form.licence,
        num_samples=num_samples,
        num_frames=num_frames,
        num_rejected=num_rejected,
        joints_sha256=file_sha256(out / JOINTS),
        samples_sha256=file_sha256(out / SAMPLES),
    )
    with replacing(out / DATASET) as path:
        path.write_text(info.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return info


def _kept(parts: Sequence[Part]) -> Iterator[PartSample]:
    """The samples of all parts in order, those with a name that came before left out."""
    seen: set[str] = set()
    for part in parts:
        for sample in part.samples():
            if sample.name not in seen:
                seen.add(sample.name)
                yield sample


def natural_key(text: str) -> tuple[list[str | int], str]:
    """Sorts "class 10" after "class 9", and "10" after "9"."""
    pieces = re.split(r"([0-9]+)", text)
    return [int(piece) if place % 2 else piece for place, piece in enumerate(pieces)], text


def _nothing_left(order: Order, parts: Sequence[Part]) -> str:
    refusals: list[Rejected] = [refusal for part in parts for refusal in part.rejected()]
    reasons = "; ".join(refusal.reason for refusal in refusals[:_QUOTED])
    more = f"; and {len(refusals) - _QUOTED} more" if len(refusals) > _QUOTED else ""
    return (
        f"{order.source}: none of its {len(refusals)} recordings can be used as {order.form.name}; is it the "
        f"right data set? {reasons}{more}"
    )
