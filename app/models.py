"""The models that are installed: where they are, how one is named, and what each says of itself.

They lie in two folders: WEIGHTS came with the program, and the user's own, `user_models()`, is filled by
app.installing. A name in both means the one that came with the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import ModelError
from app.settings import home
from stgat.errors import CheckpointError

if TYPE_CHECKING:
    from stgat.checkpoint import Metadata

SUFFIX = ".safetensors"
WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
DEFAULT_MODEL = WEIGHTS / f"stgat-actions{SUFFIX}"
#: What the live pose gives, and so what a model must take.
LIVE_LAYOUT, LIVE_CHANNELS = "ntu25", 3


@dataclass(frozen=True)
class Model:
    """One model file.

    name: what `--model` takes for it if it is installed: the file's name without its suffix.
    error: what is wrong with the file; the fields after it then say nothing.
    parameters: what training set. flop: floating point operations an answer, a multiply-add counted as two:
    of a windowed network a window, of a continual one a frame.
    """

    name: str
    path: Path
    default: bool
    error: str = ""
    metadata: Metadata | None = None
    parameters: int = 0
    flop: int = 0

    def as_json(self) -> dict[str, Any]:
        """What `models --json` prints of it; a file that cannot be used has name, file, default and error.

        flop_per_window: of a continual model, of a frame.
        """
        about: dict[str, Any] = {"name": self.name, "file": str(self.path), "default": self.default}
        if self.metadata is None:
            return {**about, "error": self.error}
        metadata, preprocessing = self.metadata, self.metadata.preprocessing
        return {
            **about,
            "trained_as": metadata.name,
            "labels": list(metadata.labels),
            "parameters": self.parameters,
            "continual": metadata.model.causal is not None,
            "flop_per_window": self.flop,
            "window_s": preprocessing.window_s,
            "num_frames": preprocessing.num_frames,
            "stream": preprocessing.stream,
            "layout": preprocessing.layout,
            "people": metadata.people,
            "temperature": metadata.temperature,
            "metrics": metadata.metrics,
            "data": metadata.data,
            "data_licence": metadata.data_licence,
        }


def user_models() -> Path:
    """The folder of the models that the user has installed; there is none until the first."""
    return home() / "models"


def installed_folders() -> list[Path]:
    """Where installed models lie, in the order in which a name is looked up."""
    return [folder for folder in (WEIGHTS, user_models()) if folder == WEIGHTS or folder.is_dir()]


def check_live(metadata: Metadata, path: Path) -> None:
    """Raises ModelError for a model that the live pose cannot feed."""
    layout, channels = metadata.preprocessing.layout, metadata.model.in_channels
    if (layout, channels) != (LIVE_LAYOUT, LIVE_CHANNELS):
        raise ModelError(
            f"{path} takes {channels} channels of {layout} skeletons, but the camera gives {LIVE_CHANNELS} "
            f"of {LIVE_LAYOUT}; choose another --model, or train one by configs/own-actions.yaml"
        )


def find_model(text: str | None, weights: Path | None = None) -> Path:
    """The file of the model that `--model` names: a path, or the name of an installed one.

    None is the default model. A file that is there goes before an installed model of the same name; a path
    need not exist. Raises ModelError that lists the installed names for a name that is none of them.
    """
    if text is None:
        return DEFAULT_MODEL
    path = Path(text)
    if path.is_file() or path.name != text:
        return path
    folders = [weights] if weights else installed_folders()
    for folder in folders:
        installed = folder / f"{text.removesuffix(SUFFIX)}{SUFFIX}"
        if installed.is_file():
            return installed
    if text.endswith(SUFFIX):
        return path
    names = ", ".join(file.stem for folder in folders for file in model_files(folder)) or "none"
    raise ModelError(f"{text}: neither a model file nor an installed model; installed: {names}")


def model_files(folder: Path) -> list[Path]:
    """The model files of a folder, by name. Raises ModelError where there is no such folder."""
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder of models")
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def list_models(folders: Sequence[Path] = (), chosen: Sequence[str] = ()) -> list[Model]:
    """The models `chosen` by name or path, else the installed ones and those of `folders`.

    The default model comes first. Raises ModelError where there is no model, no such folder, or no model of
    a name.
    """
    if chosen:
        paths = [find_model(text) for text in chosen]
    else:
        paths = [path for folder in (*installed_folders(), *folders) for path in model_files(folder)]
    if not paths:
        raise ModelError(f"{WEIGHTS}: holds no model ({SUFFIX}); name a --folder or a file, or train one")
    found = [describe(path) for path in dict.fromkeys(path.absolute() for path in paths)]
    return sorted(found, key=lambda model: not model.default)


def describe(path: Path) -> Model:
    """What a model file says of itself, read without its weights; of a broken one, what is wrong."""
    from stgat.checkpoint import read_metadata

    name, default = path.stem, path == DEFAULT_MODEL
    try:
        metadata = read_metadata(path)
    except CheckpointError as error:
        return Model(name, path, default, error=str(error).removeprefix(f"{path}: "))
    return Model(name, path, default, "", metadata, *count(metadata))


def count(metadata: Metadata) -> tuple[int, int]:
    """Parameters, and what answer_operations counts.

    By shapes, on PyTorch's meta device, so it takes neither memory nor weights.
    """
    import torch

    from stgat.networks import build

    with torch.device("meta"):
        model = build(metadata.model)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return parameters, answer_operations(metadata)


def answer_operations(metadata: Metadata) -> int:
    """Floating point operations an answer about `people` people takes.

    An answer is a window (stgat.cost), or of a continual network a frame (operations_per_frame).
    """
    from stgat.continual.operations import operations_per_frame
    from stgat.cost import operations

    if metadata.model.causal is not None:
        return round(operations_per_frame(metadata.model) * metadata.people)
    return operations(metadata.model, metadata.preprocessing.num_frames, metadata.people)
