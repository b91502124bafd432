"""What every reader of several people does with a recording: check it, and leave out who is never there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stgat.errors import DataError
from stgat.skeleton import FloatArray


def to_float32(joints: NDArray[Any]) -> FloatArray:
    """The same as float32, without a warning: what is too large becomes infinite, which callers refuse."""
    with np.errstate(over="ignore", invalid="ignore"):  # invalid: NumPy remarks on signalling NaNs
        return joints.astype(np.float32)


def check_people(joints: NDArray[Any], num_joints: int, where: str) -> FloatArray:
    """Joints (T, M, num_joints, 3) of any real type as float32, without the people who are zero throughout.

    Raises DataError, which begins with `where`, for another shape, a coordinate that is no number or too
    large for float32, and a recording in which nobody is seen.
    """
    if joints.ndim != 4 or joints.shape[2:] != (num_joints, 3) or joints.dtype.kind not in "fiu":
        raise DataError(
            f"{where}: expected joints (T, M, {num_joints}, 3), found {joints.dtype} {joints.shape}"
        )
    joints = to_float32(joints)
    finite = np.isfinite(joints)
    if not finite.all():
        frame = int(np.argwhere(~finite)[0, 0])
        raise DataError(f"{where}: frame {frame} holds a coordinate that is no finite number")
    present = joints.any(axis=(0, 2, 3))
    if not present.any():
        raise DataError(f"{where}: nobody is seen in any frame")
    return joints[:, present]
