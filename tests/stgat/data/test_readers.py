"""The readers of NW-UCLA and UTD-MHAD: what they read, and what they say of what they cannot."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from numpy.testing import assert_allclose

from stgat.data import nw_ucla, utd_mhad
from stgat.data.formats import FORMATS
from stgat.data.sequences import MAX_MEMBER_BYTES, SkeletonSequence
from stgat.errors import DataError
from tests.stgat.data.files import TO_UTD, nw_ucla_file, utd_mhad_file, write_folder, write_zip

NW_UCLA_NAME, UTD_MHAD_NAME = "a01_s03_e02_v01.json", "a3_s5_t2_skeleton.mat"


def recording(T: int = 4) -> np.ndarray:
    return np.random.default_rng(T).normal(size=(T, 20, 3))


def mat(**arrays: object) -> bytes:
    file = io.BytesIO()
    scipy.io.savemat(file, arrays)
    return file.getvalue()


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_nw_ucla_is_read_from_folder_and_zip_in_order_of_name(tmp_path: Path, write: Callable) -> None:
    names = ["all_sqe/a12_s10_e01_v03.json", "all_sqe/a01_s03_e02_v01.json"]
    files = {name: nw_ucla_file(recording(T)) for T, name in enumerate(names, 3)}
    others = {"readme.txt": b"hello", "__MACOSX/._a01_s03_e02_v01.json": b"what a Mac leaves behind"}
    source = write(tmp_path / "nw", files | others)
    first, second = FORMATS["nw-ucla"].sequences(source)
    assert (first.name, first.action, first.subject, first.camera) == (
        "a01_s03_e02_v01", "pick up with one hand", 3, 1,
    )  # fmt: skip
    assert (second.action, second.subject, second.camera) == ("carry", 10, 3)
    assert first.layout == second.layout == "kinect-v1-20"
    assert_allclose(first.joints_m[:, 0], recording(4), rtol=1e-6)
    assert_allclose(second.timestamps_s, np.arange(3) / 15)


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_utd_mhad_is_read_into_the_order_of_kinect_v1(tmp_path: Path, write: Callable) -> None:
    source = write(tmp_path / "utd", {f"Skeleton/{UTD_MHAD_NAME}": utd_mhad_file(recording())})
    (sequence,) = FORMATS["utd-mhad"].sequences(source)
    assert (sequence.action, sequence.subject, sequence.camera) == ("wave", 5, 0)
    assert_allclose(sequence.joints_m[:, 0], recording(), rtol=1e-6)
    assert_allclose(sequence.timestamps_s, np.arange(4) / 30)
    assert sorted(TO_UTD) == list(range(20))


BAD_NUMBER = recording()
BAD_NUMBER[2, 7, 1] = np.nan


NW_UCLA_ERRORS = [
    ("a07_s01_e00_v01.json", nw_ucla_file(recording()), "with a known action is expected"),
    ("frames.json", nw_ucla_file(recording()), r"a name like a01_s01_e00_v01\.json"),
    (NW_UCLA_NAME, b"{", "not readable as JSON"),
    (NW_UCLA_NAME, b"\xff\xfe\x00", "not readable as JSON"),
    (NW_UCLA_NAME, b"[1, 2]", "no 'skeletons'"),
    (NW_UCLA_NAME, b'{"joints": []}', "no 'skeletons'"),
    (NW_UCLA_NAME, b'{"skeletons": [[1, 2], [3]]}', "no 'skeletons'"),
    (NW_UCLA_NAME, b'{"skeletons": [[[1' + b"0" * 400 + b"]]]}", "no 'skeletons'"),
    (NW_UCLA_NAME, b"[" * 100_000, "not readable as JSON"),
    (NW_UCLA_NAME, nw_ucla_file(recording()[:, :19]), r"expected joints \(T, 20, 3\), found"),
    (NW_UCLA_NAME, nw_ucla_file(np.zeros((0, 20, 3))), r"expected joints \(T, 20, 3\), found"),
    (NW_UCLA_NAME, nw_ucla_file(BAD_NUMBER), "frame 2 holds a coordinate that is no number"),
]
UTD_MHAD_ERRORS = [
    ("a28_s1_t1_skeleton.mat", utd_mhad_file(recording()), "with a known action is expected"),
    ("a1.mat", utd_mhad_file(recording()), r"a name like a1_s1_t1_skeleton\.mat"),
    (UTD_MHAD_NAME, b"", "no readable 'd_skel'"),
    (UTD_MHAD_NAME, b"no matlab file at all" * 20, "no readable 'd_skel'"),
    (UTD_MHAD_NAME, utd_mhad_file(recording())[:200], "no readable 'd_skel'"),
    (UTD_MHAD_NAME, mat(skeleton=np.zeros((20, 3, 4))), "no readable 'd_skel'"),
    (UTD_MHAD_NAME, mat(d_skel=np.zeros((20, 3))), r"'d_skel' should be \(20, 3, T\)"),
    (UTD_MHAD_NAME, mat(d_skel=np.zeros((19, 3, 4))), r"expected joints \(T, 20, 3\)"),
    (UTD_MHAD_NAME, mat(d_skel=np.zeros((20, 3, 0))), "holds no frame"),
    (UTD_MHAD_NAME, utd_mhad_file(BAD_NUMBER), "frame 2 holds"),
]


@pytest.mark.parametrize(
    ("read", "name", "content", "message"),
    [(FORMATS["nw-ucla"].sequences, *case) for case in NW_UCLA_ERRORS]
    + [(FORMATS["utd-mhad"].sequences, *case) for case in UTD_MHAD_ERRORS],
)
def test_what_cannot_be_read_is_named_with_its_place(
    tmp_path: Path, read: Callable, name: str, content: bytes, message: str
) -> None:
    for source in (
        write_folder(tmp_path / "set", {f"all/{name}": content}),
        write_zip(tmp_path / "set.zip", {f"all/{name}": content}),
    ):
        with pytest.raises(DataError, match=message) as caught:
            list(read(source))
        assert str(caught.value).startswith(f"{source}: all/{name}: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [FORMATS["nw-ucla"].sequences, FORMATS["utd-mhad"].sequences])
def test_a_source_that_is_missing_empty_or_no_zip_is_named(tmp_path: Path, read: Callable) -> None:
    with pytest.raises(DataError, match=r"nowhere\.zip: no such file or folder; give the data set's folder"):
        list(read(tmp_path / "nowhere.zip"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: holds no \.(json|mat) file; is it the right data set\?"):
        list(read(tmp_path / "empty"))
    text = tmp_path / "text.zip"
    text.write_text("not a zip archive")
    with pytest.raises(DataError, match=r"text\.zip: not a readable zip archive"):
        list(read(text))


@pytest.mark.parametrize("place", ["in the middle of a file", "cut short"])
def test_a_damaged_archive_is_named(tmp_path: Path, place: str) -> None:
    path = write_zip(tmp_path / "set.zip", {NW_UCLA_NAME: nw_ucla_file(recording(50))})
    content = bytearray(path.read_bytes())
    if place == "cut short":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2 : len(content) // 2 + 40] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"set\.zip: (a01\S+ is damaged|not a readable zip archive)"):
        list(FORMATS["nw-ucla"].sequences(path))


def test_a_member_that_claims_an_absurd_size_is_not_unpacked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", {NW_UCLA_NAME: bytes(MAX_MEMBER_BYTES + 1)})
    with pytest.raises(DataError, match=rf"bomb\.zip: {NW_UCLA_NAME} claims \d+ bytes; it looks damaged"):
        list(FORMATS["nw-ucla"].sequences(path))


@pytest.fixture(scope="module")
def nw_ucla_sequences(shared_dir: Path) -> list[SkeletonSequence]:
    return list(FORMATS["nw-ucla"].sequences(shared_dir / "datasets" / "nw-ucla.zip"))


@pytest.fixture(scope="module")
def utd_mhad_sequences(shared_dir: Path) -> list[SkeletonSequence]:
    return list(FORMATS["utd-mhad"].sequences(shared_dir / "datasets" / "utd-mhad.zip"))


@pytest.mark.shared
def test_nw_ucla_has_its_published_sizes(nw_ucla_sequences: list[SkeletonSequence]) -> None:
    assert len(nw_ucla_sequences) == 1484
    cameras = Counter(sequence.camera for sequence in nw_ucla_sequences)
    assert cameras[1] + cameras[2] == 1020
    assert cameras[3] == 464
    assert {sequence.subject for sequence in nw_ucla_sequences} == set(range(1, 11))
    assert {sequence.action for sequence in nw_ucla_sequences} == set(nw_ucla.ACTIONS.values())


@pytest.mark.shared
def test_utd_mhad_has_its_published_sizes(utd_mhad_sequences: list[SkeletonSequence]) -> None:
    assert len(utd_mhad_sequences) == 861
    assert {sequence.subject for sequence in utd_mhad_sequences} == set(range(1, 9))
    assert {sequence.action for sequence in utd_mhad_sequences} == set(utd_mhad.ACTIONS)


@pytest.mark.shared
@pytest.mark.parametrize("dataset", ["nw_ucla_sequences", "utd_mhad_sequences"])
def test_left_is_left_up_is_up_and_people_stand_before_the_sensor(
    dataset: str, request: pytest.FixtureRequest
) -> None:
    middle = np.stack([np.median(s.joints_m[:, 0], axis=0) for s in request.getfixturevalue(dataset)])
    left, right, head, hips, foot = (middle[:, joint] for joint in (4, 8, 3, 0, 15))
    assert (left[:, 0] < right[:, 0]).mean() > 0.7  # who faces the sensor has the left at smaller x
    assert (head[:, 1] > hips[:, 1]).mean() > 0.98
    assert (hips[:, 1] > foot[:, 1]).mean() > 0.98
    assert (hips[:, 2] > 0.5).mean() > 0.98
    tall = np.linalg.norm(head - foot, axis=-1)
    assert 1.0 < np.median(tall) < 2.0  # metres
