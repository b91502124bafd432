"""Northwestern-UCLA Multiview Action 3D, in the form of `all_sqe/aAA_sSS_eEE_vVV.json`.

Wang, Nie, Xia, Wu and Zhu, "Cross-view Action Modeling, Learning and Recognition", CVPR 2014.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np

from stgat.data.json_text import read_json
from stgat.data.sequences import FileFormat, SkeletonSequence, check_joints
from stgat.errors import DataError
from stgat.reading import first_line
from stgat.skeleton import KINECT_V1_20

ACTIONS = {
    1: "pick up with one hand", 2: "pick up with two hands", 3: "drop trash", 4: "walk around",
    5: "sit down", 6: "stand up", 8: "put on", 9: "take off", 11: "throw", 12: "carry",
}  # fmt: skip

#: The files carry no times. People walk at 0.066 m a frame in them (median over "walk around"), a normal
#: pace at about 15 frames a second.
FRAMES_PER_SECOND = 15.0

_NAME = re.compile(r"a(\d\d)_s(\d\d)_e(\d\d)_v(\d\d)\.json")


class NWUCLA(FileFormat):
    name = "nw-ucla"
    title = "Northwestern-UCLA Multiview Action 3D"
    licence = "not stated by its authors; published for research"
    layout = KINECT_V1_20.name
    frames_per_second = FRAMES_PER_SECOND
    labels = tuple(ACTIONS.values())
    suffix = ".json"

    def parse(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        parts = _NAME.fullmatch(PurePosixPath(name).name)
        if not parts or int(parts[1]) not in ACTIONS:
            raise DataError(f"{where}: a name like a01_s01_e00_v01.json with a known action is expected")
        try:
            joints = np.asarray(read_json(content, where)["skeletons"], dtype=np.float64)
        except DataError:
            raise
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            reason = first_line(error)
            raise DataError(f"{where}: no 'skeletons' of equal frames in it ({reason})") from error
        joints = check_joints(joints, KINECT_V1_20.num_joints, where)
        return SkeletonSequence(
            name=PurePosixPath(name).stem,
            joints_m=joints[:, None],
            timestamps_s=np.arange(len(joints)) / FRAMES_PER_SECOND,
            layout=self.layout,
            action=ACTIONS[int(parts[1])],
            subject=int(parts[2]),
            camera=int(parts[4]),
            replication=int(parts[3]),
        )
