"""A checkpoint becomes an installed model, found by its name; nothing is lost by it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from app import installing
from app.errors import ModelError, OutputError
from app.installing import ModelThere, install_model
from app.models import DEFAULT_MODEL, find_model, list_models
from app.names import checked_name
from stgat.checkpoint import save_checkpoint
from stgat.errors import CheckpointError
from stgat.model import STGAT
from tests.app.fakes import METADATA, tiny_checkpoint


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "best.safetensors")


def test_an_installed_model_is_found_by_its_name_and_listed(checkpoint: Path, home: Path) -> None:
    path = install_model(checkpoint, " my model ")
    assert path == home / "models" / "my model.safetensors"
    assert find_model("my model") == find_model("my model.safetensors") == path
    assert list_models()[0].path == DEFAULT_MODEL
    assert path in [model.path for model in list_models()]
    with pytest.raises(ModelError, match=r"installed: .*stgat-actions.*, my model"):
        find_model("mine")


def test_a_model_is_replaced_only_by_somebody_who_says_so(checkpoint: Path) -> None:
    path = install_model(checkpoint, "mine")
    path.write_bytes(b"the first")
    with pytest.raises(ModelThere):
        install_model(checkpoint, "mine")
    assert path.read_bytes() == b"the first"
    install_model(checkpoint, "mine", replace=True)
    assert path.read_bytes() == checkpoint.read_bytes()


def test_the_models_that_came_with_the_program_keep_their_names(checkpoint: Path) -> None:
    with pytest.raises(ModelError, match="came with the program"):
        install_model(checkpoint, DEFAULT_MODEL.stem, replace=True)


def test_what_the_camera_cannot_feed_is_not_installed(tmp_path: Path, home: Path) -> None:
    layout = "kinect-v1-20"
    config = METADATA.model.model_copy(update={"layout": layout})
    preprocessing = METADATA.preprocessing.model_copy(update={"layout": layout, "body": "as-measured"})
    metadata = METADATA.model_copy(update={"model": config, "preprocessing": preprocessing})
    save_checkpoint(tmp_path / "other.safetensors", STGAT(config), metadata)
    with pytest.raises(ModelError, match="takes 3 channels of kinect-v1-20 skeletons"):
        install_model(tmp_path / "other.safetensors", "mine")
    (tmp_path / "broken.safetensors").write_bytes(b"no network")
    with pytest.raises(CheckpointError):
        install_model(tmp_path / "broken.safetensors", "mine")
    assert not (home / "models").exists()


def test_a_full_disk_keeps_the_model_that_was_there(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = install_model(checkpoint, "mine")
    before = path.read_bytes()

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(installing.shutil, "copyfile", full)
    with pytest.raises(ModelError, match="No space left on device"):
        install_model(checkpoint, "mine", replace=True)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["mine.safetensors"]


@pytest.mark.parametrize(
    "name", ["", "  ", "../mine", "a/b", "a\\b", ".mine", "mine.", "nul", "COM1.x", "a\0b"]
)
def test_names_that_no_file_should_have_are_refused(name: str) -> None:
    with pytest.raises(OutputError):
        checked_name(name)
