"""The four streams: joint, bone, and the motion of joints over one and over two frames.

Each trains its own network; their class scores are added with equal weights (arXiv 2208.08599).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from stgat.skeleton import FloatArray, Layout

if TYPE_CHECKING:
    from torch import Tensor

Stream = Literal["joint", "bone", "motion1", "motion2"]
STREAMS: tuple[Stream, ...] = get_args(Stream)

Joints = TypeVar("Joints", FloatArray, "Tensor")


def to_stream(joints: Joints, layout: Layout, stream: Stream) -> Joints:
    """Normalised joints (..., T, V, 3), array or tensor -> the same shape in the wanted stream.

    joint: as they are. bone: child minus parent, zero at the root. motion1, motion2: the difference to
    the frame 1 or 2 later, zero where that does not exist.

    Raises ValueError for an unknown stream.
    """
    if stream == "joint":
        return joints
    if stream == "bone":
        return joints - joints[..., layout.parents(), :]
    if stream in ("motion1", "motion2"):
        step = int(stream[-1])
        motion = joints - joints  # zeros, of arrays and tensors alike
        motion[..., :-step, :, :] = joints[..., step:, :, :] - joints[..., :-step, :, :]
        return motion
    raise ValueError(f"unknown stream {stream!r}; known: {', '.join(STREAMS)}")
