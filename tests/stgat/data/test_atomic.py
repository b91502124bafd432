"""What is on the disk when a file has its name."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from app.recordings import SkeletonRecording, save_recording
from stgat.data.atomic import replacing, sync_folder
from stgat.whole_file import whole_file


def write_replacing(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text("new")


def write_whole_file(path: Path) -> None:
    with whole_file(path) as temporary:
        Path(temporary).write_text("new")


def write_recording(path: Path) -> None:
    joints = np.zeros((2, 1, 25, 3))
    save_recording(path, SkeletonRecording(joints, joints[..., 0], np.array([0.0, 1.0])))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the system, in order."""
    told: list[str] = []
    fsync, replace = os.fsync, os.replace

    def told_fsync(number: int) -> None:
        told.append("sync the folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "sync the file")
        fsync(number)

    def told_replace(source: Path, target: Path) -> None:
        told.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", told_fsync)
    monkeypatch.setattr(os, "replace", told_replace)
    return told


@pytest.mark.skipif(os.name != "posix", reason="Windows opens no folder to sync it")
@pytest.mark.parametrize("write", [write_replacing, write_whole_file, write_recording])
def test_promise_a_file_is_on_the_disk_before_it_has_its_name(
    calls: list[str], tmp_path: Path, write
) -> None:
    (tmp_path / "file.bin").write_text("old")
    write(tmp_path / "file.bin")
    assert calls == ["sync the file", "rename", "sync the folder"]
    assert (tmp_path / "file.bin").read_bytes() != b"old"


@pytest.mark.parametrize("write", [write_replacing, write_whole_file])
def test_promise_where_the_disk_fails_the_old_file_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, write
) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "file.bin"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_a_file_system_that_syncs_no_folders_is_good_enough_and_a_broken_one_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    if number == errno.EINVAL:
        sync_folder(tmp_path)
    else:
        with pytest.raises(OSError, match="Input/output"):
            sync_folder(tmp_path)
