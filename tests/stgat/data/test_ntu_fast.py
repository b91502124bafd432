"""Raw NTU RGB+D files as arrays at once: the same bits as the strict reader's, or left to it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from stgat.data.ntu import parse_bodies
from stgat.data.ntu_fast import read_regular
from stgat.data.ntu_text import Rows, read_lines
from stgat.errors import DataError
from tests.stgat.ntu_files import AGAIN, Frame, body, ntu_file, ntu_lines, read_bodies, rounded, walking


def same(first: Rows, second: Rows) -> bool:
    """Equal to the last bit."""
    return (first.num_frames, first.ids, first.frames) == (second.num_frames, second.ids, second.frames) and (
        first.joints_m.tobytes() == second.joints_m.tobytes()
    )


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


def test_a_file_of_short_lines_is_left_to_the_other_reader() -> None:
    """What the arrays keep of each line would take many times the text."""
    content = ntu_file([*walking(1), *[[] for _ in range(1000)]])
    assert read_regular(content) is None
    assert parse_bodies(content, "file").num_frames == 1001
