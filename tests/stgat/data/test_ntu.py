"""The reader of raw NTU RGB+D files: what it reads, whom it chooses, and what it says of damaged files."""

from __future__ import annotations

import re
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from stgat.data import ntu_fast
from stgat.data.formats import FORMATS
from stgat.data.ntu import Bodies, choose_people, parse_bodies, read_missing_list, read_skeleton
from stgat.data.ntu_fast import read_regular
from stgat.data.ntu_labels import NTU_ACTIONS
from stgat.data.ntu_text import Rows, read_lines
from stgat.data.sequences import MAX_MEMBER_BYTES, Rejected
from stgat.errors import DataError
from stgat.normalize import normalize
from tests.stgat.data.files import write_folder, write_zip
from tests.stgat.ntu_files import (
    PERSON_WORDS,
    Frame,
    choose_bodies,
    ntu_file,
    ntu_lines,
    read_bodies,
    rounded,
)

NAME = "S001C002P003R002A013.skeleton"
#: What ends each sentence about a damaged file.
AGAIN = "; (the file is damaged|it was cut short), download it again$"


def body(seed: int = 0, width: float = 0.4, moves: float = 1.0) -> np.ndarray:
    """(25, 3) somebody 1.7 m tall, 3 m away; the joints lie `moves` times as far from the hip."""
    joints = np.random.default_rng(seed).uniform(-0.5, 0.5, (25, 3)) * [width, 1.7, 0.3]
    joints[1:3, :2] = [[-width / 2, -0.85], [width / 2, 0.85]]
    return moves * (joints - joints[0]) + [0.2, 0.1, 3.0]


def walking(T: int = 4, seed: int = 0, body_id: int = 72057594037931648) -> list[Frame]:
    """One person, frame by frame."""
    return [[(body_id, rounded(body(seed + t)))] for t in range(T)]


def same(first: Rows, second: Rows) -> bool:
    """Equal to the last bit."""
    return (first.num_frames, first.ids, first.frames) == (second.num_frames, second.ids, second.frames) and (
        first.joints_m.tobytes() == second.joints_m.tobytes()
    )


# What is read.


@pytest.mark.shared
def test_the_authors_arrays_come_out_of_the_raw_files(shared_dir: Path, tmp_path: Path) -> None:
    expected = np.load(shared_dir / "reference" / "ntu_normalized.npz")
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


@pytest.mark.shared
def test_every_real_file_that_is_whole_is_read_the_fast_way_to_the_same_bits(shared_dir: Path) -> None:
    whole = 0
    with zipfile.ZipFile(shared_dir / "datasets" / "ntu-samples.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".skeleton"):
                content = archive.read(name)
                fast = read_regular(content)
                if fast is not None:
                    whole += 1
                    assert same(fast, read_lines(content, name)), name
    assert whole == 13


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


# The fast way and the strict way.

#: As sensors, other programs and damage write numbers; all of them are numbers.
WORDS = st.one_of(
    st.from_regex(r"\A-?[0-9]{1,3}\.[0-9]{1,14}\Z"),
    st.from_regex(r"\A-?[0-9]{0,3}\.[0-9]{1,16}\Z"),
    st.from_regex(r"\A-?[0-9]{1,3}\.?\Z"),
    st.from_regex(r"\A-?0{1,17}[0-9]\.[0-9]{0,9}\Z"),
    st.from_regex(r"\A-?[0-9]\.[0-9]{1,7}E-[0-9]{1,3}\Z"),
    st.from_regex(r"\A[-+]?[0-9]\.?[0-9]{0,7}[eE][-+]?[0-2]\Z"),
    st.floats(-1000, 1000).map(repr),
).filter(lambda word: abs(float(word)) <= 1000)
#: What may be left to the strict way.
UNUSUAL = re.compile(r"[+e]|.{17}")


@given(words=st.lists(WORDS, min_size=1, max_size=40), newline=st.sampled_from(["\n", "\r\n"]))
@example(words=["-0", "-0.0", "0", "1000", "-1000.0", "999.99999999999", "5.", ".5", "0.3"], newline="\n")
@example(words=["9.89036E-05", "0.000000000000001", "0.12345678901234567890", "1E2"], newline="\r\n")
def test_each_number_is_read_to_the_bit_of_float(words: list[str], newline: str) -> None:
    every = [words[i % len(words)] for i in range(75)]
    content = ntu_file([[(1, [every[i : i + 3] for i in range(0, 75, 3)])]], newline)
    expected = np.array([float(word) for word in every]).astype(np.float32)
    fast = read_regular(content)
    assert read_lines(content, "file").joints_m.tobytes() == expected.tobytes()
    if fast is None:
        assert any(UNUSUAL.search(word) for word in words)
    else:
        assert fast.joints_m.tobytes() == expected.tobytes()


#: People's ids in each frame; the joints follow from a seed.
CROWDS = st.lists(st.lists(st.integers(1, 4), max_size=6), min_size=1, max_size=5)


def crowd(ids: list[list[int]], seed: int) -> list[Frame]:
    return [
        [(i, rounded(body(seed + 10 * t + n))) for n, i in enumerate(people)] for t, people in enumerate(ids)
    ]


@given(ids=CROWDS, seed=st.integers(0, 999), newline=st.sampled_from(["\n", "\r\n"]), ended=st.booleans())
def test_regular_files_are_read_the_fast_way_to_the_same_bits(
    ids: list[list[int]], seed: int, newline: str, ended: bool
) -> None:
    content = ntu_file(crowd(ids, seed), newline)
    content = content if ended else content.removesuffix(newline.encode())
    fast = read_regular(content)
    if any(ids):
        assert fast is not None
        assert same(fast, read_lines(content, "file"))
    plain = read_bodies(content.decode())
    bodies = parse_bodies(content, "file")
    assert [str(b.body_id) for b in bodies.bodies] == list(plain)
    for b in bodies.bodies:
        assert_array_equal(b.joints_m, plain[str(b.body_id)][b.frames].astype(np.float32))
        assert len(b.frames) == np.count_nonzero(plain[str(b.body_id)].any(axis=(1, 2)))


@given(ids=CROWDS, data=st.data())
def test_irregular_files_are_read_as_if_they_were_regular(ids: list[list[int]], data: st.DataObject) -> None:
    lines = ntu_lines(crowd(ids, 0))
    regular = read_lines("\n".join(lines).encode(), "file")
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from([" {}", "{} ", "\t{}", "{}\r", "{}\x0c"]))
        lines[at] = change.format(lines[at])
        if data.draw(st.booleans()):
            lines[at] = lines[at].replace(" ", data.draw(st.sampled_from(["  ", "\t", " \t"])), 1)
    content = ("\n".join(lines) + data.draw(st.sampled_from(["", "\n", "\n\n \r\n"]))).encode()
    found = read_regular(content) or read_lines(content, "file")
    assert same(found, regular)


