"""What keeps the camera from seeing a person well, and when to say so."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from app.entities import VideoFrame
from stgat.skeleton import NTU25, Skeleton

#: A picture whose brightest parts, but for one in a hundred, are darker than this (of 255) shows nothing.
DARK = 40
#: A joint is seen from this confidence on, and no longer under the second.
SEEN, UNSEEN = 0.5, 0.3
#: How long something must be so before it is said, and not be so before it is taken back, in seconds.
SAY_AFTER_S, TAKE_BACK_AFTER_S = 1.0, 0.4

_HIPS = [NTU25.joints.index(name) for name in ("left hip", "right hip")]
_SHOULDERS = [NTU25.joints.index(name) for name in ("left shoulder", "right shoulder")]


class Hint(StrEnum):
    """NOBODY: is in view. DARK: nor could be seen. STEP_BACK: somebody is there, but no hips are."""

    NOBODY = "nobody"
    DARK = "dark"
    STEP_BACK = "step back"


class Hints:
    """Looks at each picture shown. Time is the source's own; where it goes back all begins anew.

    A hint stays until its reason has been gone for TAKE_BACK_AFTER_S, so that it does not flicker; "nobody"
    is taken back as soon as somebody is seen.
    """

    def __init__(self) -> None:
        self.hint: Hint | None = None
        self._now_s: float | None = None
        self._reason: Hint | None = None
        self._since_s = 0.0  # the reason is what it is

    def update(self, frame: VideoFrame, skeletons: Sequence[Skeleton], may_leap: bool = False) -> Hint | None:
        """What to say now, if anything; may_leap: a long step in time is a leap, and all begins anew."""
        now_s = frame.timestamp_s
        leapt = self._now_s is None or now_s < self._now_s
        if leapt or (may_leap and now_s - self._now_s >= SAY_AFTER_S):
            self.hint = self._reason = None
            self._since_s = now_s
        self._now_s = now_s
        reason = self._judge(frame.image, skeletons)
        if reason is not self._reason:
            self._reason, self._since_s = reason, now_s
        lasted_s = now_s - self._since_s
        said_of_nobody = self.hint in (Hint.NOBODY, Hint.DARK)
        if said_of_nobody and skeletons:
            self.hint = None
        if reason is None and lasted_s >= TAKE_BACK_AFTER_S:
            self.hint = None
        elif reason is not None and (lasted_s >= SAY_AFTER_S or (said_of_nobody and not skeletons)):
            self.hint = reason
        return self.hint

    def _judge(self, image: NDArray[np.uint8], skeletons: Sequence[Skeleton]) -> Hint | None:
        if not skeletons:
            return Hint.DARK if is_dark(image) else Hint.NOBODY
        # What was said needs more to be taken back than to be left unsaid.
        enough = SEEN if self._reason is Hint.STEP_BACK else UNSEEN
        near = [skeleton for skeleton in skeletons if _sees(skeleton, _SHOULDERS, UNSEEN)]
        if near and not any(_sees(skeleton, _HIPS, enough) for skeleton in skeletons):
            return Hint.STEP_BACK
        return None


def is_dark(image: NDArray[np.uint8]) -> bool:
    """Whether an (H, W, 3) RGB picture is so dark that nobody is found: a covered lens, a room at night."""
    sample = image[::8, ::8]
    return bool(sample.size) and float(np.percentile(sample.max(axis=2), 99)) < DARK


def _sees(skeleton: Skeleton, joints: list[int], enough: float) -> bool:
    """Whether one of these joints is in the picture; of a skeleton without a picture, that it is."""
    if skeleton.image_joints is None:
        return True
    inside = ((skeleton.image_joints[joints] >= 0) & (skeleton.image_joints[joints] <= 1)).all(axis=1)
    return bool((inside & (skeleton.confidence[joints] >= enough)).any())
