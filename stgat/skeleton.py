"""Joint layouts, their bones, and the distances between joints counted in bones.

A layout is what a network or a file means by "joint 7". Three come with the package: NTU RGB+D
(Kinect v2), Kinect v1 (the order of Northwestern-UCLA) and OpenPose 18 (Kinetics-Skeleton).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[Any]  # of float32 or float64; numpy's own types tell these apart too eagerly


@dataclass(frozen=True)
class Skeleton:
    """One person at one moment, in the NTU RGB+D 25-joint layout.

    joints_m: (25, 3) metres in Kinect camera space (x grows to the person's right when the person
        faces the sensor, y up, z away from the sensor); NaN where a joint is not known.
    confidence: (25,) in [0, 1].
    image_joints: (25, 2) x and y as fractions of the picture's width and height, or None where the
        skeleton did not come from a picture.
    """

    joints_m: FloatArray
    confidence: FloatArray
    person_id: int
    timestamp_s: float
    image_joints: FloatArray | None = None


@dataclass(frozen=True)
class Layout:
    """A named order of joints and the bones between them.

    bones: (child, parent) pairs, 0-based. The graph they make is undirected; the order within a
    pair matters to the bone stream alone.

    Raises ValueError for a bone that names a joint outside the layout.
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]
    _hops: NDArray[np.int64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for child, parent in self.bones:
            if not (0 <= child < self.num_joints and 0 <= parent < self.num_joints):
                raise ValueError(
                    f"layout {self.name!r}: bone ({child}, {parent}) is outside 0..{self.num_joints - 1}"
                )
        object.__setattr__(self, "_hops", _count_hops(self.num_joints, self.bones))

    @property
    def num_joints(self) -> int:
        return len(self.joints)

    @property
    def hops(self) -> NDArray[np.int64]:
        """(V, V) number of bones on the shortest way between two joints; -1 where there is none."""
        return self._hops

    def adjacency(self) -> FloatArray:
        """(V, V) D^-1/2 (A + I) D^-1/2 over the undirected bones (Kipf and Welling, arXiv 1609.02907)."""
        linked = ((self._hops == 0) | (self._hops == 1)).astype(np.float64)
        scale = 1.0 / np.sqrt(linked.sum(axis=1))
        return scale[:, None] * linked * scale[None, :]

    def parents(self) -> NDArray[np.int64]:
        """(V,) the parent of each joint; a root is its own parent."""
        parents = np.arange(self.num_joints)
        for child, parent in self.bones:
            parents[child] = parent
        return parents

    def mirror(self) -> NDArray[np.int64]:
        """(V,) the joint that each joint is in a mirror: left and right change places, by their names."""
        other = {"left": "right", "right": "left"}
        names = [" ".join(other.get(word, word) for word in joint.split()) for joint in self.joints]
        return np.array([self.joints.index(name) for name in names])


def _count_hops(num_joints: int, bones: tuple[tuple[int, int], ...]) -> NDArray[np.int64]:
    step = np.eye(num_joints, dtype=bool)
    for a, b in bones:
        step[a, b] = step[b, a] = True
    hops = np.full((num_joints, num_joints), -1)
    reached = np.eye(num_joints, dtype=bool)
    hops[reached] = 0
    for distance in range(1, num_joints):
        new = (reached @ step) & ~reached
        if not new.any():
            break
        hops[new] = distance
        reached |= new
    return hops


def _one_based(*pairs: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((child - 1, parent - 1) for child, parent in pairs)


NTU25 = Layout(
    "ntu25",
    (
        "spine base", "spine mid", "neck", "head",
        "left shoulder", "left elbow", "left wrist", "left hand",
        "right shoulder", "right elbow", "right wrist", "right hand",
        "left hip", "left knee", "left ankle", "left foot",
        "right hip", "right knee", "right ankle", "right foot",
        "spine shoulder", "left hand tip", "left thumb", "right hand tip", "right thumb",
    ),
    _one_based(
        (1, 2), (2, 21), (3, 21), (4, 3), (5, 21), (6, 5), (7, 6), (8, 7), (9, 21), (10, 9), (11, 10),
        (12, 11), (13, 1), (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18), (20, 19),
        (22, 23), (23, 8), (24, 25), (25, 12),
    ),
)  # fmt: skip

#: Median bone lengths of NTU RGB+D in metres, (joint, parent, length), in an order that visits
#: parents first. The hand's bones are anatomical here: tip and thumb both hang on the hand.
NTU_BONE_LENGTHS_M = (
    (1, 0, 0.299), (20, 1, 0.222), (2, 20, 0.074), (3, 2, 0.126),
    (4, 20, 0.158), (5, 4, 0.239), (6, 5, 0.230), (7, 6, 0.070), (21, 7, 0.068), (22, 7, 0.044),
    (8, 20, 0.169), (9, 8, 0.233), (10, 9, 0.234), (11, 10, 0.075), (23, 11, 0.060), (24, 11, 0.041),
    (12, 0, 0.083), (13, 12, 0.339), (14, 13, 0.367), (15, 14, 0.120),
    (16, 0, 0.072), (17, 16, 0.328), (18, 17, 0.369), (19, 18, 0.109),
)  # fmt: skip

KINECT_V1_20 = Layout(
    "kinect-v1-20",
    (
        "hip centre", "spine", "shoulder centre", "head",
        "left shoulder", "left elbow", "left wrist", "left hand",
        "right shoulder", "right elbow", "right wrist", "right hand",
        "left hip", "left knee", "left ankle", "left foot",
        "right hip", "right knee", "right ankle", "right foot",
    ),
    _one_based(
        (1, 2), (2, 3), (4, 3), (5, 3), (6, 5), (7, 6), (8, 7), (9, 3), (10, 9), (11, 10), (12, 11),
        (13, 1), (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18), (20, 19),
    ),
)  # fmt: skip

_OPENPOSE_JOINTS = (
    "nose", "neck", "right shoulder", "right elbow", "right wrist", "left shoulder", "left elbow",
    "left wrist", "right hip", "right knee", "right ankle", "left hip", "left knee", "left ankle",
    "right eye", "left eye", "right ear", "left ear",
)  # fmt: skip
_OPENPOSE_BONES = (
    (4, 3), (3, 2), (7, 6), (6, 5), (13, 12), (12, 11), (10, 9), (9, 8), (11, 5), (8, 2), (5, 1), (2, 1),
    (0, 1), (15, 0), (14, 0), (17, 15), (16, 14),
)  # fmt: skip

OPENPOSE18 = Layout("openpose-18", _OPENPOSE_JOINTS, _OPENPOSE_BONES)

#: The graph of the authors' Kinetics checkpoints: their code takes the 0-based bones for 1-based ones,
#: so each bone links the joints before the ones it should. Only those checkpoints want it.
OPENPOSE18_SHIFTED = Layout(
    "openpose-18-shifted",
    _OPENPOSE_JOINTS,
    tuple(((child - 1) % 18, (parent - 1) % 18) for child, parent in _OPENPOSE_BONES),
)

LAYOUTS = {layout.name: layout for layout in (NTU25, KINECT_V1_20, OPENPOSE18, OPENPOSE18_SHIFTED)}


def get_layout(name: str) -> Layout:
    """The layout of that name. Raises ValueError that lists the known names."""
    try:
        return LAYOUTS[name]
    except KeyError:
        raise ValueError(f"unknown joint layout {name!r}; known: {', '.join(LAYOUTS)}") from None