@given(data=st.data())
def test_damage_is_either_told_with_its_line_or_makes_no_difference_between_the_two_ways(
    data: st.DataObject,
) -> None:
    content = bytearray(ntu_file(crowd([[1], [], [2, 1]], 3), data.draw(st.sampled_from(["\n", "\r\n"]))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.one_of(st.integers(0, 60), st.integers(0, len(content) - 1)))
        # Bytes that stand in such files are the ones whose damage is hard to see.
        byte = st.one_of(st.sampled_from(b" \n\r.-0123456789E/+e"), st.integers(0, 255))
        kind = data.draw(st.sampled_from(["replace", "insert", "delete", "cut", "repeat"]))
        if kind == "replace":
            content[at : at + 1] = bytes([data.draw(byte)])
        elif kind == "insert":
            content[at:at] = bytes([data.draw(byte)])
        elif kind == "delete":
            del content[at : at + data.draw(st.integers(1, 200))]
        elif kind == "cut":
            del content[at + 1 :]
        else:
            content[at:at] = content[at : at + data.draw(st.integers(1, 2500))]
        if not content:
            break
    damaged = bytes(content)
    fast = read_regular(damaged)
    try:
        strict = read_lines(damaged, "file")
    except DataError as error:
        assert fast is None
        assert re.match(r"file: line \d+: [ -~]+" + AGAIN, str(error))
    else:
        assert fast is None or same(fast, strict)


def test_a_file_too_large_for_arrays_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    content = ntu_file(walking(2))
    monkeypatch.setattr(ntu_fast, "MAX_BYTES", len(content) - 1)
    assert read_regular(content) is None
    assert len(parse_bodies(content, "file").bodies) == 1


# What is said of damaged files.


def damaged(line: int, text: str) -> bytes:
    """Two frames of one person, with one line (from 1) replaced."""
    lines = ntu_lines(walking(2))
    lines[line - 1] = text
    return "\n".join([*lines, ""]).encode()


JOINT = ntu_lines(walking(1))[4].split()
ERRORS = [
    (b"", 1, "the number of frames is expected, found nothing; it was cut short"),
    (b"\n", 1, "the number of frames is expected, found nothing"),
    (damaged(1, "two"), 1, r"the number of frames \(1 to 100000\) is expected, found 'two'"),
    (damaged(1, "-2"), 1, "found '-2'"),
    (damaged(1, "2.0"), 1, r"found '2\.0'"),
    (damaged(1, "1_0"), 1, "found '1_0'"),
    (damaged(1, "0"), 1, "found '0'"),
    (damaged(1, "2 2"), 1, "found '2 2'"),
    (damaged(1, "1000000000"), 1, "found '1000000000'"),
    (damaged(1, "9" * 5000), 1, r"found '9{24}'\.\.\."),
    (damaged(1, "3"), 58, "the file ends in frame 3 of 3; it was cut short"),
    (damaged(1, "1"), 30, "there is more after the last of the 1 frames that line 1 announces"),
    (damaged(2, "7"), 2, r"the number of people \(0 to 6\) is expected, found '7'"),
    (damaged(2, "-1"), 2, "found '-1'"),
    (damaged(2, ""), 2, r"the number of people \(0 to 6\) is expected, found ''"),
    (damaged(2, "0"), 3, "the number of people"),
    (damaged(2, "2"), 30, "the 10 words that begin a person are expected, found 1"),
    (damaged(3, f"72 {PERSON_WORDS} 1"), 3, "the 10 words that begin a person are expected, found 11"),
    (damaged(3, f"-72 {PERSON_WORDS}"), 3, "the id of a person is expected, found '-72'"),
    (damaged(3, f"{'1' * 21} {PERSON_WORDS}"), 3, "the id of a person is expected"),
    (damaged(3, f"72 {PERSON_WORDS[:-1]}x"), 3, "a number is expected, found 'x'"),
    (damaged(4, "20"), 4, r"the number of joints \(25\) is expected, found '20'"),
    (damaged(5, " ".join(JOINT[:-1])), 5, "the 12 numbers of joint 1 are expected, found 11"),
    (damaged(6, " ".join([*JOINT, "1"])), 6, "the 12 numbers of joint 2 are expected, found 13"),
    (damaged(57, " ".join(JOINT[:4])), 57, "the 12 numbers of joint 25 are expected, found 4"),
    (damaged(57, ""), 57, "the 12 numbers of joint 25 are expected, found 0"),
    (damaged(5, " ".join(["nan", *JOINT[1:]])), 5, "x of joint 1 should be a number .* found 'nan'"),
    (damaged(5, " ".join([JOINT[0], "-inf", *JOINT[2:]])), 5, "y of joint 1 .* found '-inf'"),
    (damaged(5, " ".join([*JOINT[:2], "1.#QNAN", *JOINT[3:]])), 5, "z of joint 1 .* found '1.#QNAN'"),
    (damaged(5, " ".join(["1e400", *JOINT[1:]])), 5, "from -1000 to 1000 .* found '1e400'"),
    (damaged(5, " ".join(["3785547.0", *JOINT[1:]])), 5, r"found '3785547\.0'"),
    (damaged(5, " ".join(["0.1.2", *JOINT[1:]])), 5, r"found '0\.1\.2'"),
    (damaged(5, " ".join(["--1", *JOINT[1:]])), 5, "found '--1'"),
    (damaged(5, " ".join(["-", *JOINT[1:]])), 5, "found '-'"),
    (damaged(5, " ".join([".", *JOINT[1:]])), 5, r"found '\.'"),
    (damaged(5, " ".join(["1/2", *JOINT[1:]])), 5, "found '1/2'"),
    (damaged(5, " ".join(["1_0", *JOINT[1:]])), 5, "found '1_0'"),
    (damaged(5, " ".join(["0x1", *JOINT[1:]])), 5, "found '0x1'"),
    (damaged(5, " ".join(["0." + "1" * 80, *JOINT[1:]])), 5, r"found '0\.1{22}'\.\.\."),
    (damaged(5, " ".join([*JOINT[:11], "??"])), 5, r"a number is expected, found '\?\?'"),
    (damaged(5, " ".join([*JOINT[:11], "\x80"])), 5, r"a number is expected, found '\\xc2\\x80'"),
    (ntu_file(walking(2))[:-40], 57, "the 12 numbers of joint 25 .* it was cut short"),
    (ntu_file(walking(2)) + b"\r\n1\r\n", 59, "there is more after the last of the 2 frames"),
    (b"\x00" * 1000, 1, "found '" + r"\\x00" * 24),
    (b"PK\x03\x04 a zip archive by mistake", 1, "the number of frames"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "line", "message"), ERRORS)
def test_damage_is_named_with_its_file_and_line(
    tmp_path: Path, content: bytes, line: int, message: str
) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_skeleton(path)
    assert str(caught.value).startswith(f"{path}: line {line}: ")
    assert re.search(AGAIN, str(caught.value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"100000\n", b"100000\n" + b"0\n" * 99_000, b"1000000000\n1\n", b"9\n6\n" * 9]
)
def test_what_a_file_claims_costs_no_memory_until_it_is_there(content: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(DataError, match="line"):
        parse_bodies(content, "file")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50 * len(content) + 2**17


def test_a_wrong_path_a_folder_and_an_absurd_size_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"{NAME}: cannot be read \(No such file or directory\)"):
        read_skeleton(tmp_path / NAME)
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        read_skeleton(tmp_path)
    huge = tmp_path / NAME
    with huge.open("wb") as file:
        file.truncate(MAX_MEMBER_BYTES + 1)
    with pytest.raises(DataError, match=r"67108865 bytes are no recording's size"):
        read_skeleton(huge)


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
