"""What is said of damaged NTU RGB+D files, and what reading them costs."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest

from stgat.data.ntu import parse_bodies, read_skeleton
from stgat.data.sequences import MAX_MEMBER_BYTES
from stgat.errors import DataError
from tests.stgat.ntu_files import AGAIN, PERSON_WORDS, ntu_file, ntu_lines, walking

NAME = "S001C002P003R002A013.skeleton"


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
def test_promise_what_a_file_claims_costs_no_memory_until_it_is_there(content: bytes) -> None:
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
