"""The authors' checkpoints become files that the application takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stgat.checkpoint import load_checkpoint
from stgat.data.prepared import write_prepared
from stgat.data.sequences import SkeletonSequence
from stgat.errors import OfficialCheckpointError
from stgat.importer import import_official
from stgat.model import STGAT, STGATConfig
from stgat.reference import _their_name
from stgat.training.measure import measure


@pytest.fixture
def official(shared_dir: Path) -> Path:
    return shared_dir / "reference" / "stgat_ntu_small.safetensors"


@pytest.fixture
def theirs(official: Path, tmp_path: Path) -> Path:
    """A .pth file as the authors' scripts save it."""
    weights = {
        f"module.{name.removeprefix('weights.')}": value
        for name, value in load_file(official).items()
        if name.startswith("weights.")
    }
    torch.save(weights, tmp_path / "ntu.pth")
    return tmp_path / "ntu.pth"


def label_file(folder: Path, content: bytes | str) -> Path:
    path = folder / "labels.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


TEN = "".join(f"action {k}\n" for k in range(10))


@pytest.mark.shared
def test_what_was_imported_gives_the_authors_logits(official: Path, theirs: Path, tmp_path: Path) -> None:
    output = tmp_path / "ours.safetensors"
    metadata, sha256 = import_official(theirs, output, label_file(tmp_path, TEN), window_s=3.0)
    loaded = load_checkpoint(output)
    assert (loaded.metadata, loaded.sha256) == (metadata, sha256)
    assert metadata.labels == tuple(f"action {k}" for k in range(10))
    assert metadata.model.frame_weighting == "u_mod_w"
    preprocessing = metadata.preprocessing
    assert (preprocessing.body, preprocessing.normalization) == ("as-measured", "ntu-authors-1")
    assert (preprocessing.window_s, preprocessing.num_frames, metadata.people) == (3.0, 128, 2)
    golden = load_file(official)
    with torch.no_grad():
        logits = loaded.model(golden["input"])
    torch.testing.assert_close(
        logits, golden["logits"], rtol=1e-4, atol=1e-4 * golden["logits"].abs().max().item()
    )


@pytest.mark.shared
@pytest.mark.parametrize(
    "text",
    ["\n" + TEN.replace("\n", "\r\n\r\n"), "\ufeff" + TEN, "  " + TEN.replace("\n", " \n")],
    ids=["Windows lines", "byte order mark", "spaces"],
)
def test_labels_are_read_as_editors_write_them(theirs: Path, tmp_path: Path, text: str) -> None:
    metadata, _ = import_official(theirs, tmp_path / "o.safetensors", label_file(tmp_path, text))
    assert metadata.labels == tuple(f"action {k}" for k in range(10))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\nb\n", r"labels\.txt: holds 2 names, but .*ntu\.pth has 10 classes"),
        (TEN.replace("action 3", "action 4"), r"labels\.txt: 'action 4' is there twice"),
        (b"\xff\xfe\x00a", r"labels\.txt: not a text file"),
    ],
)
def test_labels_that_do_not_fit_are_refused_and_nothing_is_written(
    theirs: Path, tmp_path: Path, content: bytes | str, message: str
) -> None:
    output = tmp_path / "ours.safetensors"
    with pytest.raises(OfficialCheckpointError, match=message):
        import_official(theirs, output, label_file(tmp_path, content))
    assert not output.exists()


@pytest.mark.shared
def test_a_window_no_network_can_take_is_refused_as_a_sentence(theirs: Path, tmp_path: Path) -> None:
    with pytest.raises(OfficialCheckpointError, match="window_s"):
        import_official(theirs, tmp_path / "o.safetensors", label_file(tmp_path, TEN), window_s=1000.0)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        import_official(tmp_path / "nowhere.pth", tmp_path / "o.safetensors", tmp_path / "labels.txt")


def test_a_network_of_kinetics_is_measured_on_kinetics(tmp_path: Path) -> None:
    """Its graph is the authors' shifted one; the data are OpenPose's joints, and come normalised."""
    network = STGAT(
        STGATConfig(
            num_classes=10, layout="openpose-18-shifted", blocks=((8, 8, 1),), frame_weighting="u_mod_w"
        )
    ).eval()
    theirs = {
        _their_name(name): value[None] if name.endswith(".table") else value
        for name, value in network.state_dict().items()
    }
    torch.save(theirs, tmp_path / "kinetics.pth")
    output = tmp_path / "ours.safetensors"
    metadata, _ = import_official(tmp_path / "kinetics.pth", output, label_file(tmp_path, TEN))
    assert metadata.preprocessing.normalization == "identity-1"

    joints = np.random.default_rng(0).uniform(-0.5, 0.5, (150, 2, 18, 3)).astype(np.float32)
    clips = [
        SkeletonSequence(f"{part}/{k}", joints, np.arange(150) / 30, "openpose-18", f"action {k}")
        for part in ("train", "val")
        for k in range(10)
    ]
    folder = write_prepared(tmp_path / "set", clips, metadata.labels).folder
    result = measure(output, folder, "published", device="cpu").result
    with torch.no_grad():
        expected = network(torch.from_numpy(joints[11:139].transpose(3, 0, 2, 1)[None]))  # the middle crop
    np.testing.assert_allclose(result.scores, expected.repeat(10, 1), rtol=1e-4, atol=1e-5)
