"""STGAT: the network, its data and its training.

>>> from stgat import STGAT, STGATConfig
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stgat.model import STGAT, STGATConfig

__all__ = ["STGAT", "STGATConfig"]


def __getattr__(name: str) -> Any:
    # On first use: whoever wants a joint layout alone should not wait for torch.
    if name in __all__:
        from stgat import model

        return getattr(model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
