"""CTR-GCN's arrays: every sample comes back as it was, one at a time, and no claim of a file is believed."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy
from numpy.testing import assert_array_equal

from stgat.data.ctrgcn import CTRGCN
from stgat.data.npy_stream import NpzStream
from stgat.data.ntu_labels import NTU_ACTIONS
from stgat.data.sequences import Rejected, SkeletonSequence
from stgat.errors import DataError

FORM = CTRGCN()
Save = Callable[..., None]


def samples(*lengths: int, people: int = 2, T: int = 8, seed: int = 0) -> np.ndarray:
    """(N, T, 150) with so many frames of people each, zeros after them."""
    x = np.zeros((len(lengths), T, 150), np.float32)
    numbers = np.random.default_rng(seed)
    for row, length in zip(x, lengths, strict=True):
        row[:length, : 75 * people] = numbers.normal(size=(length, 75 * people))
    return x


def one_hot(*labels: int, classes: int = 60) -> np.ndarray:
    return np.eye(classes)[list(labels)]


def arrays(**changes: Any) -> dict[str, np.ndarray]:
    """The four arrays of a small file: three samples to train on, two to test on."""
    return {
        "x_train": samples(3, 8, 1),
        "y_train": one_hot(0, 59, 7),
        "x_test": samples(5, 2, people=1, seed=1),
        "y_test": one_hot(9, 10),
    } | changes


@pytest.fixture(params=[np.savez, np.savez_compressed], ids=["savez", "savez_compressed"])
def save(request: pytest.FixtureRequest) -> Save:
    return request.param


def read(source: Path) -> list[SkeletonSequence | Rejected]:
    return [found for shard in FORM.shards(source) for found in FORM.read(source, shard)]


def test_samples_are_read_with_their_people_frames_and_names(tmp_path: Path, save: Save) -> None:
    source = tmp_path / "NTU60_CS.npz"
    content = arrays()
    save(source, **content)
    assert [(shard.name, shard.size) for shard in FORM.shards(source)] == [("train", 3), ("test", 2)]
    found = {sequence.name: sequence for sequence in FORM.sequences(source)}
    assert [(name, len(one.joints_m), one.joints_m.shape[1], one.action) for name, one in found.items()] == [
        ("train/000000", 3, 2, NTU_ACTIONS[0]),
        ("train/000001", 8, 2, NTU_ACTIONS[59]),
        ("train/000002", 1, 2, NTU_ACTIONS[7]),
        ("test/000000", 5, 1, NTU_ACTIONS[9]),
        ("test/000001", 2, 1, NTU_ACTIONS[10]),
    ]
    second = found["train/000001"]
    frame = content["x_train"][1, 6]  # person 0's 75 numbers, then person 1's
    assert_array_equal(second.joints_m[6, 0], frame[:75].reshape(25, 3))
    assert_array_equal(second.joints_m[6, 1], frame[75:].reshape(25, 3))
    assert second.joints_m.dtype == np.float32
    assert second.layout == "ntu25"
    assert_array_equal(second.timestamps_s, np.arange(8) / 30)
    assert (second.subject, second.camera, second.setup, second.replication) == (0, 0, 0, 0)


@pytest.mark.parametrize("classes", [60, 120])
def test_labels_are_those_of_as_many_classes_as_y_is_wide(tmp_path: Path, classes: int) -> None:
    source = tmp_path / "NTU.npz"
    np.savez(
        source,
        **arrays(y_train=one_hot(0, 1, classes - 1, classes=classes), y_test=one_hot(2, 3, classes=classes)),
    )
    assert FORM.label_names(source) == NTU_ACTIONS[:classes]
    *_, last = (one for one in FORM.sequences(source) if one.name.startswith("train"))
    assert last.action == NTU_ACTIONS[classes - 1]


def test_zero_frames_are_cut_at_the_end_and_kept_elsewhere(tmp_path: Path) -> None:
    x = samples(6, 6, 6)
    x[0, [0, 3]] = 0
    x[1, 3:6, :75] = 0  # the first person leaves, the second stays
    x[2, :, :75] = 0  # only the second is ever there
    np.savez(tmp_path / "a.npz", **arrays(x_train=x))
    first, second, third, *_ = FORM.sequences(tmp_path / "a.npz")
    assert first.joints_m.shape == second.joints_m.shape == (6, 2, 25, 3)
    assert not first.joints_m[[0, 3]].any()
    assert second.joints_m[3:, 1].any()
    assert third.joints_m.shape == (6, 1, 25, 3)
    assert_array_equal(third.joints_m[:, 0].reshape(6, 75), x[2, :6, 75:])


def test_samples_that_cannot_be_used_are_rejected_and_the_others_read(tmp_path: Path, save: Save) -> None:
    x = samples(4, 4, 4, 4, 4, 0).astype(np.float64)
    x[1, 2, 77] = np.nan
    x[3, 3, 0] = 1e300  # no float32
    y = one_hot(1, 2, 3, 4, 5, 6)
    y[2, 50] = 1
    y[4] = 0.5 * y[4]
    save(tmp_path / "a.npz", **arrays(x_train=x, y_train=y))
    good, nan, two_hot, huge, half_hot, empty, *_ = read(tmp_path / "a.npz")
    assert isinstance(good, SkeletonSequence)
    for found, number, reason in (
        (nan, 1, "frame 2 holds a coordinate that is no finite number"),
        (two_hot, 2, "its row of y is not one-hot"),
        (huge, 3, "frame 3 holds a coordinate that is no finite number"),
        (half_hot, 4, "its row of y is not one-hot"),
        (empty, 5, "all its frames are zero"),
    ):
        assert isinstance(found, Rejected)
        assert found.name == f"train/{number:06}"
        assert found.reason == f"{tmp_path / 'a.npz'}: sample train/{number:06}: {reason}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    lengths=st.lists(st.integers(0, 5), max_size=5),
    people=st.sampled_from([1, 2]),
    dtype=st.sampled_from(["<f2", "<f4", ">f4", "<f8"]),
    compressed=st.booleans(),
    seed=st.integers(0, 9),
)
def test_what_was_written_is_what_is_read(
    tmp_path: Path, lengths: list[int], people: int, dtype: str, compressed: bool, seed: int
) -> None:
    x = samples(*lengths, people=people, T=5, seed=seed).astype(dtype)
    labels = np.random.default_rng(seed).integers(0, 60, len(lengths))
    save = np.savez_compressed if compressed else np.savez
    save(tmp_path / "a.npz", **arrays(x_train=x, y_train=one_hot(*labels).reshape(-1, 60)))
    found = read(tmp_path / "a.npz")[: len(lengths)]
    for row, label, length, one in zip(x, labels, lengths, found, strict=True):
        if length == 0:
            assert isinstance(one, Rejected)
            continue
        assert isinstance(one, SkeletonSequence)
        assert one.action == NTU_ACTIONS[label]
        expected = row[:length, : people * 75].reshape(length, people, 25, 3)
        assert_array_equal(one.joints_m, expected.astype(np.float32))


def test_memory_stays_flat_however_large_the_array(tmp_path: Path, save: Save) -> None:
    N = 1500  # 68 MB unpacked, 45 kB a sample
    x = np.broadcast_to(samples(75, T=75), (N, 75, 150))
    source = tmp_path / "large.npz"
    save(source, **arrays(x_train=x, y_train=one_hot(*[3] * N)))
    (train, _) = FORM.shards(source)
    list(FORM.read(source, FORM.shards(source)[1]))  # what Python sets up once
    tracemalloc.start()
    try:
        assert sum(len(found.joints_m) for found in FORM.read(source, train)) == 75 * N
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 2**20


# --- files that are not what they say ---


def npy_bytes(array: np.ndarray, **kwargs: Any) -> bytes:
    file = io.BytesIO()
    npy.write_array(file, array, **kwargs)
    return file.getvalue()


def claimed(shape: object, descr: object = "<f4", fortran: object = False, content: bytes = b"") -> bytes:
    """An array with that header, whatever the content."""
    file = io.BytesIO()
    header = {"shape": shape, "fortran_order": fortran, "descr": descr}
    npy.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
    return file.getvalue() + content


def write_members(path: Path, **members: bytes) -> Path:
    """A file of the four arrays in which some members have other bytes."""
    content = {name: npy_bytes(array) for name, array in arrays().items()} | members
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(f"{name}.npy", data)
    return path


OBJECTS = npy_bytes(np.array([None]), allow_pickle=True)
WRONG_MEMBERS = [
    ("x_train", b"", "no readable .npy header"),
    ("x_train", b"\x93NUMPY\x01\x00", "no readable .npy header"),
    ("x_train", b"\x93NUMPY\x09\x00" + b"\0" * 200, "no readable .npy header (version (9, 0)"),
    ("x_train", b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 20_000, "no readable .npy header"),
    ("x_train", b"\x93NUMPY\x01\x00\x80\x00" + b"{" * 128, "no readable .npy header"),
    ("x_train", b"\x93NUMPY\x01\x00\x40\x00" + b"(" * 64, "no readable .npy header"),
    ("x_train", b"no array", "no readable .npy header"),
    ("x_train", OBJECTS, "holds object, not plain numbers"),
    ("x_train", npy_bytes(np.zeros(2, "U3")), "holds <U3, not plain numbers"),
    ("x_train", npy_bytes(np.zeros(2, [("a", "f4")])), "not plain numbers"),
    ("x_train", npy_bytes(np.asfortranarray(samples(3, 8, 1))), "is in Fortran order; write it with"),
    ("x_train", claimed((3, 8, 150)), "claims float32 (3, 8, 150), 14528 bytes, but it has 128"),
    ("x_train", claimed((3, 8, 150), content=b"1234" * 4000), "14528 bytes, but it has 16128"),
    ("x_train", claimed((10**12, 300, 150)), "bytes, but it has"),
    ("x_train", claimed((-3, 8, 150)), "its header claims an impossible shape"),
    ("x_train", claimed((10**12, 0, 150)), "its header claims an impossible shape"),
    ("x_train", claimed((10**40, 8, 150)), "its header claims an impossible shape"),
    ("x_train", claimed(()), "its header claims an impossible shape"),
    ("x_train", npy_bytes(np.zeros((3, 8, 75), "f4")), "expected real numbers (N, T, 150), found float32 (3"),
    ("x_train", npy_bytes(np.zeros((3, 8, 150), "i4")), "expected real numbers (N, T, 150), found int32"),
    ("x_train", npy_bytes(np.zeros((3, 1200), "f4")), "expected real numbers (N, T, 150), found float32 (3"),
    ("x_train", npy_bytes(samples(3, 8)), "2 samples in x_train, but 3 in y_train"),
    ("y_test", npy_bytes(np.zeros((2, 61))), "expected one-hot rows (N, 60 or 120), found float64 (2, 61)"),
    ("y_test", npy_bytes(np.zeros(2, int)), "expected one-hot rows (N, 60 or 120), found int64 (2,)"),
    ("y_test", npy_bytes(one_hot(1, 2, classes=120)), "y_train and y_test have different numbers of classes"),
]


@pytest.mark.parametrize(("name", "content", "message"), WRONG_MEMBERS)
def test_an_array_that_is_not_what_it_should_be_is_refused_at_once(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    source = write_members(tmp_path / "a.npz", **{name: content})
    with pytest.raises(DataError) as caught:
        FORM.shards(source)
    assert str(caught.value).startswith(f"{source}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_versions_2_and_3_of_the_header_are_read(tmp_path: Path) -> None:
    x = arrays()["x_train"]
    expected = [one.joints_m for one in FORM.sequences(write_members(tmp_path / "1.npz"))]
    for version in ((2, 0), (3, 0)):
        source = write_members(tmp_path / "a.npz", x_train=npy_bytes(x, version=version))
        for one, other in zip(FORM.sequences(source), expected, strict=True):
            assert_array_equal(one.joints_m, other)


def test_a_header_of_python_2_is_read_without_a_warning(tmp_path: Path) -> None:
    x = npy_bytes(arrays()["x_train"]).replace(b"(3, 8, 150), }   ", b"(3L, 8L, 150L), }")
    assert len(read(write_members(tmp_path / "a.npz", x_train=x))) == 5


def test_a_huge_sample_is_not_unpacked(tmp_path: Path) -> None:
    source = tmp_path / "bomb.npz"
    header = claimed((1, 200_000, 150))
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", header + bytes(200_000 * 600))
    with (
        NpzStream(source) as stream,
        pytest.raises(DataError, match=r"x_train\.npy: claims 120000000 bytes a row; it looks damaged"),
    ):
        stream.header("x_train")


def test_a_missing_array_file_or_zip_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=samples(1), y_train=one_hot(1))
    with pytest.raises(DataError, match=r"a\.npz: holds no array 'x_test'; it holds x_train, y_train$"):
        FORM.shards(tmp_path / "a.npz")
    with pytest.raises(DataError, match=r"nowhere\.npz: no such file; give the \.npz file itself"):
        FORM.shards(tmp_path / "nowhere.npz")
    with pytest.raises(DataError, match="no such file; give"):
        FORM.label_names(tmp_path)
    (tmp_path / "text.npz").write_text("no zip archive")
    with pytest.raises(DataError, match=r"text\.npz: not a readable \.npz file"):
        FORM.shards(tmp_path / "text.npz")
    with zipfile.ZipFile(tmp_path / "lzma.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x_train.npy", npy_bytes(samples(1)))
    with pytest.raises(DataError, match=r"lzma\.npz: x_train\.npy: is not compressed as numpy does it"):
        FORM.shards(tmp_path / "lzma.npz")


def test_a_member_cut_short_names_the_sample_it_ends_in(tmp_path: Path) -> None:
    """The zip's directory, the header and the checksum agree; only the last samples' bytes are missing."""
    source = tmp_path / "a.npz"
    content = arrays(x_train=samples(*[8] * 20), y_train=one_hot(*[1] * 20))
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in content.items():
            data = npy_bytes(array)
            whole = len(data)
            if name == "x_train":
                data = data[: -3 * 4800 - 100]  # samples of 4800 bytes: the 17th is the last to begin
            archive.writestr(f"{name}.npy", data)
            archive.getinfo(f"{name}.npy").file_size = whole
    (train, _) = FORM.shards(source)
    found: list[SkeletonSequence | Rejected] = []
    with pytest.raises(DataError, match=r"a\.npz: x_train\.npy: row 16: the file is cut short$"):
        for one in FORM.read(source, train):
            found.append(one)  # noqa: PERF402 - what came before the error is looked at
    assert len(found) == 16


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["savez", "savez_compressed"])
def test_a_damaged_byte_is_found_by_the_checksum(tmp_path: Path, save: Save) -> None:
    source = tmp_path / "a.npz"
    save(source, **arrays())
    content = bytearray(source.read_bytes())
    middle = content.index(b"\x93NUMPY") + 4000 if save is np.savez else 300
    content[middle] ^= 0x10
    source.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npz: x_train\.npy"):
        read(source)


FILE = io.BytesIO()
np.savez_compressed(FILE, **arrays(x_train=samples(2, 1, 0, T=2), x_test=samples(1, 2, T=2)))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_promise_a_damaged_file_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(FILE.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    (tmp_path / "a.npz").write_bytes(content)
    try:
        found = read(tmp_path / "a.npz")
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert all(isinstance(one, SkeletonSequence | Rejected) for one in found)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_promise_a_damaged_array_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """As above, where the zip around it is sound, so that the header's parser meets the damage."""
    content = bytearray(npy_bytes(arrays()["x_train"]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, 127))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    source = write_members(tmp_path / "a.npz", x_train=bytes(content))
    try:
        read(source)
    except DataError as error:
        assert str(error).startswith(f"{source}: ")
        assert "\n" not in str(error)
