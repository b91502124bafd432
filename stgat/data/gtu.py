"""GTU Action 3D, `CLASS/movementN.txt`, a joint of Kinect v2 a line: x y z.

Yucer and Akgul, "3D Human Action Recognition with Siamese-LSTM Based Deep Metric Learning", Journal of Image
and Graphics 6(1), 2018. Eight people took part; the files do not say who.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np

from stgat.data.sequences import FileFormat, SkeletonSequence, check_joints
from stgat.data.text_rows import read_joints
from stgat.errors import DataError
from stgat.skeleton import NTU25

#: By the number of the folder, which is not the number in the authors' list of actions. The list states how
#: many recordings each action has, and the folders' counts (37, 38, 39, 38, 39, 39, 37, 26, 49, 40, 42, 32,
#: 25, 27) with what the joints do tell which is which: folder 11 bends sideways, folder 8 steps 0.8 m
#: sideways. The two waves are told by the hand that moves; the list has their counts, 40 and 38, the other
#: way round.
ACTIONS = {
    1: "opening and closing the arms", 2: "right-hand waving", 3: "right-left step", 4: "crouching",
    5: "sitting down and standing up", 6: "sitting and applauding", 7: "lower back",
    8: "eight-step motion", 9: "neck relaxation", 10: "left-hand waving", 11: "waist stretch",
    12: "walking", 13: "right leg bend", 14: "left leg bend",
}  # fmt: skip

#: The files carry no times. At the 30 of a Kinect v2, a squat would last 0.6 s, sitting down and standing up
#: 1 s, and hands would open at 11 m/s (medians); half of it makes them human, and a walk 1.5 steps a second.
FRAMES_PER_SECOND = 15.0

_NAME = re.compile(r"movement(\d{1,6})\.txt")


class GTU(FileFormat):
    """GTU Action 3D. Names are like "class01_movement1"; all subjects are 0, unknown.

    Nothing is mirrored: left has the smaller x in every frame, and where the authors' list says "right and
    left", the side called right here moves first (steps 39 of 39, eight steps 25 of 26, stretches 38 of 42).
    """

    name = "gtu"
    title = "GTU Action 3D"
    licence = "not stated by its authors; published for research"
    layout = NTU25.name
    frames_per_second = FRAMES_PER_SECOND
    labels = tuple(ACTIONS.values())
    suffix = ".txt"

    def parse(self, name: str, content: bytes, where: str) -> SkeletonSequence:
        path = PurePosixPath(name)
        movement = _NAME.fullmatch(path.name)
        folder = path.parent.name
        if not movement or not re.fullmatch(r"\d{1,2}", folder) or int(folder) not in ACTIONS:
            raise DataError(f"{where}: a name like 1/movement1.txt with a class of 1 to 14 is expected")
        joints = read_joints(content, NTU25.num_joints, 3, where)
        return SkeletonSequence(
            name=f"class{int(folder):02}_{path.stem}",
            joints_m=check_joints(joints, NTU25.num_joints, where)[:, None],
            timestamps_s=np.arange(len(joints)) / FRAMES_PER_SECOND,
            layout=self.layout,
            action=ACTIONS[int(folder)],
            replication=int(movement[1]),
        )
