"""The reader of raw NTU RGB+D files: what it reads, whom it chooses, and the published lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stgat.data.formats import FORMATS
from stgat.data.ntu import Bodies, choose_people, parse_bodies, read_missing_list, read_skeleton
from stgat.data.ntu_labels import NTU_ACTIONS
from stgat.data.sequences import Rejected
from stgat.errors import DataError
from stgat.normalize import normalize
from tests.stgat.data.files import write_folder, write_zip
from tests.stgat.ntu_files import body, choose_bodies, ntu_file, read_bodies, rounded, walking

# What is read.


@pytest.mark.shared
def test_the_authors_arrays_come_out_of_the_raw_files(shared_dir: Path, tmp_path: Path) -> None:
    expected = np.load(shared_dir / "reference" / "ntu_normalized.npz", allow_pickle=False)
    read, rejected = {}, []
    form = FORMATS["ntu60"]
    source = shared_dir / "datasets" / "ntu-samples.zip"
    for shard in form.shards(source):
        for item in form.read(source, shard):
            if isinstance(item, Rejected):
                rejected.append(item)
            else:
                read[item.name] = item
    assert sorted(read) == sorted(expected.files)
    for name, sequence in read.items():
        assert sequence.joints_m.dtype == np.float32
        found = normalize(sequence.joints_m).transpose(3, 0, 2, 1)  # (3, T, 25, M)
        assert found.shape == expected[name].shape, name
        assert np.abs(found - expected[name]).max() < 1e-4, name
    assert [(item.name, re.search(r"line \d+", item.reason)[0]) for item in rejected] == [
        ("S005C002P013R002A056", "line 2086"),
        ("S012C001P008R002A030", "line 2819"),
    ]
    assert all(item.reason.endswith("it was cut short, download it again") for item in rejected)


def test_a_file_is_read_with_what_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "S032C003P106R002A120.skeleton"
    path.write_bytes(ntu_file(walking(3)))
    sequence = read_skeleton(path)
    assert (sequence.name, sequence.layout) == ("S032C003P106R002A120", "ntu25")
    assert (sequence.setup, sequence.camera, sequence.subject, sequence.replication) == (32, 3, 106, 2)
    assert sequence.action == NTU_ACTIONS[119] == "finger-guessing game (playing rock-paper-scissors)"
    assert (sequence.joints_m.shape, sequence.joints_m.dtype) == ((3, 1, 25, 3), np.float32)
    assert_allclose(sequence.joints_m[1, 0], body(1), rtol=1e-6, atol=1e-7)
    assert_allclose(sequence.timestamps_s, np.arange(3) / 30)


def test_bodies_that_leave_and_return_are_zero_meanwhile() -> None:
    here, other = (7, rounded(body(1))), (9, rounded(body(2)))
    bodies = parse_bodies(ntu_file([[here], [], [other, here], [other]]), "file")
    assert [(b.body_id, b.frames.tolist()) for b in bodies.bodies] == [(7, [0, 2]), (9, [2, 3])]
    joints = choose_people(bodies, "file")
    assert {tuple(column) for column in joints.any(axis=(2, 3)).T.tolist()} == {
        (True, False, True, False),
        (False, False, True, True),
    }


def test_an_id_that_repeats_in_one_frame_counts_up_to_the_next_free_one() -> None:
    people = [(5, rounded(body(1))), (6, rounded(body(2))), (5, rounded(body(3))), (5, rounded(body(4)))]
    bodies = parse_bodies(ntu_file([people, people[:1]]), "file")
    assert [(b.body_id, b.frames.tolist()) for b in bodies.bodies] == [
        (5, [0, 1]), (6, [0]), (7, [0]), (8, [0]),
    ]  # fmt: skip
    assert_allclose(bodies.bodies[2].joints_m[0], body(3), rtol=1e-6, atol=1e-7)


def test_six_people_and_nobody_are_both_read() -> None:
    bodies = parse_bodies(ntu_file([[], [(i, rounded(body(i))) for i in range(6)]]), "file")
    assert len(bodies.bodies) == 6
    assert parse_bodies(ntu_file([[], []]), "file") == Bodies(2, ())


# Who is chosen.


def chosen(*people: np.ndarray) -> np.ndarray:
    """(T, M, 25, 3) of several people, each (T, 25, 3), all there all the time."""
    frames = [[(i, person[t]) for i, person in enumerate(people)] for t in range(len(people[0]))]
    return choose_people(parse_bodies(ntu_file(frames), "file"), "file")


def still(seed: int, width: float = 0.4, moves: float = 1.0) -> np.ndarray:
    return np.stack([body(seed, width, moves)] * 2).round(6)


def test_who_moves_most_comes_first_and_only_two_stay() -> None:
    calm, livelier, liveliest = still(1, moves=0.9), still(1, moves=0.95), still(1, moves=1.0)
    assert_allclose(chosen(calm, liveliest, livelier), np.stack([liveliest, livelier], axis=1), atol=1e-6)


def test_something_wide_that_hardly_moves_is_no_person_and_something_wide_that_moves_is() -> None:
    person, chair = still(1), still(2, width=1.5, moves=0.5)
    assert_allclose(chosen(chair, person), person[:, None], atol=1e-6)
    lying = still(2, width=1.5)
    assert_allclose(chosen(person, lying), np.stack([lying, person], axis=1), atol=1e-6)


def test_of_equals_the_first_seen_comes_first() -> None:
    person = still(1)
    twin = person * np.array([-1.0, 1, 1])
    assert_allclose(chosen(person, twin)[:, 0], person, atol=1e-6)
    assert_allclose(chosen(twin, person)[:, 0], twin, atol=1e-6)


def test_a_body_of_zeros_is_nobody() -> None:
    person = still(1)
    assert_allclose(chosen(np.zeros((2, 25, 3)), person), person[:, None], atol=1e-6)
    for frames in ([[], []], [[(1, np.zeros((25, 3)))]]):
        with pytest.raises(DataError, match=r"^here: no skeleton in any frame; .* leave it out$"):
            choose_people(parse_bodies(ntu_file(frames), "here"), "here")


@given(st.lists(st.tuples(st.integers(0, 999), st.floats(0.2, 2), st.floats(0.3, 1)), min_size=1, max_size=6))
def test_the_choice_is_the_one_the_page_states(people: list[tuple[int, float, float]]) -> None:
    frames = [
        [(i, rounded(body(seed + t, width, moves))) for i, (seed, width, moves) in enumerate(people)]
        for t in range(2)
    ]
    content = ntu_file(frames)
    expected = choose_bodies(read_bodies(content.decode()))
    found = choose_people(parse_bodies(content, "file"), "file")
    if len({*people}) == len(people):  # the page leaves open which of equals comes first
        assert_array_equal(found, expected.astype(np.float32))
    assert found.shape == expected.shape


# The two editions.


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_both_editions_are_read_from_folder_and_zip(tmp_path: Path, write: Callable) -> None:
    names = ["nturgb+d_skeletons/S017C001P001R001A060.skeleton", "S001C003P002R002A001.skeleton"]
    source = write(tmp_path / "ntu", {name: ntu_file(walking()) for name in names})
    for form, labels in (("ntu60", NTU_ACTIONS[:60]), ("ntu120", NTU_ACTIONS)):
        first, second = FORMATS[form].sequences(source)
        assert (first.action, second.action) == ("drink water", "walking apart from each other")
        assert FORMATS[form].label_names(source) == labels
        assert "academic research only" in FORMATS[form].licence
    assert len(set(NTU_ACTIONS)) == 120


@pytest.mark.parametrize(
    ("form", "name", "message"),
    [
        ("ntu60", "S017C001P001R001A061", r"action 61 is not in NTU RGB\+D, .* actions 1 to 60; .* ntu120"),
        ("ntu60", "S018C001P001R001A001", r"setup 18, .* is not in NTU RGB\+D, which has setups 1 to 17"),
        ("ntu120", "S033C001P001R001A001", "setup 33, .* setups 1 to 32"),
        ("ntu120", "S001C001P001R001A121", r"action 121 is not in NTU RGB\+D 120"),
        ("ntu120", "S001C001P001R001A000", "action 0 is not"),
        ("ntu120", "S000C001P001R001A001", "setup 0, "),
        ("ntu120", "clapping", "a name like S001C002P003R002A013.skeleton is expected"),
        ("ntu60", "S001C001P001R001A0011", "a name like S001C002P003R002A013.skeleton is expected"),
    ],
)
def test_what_is_not_in_the_edition_is_rejected_by_name(
    tmp_path: Path, form: str, name: str, message: str
) -> None:
    files = {f"{name}.skeleton": ntu_file(walking()), "S001C001P001R001A001.skeleton": ntu_file(walking())}
    source = write_folder(tmp_path / "ntu", files)
    found = [item for shard in FORMATS[form].shards(source) for item in FORMATS[form].read(source, shard)]
    (rejected,) = [item for item in found if isinstance(item, Rejected)]
    assert rejected.name == name
    assert rejected.reason.startswith(f"{source}: {name}.skeleton: ")
    assert re.search(message, rejected.reason)
    assert len(found) == 2


# The lists of missing skeletons.


@pytest.mark.shared
@pytest.mark.parametrize(("edition", "count"), [(60, 302), (120, 535)])
def test_the_published_lists_are_read(shared_dir: Path, edition: int, count: int) -> None:
    names = read_missing_list(shared_dir / "reference" / f"ntu{edition}_missing_skeletons.txt")
    assert len(names) == count
    assert "S001C002P005R002A008" in names


def test_a_list_may_begin_with_sentences_and_hold_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "missing.txt"
    path.write_bytes(
        b'\xef\xbb\xbf2 of the samples in the "NTU RGB+D" dataset are incomplete.\r\n\r\n'
        b"S001C002P005R002A008\r\n\r\n S001C002P006R001A008.skeleton\r\n\r\n"
    )
    assert read_missing_list(path) == {"S001C002P005R002A008", "S001C002P006R001A008"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"S001C002P005R002A008\nS001C002P06R001A008\n", r"line 2: .* found 'S001C002P06R001A008'"),
        (b"S001C002P005R002A008\nand so on\n", "line 2: .* found 'and so on'"),
        (b"\nname\nS001C002P005R002A008\n", "line 2: .* found 'name'"),
        (b"", "line 1: holds no name"),
        (b"the list is empty\n", "line 1: holds no name"),
        (b"\xff\xfeS\x00", "is no text file"),
    ],
)
def test_junk_in_a_list_is_named_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "missing.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_missing_list(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.txt: cannot be read \(No such file"):
        read_missing_list(tmp_path / "nowhere.txt")
