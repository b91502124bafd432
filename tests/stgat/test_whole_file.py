from __future__ import annotations

from pathlib import Path

import pytest
from safetensors import SafetensorError

from stgat.whole_file import whole_file


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.bin"
    with whole_file(path) as temporary:
        Path(temporary).write_bytes(b"all of it")
        assert not path.exists()
    assert path.read_bytes() == b"all of it"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError("stop"), SafetensorError("No space left on device")])
def test_where_writing_fails_the_old_file_stays_and_nothing_is_left_over(tmp_path, error):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with (
        pytest.raises((RuntimeError, OSError), match=r"stop|cannot be written"),
        whole_file(path) as temporary,
    ):
        Path(temporary).write_bytes(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
