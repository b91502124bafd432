"""The network that a configuration describes: the windowed one of the paper, or the causal one."""

from __future__ import annotations

from stgat.continual.network import CausalSTGAT, paces
from stgat.model import STGAT, STGATConfig
from stgat.normalize import CAUSAL
from stgat.preprocessing import Preprocessing


def build(config: STGATConfig) -> STGAT:
    """A network of these sizes, freshly initialised."""
    return STGAT(config) if config.causal is None else CausalSTGAT(config)


def check_causal(config: STGATConfig, preprocessing: Preprocessing) -> None:
    """Raises ValueError where a causal network would be shown what lies ahead, or too little to answer."""
    if config.causal is None:
        return
    if preprocessing.normalization not in CAUSAL:
        raise ValueError(
            f"normalization {preprocessing.normalization} looks ahead, which a causal network must not; give "
            f"{' or '.join(CAUSAL)}"
        )
    if preprocessing.stream.startswith("motion"):
        raise ValueError(
            f"stream {preprocessing.stream} looks a frame ahead, which a causal network must not; give joint "
            "or bone"
        )
    stride = paces(config)[-1].stride
    if preprocessing.num_frames < stride:
        raise ValueError(f"num_frames {preprocessing.num_frames}: the strides of {stride} in all need more")
