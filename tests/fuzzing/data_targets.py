"""The readers of stgat.data: every form of data set, and the tables that go with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from stgat.data.formats import FORMATS
from stgat.data.label_table import read_label_table
from stgat.data.ntu import read_missing_list, read_skeleton
from stgat.data.ntu_fast import read_regular
from stgat.data.ntu_text import read_lines
from stgat.data.parts import Part
from stgat.data.plan import Plan, take_up
from stgat.data.prepared import open_prepared
from stgat.data.sequences import Format, Rejected, SkeletonSequence, kept_open
from stgat.data.splits import split_dataset, splits_of
from stgat.errors import ConfigError, DataError
from stgat.skeleton import get_layout
from tests.fuzzing import data_seeds as seeds
from tests.fuzzing.packing import (
    write_in_folder,
    write_mat,
    write_prepared,
    write_zipped,
    write_zipped_in_folder,
)
from tests.fuzzing.target import Target, check_sentence, write_whole

_SHARD_NAME = re.compile(r"[\w.-]{1,100}")


@kept_open()
def read_data_set(form: Format, source: Path) -> None:
    """As `prepare` and `train` go through a data set. Raises DataError, also for what it leaves out."""
    form.label_names(source)
    rejected: list[str] = []
    for shard in form.shards(source):
        assert _SHARD_NAME.fullmatch(shard.name), shard.name
        for found in form.read(source, shard):
            if isinstance(found, Rejected):
                check_sentence(found.reason, source)
                rejected.append(found.reason)
            else:
                check_sequence(found, form)
    for recording in form.untrimmed(source):
        check_sequence(recording.whole, form)
        for _, start, stop in recording.cuts:
            assert 0 <= start < stop <= len(recording.whole.timestamps_s)
    if rejected:
        raise DataError(rejected[0])


def check_sequence(sequence: SkeletonSequence, form: Format) -> None:
    """What Format promises of a sequence."""
    joints, times = sequence.joints_m, sequence.timestamps_s
    T, M, V, C = joints.shape
    assert T == len(times) >= 1 and M >= 1, joints.shape
    assert get_layout(form.layout).num_joints == V and C == 3, joints.shape
    assert joints.dtype == np.float32 and np.isfinite(joints).all(), "coordinates that are no number"
    assert np.isfinite(times).all() and (np.diff(times) > 0).all(), "times that do not grow"
    assert sequence.layout == form.layout


def read_skeleton_twice(path: Path) -> None:
    """A raw NTU file, by the reader the application has and by both that it is made of, which agree."""
    content = path.read_bytes()
    fast = read_regular(content)
    if fast is not None:
        slow = read_lines(content, str(path))
        assert (fast.num_frames, fast.ids, fast.frames) == (slow.num_frames, slow.ids, slow.frames)
        assert np.array_equal(fast.joints_m.view(np.uint32), slow.joints_m.view(np.uint32)), "joints differ"
    check_sequence(read_skeleton(path), FORMATS["ntu120"])


def read_prepared(folder: Path) -> None:
    """A prepared data set as training opens it, each sample and each split of it."""
    data = open_prepared(folder, verify=True)
    for index in range(min(len(data), 20)):
        T, M, V, _ = data.sample(index).shape
        assert data.samples.frames[index] == T and data.samples.people[index] == M
        assert get_layout(data.info.layout).num_joints == V
    for name in splits_of(data.info.format):
        split_dataset(data, name)


def read_plan(path: Path) -> None:
    """A preparation that was begun, taken up again."""
    plan = Plan.model_validate_json(seeds.plan()[0])
    take_up(path.parent, plan, restart=False)


def read_part(table: Path) -> None:
    """The table of a finished part: damage makes it count as not finished, which is no error."""
    part = Part(table.parent, table.stem)
    part.joints.write_bytes(b"\0" * seeds.PART_BYTES)
    part.refusals.write_text("name,reason\n", encoding="utf-8")
    if part.count(seeds.ROW_BYTES) is not None:
        for sample in part.samples():
            assert sample.rows >= 0


def read_scores(path: Path) -> None:
    """The scores of a network, to be fused."""
    from stgat.training.scores import load_scores  # brings PyTorch

    load_scores(path)


def _data_set(
    form: str, file: str, make: Callable[[], list[bytes]], place: Callable = write_in_folder, **more: object
) -> Target:
    return Target(form, file, partial(read_data_set, FORMATS[form]), make, place=place, **more)


_JSON = (b'{"', b'":', b"[", b"]", b"{", b"}", b"null", b"true", b"NaN", b"Infinity", b"1e999", b'"\\ud800"')
_NPY = (
    b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00", b"\x93NUMPY\x03\x00", b"'<f4'", b"'<f8'", b"'|O'",
    b"'<i8'", b"'|V8'", b"'<U9999999'", b"[('a','<f4')]", b"True", b"(1000000000, 1000000000)", b"(0,)",
    b"(-1,)", b"()", b"'descr'", b"'fortran_order'", b"'shape'", b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06",
)  # fmt: skip
_PICKLE = (
    b"cos\nsystem\n", b"cbuiltins\neval\n", b"c__builtin__\nexec\n", b"cnumpy\nndarray\n", b"cnumpy\ndtype\n",
    b"cnumpy._core.multiarray\n_reconstruct\n", b"cnumpy._core.multiarray\nscalar\n", b"c_codecs\nencode\n",
    b"cnumpy._core.numeric\n_frombuffer\n", b"R.", b"\x93", b"\x94", b"\x8c\x06system", b"(", b")", b"b",
    b"\x80\x04", b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x8a\xff", b"r\xff\xff\xff\xff",
    b"P1\n", b"i", b"o",
)  # fmt: skip

TARGETS = (
    Target("skeleton", "S001C001P001R001A001.skeleton", read_skeleton_twice, seeds.skeleton,
           tokens=(b"25\r\n", b"1\n", b"72057594037931648 0 1 1 1 1 0 0 0 2\n", b"E-05", b"100000\n")),
    _data_set("ntu60", "source.zip", seeds.ntu_archive, write_zipped, tokens=_NPY[-3:]),
    _data_set("recordings", "clap/s01_a.npz", seeds.recording, write_zipped_in_folder, tokens=_NPY),
    Target("sessions", "source.zip", partial(read_data_set, FORMATS["recordings"]), seeds.session,
           place=write_zipped, tokens=(*_JSON, *_NPY, b"events.jsonl\n", b"skeletons/part-0001.npz\n")),
    _data_set("ctrgcn", "NTU60_CS.npz", seeds.ctrgcn, write_zipped, tokens=_NPY),
    _data_set("pyskl", "ntu60_3danno.pkl", seeds.pyskl, write_whole, tokens=_PICKLE),
    _data_set("kinetics", "source.zip", seeds.kinetics, write_zipped, tokens=_JSON),
    _data_set("nw-ucla", "a01_s01_e00_v01.json", seeds.nw_ucla, tokens=_JSON),
    _data_set("utd-mhad", "a1_s1_t1_skeleton.mat", seeds.utd_mhad, write_mat,
              tokens=(b"d_skel", b"\x0e\0\0\0", b"\x06\0\0\0", b"\x0f\0\0\0", b"\x05\0\x04\0")),
    _data_set("gtu", "1/movement1.txt", seeds.gtu),
    _data_set("msr-action3d", "a01_s01_e01_skeleton3D.txt", seeds.msr_action3d),
    _data_set("utkinect", "source.zip", seeds.utkinect, write_zipped,
              tokens=(b"actionLabel.txt\n", b"joints_s01_e01.txt\n", b"walk: ", b"NaN", b"s01_e01")),
    Target("label-table", "table.csv", read_label_table, seeds.label_table, errors=(ConfigError,),
           tokens=(b'"', b'""', b",", b"\r", b"\0")),
    Target("missing-list", "missing.txt", read_missing_list, seeds.missing_list),
    Target("prepared", "dataset.json", read_prepared, seeds.prepared, place=write_prepared,
           tokens=(*_JSON, *_NPY[:18])),
    Target("plan", "plan.json", read_plan, seeds.plan, tokens=_JSON),
    Target("part-table", "00000.csv", read_part, seeds.part_table, tokens=(b'"', b",", b"\r", b"\0")),
    Target("scores", "scores.npz", read_scores, seeds.scores, place=write_zipped, tokens=_NPY,
           imports=("stgat.training.scores",)),
)  # fmt: skip
