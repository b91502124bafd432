"""Nothing is read that never ends, and nothing is told that moves a cursor."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stgat.reading import read_limited, told


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_limited(path, 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_limited(path, 4)


def test_promise_pipes_devices_folders_and_impossible_names_are_told_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("zero\0byte"), Path("\0")):
        with pytest.raises(OSError) as caught:
            read_limited(path, 100)
        assert caught.value.strerror
    for path in (tmp_path, tmp_path / "nowhere", Path("x" * 5000)):
        with pytest.raises(OSError):
            read_limited(path, 100)


@given(st.text(max_size=60), st.integers(1, 40))
def test_promise_what_a_file_says_is_told_in_one_printable_line(text: str, most: int) -> None:
    shown = told(text, most)
    assert shown.isprintable() and len(shown) <= 2 * most + 3
    if text.isprintable() and len(text) <= most:
        assert shown == text
