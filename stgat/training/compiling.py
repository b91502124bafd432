"""torch.compile where it can work, and one sentence where it could not."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from stgat.errors import TrainingError
from stgat.reading import told

#: The oldest GPUs that Triton makes code for (Volta).
_OLDEST = (7, 0)


def compiles(wish: Literal["auto", True, False], device: torch.device) -> bool:
    """Whether a network is to be compiled; "auto" where there is a GPU and what PyTorch compiles for it with.

    That is Triton, which PyTorch for Windows comes without, and on other systems the C compiler Triton calls.
    """
    if wish != "auto":
        return wish
    if device.type != "cuda" or importlib.util.find_spec("triton") is None:
        return False
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")
    return bool(compiler or os.name == "nt") and torch.cuda.get_device_capability(device) >= _OLDEST


@contextmanager
def failures_told() -> Iterator[None]:
    """Around each use of a network that may be compiled. Raises TrainingError where that fails."""
    try:
        yield
    except RuntimeError as error:
        # To name their class is to import the compiler.
        if not type(error).__module__.startswith(("torch._dynamo.", "torch._inductor.")):
            raise
        reason = " ".join(str(error).partition("\n\n")[0].split())
        raise TrainingError(
            f"torch.compile cannot compile the network here ({told(reason, 300)}); with compile=false the "
            "run does without it"
        ) from error
