"""A trained network in one safetensors file: its weights and everything needed to use it.

The metadata is one JSON text under the key `stgat`. Nothing in the file is ever executed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, model_validator
from safetensors import SafetensorError
from safetensors.torch import save_file

from stgat.errors import CheckpointError
from stgat.model import STGAT, STGATConfig
from stgat.networks import build, check_causal
from stgat.preprocessing import Preprocessing
from stgat.reading import told
from stgat.tensor_file import MAX_ENTRY, EntryError, open_tensors, read_entry
from stgat.whole_file import whole_file

FORMAT = 1
_KEY = "stgat"
_PURPOSE = "an STGAT Live checkpoint (.safetensors written by `train` or `import-official`)"


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds characters that cannot be shown")
    return text


#: Shown in windows and terminals, where other characters would do something.
_Text = Annotated[str, AfterValidator(_printable)]


class Metadata(BaseModel):
    """What a checkpoint says of itself.

    labels: the K class names in the order of the logits.
    people: M the network was trained with; with 1 each person is recognised alone.
    sampling, drawn_frames: which frames of a trimmed clip it is shown, as in
        stgat.training.config.PreparedTrainConfig.
    temperature: the logits are divided by it before the softmax.
    metrics: figures by name, as measured on the held-out part that `data` describes.
    data, data_licence: what it was trained on, and under which terms, "not stated" where unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int = FORMAT
    name: _Text = Field(min_length=1, max_length=200)
    model: STGATConfig
    preprocessing: Preprocessing
    labels: tuple[Annotated[_Text, Field(min_length=1, max_length=200)], ...]
    people: int = Field(default=1, ge=1, le=8)
    sampling: Literal["clip", "drawn"] = "clip"
    drawn_frames: int = Field(default=150, ge=4, le=4096)
    temperature: float = Field(default=1.0, gt=0.0, le=100.0)
    metrics: dict[_Text, FiniteFloat] = {}
    data: _Text = "not stated"
    data_licence: _Text = "not stated"
    created_by: _Text = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.format != FORMAT:
            raise ValueError(f"format {self.format} is not known to this version, which reads {FORMAT}")
        if len(self.labels) != self.model.num_classes:
            raise ValueError(f"{len(self.labels)} labels for {self.model.num_classes} classes")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label is there twice")
        if self.preprocessing.layout != self.model.layout:
            raise ValueError("the preprocessing's joint layout is not the network's")
        check_causal(self.model, self.preprocessing)
        if self.sampling == "drawn" and self.drawn_frames < self.preprocessing.num_frames:
            raise ValueError("fewer frames are drawn than the network looks at")
        return self


@dataclass(frozen=True)
class Checkpoint:
    """A network in evaluation mode, its metadata, and the file's SHA-256 (empty before it is saved)."""

    model: STGAT
    metadata: Metadata
    sha256: str = ""


def save_checkpoint(path: Path, model: STGAT, metadata: Metadata) -> str:
    """Write a checkpoint whole or not at all; returns its SHA-256. Raises OSError where it cannot."""
    if metadata.model != model.config:
        raise ValueError("the metadata describes another network than the one given")
    text = metadata.model_dump_json()
    if len(text.encode()) > MAX_ENTRY:
        raise ValueError(f"the metadata are {len(text)} characters long; nobody would read them")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, metadata={_KEY: text})
    return sha256_of(path)


def read_metadata(path: Path) -> Metadata:
    """A checkpoint's metadata without its weights. Raises CheckpointError."""
    return _open(path, with_model=False)[0]


def load_checkpoint(path: Path) -> Checkpoint:
    """Load a checkpoint on the CPU.

    Raises CheckpointError for a file that is missing, truncated, foreign, or whose weights do not fit
    the network it describes.
    """
    metadata, model = _open(path, with_model=True)
    assert model is not None
    return Checkpoint(model.eval(), metadata, sha256_of(path))


def _open(path: Path, with_model: bool) -> tuple[Metadata, STGAT | None]:
    if path.is_dir():
        raise CheckpointError(f"{path}: is a folder; name a .safetensors file in it")
    if not path.is_file():
        raise CheckpointError(f"{path}: no such model file")
    try:
        with open_tensors(path, "pt") as file:
            metadata = read_entry(file, _KEY, Metadata)
            if metadata is None:
                raise CheckpointError(f"{path}: a safetensors file, but not {_PURPOSE}")
            if not with_model:
                return metadata, None
            with torch.device("meta"):  # no memory for what a damaged file may promise
                described = build(metadata.model)
            expected = {name: tuple(tensor.shape) for name, tensor in described.state_dict().items()}
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            _compare(path, expected, found)
            model = build(metadata.model)
            weights = {name: file.get_tensor(name) for name in expected}
            for name, weight in weights.items():
                if not torch.isfinite(weight).all():
                    raise CheckpointError(f"{path}: the weight {name} holds values that are no numbers")
            model.load_state_dict(weights)
            return metadata, model
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: truncated, or not {_PURPOSE} ({told(error)})") from error
    except EntryError as error:
        raise CheckpointError(f"{path}: {error}") from error


def _compare(path: Path, expected: dict[str, tuple], found: dict[str, tuple]) -> None:
    for name, shape in expected.items():
        if name not in found:
            raise CheckpointError(f"{path}: the weight {name} is missing")
        if found[name] != shape:
            raise CheckpointError(f"{path}: the weight {name} has shape {found[name]}, expected {shape}")
    surplus = sorted(found.keys() - expected.keys())
    if surplus:
        raise CheckpointError(
            f"{path}: holds {told(surplus[0])}, which is no weight of the network it describes"
        )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
