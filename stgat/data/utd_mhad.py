"""UTD-MHAD, `aA_sS_tT_skeleton.mat` with the key `d_skel` (20, 3, T).

Chen, Jafari and Kehtarnavaz, "UTD-MHAD: A Multimodal Dataset for Human Action Recognition Utilizing a
Depth Camera and a Wearable Inertial Sensor", ICIP 2015.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np

from stgat.data.mat_file import read_mat_array
from stgat.data.sequences import FileFormat, SkeletonSequence, check_joints
from stgat.errors import DataError
from stgat.skeleton import KINECT_V1_20

ACTIONS = (
    "swipe left", "swipe right", "wave", "clap", "throw", "cross arms", "basketball shoot", "draw X",
    "draw circle clockwise", "draw circle counter-clockwise", "draw triangle", "bowling", "boxing",
    "baseball swing", "tennis swing", "arm curl", "tennis serve", "push", "knock", "catch",
    "pick up and throw", "jog", "walk", "sit to stand", "stand to sit", "lunge", "squat",
)  # fmt: skip

FRAMES_PER_SECOND = 30.0

#: Theirs: head, shoulder centre, spine, hip centre, then the limbs. Kinect v1's: hip centre first.
_TO_KINECT_V1 = (3, 2, 1, 0, *range(4, 20))

_NAME = re.compile(r"a(\d+)_s(\d+)_t(\d+)_skeleton\.mat")


class UTDMHAD(FileFormat):
    name = "utd-mhad"
    title = "UTD-MHAD"
    licence = "not stated by its authors; published for research"
    layout = KINECT_V1_20.name
    frames_per_second = FRAMES_PER_SECOND
    labels = ACTIONS
    suffix = ".mat"

    def parse(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        parts = _NAME.fullmatch(PurePosixPath(name).name)
        if not parts or not 1 <= int(parts[1]) <= len(ACTIONS):
            raise DataError(f"{where}: a name like a1_s1_t1_skeleton.mat with a known action is expected")
        try:
            skeletons = read_mat_array(content, "d_skel")
        except ValueError as error:
            raise DataError(f"{where}: no readable 'd_skel' in it ({error})") from error
        if skeletons.ndim != 3:
            raise DataError(f"{where}: 'd_skel' should be (20, 3, T), found {skeletons.shape}")
        joints = check_joints(skeletons.transpose(2, 0, 1), KINECT_V1_20.num_joints, where)
        return SkeletonSequence(
            name=PurePosixPath(name).stem,
            joints_m=joints[:, _TO_KINECT_V1][:, None],
            timestamps_s=np.arange(len(joints)) / FRAMES_PER_SECOND,
            layout=self.layout,
            action=ACTIONS[int(parts[1]) - 1],
            subject=int(parts[2]),
            replication=int(parts[3]),
        )
