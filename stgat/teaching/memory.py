"""What a network remembers of its own actions, so that new ones can be set apart from them without its data.

No skeleton is in it: for each remembered window, the logits and where it lies in the space the taught rows
see (stgat.teaching.network.part_means), reduced to its main directions. One file lies beside each model, in
`memory/` under the model's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.numpy import save_file

from stgat.errors import TeachingError
from stgat.reading import told
from stgat.skeleton import FloatArray
from stgat.tensor_file import EntryError, open_tensors, read_entry
from stgat.whole_file import whole_file

FORMAT = 1
MAX_HEADER_BYTES = 1 << 16
_KEY = "stgat-memory"
_KINDS = {
    "mean": "F32",
    "basis": "F16",
    "coordinates": "F16",
    "logits": "F16",
    "classes": "I32",
    "judges": "U8",
}
#: Directions that are kept, and how much of a standard deviation a weak one is counted as at least.
DIRECTIONS, FLOOR = 160, 0.3


@dataclass(frozen=True, eq=False)
class Memory:
    """Remembered windows of a network.

    model: SHA-256 of the checkpoint. data, data_licence: where they come from.
    mean (D,), basis (D, P): `part_means` x lie at (x - mean) @ basis, in which each direction varies about as
        much as the others. coordinates (N, P), logits (N, K) and classes (N,) of the windows.
    judges: (N,) those of people the network was not trained on: nothing is fitted on them.
    """

    model: str
    mean: FloatArray
    basis: FloatArray
    coordinates: FloatArray
    logits: FloatArray
    classes: NDArray[np.int32]
    judges: NDArray[np.bool_]
    data: str = "not stated"
    data_licence: str = "not stated"

    def place(self, means: FloatArray) -> FloatArray:
        """(n, D) part means -> (n, P) coordinates."""
        return (means - self.mean) @ self.basis


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    model: str = Field(max_length=64)
    data: str = "not stated"
    data_licence: str = "not stated"
    windows: int = Field(ge=1, le=200_000)
    width: int = Field(ge=1, le=200_000)
    directions: int = Field(ge=1, le=4096)
    classes: int = Field(ge=1, le=100_000)


def directions(means: FloatArray, count: int = DIRECTIONS) -> tuple[FloatArray, FloatArray]:
    """Mean (D,) and basis (D, P) of part means (n, D): principal components, whitened but for weak ones.

    Features are brought to one standard deviation first.
    """
    centre, spread = means.mean(axis=0), means.std(axis=0) + 1e-6
    scaled = (means - centre) / spread
    _, values, rows = np.linalg.svd(scaled, full_matrices=False)
    count = min(count, len(values))
    deviations = values[:count] / np.sqrt(len(means))
    basis = (rows[:count] / (deviations + FLOOR)[:, None]).T / spread[:, None]
    return centre.astype(np.float32), basis.astype(np.float32)


def memory_path(model: Path) -> Path:
    """Where the memory of a model file is looked for."""
    return model.parent / "memory" / model.name


def save_memory(path: Path, memory: Memory) -> None:
    """Write it whole or not at all. Raises OSError where it cannot."""
    entry = _Entry(
        model=memory.model,
        data=memory.data,
        data_licence=memory.data_licence,
        windows=len(memory.classes),
        width=len(memory.mean),
        directions=memory.basis.shape[1],
        classes=memory.logits.shape[1],
    )
    kinds = {"F32": np.float32, "F16": np.float16, "I32": np.int32, "U8": np.uint8}
    arrays = {name: np.ascontiguousarray(getattr(memory, name), kinds[kind]) for name, kind in _KINDS.items()}
    with whole_file(path) as temporary:
        save_file(arrays, temporary, metadata={_KEY: entry.model_dump_json()})


def load_memory(path: Path) -> Memory:
    """Read a memory. Raises TeachingError, naming the file, for anything that is none."""
    try:
        with open_tensors(path, "np", MAX_HEADER_BYTES) as file:
            entry = read_entry(file, _KEY, _Entry)
            if entry is None:
                raise TeachingError(f"{path}: holds no remembered windows of a model")
            if entry.format != FORMAT:
                raise TeachingError(f"{path}: of format {entry.format}, which this version does not know")
            N, D, P, K = entry.windows, entry.width, entry.directions, entry.classes
            shapes = {
                "mean": [D], "basis": [D, P], "coordinates": [N, P], "logits": [N, K], "classes": [N],
                "judges": [N],
            }  # fmt: skip
            found = set(file.keys())
            arrays = {}
            for name, shape in shapes.items():
                described = file.get_slice(name) if name in found else None
                if (
                    described is None
                    or list(described.get_shape()) != shape
                    or described.get_dtype() != _KINDS[name]
                ):
                    raise TeachingError(f"{path}: its {name} is missing or not {_KINDS[name]} {shape}")
                arrays[name] = file.get_tensor(name)
    except (SafetensorError, OSError) as error:
        raise TeachingError(
            f"{path}: cut short, or no remembered windows of a model ({told(error)})"
        ) from error
    except EntryError as error:
        raise TeachingError(f"{path}: {error}") from error
    floats = {n: arrays[n].astype(np.float32) for n in ("mean", "basis", "coordinates", "logits")}
    if not all(np.isfinite(array).all() for array in floats.values()):
        raise TeachingError(f"{path}: holds values that are no numbers")
    classes = arrays["classes"]
    if not ((classes >= 0) & (classes < K)).all():
        raise TeachingError(f"{path}: names classes that the model does not have")
    return Memory(
        model=entry.model,
        classes=classes,
        judges=arrays["judges"].astype(bool),
        data=entry.data,
        data_licence=entry.data_licence,
        **floats,
    )
