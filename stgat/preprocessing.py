"""From skeletons in metres to what a network takes: one road for training windows and live windows.

Training and the running application both call `prepare_window`; the checkpoint carries the
`Preprocessing` it was trained with, so the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stgat.normalize import NORMALIZERS, Normalization
from stgat.retarget import one_body, rest_limbs
from stgat.sampling import resample
from stgat.skeleton import FloatArray, get_layout
from stgat.streams import Stream, to_stream


class Preprocessing(BaseModel):
    """How skeletons become network input; stored in every checkpoint.

    body: "one-body-1" rebuilds each skeleton on one body (stgat.retarget); "as-measured" does not.
    unseen_limbs: "rest-1" lets limbs that the camera does not see hang at rest (stgat.retarget.rest_limbs);
        "as-guessed" takes them as the estimator fills them in. Raises ValueError for "rest-1" without the
        one body, whose lengths it needs.
    resampling: "linear-1", linear interpolation in time (stgat.sampling).
    normalization: a name of stgat.normalize.
    window_s: seconds of motion the network looks at; num_frames: the T they are resampled to.
    lookahead_s: how long before the end of the window the moment lies that the network names, since an action
        is best told when some of it is seen; null for one that names whatever the window holds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    body: Literal["one-body-1", "as-measured"] = "one-body-1"
    unseen_limbs: Literal["as-guessed", "rest-1"] = "as-guessed"
    resampling: Literal["linear-1"] = "linear-1"
    normalization: Normalization = "upright-1"
    stream: Stream = "joint"
    layout: str = "ntu25"
    window_s: float = Field(default=2.0, gt=0.1, le=60.0)
    num_frames: int = Field(default=64, ge=4, le=4096)
    lookahead_s: float | None = Field(default=None, ge=0.0)

    @model_validator(mode="after")
    def _looks_back_too(self) -> Self:
        if self.lookahead_s is not None and self.lookahead_s >= self.window_s:
            raise ValueError(f"lookahead_s {self.lookahead_s} is not within the window of {self.window_s} s")
        return self

    @model_validator(mode="after")
    def _rests_on_the_one_body(self) -> Self:
        if self.unseen_limbs != "as-guessed" and self.body != "one-body-1":
            raise ValueError(f"unseen_limbs {self.unseen_limbs} needs body one-body-1, not {self.body}")
        return self


def prepare_window(
    people: list[tuple[FloatArray, FloatArray]], preprocessing: Preprocessing, start_s: float, end_s: float
) -> FloatArray:
    """The network's input for one window of time.

    people: one (joints_m (T, V, 3), timestamps_s (T,)) a person, the first person first; joints in
        `preprocessing.layout`, NaN where not known, any frame rate.
    Returns (C, T, V, M) float32 for M = len(people).

    Raises ValueError where a person's root joint is never known in the window.
    """
    joints = np.stack([window_joints(*person, preprocessing, start_s, end_s) for person in people], axis=1)
    return to_network(joints, preprocessing)


def window_joints(
    joints_m: FloatArray,
    timestamps_s: FloatArray,
    preprocessing: Preprocessing,
    start_s: float,
    end_s: float,
    unseen: Collection[str] = (),
) -> FloatArray:
    """One person's joints in metres, on the body wanted, at the window's T moments: (T, V, 3), no NaN.

    unseen: limbs that the camera did not see (stgat.retarget.unseen_limbs), for preprocessing.unseen_limbs.
    """
    if preprocessing.body == "one-body-1":
        joints_m = one_body(joints_m, preprocessing.layout)
    return at_moments(joints_m, timestamps_s, preprocessing, start_s, end_s, unseen)


def at_moments(
    body_m: FloatArray,
    timestamps_s: FloatArray,
    preprocessing: Preprocessing,
    start_s: float,
    end_s: float,
    unseen: Collection[str] = (),
) -> FloatArray:
    """The last part of `window_joints`, for joints (T, V, 3) that are on the body wanted already."""
    if unseen and preprocessing.unseen_limbs == "rest-1":
        body_m = rest_limbs(body_m, unseen)
    return resample(body_m, timestamps_s, preprocessing.num_frames, start_s, end_s)


def to_network(joints_m: FloatArray, preprocessing: Preprocessing) -> FloatArray:
    """Window joints (T, M, V, 3) in metres -> normalised stream (C, T, V, M)."""
    normalized = NORMALIZERS[preprocessing.normalization](joints_m, preprocessing.layout)
    layout = get_layout(preprocessing.layout)
    stream = to_stream(normalized.transpose(1, 0, 2, 3), layout, preprocessing.stream)  # (M, T, V, C)
    return np.ascontiguousarray(stream.transpose(3, 1, 2, 0), dtype=np.float32)
