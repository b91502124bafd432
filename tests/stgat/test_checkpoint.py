"""Checkpoints: whole, or refused with a sentence; never anything else."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from stgat.checkpoint import CheckpointError, Metadata, load_checkpoint, read_metadata, save_checkpoint
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from tests.conftest import REPOSITORY
from tests.hostile import assert_sentence, attempt

CONFIG = STGATConfig(num_classes=3, blocks=((8, 8, 1),), num_heads=1)
METADATA = Metadata(
    name="tiny",
    model=CONFIG,
    preprocessing=Preprocessing(num_frames=8, stream="bone"),
    labels=("clapping", "hand waving", "über die Schulter sehen"),
    temperature=1.5,
    metrics={"top1": 81.25},
    data="made up",
    data_licence="none",
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, STGAT(CONFIG), METADATA)
    return path


def rewritten(path: Path, change: Callable[[dict, dict], None]) -> Path:
    """The checkpoint with its weights and its metadata changed behind its back."""
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        metadata = json.loads(file.metadata()["stgat"])
    change(tensors, metadata)
    save_file(tensors, path, metadata={"stgat": json.dumps(metadata)})
    return path


def load_or_refuse(path: Path) -> None:
    """Both ways of reading must either work or raise CheckpointError that names the file."""
    for read in (load_checkpoint, read_metadata):
        try:
            read(path)
        except CheckpointError as error:
            assert path.name in str(error)
            assert "\n" not in str(error)


def test_what_is_saved_is_loaded_with_its_metadata_and_hash(tmp_path: Path) -> None:
    model = STGAT(CONFIG)
    path = tmp_path / "new folder" / "tiny.safetensors"
    sha256 = save_checkpoint(path, model, METADATA)
    loaded = load_checkpoint(path)
    assert loaded.metadata == METADATA == read_metadata(path)
    assert loaded.sha256 == sha256
    assert not loaded.model.training
    x = torch.randn(2, 3, 8, 25, 1)
    with torch.no_grad():
        assert torch.equal(loaded.model(x), model.eval()(x))


def test_a_failed_save_leaves_the_old_file_and_no_remains(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("stgat.checkpoint.save_file", full_disk)
    with pytest.raises(OSError, match="no space left"):
        save_checkpoint(saved, STGAT(CONFIG), METADATA)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_disk_that_is_full_is_said_in_a_sentence(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **keywords: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    before = saved.read_bytes()
    monkeypatch.setattr("stgat.checkpoint.save_file", full)
    with pytest.raises(
        OSError, match=r"tiny\.safetensors: cannot be written \(.*No space left.*the disk full"
    ):
        save_checkpoint(saved, STGAT(CONFIG), METADATA)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_metadata_of_another_network_is_not_saved(tmp_path: Path) -> None:
    other = STGAT(CONFIG.model_copy(update={"num_classes": 4}))
    with pytest.raises(ValueError, match="another network"):
        save_checkpoint(tmp_path / "x.safetensors", other, METADATA)
    assert not list(tmp_path.iterdir())


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such model file"):
        load_checkpoint(tmp_path / "nowhere.safetensors")
    with pytest.raises(CheckpointError, match=r"is a folder; name a \.safetensors file in it"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999])
def test_a_file_cut_short_anywhere_is_refused(saved: Path, share: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    with pytest.raises(
        CheckpointError, match=r"tiny\.safetensors: truncated, or not an STGAT Live checkpoint"
    ):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    "content", [b"", b"just a text\n" * 50, b"PK\x03\x04" + bytes(100), b"\xff" * 64], ids=repr
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"other\.safetensors"):
        load_checkpoint(path)


def test_safetensors_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "llm.safetensors"
    save_file({"weight": torch.zeros(3)}, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match="a safetensors file, but not an STGAT Live checkpoint"):
        load_checkpoint(path)


def _drop(tensors: dict, _: dict) -> None:
    del tensors["classifier.bias"]


def _add(tensors: dict, _: dict) -> None:
    tensors["optimizer.momentum"] = torch.zeros(2)


def _misshape(tensors: dict, _: dict) -> None:
    tensors["classifier.weight"] = torch.zeros(3, 9)


def _spoil(tensors: dict, _: dict) -> None:
    tensors["classifier.weight"][1, 2] = float("nan")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_spoil, "classifier.weight holds values that are no numbers"),
        (lambda _, m: m.update(metrics={"top1": float("inf")}), "metadata metrics.top1"),
        (_drop, "the weight classifier.bias is missing"),
        (_add, "holds optimizer.momentum, which is no weight"),
        (_misshape, r"classifier.weight has shape \(3, 9\), expected \(3, 8\)"),
        (lambda _, m: m["labels"].pop(), "2 labels for 3 classes"),
        (lambda _, m: m.update(labels=["a", "b", "a"]), "a label is there twice"),
        (lambda _, m: m.update(format=2), "format 2 is not known to this version, which reads 1"),
        (lambda _, m: m["preprocessing"].update(body="one-body-9"), "metadata preprocessing.body"),
        (lambda _, m: m["preprocessing"].update(layout="kinect-v1-20"), "is not the network's"),
        (lambda _, m: m["model"].update(layout="coco"), "unknown joint layout 'coco'"),
        (lambda _, m: m.update(temperature=0), "metadata temperature"),
        (lambda _, m: m.pop("labels"), "metadata labels: Field required"),
    ],
)
def test_what_does_not_fit_is_named(saved: Path, change: Callable[[dict, dict], None], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(rewritten(saved, change))


def test_metadata_that_is_no_json_is_refused(saved: Path) -> None:
    for text in ("{", "[" * 100_000, "null", "NaN"):
        save_file(load_file(saved), saved, metadata={"stgat": text})
        with pytest.raises(CheckpointError, match=r"tiny\.safetensors: .*metadata"):
            read_metadata(saved)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"blocks": [[10**6, 10**6, 1]]}, r"metadata model: blocks\[0\]: widths must be 1\.\.8192"),
        (
            {"blocks": [[8192, 8192, 1]] * 64, "num_heads": 64},
            "metadata model: blocks: more than 1,000,000,000",
        ),
        ({"blocks": [[8, 8, 1]] * 10**4}, "metadata model: blocks: between 1 and 64"),
        ({"num_classes": 10**12}, r"metadata model\.num_classes"),
        ({"num_heads": 10**30}, r"metadata model\.num_heads"),
        ({"blocks": [[1024, 1024, 1]] * 8}, "the weight .* has shape"),
    ],
)
def test_promise_a_checkpoint_that_asks_for_an_enormous_network_gets_no_memory(
    saved: Path, model: dict, message: str
) -> None:
    """What the configuration allows is compared with the file's own weights before anything is built."""
    rewritten(saved, lambda _, metadata: metadata["model"].update(model))
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(saved)


