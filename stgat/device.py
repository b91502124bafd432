"""Which device to compute on."""

from __future__ import annotations

import torch

from stgat.errors import DeviceError


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
        reason = str(error).partition("\n")[0]
        raise DeviceError(f"device {name!r} cannot be used here ({reason}); try --device cpu") from error
    return device
