"""The splits: whole, disjoint, the published ones, and refused where they do not belong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stgat.data.formats import FORMATS
from stgat.data.prepare import prepare
from stgat.data.prepared import PreparedDataset, write_prepared
from stgat.data.sequences import SkeletonSequence
from stgat.data.splits import SPLITS, Split, formats_of, split, split_dataset, splits_of
from stgat.errors import DataError
from tests.stgat.data.files import nw_ucla_file, write_folder


@dataclass(frozen=True)
class Columns:
    names: tuple[str, ...]
    subject: np.ndarray
    camera: np.ndarray
    setup: np.ndarray


def samples(
    subjects: list[int] | range, cameras: list[int] | range = range(1), setups: list[int] | range = range(1)
) -> Columns:
    """One sample of each subject, before each camera, in each setup."""
    numbers = np.array([(s, c, p) for s in subjects for c in cameras for p in setups])
    names = tuple(f"s{s}c{c}p{p}" for s, c, p in numbers)
    return Columns(names, *numbers.T)


def named(*names: str) -> Columns:
    zeros = np.zeros(len(names), np.int64)
    return Columns(names, zeros, zeros, zeros)


WHOLE = {
    "ntu60-xsub": samples(range(1, 41), range(1, 4)),
    "ntu60-xview": samples(range(1, 41), range(1, 4)),
    "ntu120-xsub": samples(range(1, 107), [1, 3]),
    "ntu120-xset": samples(range(1, 31), [1], range(1, 33)),
    "ucla-xview": samples(range(1, 11), range(1, 4)),
    "utd-xsub": samples(range(1, 9)),
    "msr-xsub": samples(range(1, 11)),
    "utkinect-xsub": samples(range(1, 11)),
    "published": named("train/a", "test/a", "train/b", "val/c"),
    "all": samples(range(3)),
}


def test_every_split_is_tried_here() -> None:
    assert set(WHOLE) == set(SPLITS)


@settings(deadline=None)
@given(name=st.sampled_from(SPLITS), data=st.data())
def test_parts_never_overlap_and_leave_nobody_out(name: str, data: st.DataObject) -> None:
    columns = WHOLE[name]
    without = split(columns, name)
    trained = sorted(set(columns.subject[without.train].tolist()) - {0})
    held_out = data.draw(st.lists(st.sampled_from(trained), max_size=3)) if trained else []
    parts = split(columns, name, held_out)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together.tolist()) == list(range(len(columns.names)))
    np.testing.assert_array_equal(parts.test, without.test)
    assert set(columns.subject[parts.validation].tolist()) == set(held_out)
    assert not set(columns.subject[parts.train].tolist()) & set(held_out)
    if name.endswith("xsub"):
        assert not set(columns.subject[parts.test].tolist()) & set(columns.subject[without.train].tolist())
    if name.endswith("xview"):
        assert not set(columns.camera[parts.test].tolist()) & set(columns.camera[without.train].tolist())


@pytest.mark.parametrize(
    ("name", "column", "train", "test"),
    [
        ("ntu60-xview", "camera", {2, 3}, {1}),
        ("ucla-xview", "camera", {1, 2}, {3}),
        ("ntu120-xset", "setup", set(range(2, 33, 2)), set(range(1, 33, 2))),
        ("utd-xsub", "subject", {1, 3, 5, 7}, {2, 4, 6, 8}),
        ("msr-xsub", "subject", {1, 3, 5, 7, 9}, {2, 4, 6, 8, 10}),
        ("utkinect-xsub", "subject", {1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}),
        ("ntu60-xsub", "subject", {1, 2, 4, 5, 8, 9, *range(13, 20), 25, 27, 28, 31, 34, 35, 38}, None),
    ],
)
def test_who_trains_and_who_tests(name: str, column: str, train: set[int], test: set[int] | None) -> None:
    columns = WHOLE[name]
    numbers, parts = getattr(columns, column), split(columns, name)
    assert set(numbers[parts.train].tolist()) == train
    assert set(numbers[parts.test].tolist()) == (set(numbers.tolist()) - train if test is None else test)


def test_half_of_the_subjects_of_both_ntu_editions_train() -> None:
    assert len(split(samples(range(1, 41)), "ntu60-xsub").train) == 20
    assert len(split(samples(range(1, 107)), "ntu120-xsub").train) == 53


def test_held_out_subjects_stay_in_a_test_part_that_shares_them() -> None:
    columns = samples([1, 2, 3], [1, 2, 3])
    parts = split(columns, "ucla-xview", [2])
    assert {columns.names[i] for i in parts.validation} == {"s2c1p0", "s2c2p0"}
    assert {columns.names[i] for i in parts.test} == {"s1c3p0", "s2c3p0", "s3c3p0"}
    assert len(parts.train) == 4


def test_parts_as_published_go_by_the_names() -> None:
    parts = split(WHOLE["published"], "published")
    assert (parts.train.tolist(), parts.validation.tolist(), parts.test.tolist()) == ([0, 2], [], [1, 3])


REFUSED = [
    (samples([1]), "ntu60_xsub", (), r"no split is called 'ntu60_xsub'; did you mean ntu60-xsub\? Known are"),
    (samples([1]), "cross", (), r"no split is called 'cross'\. Known are ntu60-xsub, "),
    (
        samples([1, 2], [1, 2]),
        "ucla-xview",
        (),
        r"test part is empty, the data set has no camera 3; is it NW-",
    ),
    (
        samples([1, 2], [3]),
        "ucla-xview",
        (),
        "the training part is empty, .* has no camera 1 or 2; is it NW-",
    ),
    (samples([1, 2], [0]), "ucla-xview", (), "s1c0p0 has no camera number, which is not in NW-UCLA; is this"),
    (samples([1, 40, 41]), "ntu60-xsub", (), r"s41c0p0 has subject 41, which is not in NTU RGB\+D; is this"),
    (samples([1, 3]), "utd-xsub", (), "the test part is empty, .* has no subject 2, 4, 6 or 8; is it UTD-MH"),
    (named(), "all", (), "split all: the data set is empty"),
    (
        named("train/a", "S001"),
        "published",
        (),
        "the name S001 says neither train nor test; .* published in parts .formats ctrgcn and",
    ),
    (named("train/a"), "published", (), "the test part is empty; was all of the data prepared"),
    (named("val/a"), "published", (), "the training part is empty; was all of the data prepared"),
    (WHOLE["utd-xsub"], "utd-xsub", (1, 2), "subject 2 is none of the training subjects, which are 1 3 5 7"),
    (WHOLE["utd-xsub"], "utd-xsub", (99,), "subject 99 is none of the training subjects"),
    (WHOLE["utd-xsub"], "utd-xsub", (1, 3, 5, 7), "no subject is left to train on; hold out fewer"),
    (WHOLE["published"], "published", (1,), "subject 1 cannot be held out, the data set does not say who"),
    (WHOLE["all"], "all", (0,), "subject 0 is none of the training subjects, which are 1 2"),
]


@pytest.mark.parametrize(("columns", "name", "holdout", "message"), REFUSED)
def test_what_does_not_fit_is_said_in_a_sentence(
    columns: Columns, name: str, holdout: tuple[int, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        split(columns, name, holdout)
    assert "\n" not in str(caught.value)


def test_a_split_names_formats_that_exist_and_every_format_has_a_split() -> None:
    for name in SPLITS:
        assert set(formats_of(name) or FORMATS) <= set(FORMATS)
    for form in FORMATS:
        assert splits_of(form)[-1] == "all"
    assert splits_of("nw-ucla") == ("ucla-xview", "all")
    with pytest.raises(DataError, match="did you mean utd-xsub"):
        formats_of("utd-xsubject")


def prepared_nw_ucla(folder: Path) -> PreparedDataset:
    body = np.random.default_rng(1).normal(size=(3, 20, 3))
    files = {f"a01_s{s:02}_e00_v{v:02}.json": nw_ucla_file(body) for s in (1, 2) for v in (1, 2, 3)}
    source = write_folder(folder / "nw", files)
    return prepare(FORMATS["nw-ucla"], source, folder / "out").dataset


def test_a_split_for_another_data_set_is_refused_with_those_that_fit(tmp_path: Path) -> None:
    dataset = prepared_nw_ucla(tmp_path)
    with pytest.raises(DataError) as caught:
        split_dataset(dataset, "ntu60-xsub")
    assert str(caught.value) == (
        f"{tmp_path / 'out'}: is Northwestern-UCLA Multiview Action 3D (format nw-ucla), and the split "
        "ntu60-xsub is for ntu60 or pyskl; choose ucla-xview or all"
    )
    assert len(split_dataset(dataset, "all").train) == 6
    assert len(split_dataset(dataset, "ucla-xview", [2]).validation) == 2


def test_a_refusal_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"out: split ucla-xview: subject 3 is none .* which are 1 2$"):
        split_dataset(prepared_nw_ucla(tmp_path), "ucla-xview", [3])


def test_made_up_data_take_the_split_of_what_they_imitate(tmp_path: Path) -> None:
    body, times = np.ones((2, 1, 25, 3), np.float32), np.arange(2.0)
    sequences = [SkeletonSequence(f"{s}", body, times, "ntu25", "a", subject=s) for s in (1, 3)]
    dataset = write_prepared(tmp_path / "made", sequences, ["a"])
    assert split_dataset(dataset, "ntu60-xsub").test.tolist() == [1]


def real_split(shared_dir: Path, form: str, name: str, holdout: tuple[int, ...]) -> Split:
    found = list(FORMATS[form].sequences(shared_dir / "datasets" / f"{form}.zip"))
    columns = (np.array([getattr(s, column) for s in found]) for column in ("subject", "camera", "setup"))
    return split(Columns(tuple(s.name for s in found), *columns), name, holdout)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("form", "name", "holdout", "sizes"),
    [
        ("nw-ucla", "ucla-xview", (), (1020, 0, 464)),
        ("nw-ucla", "ucla-xview", (1, 10), (814, 206, 464)),
        ("utd-mhad", "utd-xsub", (), (431, 0, 430)),
        ("utd-mhad", "utd-xsub", (7,), (323, 108, 430)),
    ],
)
def test_the_published_sizes(
    shared_dir: Path, form: str, name: str, holdout: tuple[int, ...], sizes: tuple[int, int, int]
) -> None:
    parts = real_split(shared_dir, form, name, holdout)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == sizes