def test_promise_no_hostile_checkpoint_takes_memory(saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    size = int.from_bytes(content[:8], "little")

    def written(name: str, header: bytes, length: int | None = None, hole: int = 0) -> Path:
        path = tmp_path / name
        path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header)
        if hole:
            os.truncate(path, hole)
        return path

    def lying(name: str, change: Callable[[dict], object]) -> Path:
        header = json.loads(content[8 : 8 + size])
        change(header)
        text = json.dumps(header).encode()
        path = tmp_path / name
        path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size :])
        return path

    huge = rewritten(
        Path(shutil.copy(saved, tmp_path / "huge")),
        lambda _, metadata: metadata["model"].update(blocks=[[1024, 1024, 1]] * 8),
    )
    names = b"{" + b",".join(b'"%d":{"dtype":"U8","shape":[],"data_offsets":[0,0]}' % i for i in range(10**5))
    paths = [
        huge,
        written("claims 2 GB", b"{}", length=2 << 30),
        written("has 2 GB", b"{", length=2 << 30, hole=(2 << 30) + 8),
        written("claims all there is", b"{}", length=2**64 - 1),
        written("many names", names + b"}"),
        written("deep", b'{"a":' * 100_000),
        lying("out of the file", lambda h: h["classifier.bias"].update(data_offsets=[0, 1 << 40])),
        lying("overlapping", lambda h: h["classifier.bias"].update(h["classifier.weight"])),
        lying("backwards", lambda h: h["classifier.bias"].update(data_offsets=[12, 0])),
        lying("negative", lambda h: h["classifier.bias"].update(data_offsets=[-12, 0])),
        lying("large shape", lambda h: h["classifier.bias"].update(shape=[1 << 40])),
        lying("overflowing shape", lambda h: h["classifier.bias"].update(shape=[1 << 32, 1 << 32])),
        lying("no list", lambda h: h["classifier.bias"].update(shape="3")),
        lying("a float", lambda h: h["classifier.bias"].update(shape=[3.0])),
    ]
    grown, said = attempt(
        f"import torch; from stgat.checkpoint import load_checkpoint; load_checkpoint(Path({str(saved)!r}))",
        "load_checkpoint(path)",
        *paths,
    )
    for path, sentence in zip(paths, said, strict=True):
        assert sentence.startswith("CheckpointError: ")
        assert_sentence(sentence, path)
    assert grown < 64e6


