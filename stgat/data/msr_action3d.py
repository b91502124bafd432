"""MSR-Action3D, the skeletons in metres: `aAA_sSS_eEE_skeleton3D.txt`, a joint a line: x y z confidence.

Li, Zhang and Liu, "Action Recognition Based on a Bag of 3D Points", CVPR Workshops 2010. Depth was recorded
at about 15 frames a second.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np

from stgat.data.sequences import FileFormat, SkeletonSequence, check_joints
from stgat.data.text_rows import read_joints
from stgat.errors import DataError
from stgat.skeleton import KINECT_V1_20

ACTIONS = (
    "high arm wave", "horizontal arm wave", "hammer", "hand catch", "forward punch", "high throw", "draw X",
    "draw tick", "draw circle", "hand clap", "two-hand wave", "side boxing", "bend", "forward kick",
    "side kick", "jogging", "tennis swing", "tennis serve", "golf swing", "pick up and throw",
)  # fmt: skip

FRAMES_PER_SECOND = 15.0

#: A recording in which the tracker saw nobody for a larger share of the frames is rejected. On the published
#: files this leaves out exactly the 10 that the literature leaves out (557 of 567 are used): their shares
#: go from 0.35 to 1, those of the 10 next ones from 0.13 to 0.32.
MAX_MISSING_SHARE = 1 / 3

#: Theirs, 0-based: shoulders, neck, spine, hips, hip centre, elbows, wrists, hands, knees, ankles, feet,
#: head; of a pair the left one first. Kinect v1's: hip centre first, then limb by limb.
_TO_KINECT_V1 = (6, 3, 2, 19, 0, 7, 9, 11, 1, 8, 10, 12, 4, 13, 15, 17, 5, 14, 16, 18)

_NAME = re.compile(r"a(\d\d)_s(\d\d)_e(\d\d)_skeleton3D\.txt")


class MSRAction3D(FileFormat):
    """MSR-Action3D. Frames without a skeleton are left out; the times of the others show the gap.

    Nothing is mirrored: the first joint of each pair has the smaller x in 99 % of the frames, as the left of
    somebody who faces the sensor should, and in all 246 sequences of the nine one-handed actions (1 to 9),
    for which the authors asked for the right hand, the other one moves more.
    """

    name = "msr-action3d"
    title = "MSR-Action3D"
    licence = "not stated by its authors; published for research"
    layout = KINECT_V1_20.name
    frames_per_second = FRAMES_PER_SECOND
    labels = ACTIONS
    suffix = "_skeleton3D.txt"

    def parse(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        parts = _NAME.fullmatch(PurePosixPath(name).name)
        if not parts or not 1 <= int(parts[1]) <= len(ACTIONS):
            raise DataError(
                f"{where}: a name like a01_s01_e01_skeleton3D.txt with an action of 1 to 20 is expected"
            )
        joints = read_joints(content, KINECT_V1_20.num_joints, 4, where)[:, _TO_KINECT_V1, :3]
        seen = np.any(joints != 0, axis=(1, 2))
        missing = int((~seen).sum())
        if missing > MAX_MISSING_SHARE * len(joints):
            raise DataError(f"{where}: {missing} of its {len(joints)} frames hold no skeleton, only zeros")
        return SkeletonSequence(
            name=PurePosixPath(name).name.removesuffix(self.suffix),
            joints_m=check_joints(joints[seen], KINECT_V1_20.num_joints, where)[:, None],
            timestamps_s=(np.flatnonzero(seen) - np.argmax(seen)) / FRAMES_PER_SECOND,
            layout=self.layout,
            action=ACTIONS[int(parts[1]) - 1],
            subject=int(parts[2]),
            replication=int(parts[3]),
        )
