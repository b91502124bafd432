"""STGAT: the network, its data and its training."""

from stgat.model import STGAT, STGATConfig

__all__ = ["STGAT", "STGATConfig"]