def test_promise_what_a_checkpoint_says_moves_no_cursor(saved: Path) -> None:
    for change in (
        lambda t, m: m.update(labels=["a", "b", "\x1b[2Jc"]),
        lambda t, m: m.update(labels=["a", "b", ""]),
        lambda t, m: m.update(name="a\nb"),
        lambda t, m: m.update(data="\x1b]0;title\x07"),
        lambda t, m: m["metrics"].update({"\x07": 1}),
        lambda t, m: m.update({"\x1b[2J" * 10_000: 1}),
        lambda t, m: m["model"].update(layout="\x1b[2J" * 10_000),
        lambda t, m: t.update({"\x1b[2J" * 10_000: torch.zeros(1)}),
    ):
        path = rewritten(Path(shutil.copy(saved, saved.with_name("moving.safetensors"))), change)
        with pytest.raises(CheckpointError) as caught:
            load_checkpoint(path)
        assert_sentence(caught.value, path)


def test_a_name_that_no_file_can_have_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("zero\0byte")):
        with pytest.raises(CheckpointError, match="no such model file"):
            load_checkpoint(path)


def test_metadata_that_nobody_would_read_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nobody would read"):
        save_checkpoint(tmp_path / "x", STGAT(CONFIG), METADATA.model_copy(update={"data": "x" * (1 << 21)}))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", ["F4", "F6_E2M3", "C64", "BOOL", "I64", "BF16", "F8_E4M3", "NONSENSE"])
@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_weights_of_another_type_are_loaded_or_refused(saved: Path, dtype: str) -> None:
    content = saved.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    header["classifier.weight"]["dtype"] = dtype
    text = json.dumps(header).encode()
    saved.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size :])
    load_or_refuse(saved)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_are_loaded_or_refused(saved: Path, data: st.DataObject) -> None:
    intact = saved.read_bytes()
    (header,) = struct.unpack("<Q", intact[:8])
    damaged = bytearray(intact)
    # Most of the file are weights, of which any bytes will do; what can go wrong is at the front.
    places = st.one_of(st.integers(0, 7), st.integers(8, 8 + header), st.integers(0, len(intact) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    path = saved.with_name("damaged.safetensors")
    path.write_bytes(damaged)
    load_or_refuse(path)


@pytest.mark.parametrize("change", [{"name": ""}, {"people": 0}, {"labels": ("a",)}, {"epochs": 3}])
def test_metadata_are_checked_when_they_are_made(change: dict) -> None:
    with pytest.raises(ValidationError):
        Metadata.model_validate(METADATA.model_dump() | change)


def test_loading_does_not_import_the_compiler_of_pytorch(saved: Path) -> None:
    """It takes a second, and whoever starts the application waits for it."""
    code = (
        "import sys; from pathlib import Path; from stgat.checkpoint import load_checkpoint\n"
        "load_checkpoint(Path(sys.argv[1])); print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved)], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert done.stdout.strip() == "False"
