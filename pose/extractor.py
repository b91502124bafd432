"""From a picture to NTU skeletons: the whole road of the pose package."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from pose.estimator import PoseEstimator
from pose.landmarks import Pose
from pose.models import pose_model_path
from pose.ntu_mapping import to_ntu
from pose.root import RootTracker
from pose.smoothing import OneEuroFilter
from pose.tracking import Tracker
from stgat.skeleton import Skeleton


class Estimator(Protocol):
    """Finds people in a picture; PoseEstimator is one, a test's script of poses another."""

    def estimate(self, image_rgb: NDArray[np.uint8], timestamp_s: float) -> list[Pose]: ...

    def reset(self) -> None: ...

    def close(self) -> None: ...


class _Person:
    """What is remembered of one person between frames."""

    def __init__(self, fov_deg: float) -> None:
        self.joints = OneEuroFilter(min_cutoff_hz=1.5, beta=6.0)
        self.root = RootTracker(fov_deg)


class SkeletonExtractor:
    """Pictures in, NTU skeletons in camera space out; causal, one call a frame.

    model_path: MediaPipe's .task file; None takes the one in the cache (pose.models).
    max_people: at most so many people at once.
    horizontal_fov_deg: the camera's field of view along the picture's longer side.
    estimator: what finds the people; None makes a PoseEstimator. It is closed with the extractor.

    Raises PoseModelMissing where the model file is needed and is not there.

    >>> with SkeletonExtractor() as extractor:  # doctest: +SKIP
    ...     skeletons = extractor.process(image_rgb, timestamp_s=0.0)
    """

    def __init__(
        self,
        model_path: Path | None = None,
        max_people: int = 2,
        horizontal_fov_deg: float = 60.0,
        estimator: Estimator | None = None,
    ) -> None:
        if not 0.0 < horizontal_fov_deg < 180.0:
            raise ValueError(
                f"the field of view must be between 0 and 180 degrees, not {horizontal_fov_deg:g}"
            )
        self._estimator = estimator or PoseEstimator(model_path or pose_model_path(), max_people)
        self._tracker = Tracker(max_people)
        self._fov_deg = horizontal_fov_deg
        self._people: dict[int, _Person] = {}

    def process(self, image_rgb: NDArray[np.uint8], timestamp_s: float) -> tuple[Skeleton, ...]:
        """The people in one picture, by id.

        image_rgb: (H, W, 3), not mirrored. timestamp_s: grows from call to call; an earlier one starts
        afresh.

        A person who is not seen in this picture is not in the answer; the id stays theirs for a second.
        """
        height, width = image_rgb.shape[:2]
        poses = self._estimator.estimate(image_rgb, timestamp_s)
        ids = self._tracker.update(poses, timestamp_s, aspect=width / height)
        self._people = {
            person_id: self._people.get(person_id) or _Person(self._fov_deg)
            for person_id in self._tracker.person_ids
        }
        skeletons = [
            self._skeleton(pose, person_id, (width, height), timestamp_s)
            for pose, person_id in zip(poses, ids, strict=True)
            if person_id is not None
        ]
        return tuple(sorted(skeletons, key=lambda skeleton: skeleton.person_id))

    def _skeleton(
        self, pose: Pose, person_id: int, image_size: tuple[int, int], timestamp_s: float
    ) -> Skeleton:
        person = self._people[person_id]
        joints, confidence, image_joints = to_ntu(pose, image_size)
        joints = person.joints(joints, timestamp_s)
        body, root = person.root.place(joints, confidence, image_joints, image_size, timestamp_s)
        return Skeleton(body + root, confidence, person_id, timestamp_s, image_joints)

    def reset(self) -> None:
        """Forget everybody; ids start at 0 again. For a new video."""
        self._estimator.reset()
        self._tracker.reset()
        self._people = {}

    def close(self) -> None:
        """Free the estimator; may be called twice."""
        self._estimator.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
