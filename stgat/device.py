"""Which device to compute on."""

from __future__ import annotations

import torch

from stgat.errors import DeviceError
from stgat.reading import first_line


def choose_device(name: str = "auto") -> torch.device:
    """`auto` takes CUDA, then MPS, then the CPU; any other name is tried as it is.

    Raises DeviceError for a device that is not there or cannot hold a tensor.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, ImportError) as error:
        reason = first_line(error).partition(". ")[0]  # what follows lists all that PyTorch has
        raise DeviceError(f"device {name!r} cannot be used here ({reason}); choose the device cpu") from error
    return device
