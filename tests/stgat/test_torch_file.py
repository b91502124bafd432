"""Checkpoints of PyTorch's own kind that would take memory or time out of proportion."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stgat.errors import OfficialCheckpointError
from stgat.reference import load_official_file
from stgat.torch_file import check_torch_file
from tests.hostile import assert_sentence


def saved(path: Path, content: object, old: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not old)
    return path


STATE = {f"layer.{n}": torch.ones(3, n + 1) for n in range(4)}


@pytest.mark.parametrize("old", [False, True])
def test_what_torch_saves_is_let_through(tmp_path: Path, old: bool) -> None:
    shared = torch.ones(4)
    for content in (STATE, {"model": STATE, "epoch": 3}, {"a": shared, "b": shared, "c": shared[:2]}):
        path = saved(tmp_path / "net.pth", content, old)
        check_torch_file(path)
        assert torch.load(path, weights_only=True).keys() == content.keys()


def test_networks_are_let_through(tmp_path: Path) -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 1), torch.nn.BatchNorm2d(8))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    content = {"state_dict": network.state_dict(), "optimizer": optimizer.state_dict()}
    check_torch_file(saved(tmp_path / "net.pth", content))


def _repacked(path: Path, change: Callable[[str, bytes], bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, change(name, content))
    return path


def _tuples_of_tuples(depth: int) -> bytes:
    """{((..), (..)): 0}, each tuple made of the one before twice: 2^depth steps to hash."""
    steps = b"".join(b"h" + bytes([n]) + b"h" + bytes([n]) + b"\x86q" + bytes([n + 1]) for n in range(depth))
    return b"\x80\x02}(K\x01K\x02\x86q\x00" + steps + b"K\x00u."


@pytest.mark.parametrize("old", [False, True])
def test_promise_a_pickle_that_takes_years_to_hash_is_refused(tmp_path: Path, old: bool) -> None:
    path = saved(tmp_path / "net.pth", STATE)
    if old:
        path.write_bytes(_tuples_of_tuples(60))
    else:
        _repacked(path, lambda name, c: _tuples_of_tuples(60) if name.endswith("data.pkl") else c)
    with pytest.raises(OfficialCheckpointError) as caught:
        load_official_file(path)
    assert_sentence(caught.value, path)
    assert "repeats" in str(caught.value.__cause__)


def test_promise_a_checkpoint_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.pth", {"a": torch.zeros(1 << 22)})
    _repacked(path, lambda name, content: content, zipfile.ZIP_DEFLATED)
    with pytest.raises(OfficialCheckpointError) as caught:
        load_official_file(path)
    assert "compressed" in str(caught.value.__cause__)


def test_promise_a_tensor_that_repeats_one_number_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.pth", {"fc.weight": torch.zeros(1, 1).expand(60, 10**12)})
    with pytest.raises(OfficialCheckpointError, match=r"fc\.weight is larger than what the file has"):
        load_official_file(path)


def test_promise_an_official_checkpoint_runs_nothing(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "sprung",))

    for old in (False, True):
        path = tmp_path / "net.pth"
        buffer = io.BytesIO()
        torch.save({"a": Trap()}, buffer, _use_new_zipfile_serialization=not old)
        path.write_bytes(buffer.getvalue())
        with pytest.raises(OfficialCheckpointError):
            load_official_file(path)
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(OfficialCheckpointError):
        load_official_file(path)
    assert not (tmp_path / "sprung").exists()
